"""A scenario in the running graph, as its runner sees it: truth, tasks, the buttons of a panel."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

import rclpy
from or_robot_interfaces.msg import SafetyState as SafetyStateMsg
from or_robot_interfaces.msg import TaskQueue as TaskQueueMsg
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from std_msgs.msg import String

from or_robot.config.link import LinkConfig
from or_robot.errors import OrRobotError
from or_robot.link.client import LinkClient
from or_robot.link.payloads import Acknowledged, PhaseChange, RoomRequest
from or_robot.nodes import names
from or_robot.nodes.conversions import queue_from_ros, safety_state_from_ros
from or_robot.nodes.truth import truth_from_ros
from or_robot.scenario.description import Scenario
from or_robot.scenario.events import Action, Button
from or_robot.scenario.truth import GroundTruth
from or_robot.types.motion import STANDSTILL, Twist2D
from or_robot.types.procedure import ProcedurePhase
from or_robot.types.safety import SafetyState
from or_robot.types.sensing import SensorFrame
from or_robot.types.tasks import ENDED_STATES, TaskQueue, TaskRequest

START_S = 120.0
SILENCE_S = 20.0
"""s of steady time without ground truth after which the simulation counts as gone."""
ROOM = "OR-1"
"""At whose panel the operator stands unless a phase of another room is to be set."""


def panel_key(room: str) -> str:
    return f"panel-{room}"


def rooms(scenario: Scenario) -> tuple[str, ...]:
    """Rooms whose panel keys the operator needs."""
    return tuple(sorted({ROOM, *(change.room for change in scenario.phases)}))


class GraphWorld:
    """World of `scenario.runner.run_scenario`: the simulation process plays it, this watches.

    Nobody but the referee may: it sees every ground truth in order. `ended` says why the suite has
    ended, "" while it runs. A context manager; entered once the simulation lives.
    """

    def __init__(self, domain: int, ended: Callable[[], str]) -> None:
        self._ended = ended
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node("referee", context=self._context)
        self._news = threading.Condition()
        self._coming: deque[GroundTruth] = deque()
        self._truth: GroundTruth | None = None
        self._heard_s = time.monotonic()
        self.safety: SafetyState | None = None
        self.queue: TaskQueue | None = None
        subscribe = self._node.create_subscription
        subscribe(String, names.TRUTH_STATE, self._take_truth, names.HISTORY)
        subscribe(SafetyStateMsg, names.SAFETY_STATE, self._take_safety, names.LATCHED)
        subscribe(TaskQueueMsg, names.TASK_QUEUE, self._take_queue, names.LATCHED)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._spinner = threading.Thread(target=self._spin, name="referee", daemon=True)

    def __enter__(self) -> Self:
        self._spinner.start()
        try:
            self._next(START_S)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def truth(self) -> GroundTruth:
        assert self._truth is not None, "entered"
        return self._truth

    def set_camera(self, on: bool) -> None:
        """Who wants images subscribes to them."""

    def command(self, twist: Twist2D) -> None:
        """The safety process commands the base."""

    def ask_doors(self, names: Iterable[str], until_s: float) -> None:
        """Navigation asks them itself."""

    def happen(self, action: Action) -> None:
        """The simulation process plays the same scenario's events."""

    def step(self, until_s: float) -> SensorFrame:
        """Waits for the simulation to come there; raises OrRobotError when it does not."""
        while self.truth().stamp_s < until_s:
            self._next(SILENCE_S)
        return SensorFrame(self.truth().stamp_s, (), (), False, False, 1.0)

    def _next(self, patience_s: float) -> None:
        with self._news:
            while not self._coming:
                ended, silent_s = self._ended(), time.monotonic() - self._heard_s
                if ended:
                    raise OrRobotError(f"the suite ended: {ended}", "see its log")
                if silent_s > patience_s:
                    raise OrRobotError(f"no ground truth for {silent_s:.0f} s", "see the log")
                self._news.wait(0.2)
            self._truth = self._coming.popleft()

    def _take_truth(self, message: String) -> None:
        with self._news:
            self._coming.append(truth_from_ros(message))
            self._heard_s = time.monotonic()
            self._news.notify_all()

    def _take_safety(self, message: SafetyStateMsg) -> None:
        self.safety = safety_state_from_ros(message)

    def _take_queue(self, message: TaskQueueMsg) -> None:
        self.queue = queue_from_ros(message)

    def _spin(self) -> None:
        while self._context.ok():
            try:
                self._executor.spin_once(timeout_sec=0.2)
            except ExternalShutdownException:
                return

    def _close(self) -> None:
        self._context.try_shutdown()
        self._spinner.join(5.0)
        self._executor.shutdown(timeout_sec=1.0)


class GraphPilot:
    """Pilot of `run_scenario`: the suite drives by itself; this is the person at its panel.

    A stop station too, without which the robot does not drive. A context manager.
    """

    needs_camera = False
    doors_wanted: tuple[str, ...] = ()

    def __init__(self, scenario: Scenario, world: GraphWorld, link: LinkConfig) -> None:
        self._scenario, self._world = scenario, world
        self._why = f"scenario {scenario.name}"
        self._phases = sorted(scenario.phases, key=lambda change: change.at_s)
        self._panels = {room: LinkClient(link, panel_key(room)) for room in rooms(scenario)}
        self._refused = ""

    def __enter__(self) -> Self:
        for panel in self._panels.values():
            panel.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for panel in self._panels.values():
            panel.close()

    def submit(self, request: TaskRequest) -> None:
        """The tasks process reads the same scenario."""

    def step(self, frame: SensorFrame) -> Twist2D:
        while self._phases and self._phases[0].at_s <= frame.stamp_s:
            change = self._phases[0]
            if not self._panels[change.room].connected:
                break  # the server may still be starting: the next frame asks again
            self._phases.pop(0)
            order = PhaseChange("operator", change.room, self._why, change.phase)
            self._ask(change.room, "phase.set", order, ProcedurePhase)
        return STANDSTILL

    def press(self, button: Button) -> None:
        order = RoomRequest("operator", ROOM, self._why)
        if button is Button.STOP:
            self._panels[ROOM].stop(self._why, room=ROOM)
        elif button is Button.RESET:
            self._ask(ROOM, "safety.reset", order, SafetyState)
        else:
            self._ask(ROOM, "task.resume", order, Acknowledged)

    def waits_for_person(self) -> bool:
        safety, queue = self._world.safety, self._world.queue
        held = safety is not None and (safety.reset_required or safety.resume_required)
        return held or (queue is not None and queue.resume_required)

    def given_up(self) -> bool:
        tasks = self._world.queue.tasks if self._world.queue else ()
        ended = [task for task in tasks if task.state in ENDED_STATES]
        return len(ended) >= len(self._scenario.tasks)

    def last_words(self) -> str:
        safety, queue = self._world.safety, self._world.queue
        said = [f"safety {safety.mode.name} {safety.reason}".strip() if safety else "no safety"]
        said += [f"{t.request.id} {t.state}: {t.detail}" for t in (queue.tasks if queue else ())]
        if self._phases and self._phases[0].at_s <= self._world.truth().stamp_s:
            said.append("a phase could not be set: no link to the information server")
        return " | ".join(said + ([f"refused: {self._refused}"] if self._refused else []))

    def _ask(self, room: str, name: str, order: object, reply: type[Any]) -> None:
        """As at the panel: a refusal is read, not an end."""
        try:
            self._panels[room].request(name, order, reply=reply)
        except OrRobotError as error:
            self._refused = f"{name}: {error}"
