"""The tasks' robot port over the graph: navigate_to_pose and /safety/state."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from typing import Any

from action_msgs.srv import CancelGoal
from nav2_msgs.action import DockRobot, NavigateToPose
from or_robot_interfaces.msg import SafetyState as SafetyStateMsg
from rclpy.action import ActionClient
from rclpy.action.client import ClientGoalHandle
from rclpy.node import Node
from rclpy.task import Future

from or_robot.geometry.pose import Pose2D
from or_robot.nodes.conversions import pose_stamped_to_ros, safety_state_from_ros
from or_robot.nodes.insistent_client import InsistentClient
from or_robot.nodes.names import DOCK, LATCHED, MAP, NAVIGATE, SAFETY_STATE
from or_robot.nodes.runtime import now_s
from or_robot.types.docking import DockingStage, DockTarget
from or_robot.types.navigation import (
    IDLE_STATUS,
    NavigationError,
    NavigationState,
    NavigationStatus,
)
from or_robot.types.safety import SafetyMode, SafetyState

SILENCE_S = 3.0
"""s of steady time without feedback after which navigation is taken for gone (it gives 5 Hz)."""
STATE_MAX_AGE_S = 1.0
"""s of steady time after which an unrepeated safety state counts as a fault (it gives 10 Hz)."""
NO_STATE = SafetyState(0.0, SafetyMode.INIT, "", "Waits for: safety process", 0.0, False, False)

STAGES = {
    DockingStage.LOOKING: "looks for the marker",
    DockingStage.CONTROLLING: "drives into the dock",
    DockingStage.RETRY: "tries to dock again",
}
"""What docking does, for people."""
UNKNOWN_DOCKING = 999
"""DockRobot's code for what it does not know."""


class NavigatePort:
    """RobotPort of or_robot.tasks. Called from the node's executor only."""

    def __init__(self, node: Node) -> None:
        self._node = node
        kinds = {NAVIGATE: NavigateToPose, DOCK: DockRobot}
        self._clients = {action: ActionClient(node, kind, action) for action, kind in kinds.items()}
        self._cancellers = {
            action: InsistentClient(node, CancelGoal, f"{action}/_action/cancel_goal")
            for action in kinds
        }
        node.create_subscription(SafetyStateMsg, SAFETY_STATE, self._take_safety, LATCHED)
        self._safety, self._safety_s = NO_STATE, time.monotonic()
        self._status = IDLE_STATUS
        self._order = 0
        self._heard_s = 0.0
        self._next: tuple[str, Callable[[], None]] | None = None
        self._cancel_all()  # nobody here knows a goal that an earlier life of this process gave

    def navigate_to(self, pose: Pose2D) -> None:
        """A new goal replaces the old one; what becomes of it shows in `navigation`."""
        goal = NavigateToPose.Goal(pose=pose_stamped_to_ros(pose, now_s(self._node), MAP))
        self._send(NAVIGATE, goal, self._feedback)

    def dock(self, target: DockTarget) -> None:
        """The same for a station's dock, which navigation knows by its name."""
        goal = DockRobot.Goal(use_dock_id=True, dock_id=target.name)
        self._send(DOCK, goal, self._dock_feedback)

    def _send(self, action: str, goal: Any, hear: Callable[[Any], None]) -> None:
        self._order += 1
        self._heard_s = time.monotonic()
        self._status = _active("asks navigation")
        order = self._order

        def feedback(message: Any) -> None:
            if order == self._order:
                self._heard_s = time.monotonic()
                hear(message.feedback)

        def send() -> None:
            accepted = self._clients[action].send_goal_async(goal, feedback)
            accepted.add_done_callback(lambda future: self._accepted(order, future))

        self._next = (action, send)
        self._send_next()

    def _send_next(self) -> None:
        """A goal waits until those before it have been taken back."""
        if self._next is not None and not self._cancellers[self._next[0]].waiting:
            (_, send), self._next = self._next, None
            send()

    def cancel(self) -> None:
        self._order += 1
        active = self._status.state is NavigationState.ACTIVE
        self._status, self._next = IDLE_STATUS, None
        if active:
            self._cancel_all()

    def navigation(self) -> NavigationStatus:
        """Silence of the navigation process ends the goal, rather than wait for it forever."""
        active = self._status.state is NavigationState.ACTIVE
        if active and time.monotonic() - self._heard_s > SILENCE_S:
            self.cancel()
            self._end(NavigationState.ABORTED, NavigationError.UNKNOWN, "navigation is silent")
        return self._status

    def _cancel_all(self) -> None:
        """Whatever navigation drives to, until it says that it does not.

        Not only the goal we know: the answer to a goal can be lost, and navigation then drives to
        it although we hold no handle.
        """
        for canceller in self._cancellers.values():
            canceller.ask(CancelGoal.Request()).add_done_callback(lambda _: self._send_next())

    @property
    def hears_gate(self) -> bool:
        return self._safety is not NO_STATE and (
            time.monotonic() - self._safety_s <= STATE_MAX_AGE_S
        )

    def safety(self) -> SafetyState:
        """The newest state; a fault when the safety process is silent."""
        if self._safety is not NO_STATE and not self.hears_gate:
            text = "Lost: safety process"
            return SafetyState(0.0, SafetyMode.FAULT, "safety_stale", text, 0.0, True, True)
        return self._safety

    def _take_safety(self, message: SafetyStateMsg) -> None:
        self._safety, self._safety_s = safety_state_from_ros(message), time.monotonic()

    def _accepted(self, order: int, future: Future) -> None:
        handle: ClientGoalHandle = future.result()
        if order != self._order:
            if handle.accepted:  # ordered otherwise in the meantime
                handle.cancel_goal_async()
            return
        if not handle.accepted:
            self._end(NavigationState.ABORTED, NavigationError.UNKNOWN, "navigation refused")
            return
        self._heard_s = time.monotonic()
        handle.get_result_async().add_done_callback(lambda done: self._result(order, done))

    def _dock_feedback(self, feedback: DockRobot.Feedback) -> None:
        stage = DockingStage(feedback.state)
        self._status = dataclasses.replace(
            _active(STAGES.get(stage, "")), docking=stage, retries=feedback.num_retries
        )

    def _feedback(self, feedback: NavigateToPose.Feedback) -> None:
        remaining = feedback.estimated_time_remaining
        distance = feedback.distance_remaining
        known = not math.isnan(distance)
        self._status = NavigationStatus(
            NavigationState.ACTIVE,
            NavigationError.NONE,
            "",
            distance if known else None,
            remaining.sec + remaining.nanosec * 1e-9 if known else None,
            feedback.number_of_recoveries,
        )

    def _result(self, order: int, future: Future) -> None:
        if order != self._order:
            return
        result: Any = future.result().result
        if result.error_code == NavigationError.NONE and not result.error_msg:
            self._end(NavigationState.SUCCEEDED, NavigationError.NONE, "")
        else:
            code = result.error_code or NavigationError.UNKNOWN
            code = NavigationError.UNKNOWN if code == UNKNOWN_DOCKING else code
            self._end(NavigationState.ABORTED, NavigationError(code), result.error_msg)

    def _end(self, state: NavigationState, error: NavigationError, message: str) -> None:
        self._status = NavigationStatus(state, error, message, None, None)


def _active(message: str) -> NavigationStatus:
    return NavigationStatus(NavigationState.ACTIVE, NavigationError.NONE, message, None, None)
