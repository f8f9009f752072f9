"""Yardstick `sim`: physics, lidar and six people in the operating wing, headless, no ROS."""

from __future__ import annotations

import json
import math
import resource
import statistics
import time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from or_robot.geometry.pose import Pose2D
from or_robot.scenario.people import PersonPlan
from or_robot.sim.world import SimWorld
from or_robot.types.motion import Twist2D

app = typer.Typer(add_completion=False)

START = Pose2D(6.0, 8.0, 0.0)
FRAME_S = 0.02
ROUTES = (
    [(3.2, 8.3), (16.0, 8.3)],
    [(4.0, 7.5), (13.0, 7.5), (13.1, 5.4)],
    [(20.6, 7.2), (20.6, 4.0)],
    [(18.0, 8.0), (18.0, 10.4), (20.5, 10.4)],
    [(8.6, 8.8), (8.6, 10.6), (11.0, 10.6)],
    [(2.6, 9.0), (2.6, 11.5), (4.2, 12.5)],
)


@app.command()
def sim(
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    seconds: Annotated[float, typer.Option(min=1.0, help="simulated time of a round")] = 20.0,
    rounds: Annotated[int, typer.Option(min=1, help="rounds; the figures are medians")] = 5,
) -> None:
    """Real-time factor, time of a scan and of a physics step, memory. One core."""
    _round(1.0, seed=0)  # compiles what is compiled at first use
    found = [_round(seconds, seed) for seed in range(rounds)]
    figures: dict[str, Any] = {
        key: round(statistics.median(each[key] for each in found), 3) for key in found[0]
    }
    figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0, 1)
    figures |= {"people": len(ROUTES), "seconds": seconds, "rounds": rounds}
    figures["mujoco"] = version("mujoco")
    print(
        f"{figures['rtf']:.1f} × real time ({figures['rtf_cpu']:.1f} × by processor time), "
        f"720 beams {figures['lidar_ms']:.2f} ms, physics step {figures['step_us']:.0f} µs, "
        f"{figures['rss_mb']:.0f} MB"
    )
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _round(seconds: float, seed: int) -> dict[str, float]:
    people = [
        PersonPlan(f"person_{i}", np.array(route), 1.0 + 0.05 * i, 0.0, "back", True)
        for i, route in enumerate(ROUTES)
    ]
    world = SimWorld("operating_wing", seed=seed, people=people, start=START)
    wall, cpu = time.perf_counter(), time.process_time()
    for step in range(round(seconds / FRAME_S)):
        world.command(Twist2D(0.25 * math.sin(step / 100.0), 0.6))
        world.step((step + 1) * FRAME_S)
    return {
        "rtf": seconds / (time.perf_counter() - wall),
        "rtf_cpu": seconds / (time.process_time() - cpu),
        "lidar_ms": 1e3 * _time_of(world.scan_now, 50),
        "step_us": 1e6 * _time_of(world.physics_step, 200),
    }


def _time_of(call: Any, repeat: int) -> float:
    """Median time in s of one call."""
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
