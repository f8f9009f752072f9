"""A map on disk: Nav2's map.yaml and map.pgm, and a picture for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure

from or_robot.scenario.plots import draw_map
from or_robot.types.site import FREE, OCCUPIED, OccupancyMap, Station, Zone

GREY_FREE, GREY_UNKNOWN, GREY_OCCUPIED = 254, 205, 0
"""As nav2_map_server's map saver writes them."""
ZONE_COLORS = {
    "room": "tab:blue",
    "sterile": "tab:red",
    "keep_out": "tab:red",
    "slow": "tab:orange",
}


def write_map(map_: OccupancyMap, folder: Path) -> None:
    """Write map.pgm and map.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    grey = np.full(map_.values.shape, GREY_UNKNOWN, dtype=np.uint8)
    grey[map_.values == FREE] = GREY_FREE
    grey[map_.values == OCCUPIED] = GREY_OCCUPIED
    if not cv2.imwrite(str(folder / "map.pgm"), grey[::-1]):
        raise OSError(f"cannot write {folder / 'map.pgm'}")
    spec = map_.spec
    (folder / "map.yaml").write_text(
        "image: map.pgm\n"
        "mode: trinary\n"
        f"resolution: {spec.resolution:g}\n"
        f"origin: [{spec.origin_x:g}, {spec.origin_y:g}, 0]\n"
        "negate: 0\n"
        "occupied_thresh: 0.65\n"
        "free_thresh: 0.196\n",
        encoding="utf-8",
    )


def write_picture(
    map_: OccupancyMap, stations: Mapping[str, Station], zones: Iterable[Zone], file: Path
) -> None:
    """A picture of the map with its stations (arrow: heading) and zones."""
    figure = Figure(figsize=(12, 8.4), layout="constrained")
    axes = figure.subplots()
    draw_map(axes, map_)
    for zone in zones:
        color = ZONE_COLORS[zone.kind]
        axes.fill(*zone.polygon.T, facecolor=color, edgecolor=color, alpha=0.18)
        x, y = zone.polygon.min(axis=0)
        axes.text(x + 0.1, y + 0.1, f"{zone.name} ({zone.kind})", fontsize=7, color=color)
    for station in stations.values():
        pose = station.pose
        axes.arrow(
            pose.x, pose.y, 0.4 * np.cos(pose.yaw), 0.4 * np.sin(pose.yaw), width=0.06, color="g"
        )
        axes.text(pose.x + 0.25, pose.y - 0.35, station.name, fontsize=9, color="g")
    figure.savefig(file, dpi=80)
