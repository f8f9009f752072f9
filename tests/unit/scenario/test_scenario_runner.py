"""The runner joins world, robot and referee; here the robot is a script that follows waypoints."""

import dataclasses
import json
import math

import numpy as np
import pytest

from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import wrap_angle
from or_robot.scenario.description import Scenario, load_scenario
from or_robot.scenario.events import Button, Event, HardwareEstop, PanelPress, PersonHelps
from or_robot.scenario.figures import summary
from or_robot.scenario.runner import Run, run_scenario
from or_robot.sim.world import SimWorld
from or_robot.types.motion import Twist2D
from or_robot.types.sensing import SensorFrame
from or_robot.types.tasks import TaskRequest

ROBOT = RobotConfig()
WAY = [(1.5, 7.2), (2.6, 9.0), (2.6, 12.6), "turn 90", "wait", (2.6, 9.6), (3.2, 8.2)]
WAY += [(8.3, 8.2), (8.5, 9.8), (7.05, 10.4), "turn 180", "wait"]


class Script:
    """Drives WAY by ground truth, once it has been asked to."""

    needs_camera = False
    doors_wanted: tuple[str, ...] = ()
    pressed: tuple[Button, ...] = ()

    def press(self, button: Button) -> None:
        self.pressed = (*self.pressed, button)

    def waits_for_person(self) -> bool:
        return self.pressed == (Button.STOP,)

    def __init__(self, world: SimWorld, way: list) -> None:
        self.world, self.way, self.waited = world, list(way), 0.0
        self.asked: list[TaskRequest] = []

    def submit(self, request: TaskRequest) -> None:
        self.asked.append(request)

    def given_up(self) -> bool:
        return not self.way and self.waited > 10.0

    def last_words(self) -> str:
        return f"{len(self.way)} to go"

    def step(self, _frame: SensorFrame) -> Twist2D:
        if not self.asked or not self.way:
            self.waited += 0.02
            return Twist2D(0.0, 0.0)
        pose, goal = self.world.truth().robot, self.way[0]
        if goal == "wait":
            self.waited += 0.02
            if self.waited > 5.5:
                self.way.pop(0)
                self.waited = 0.0
            return Twist2D(0.0, 0.0)
        turn = isinstance(goal, str)
        wanted = (
            math.radians(float(goal.split()[1]))
            if turn
            else math.atan2(goal[1] - pose.y, goal[0] - pose.x)
        )
        error = wrap_angle(wanted - pose.yaw)
        distance = 0.0 if turn else math.hypot(goal[0] - pose.x, goal[1] - pose.y)
        if (turn and abs(error) < 0.03) or (not turn and distance < 0.06):
            self.way.pop(0)
        speed = min(0.8, distance) if abs(error) < 0.3 else 0.0
        return Twist2D(speed, max(-1.2, min(1.2, 3.0 * error)))


def run(scenario: Scenario, way: list, seed: int = 1) -> Run:
    world = SimWorld("operating_wing", seed=seed, people=scenario.people, start=scenario.start)
    return run_scenario(scenario, world, Script(world, way), ROBOT, seed)


@pytest.fixture(scope="module")
def alone() -> Scenario:
    return dataclasses.replace(load_scenario("deliver_tray"), people=(), timeout_s=120.0)


@pytest.fixture(scope="module")
def delivered(alone: Scenario) -> Run:
    return run(alone, WAY)


def test_a_delivery_is_seen_as_one(delivered: Run) -> None:
    assert delivered.ended == "delivered"
    assert delivered.passed
    assert delivered.said.endswith(" to go")
    assert not delivered.verdict.contacts
    assert 18.0 < delivered.verdict.path_length < 25.0


def test_faster_than_real_time(delivered: Run) -> None:
    assert delivered.real_time_factor > 1.0


def test_the_trace_follows_the_robot(delivered: Run) -> None:
    robot = delivered.trace.robot
    assert np.diff(robot[:, 0]) == pytest.approx(0.1)
    way = np.hypot(*np.diff(robot[:, 1:3], axis=0).T).sum()
    assert way == pytest.approx(delivered.verdict.path_length, rel=0.03)


def test_same_seed_same_run(alone: Scenario) -> None:
    short = dataclasses.replace(alone, timeout_s=12.0)
    first, again = run(short, WAY), run(short, WAY)
    assert np.array_equal(again.trace.robot, first.trace.robot)


def test_a_robot_that_does_not_move_runs_out_of_time_or_gives_up(alone: Scenario) -> None:
    short = dataclasses.replace(alone, timeout_s=5.0)
    assert run(short, ["wait"] * 9).ended == "timeout"
    gives_up = run(dataclasses.replace(alone, timeout_s=60.0), [])
    assert gives_up.ended == "given_up"
    assert not gives_up.passed


def test_driving_into_a_wall_is_a_contact_and_no_success(alone: Scenario) -> None:
    crash = run(dataclasses.replace(alone, timeout_s=12.0), [(1.5, 7.6), (1.5, 12.0)])
    assert [touch.other for touch in crash.verdict.contacts] == ["walls"]
    assert not crash.passed


def test_events_reach_the_world(alone: Scenario) -> None:
    stop = Event(2.0, HardwareEstop(True))
    stopped = run(dataclasses.replace(alone, events=(stop,), timeout_s=8.0), WAY)
    assert stopped.verdict.path_length < 1.0
    assert stopped.trace.robot[-1, 4] == pytest.approx(0.0, abs=1e-3)


def test_json_keys_are_the_contract(alone: Scenario, delivered: Run) -> None:
    figures = json.loads(json.dumps(summary(alone, [delivered])))
    assert list(figures)[:7] == [
        "scenario", "seed", "delivered", "contacts", "zone_entries", "min_separation_m", "time_s",
    ]  # fmt: skip
    assert figures["delivered"] is True
    assert figures["min_separation_m"] is None
    (row,) = figures["runs"]
    assert {"wall_s", "real_time_factor"} <= set(row)
    assert 0.7 < row["path_efficiency"] <= 1.0


def test_the_operators_buttons_reach_the_robot(alone: Scenario) -> None:
    events = (
        Event(1.0, PersonHelps(0.5)),
        Event(1.0, PanelPress(Button.STOP)),
    )
    scenario = dataclasses.replace(alone, events=events, timeout_s=3.0)
    world = SimWorld("operating_wing", seed=1, start=scenario.start)
    script = Script(world, [])
    run_scenario(scenario, world, script, ROBOT, 1)
    assert script.pressed == (Button.STOP, Button.RESET, Button.RESUME)
