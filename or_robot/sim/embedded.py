"""A scenario with physics, sensors and the robot's software in one process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from or_robot.autonomy.autonomy import AutonomyOutput
from or_robot.config.robot import RobotConfig
from or_robot.scenario.description import Scenario, load_scenario
from or_robot.scenario.pilot import AutonomyPilot
from or_robot.scenario.runner import Moment, Run, run_scenario
from or_robot.sim.world import SimWorld

Watch = Callable[[Moment, AutonomyOutput | None], None]


def simulate(
    scenario: Scenario,
    seed: int,
    progress: Callable[[float], None] = lambda _part: None,
    watch: Watch = lambda _moment, _said: None,
) -> Run:
    """One run. `watch` sees every moment of it and may take its time."""
    robot = RobotConfig()
    world = SimWorld(
        scenario.site.name,
        seed=seed,
        robot=robot,
        people=scenario.people,
        objects=scenario.objects,
        start=scenario.start,
    )
    with tempfile.TemporaryDirectory() as folder:
        pilot = AutonomyPilot(scenario, robot, seed, Path(folder) / "queue.sqlite")
        try:
            return run_scenario(
                scenario,
                world,
                pilot,
                robot,
                seed,
                progress,
                lambda moment: watch(moment, pilot.output),
            )
        finally:
            pilot.close()


def simulate_named(name: str, seed: int, progress: Callable[[float], None]) -> Run:
    """`simulate` for a worker process: reads the scenario itself."""
    return simulate(load_scenario(name), seed, progress)


def simulate_cut(name: str, timeout_s: float, seed: int, progress: Callable[[float], None]) -> Run:
    """The beginning of a scenario alone, for comparisons of runs."""
    return simulate(replace(load_scenario(name), timeout_s=timeout_s), seed, progress)
