"""The door of soiled utility opens for a robot that asks; unheard or stuck it is named."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from pathlib import Path

import pytest

from or_robot.config.autonomy import AutonomyConfig
from or_robot.config.navigation import NavigatorConfig
from or_robot.config.robot import RobotConfig
from or_robot.config.tasks import TasksConfig
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import Scenario, TimedTask, load_scenario
from or_robot.scenario.pilot import AutonomyPilot
from or_robot.scenario.runner import Run, run_scenario
from or_robot.sim.world import SimWorld
from or_robot.types.tasks import TaskKind, TaskRequest

DOOR = "soiled_utility_door"
CONFIG = dataclasses.replace(
    AutonomyConfig(),
    navigator=dataclasses.replace(NavigatorConfig(), door_patience=6.0),
    tasks=dataclasses.replace(TasksConfig(), attempts=1, handover_s=5.0),
)


class DeafWing(SimWorld):
    """Its doors hear nothing."""

    def ask_doors(self, names: Iterable[str], until_s: float) -> None:
        pass


def errand() -> Scenario:
    """Alone in the wing, from the corridor in front of the door."""
    request = TaskRequest("w", TaskKind.DELIVER, "bags", "", "soiled_utility", "")
    return dataclasses.replace(
        load_scenario("remove_waste"),
        start=Pose2D(18.9, 8.0, 0.0),
        people=(),
        events=(),
        tasks=(TimedTask(0.5, request),),
        timeout_s=60.0,
    )


def run(folder: Path, wing: type[SimWorld], *, stuck: bool = False) -> tuple[Run, SimWorld]:
    scenario, robot = errand(), RobotConfig()
    world = wing("operating_wing", seed=3, start=scenario.start)
    if stuck:
        world.set_door_stuck(DOOR, True)
    pilot = AutonomyPilot(scenario, robot, 3, folder / "queue.sqlite", CONFIG)
    try:
        return run_scenario(scenario, world, pilot, robot, 3), world
    finally:
        pilot.close()


def openings(world: SimWorld) -> int:
    return next(door.openings for door in world.truth().doors if door.name == DOOR)


@pytest.mark.timeout(200)
def test_it_opens_for_the_robot_that_asks(tmp_path: Path) -> None:
    done, world = run(tmp_path, SimWorld)
    assert done.passed, done.said
    assert openings(world) == 1


@pytest.mark.timeout(200)
@pytest.mark.parametrize("stuck", [False, True])
def test_a_door_that_hears_nothing_or_is_stuck_stays_shut_and_is_named(
    tmp_path: Path, stuck: bool
) -> None:
    done, world = run(tmp_path, SimWorld if stuck else DeafWing, stuck=stuck)
    assert not done.verdict.delivered
    assert done.ended == "given_up"
    assert f"{DOOR} does not open, though asked" in done.said
    assert openings(world) == 0
    assert not done.verdict.contacts
    robot = world.truth().robot
    assert robot.y > 7.0  # it stands before the leaf
    assert math.isfinite(robot.x)
