"""Run a scenario: world and robot step by step, the referee watching, faster than real time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.scenario.description import Scenario
from or_robot.scenario.events import Action, Button, Schedule
from or_robot.scenario.operator import Operator
from or_robot.scenario.referee import Referee, Verdict
from or_robot.scenario.truth import GroundTruth
from or_robot.types.motion import Twist2D
from or_robot.types.sensing import SensorFrame
from or_robot.types.tasks import TaskRequest

STEP_S = 0.02
"""The safety gate's period, the shortest in the robot."""
DOOR_HOLD_S = 1.0
"""A request for a door, made with every step, holds so long."""
SETTLE_S = 1.0
"""A robot that is done still stands for handing over, and this much longer."""
TRACE_EVERY = 5
"""Steps between two points of the trace."""


class SimulatedWorld(Protocol):
    """What the runner needs of a simulator."""

    def command(self, twist: Twist2D) -> None: ...
    def happen(self, action: Action) -> None: ...
    def set_camera(self, on: bool) -> None: ...
    def ask_doors(self, names: Iterable[str], until_s: float) -> None: ...
    def step(self, until_s: float) -> SensorFrame: ...
    def truth(self) -> GroundTruth: ...


class Pilot(Protocol):
    """What the runner needs of a robot's software."""

    @property
    def needs_camera(self) -> bool:
        """Whether it would look at an image taken now; asked before every step."""
        ...

    @property
    def doors_wanted(self) -> tuple[str, ...]:
        """Doors that it asks to be open."""
        ...

    def submit(self, request: TaskRequest) -> None: ...
    def step(self, frame: SensorFrame) -> Twist2D: ...
    def press(self, button: Button) -> None:
        """Somebody does so at the panel."""
        ...

    def waits_for_person(self) -> bool:
        """Whether it says that it will not go on without a reset or a resume."""
        ...

    def given_up(self) -> bool:
        """Whether it will not try any more on anything it was asked for."""
        ...

    def last_words(self) -> str:
        """What it says of itself, in one line."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """What somebody who watches a run sees."""

    truth: GroundTruth
    frame: SensorFrame
    delivered: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """What a plot needs, ten times a second."""

    robot: NDArray[np.float64]
    """(n, 6) time, x, y, yaw, forward speed, yaw rate."""
    people: NDArray[np.float64]
    """(n, people, 2) x, y."""


@dataclass(frozen=True, slots=True)
class Run:
    seed: int
    verdict: Verdict
    passed: bool
    ended: str
    """"delivered" | "timeout" | "given_up"."""
    said: str
    """The robot's last words of itself."""
    trace: Trace
    wall_s: float

    @property
    def real_time_factor(self) -> float:
        return self.verdict.time_s / self.wall_s


def run_scenario(
    scenario: Scenario,
    world: SimulatedWorld,
    pilot: Pilot,
    robot: RobotConfig,
    seed: int,
    progress: Callable[[float], None] = lambda _fraction: None,
    watch: Callable[[Moment], None] = lambda _moment: None,
) -> Run:
    """Run until delivered, given up or out of time. `world` and `pilot` were made from `seed`."""
    referee = Referee(scenario, robot)
    recorder = _Recorder()
    tasks = sorted(scenario.tasks, key=lambda task: task.at_s)
    schedule, operator = Schedule(scenario.events), Operator(scenario.events)
    eyes = _Eyes(world, pilot)
    truth = world.truth()
    started = time.perf_counter()
    ended, idle_s = "timeout", 0.0
    for step in range(1, round(scenario.timeout_s / STEP_S) + 1):
        now = step * STEP_S
        for action in schedule.due(now, truth.robot):
            world.happen(action)
        for button in operator.presses(now, truth.robot, waits=pilot.waits_for_person()):
            pilot.press(button)
        while tasks and tasks[0].at_s <= now:
            pilot.submit(tasks.pop(0).request)
        eyes.open_when_needed()
        frame = world.step(now)
        world.command(pilot.step(frame))
        world.ask_doors(pilot.doors_wanted, now + DOOR_HOLD_S)
        truth = world.truth()
        referee.watch(truth, waits=pilot.waits_for_person())
        watch(Moment(truth, frame, referee.delivered))
        if step % TRACE_EVERY == 0:
            recorder.note(truth)
            progress(now / scenario.timeout_s)
        idle_s = idle_s + STEP_S if not tasks and pilot.given_up() else 0.0
        if referee.delivered or idle_s > scenario.success.stand_s + SETTLE_S:
            ended = "delivered" if referee.delivered else "given_up"
            break
    wall_s = time.perf_counter() - started
    verdict = referee.verdict()
    passed, said = verdict.passed(scenario.success), pilot.last_words()
    return Run(seed, verdict, passed, ended, said, recorder.trace(), wall_s)


class _Eyes:
    """Switches the camera on for the steps whose image the pilot needs."""

    def __init__(self, world: SimulatedWorld, pilot: Pilot) -> None:
        self._world, self._pilot = world, pilot
        self._on = False

    def open_when_needed(self) -> None:
        needed = self._pilot.needs_camera
        if needed is not self._on:
            self._world.set_camera(needed)
            self._on = needed


class _Recorder:
    def __init__(self) -> None:
        self._robot: list[tuple[float, ...]] = []
        self._people: list[list[tuple[float, float]]] = []

    def note(self, truth: GroundTruth) -> None:
        pose, twist = truth.robot, truth.twist
        self._robot.append((truth.stamp_s, pose.x, pose.y, pose.yaw, twist.linear, twist.angular))
        self._people.append([(person.pose.x, person.pose.y) for person in truth.people])

    def trace(self) -> Trace:
        count = len(self._robot)
        robot = np.array(self._robot, dtype=np.float64).reshape(count, 6)
        return Trace(robot, np.array(self._people, dtype=np.float64).reshape(count, -1, 2))
