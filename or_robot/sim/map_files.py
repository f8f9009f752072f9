"""A map on disk: Nav2's map.yaml and map.pgm, masks of its zones, and a picture for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from or_robot.geometry.grid import GridSpec
from or_robot.scenario.plots import draw_map
from or_robot.types.site import FREE, OCCUPIED, OccupancyMap, Station, Zone
from or_robot.world.zones import keep_out_mask, polygon_mask

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
    grey = np.full(map_.values.shape, GREY_UNKNOWN, dtype=np.uint8)
    grey[map_.values == FREE] = GREY_FREE
    grey[map_.values == OCCUPIED] = GREY_OCCUPIED
    _write(grey, map_.spec, folder, "map", "trinary")


def write_masks(spec: GridSpec, zones: Sequence[Zone], max_speed: float, folder: Path) -> None:
    """Write Nav2's costmap filter masks keepout_mask and speed_mask, each .pgm and .yaml.

    keepout_mask is black where the footprint stays out. speed_mask (mode raw) is the limit in per
    cent of max_speed (m/s), 0 where there is none.
    """
    grey = np.full(spec.shape, GREY_FREE, dtype=np.uint8)
    grey[keep_out_mask(spec, zones)] = GREY_OCCUPIED
    _write(grey, spec, folder, "keepout_mask", "trinary")
    percent = np.zeros(spec.shape, dtype=np.uint8)
    for zone in sorted(zones, key=lambda zone: zone.speed_limit, reverse=True):
        if np.isfinite(zone.speed_limit):
            share = max(1, round(100.0 * min(zone.speed_limit / max_speed, 1.0)))
            percent[polygon_mask(spec, zone.polygon)] = share
    _write(percent, spec, folder, "speed_mask", "raw")


def _write(grey: NDArray[np.uint8], spec: GridSpec, folder: Path, name: str, mode: str) -> None:
    """grey (rows, columns), row 0 the lowest y."""
    folder.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(folder / f"{name}.pgm"), grey[::-1]):
        raise OSError(f"cannot write {folder / name}.pgm")
    (folder / f"{name}.yaml").write_text(
        f"image: {name}.pgm\n"
        f"mode: {mode}\n"
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
