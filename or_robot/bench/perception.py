"""Yardstick `perception`: obstacles the lidar cannot see, and markers, in the simulated wing."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from or_robot.bench.perception_cycle import PERIOD_S, POSE_SIGMA, WORLD, free_minute
from or_robot.bench.resume import Log
from or_robot.config.perception import DepthConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.home import home
from or_robot.perception.depth_obstacles import DepthObstacleFinder
from or_robot.perception.markers import MarkerDetector
from or_robot.scenario.description import ObjectPlan
from or_robot.scenario.events import Kidnap
from or_robot.sim.world import SimWorld
from or_robot.types.motion import PoseEstimate
from or_robot.types.perception import Blindness
from or_robot.world.site import load_site

app = typer.Typer(add_completion=False)
SPEED = 0.8
"""m/s of an approach."""
SEEN_POINTS = 3
SEEN_FROM = 1.0
"""m between the robot's front and the thing by which it must have been seen."""
THINGS = ("floor_cable", "lowered_boom")
MARKER = Transform(
    np.array([1.5, 3.252, 0.42]), np.column_stack(([-1.0, 0, 0], [0.0, 0, 1], [0.0, 1, 0]))
)
"""map ← marker of the dock, as the world's SDF has it."""


@app.command()
def perception(
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    runs: Annotated[int, typer.Option(min=1, help="approaches to each thing")] = 100,
    minutes: Annotated[float, typer.Option(min=0.0, help="driven where nothing lies")] = 10.0,
    markers: Annotated[int, typer.Option(min=0, help="views of the dock's marker")] = 100,
    resume: Annotated[bool, typer.Option("--resume", help="keep what an earlier run did")] = False,
) -> None:
    """Cable and boom seen at 1 m, false stops, marker poses, processor time of a cycle."""
    log = Log(home() / "bench" / "perception.jsonl", resume)
    work: list[tuple[str, Callable[[], dict[str, Any]]]] = [
        *((f"{thing} {n}", partial(approach, thing, n)) for thing in THINGS for n in range(runs)),
        *((f"free {n}", partial(free_minute, n)) for n in range(round(minutes))),
        *((f"marker {n}", partial(marker_view, n)) for n in range(markers)),
    ]
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        rows = [log.done(name, task) for name, task in progress.track(work)]
    figures = _figures(rows)
    print(json.dumps(figures, indent=2))
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _look(
    world: SimWorld, poses: list[Pose2D], seed: int
) -> Iterator[tuple[Pose2D, NDArray[np.float64], float, bool]]:
    """Carry the robot along poses: the true one, the points known then, processor ms, blind."""
    rng = np.random.default_rng(seed)
    site = load_site(WORLD)
    finder = DepthObstacleFinder(DepthConfig(), site.map, site.doors.values())
    for n, pose in enumerate(poses):
        world.happen(Kidnap(pose))
        world.step((n + 1) * PERIOD_S)
        image = world.camera_now()
        guess = pose.compose(Pose2D(*rng.normal(0.0, POSE_SIGMA)))
        started = time.thread_time()
        found = finder.update(image, PoseEstimate(image.stamp_s, guess, np.eye(3) * 1e-4, False))
        elapsed = 1e3 * (time.thread_time() - started)
        yield pose, found.points, elapsed, found.blindness is not Blindness.NONE


def approach(thing: str, seed: int) -> dict[str, Any]:
    """Drive towards one thing in the corridor, from a random side and heading."""
    rng = np.random.default_rng([seed, len(thing)])
    heading = float(rng.choice((0.0, math.pi)) + rng.uniform(-0.15, 0.15))
    at = Pose2D(float(rng.uniform(6.0, 17.0)), float(rng.uniform(7.8, 8.2)), heading)
    world = SimWorld(WORLD, seed=seed, objects=[ObjectPlan("thing", thing, at, 0.0)])
    front = RobotConfig().length / 2.0
    offset = float(rng.uniform(-0.2, 0.2))
    start = float(rng.uniform(2.6, 3.0))
    gaps = np.arange(start, SEEN_FROM, -SPEED * PERIOD_S)
    poses = [at.compose(Pose2D(-front - float(gap), offset, 0.0)) for gap in gaps]
    first, times = 0.0, []
    for gap, (_, points, elapsed, _) in zip(gaps, _look(world, poses, seed), strict=True):
        times.append(elapsed)
        local = np.abs(at.inverse().transform(points[:, :2]))
        on = (local[:, 0] < 0.2) & (local[:, 1] < 0.7)
        if not first and np.count_nonzero(on) >= SEEN_POINTS:
            first = float(gap)
    return {"kind": thing, "seen_at_m": first, "ms": times}


def marker_view(seed: int) -> dict[str, Any]:
    """The dock's marker from about a metre."""
    rng = np.random.default_rng(seed)
    world = SimWorld(WORLD, seed=seed)
    distance, side = float(rng.uniform(0.95, 1.05)), float(rng.uniform(-0.25, 0.25))
    mount = world.camera_now().mount.position
    # as far from the camera as asked, seen from the side
    level = math.sqrt(distance**2 - (mount[2] - MARKER.position[2]) ** 2)
    x, y = MARKER.position[0] + side, MARKER.position[1] + math.sqrt(level**2 - side**2)
    facing = math.atan2(MARKER.position[1] - y, MARKER.position[0] - x)
    yaw = facing + float(rng.uniform(-0.2, 0.2))
    pose = Pose2D(x - mount[0] * math.cos(yaw), y - mount[0] * math.sin(yaw), yaw)
    world.happen(Kidnap(pose))
    world.step(PERIOD_S)
    image, true = world.camera_now(), world.truth().robot
    started = time.thread_time()
    told = MarkerDetector().detect(image)
    elapsed = 1e3 * (time.thread_time() - started)
    if not told.markers:
        return {"kind": "marker", "found": False, "ms": [elapsed]}
    base = Transform.from_xyz_rpy(true.x, true.y, 0.0, 0.0, 0.0, true.yaw)
    wanted, found = base.inverse().compose(MARKER), told.markers[0].pose
    cosine = (np.trace(found.rotation @ wanted.rotation.T) - 1.0) / 2.0
    return {
        "kind": "marker",
        "found": True,
        "error_mm": 1e3 * float(np.linalg.norm(found.position - wanted.position)),
        "error_deg": math.degrees(math.acos(min(1.0, float(cosine)))),
        "ms": [elapsed],
    }


def _figures(rows: list[dict[str, Any]]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for thing in THINGS:
        seen = [row["seen_at_m"] for row in rows if row["kind"] == thing]
        figures[thing] = {
            "runs": len(seen),
            "seen": sum(gap >= SEEN_FROM for gap in seen),
            "seen_at_m_p50": _percentile(seen, 50),
        }
    free = [row for row in rows if row["kind"] == "free"]
    figures["false_stops"] = sum(row["false_stops"] for row in free)
    figures["false_stop_minutes"] = len(free)
    figures["blind_images"] = sum(row["blind_images"] for row in free)
    views = [row for row in rows if row["kind"] == "marker"]
    found = [row for row in views if row["found"]]
    figures["marker"] = {
        "views": len(views),
        "found": len(found),
        "error_mm_p99": _percentile([row["error_mm"] for row in found], 99),
        "error_deg_p99": _percentile([row["error_deg"] for row in found], 99),
        "cpu_ms_p99": _percentile([ms for row in views for ms in row["ms"]], 99),
    }
    depth = [ms for row in rows if row["kind"] != "marker" for ms in row["ms"]]
    figures["depth_cpu_ms"] = {"p50": _percentile(depth, 50), "p99": _percentile(depth, 99)}
    cycles = [ms for row in free for ms in row["cycle_ms"]]
    figures["cycle_cpu_ms"] = {
        "cycles": len(cycles),
        "p50": _percentile(cycles, 50),
        "p99": _percentile(cycles, 99),
    }
    figures["versions"] = {name: version(name) for name in ("mujoco", "opencv-python-headless")}
    return figures


def _percentile(values: list[float], q: float) -> float | None:
    return round(float(np.percentile(values, q)), 3) if values else None
