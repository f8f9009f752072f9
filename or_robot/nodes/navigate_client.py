"""The tasks' robot port over the graph: navigate_to_pose and /safety/state."""

from __future__ import annotations

import math
import time
from typing import Any

from nav2_msgs.action import NavigateToPose
from or_robot_interfaces.msg import SafetyState as SafetyStateMsg
from rclpy.action import ActionClient
from rclpy.action.client import ClientGoalHandle
from rclpy.node import Node
from rclpy.task import Future

from or_robot.geometry.pose import Pose2D
from or_robot.nodes.conversions import pose_stamped_to_ros, safety_state_from_ros
from or_robot.nodes.names import LATCHED, MAP, NAVIGATE, SAFETY_STATE
from or_robot.nodes.runtime import now_s
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


class NavigatePort:
    """RobotPort of or_robot.tasks. Called from the node's executor only."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._client = ActionClient(node, NavigateToPose, NAVIGATE)
        node.create_subscription(SafetyStateMsg, SAFETY_STATE, self._take_safety, LATCHED)
        self._safety, self._safety_s = NO_STATE, time.monotonic()
        self._status = IDLE_STATUS
        self._order = 0
        self._handle: ClientGoalHandle | None = None
        self._heard_s = 0.0

    def navigate_to(self, pose: Pose2D) -> None:
        """A new goal replaces the old one; what becomes of it shows in `navigation`."""
        self._order += 1
        self._handle, self._heard_s = None, time.monotonic()
        self._status = _active("asks navigation")
        goal = NavigateToPose.Goal(pose=pose_stamped_to_ros(pose, now_s(self._node), MAP))
        order = self._order
        accepted = self._client.send_goal_async(goal, lambda m: self._feedback(order, m.feedback))
        accepted.add_done_callback(lambda future: self._accepted(order, future))

    def cancel(self) -> None:
        self._order += 1
        self._status = IDLE_STATUS
        if self._handle is not None:
            self._handle.cancel_goal_async()
            self._handle = None

    def navigation(self) -> NavigationStatus:
        """Silence of the navigation process ends the goal, rather than wait for it forever."""
        active = self._status.state is NavigationState.ACTIVE
        if active and time.monotonic() - self._heard_s > SILENCE_S:
            self._end(NavigationState.ABORTED, NavigationError.UNKNOWN, "navigation is silent")
        return self._status

    def safety(self) -> SafetyState:
        """The newest state; a fault when the safety process is silent."""
        age_s = time.monotonic() - self._safety_s
        if self._safety is not NO_STATE and age_s > STATE_MAX_AGE_S:
            text = "Lost: safety process"
            return SafetyState(0.0, SafetyMode.FAULT, "safety_stale", text, 0.0, True, True)
        return self._safety

    def _take_safety(self, message: SafetyStateMsg) -> None:
        self._safety, self._safety_s = safety_state_from_ros(message), time.monotonic()

    def _accepted(self, order: int, future: Future) -> None:
        handle = future.result()
        if order != self._order:
            if handle.accepted:  # ordered otherwise in the meantime
                handle.cancel_goal_async()
            return
        if not handle.accepted:
            self._end(NavigationState.ABORTED, NavigationError.UNKNOWN, "navigation refused")
            return
        self._handle, self._heard_s = handle, time.monotonic()
        handle.get_result_async().add_done_callback(lambda done: self._result(order, done))

    def _feedback(self, order: int, feedback: NavigateToPose.Feedback) -> None:
        if order != self._order:
            return
        self._heard_s = time.monotonic()
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
            self._end(NavigationState.ABORTED, NavigationError(code), result.error_msg)

    def _end(self, state: NavigationState, error: NavigationError, message: str) -> None:
        self._handle = None
        self._status = NavigationStatus(state, error, message, None, None)


def _active(message: str) -> NavigationStatus:
    return NavigationStatus(NavigationState.ACTIVE, NavigationError.NONE, message, None, None)
