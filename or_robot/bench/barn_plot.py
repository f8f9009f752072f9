"""A picture of one run of yardstick `barn`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon
from numpy.typing import NDArray

from or_robot.bench.barn_plant import Conditions, World
from or_robot.geometry.pose import Pose2D

EVERY = 4
"""Poses between two outlines of the robot."""


def plot_world(
    folder: Path,
    world: World,
    conditions: Conditions,
    result: dict[str, Any],
    poses: NDArray[np.float64],
) -> None:
    """Write folder/barn_ROW_WORLD_SEED.png; poses (n, 3) as driven."""
    figure = Figure(figsize=(4.0, 9.0), layout="constrained")
    axes = figure.subplots()
    radius = conditions.radius or world.radius
    discs = [Circle((x, y), radius) for x, y in world.cylinders]
    axes.add_collection(PatchCollection(discs, color="0.25"))
    body = conditions.robot.footprint
    outlines = [Polygon(Pose2D(*pose).transform(body)) for pose in poses[::EVERY]]
    axes.add_collection(PatchCollection(outlines, facecolor="none", edgecolor="C0", linewidth=0.5))
    axes.plot(poses[:, 0], poses[:, 1], color="C1", linewidth=1.0)
    axes.plot(*world.goal, "x", color="C2")
    axes.set(aspect="equal", xlabel="x (m)", ylabel="y (m)")
    ended = next(word for word in ("success", "collision", "timeout") if result[word])
    axes.set_title(
        f"{conditions.name}, world {world.number}, seed {result['seed']}: {ended}\n"
        f"{result['time_s']:.1f} s, clearance {100 * result['clearance_m']:.1f} cm"
    )
    folder.mkdir(parents=True, exist_ok=True)
    name = f"barn_{conditions.name}_{world.number}_{result['seed']}.png"
    figure.savefig(folder / name, dpi=80)
