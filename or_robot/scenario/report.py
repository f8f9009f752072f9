"""Results of a scenario: the JSON that people and continuous integration read, and plots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import Scenario
from or_robot.scenario.runner import Run
from or_robot.types.site import FREE, OCCUPIED, OccupancyMap


def summary(scenario: Scenario, runs: Sequence[Run]) -> dict[str, Any]:
    """All runs of one scenario: worst of what must not happen, mean of the time."""
    gaps = [run.verdict.min_separation for run in runs if run.verdict.min_separation is not None]
    return {
        "scenario": scenario.name,
        "seed": runs[0].seed,
        "delivered": all(run.verdict.delivered for run in runs),
        "contacts": sum(len(run.verdict.contacts) for run in runs),
        "zone_entries": sum(len(run.verdict.zone_entries) for run in runs),
        "min_separation_m": round(min(gaps), 4) if gaps else None,
        "time_s": round(fmean(run.verdict.time_s for run in runs), 3),
        "runs": [_row(run) for run in runs],
    }


def _row(run: Run) -> dict[str, Any]:
    verdict = run.verdict
    gap = verdict.min_separation
    return {
        "seed": run.seed,
        "passed": run.passed,
        "ended": run.ended,
        "delivered": verdict.delivered,
        "contacts": len(verdict.contacts),
        "touched": [
            {"time_s": round(touch.stamp_s, 3), "what": touch.other, "speed": touch.robot_speed}
            for touch in verdict.contacts
        ],
        "contacts_by_others": verdict.contacts_by_others,
        "zone_entries": len(verdict.zone_entries),
        "zones_entered": list(verdict.zone_entries),
        "min_separation_m": None if gap is None else round(gap, 4),
        "time_s": round(verdict.time_s, 3),
        "path_length_m": round(verdict.path_length, 3),
        "wall_s": round(run.wall_s, 3),
        "real_time_factor": round(run.real_time_factor, 2),
    }


def plot_run(scenario: Scenario, run: Run, footprint: np.ndarray, file: Path) -> None:
    """Trajectory on the map (hull every 2 s, people dotted) and speed over time, as PNG."""
    figure = Figure(figsize=(13, 11), layout="constrained")
    plan, speed = figure.subplots(2, 1, height_ratios=(4, 1))
    draw_map(plan, scenario.site.map)
    robot = run.trace.robot
    plan.plot(robot[:, 1], robot[:, 2], color="tab:blue", linewidth=1.5, label="robot")
    for _, x, y, yaw, *_ in robot[::20]:
        hull = Pose2D(x, y, yaw).transform(footprint)
        plan.fill(*hull.T, facecolor="none", edgecolor="tab:blue", linewidth=0.4)
    for index, person in enumerate(scenario.people):
        plan.plot(*run.trace.people[:, index].T, ":", linewidth=1.0, label=person.name)
    for zone in scenario.site.zones:
        if zone.kind in ("keep_out", "sterile"):
            plan.fill(*zone.polygon.T, color="tab:red", alpha=0.15)
    for name, station in scenario.site.stations.items():
        plan.plot(station.pose.x, station.pose.y, "g+")
        plan.annotate(name, (station.pose.x, station.pose.y), fontsize=7, color="g")
    for touch in run.verdict.contacts:
        at = robot[np.argmin(np.abs(robot[:, 0] - touch.stamp_s))]
        plan.plot(at[1], at[2], "rx", markersize=12)
    plan.legend(loc="lower right")
    plan.set_title(
        f"{scenario.name} seed {run.seed}: {run.ended}, {len(run.verdict.contacts)} contacts, "
        f"{run.verdict.time_s:.1f} s, {run.verdict.path_length:.1f} m"
    )
    speed.plot(robot[:, 0], robot[:, 4], label="forward (m/s)")
    speed.plot(robot[:, 0], robot[:, 5], linewidth=0.6, label="yaw rate (rad/s)")
    speed.set(xlabel="time (s)")
    speed.legend()
    figure.savefig(file, dpi=70)


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
