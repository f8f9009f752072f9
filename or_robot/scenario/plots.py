"""Plots of runs: trajectories on the map, speeds."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import Scenario
from or_robot.scenario.runner import Run
from or_robot.types.site import FREE, OCCUPIED, OccupancyMap

HULL_EVERY = 20
"""Points of the trace between two drawn hulls: 2 s."""


def plot_series(scenario: Scenario, runs: Sequence[Run]) -> bytes:
    """PNG: the trajectories of all runs over each other, red where a run failed."""
    figure = Figure(figsize=(13, 9), layout="constrained")
    axes = figure.subplots()
    _draw_wing(axes, scenario)
    for run in runs:
        color = "tab:blue" if run.passed else "tab:red"
        axes.plot(run.trace.robot[:, 1], run.trace.robot[:, 2], color=color, lw=1.0, alpha=0.6)
        _mark_contacts(axes, run)
    return _png(figure)


def plot_run(scenario: Scenario, run: Run, footprint: NDArray[np.float64]) -> bytes:
    """PNG: trajectory on the map (hull every 2 s, people dotted) and speed over time."""
    figure = Figure(figsize=(13, 11), layout="constrained")
    plan, speed = figure.subplots(2, 1, height_ratios=(4, 1))
    _draw_wing(plan, scenario)
    robot = run.trace.robot
    plan.plot(robot[:, 1], robot[:, 2], color="tab:blue", linewidth=1.5, label="robot")
    for _, x, y, yaw, *_ in robot[::HULL_EVERY]:
        hull = Pose2D(x, y, yaw).transform(footprint)
        plan.fill(*hull.T, facecolor="none", edgecolor="tab:blue", linewidth=0.4)
    for index, person in enumerate(scenario.people):
        plan.plot(*run.trace.people[:, index].T, ":", linewidth=1.0, label=person.name)
    _mark_contacts(plan, run)
    plan.legend(loc="lower right", fontsize=8)
    speed.plot(robot[:, 0], robot[:, 4], label="forward (m/s)")
    speed.plot(robot[:, 0], robot[:, 5], linewidth=0.6, label="yaw rate (rad/s)")
    speed.set(xlabel="time (s)")
    speed.legend(loc="upper right")
    return _png(figure)


def _draw_wing(axes: Axes, scenario: Scenario) -> None:
    draw_map(axes, scenario.site.map)
    for zone in scenario.site.zones:
        if zone.kind in ("keep_out", "sterile"):
            axes.fill(*zone.polygon.T, color="tab:red", alpha=0.15)
    for name, station in scenario.site.stations.items():
        axes.plot(station.pose.x, station.pose.y, "g+")
        axes.annotate(name, (station.pose.x, station.pose.y), fontsize=7, color="g")


def _mark_contacts(axes: Axes, run: Run) -> None:
    robot = run.trace.robot
    for touch in run.verdict.contacts:
        at = robot[np.argmin(np.abs(robot[:, 0] - touch.stamp_s))]
        axes.plot(at[1], at[2], "rx", markersize=12)


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=65)
    return file.getvalue()


def draw_map(axes: Axes, map_: OccupancyMap) -> None:
    """The map on axes in metres: walls black, unmapped grey."""
    spec = map_.spec
    shade = np.select([map_.values == FREE, map_.values == OCCUPIED], [1.0, 0.0], 0.8)
    extent = (
        spec.origin_x,
        spec.origin_x + spec.columns * spec.resolution,
        spec.origin_y,
        spec.origin_y + spec.rows * spec.resolution,
    )
    axes.imshow(shade, cmap="gray", vmin=0, vmax=1, origin="lower", extent=extent)
    axes.set(xlabel="x (m)", ylabel="y (m)", aspect="equal")
