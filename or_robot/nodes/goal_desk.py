"""One goal of the navigator at a time, whichever action asked: a new one replaces the old."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from geometry_msgs.msg import PoseStamped
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future

from or_robot.autonomy.navigator import Navigator, NavigatorOutput
from or_robot.nodes.conversions import Malformed, expect_frame, pose_from_ros
from or_robot.nodes.names import MAP
from or_robot.types.navigation import (
    IDLE_STATUS,
    GoalRefused,
    NavigationError,
    NavigationState,
    NavigationStatus,
)

FEEDBACK_PERIOD_S = 0.2


class Words(Protocol):
    """How one action says what became of a goal."""

    def result(self, error: NavigationError, message: str, status: NavigationStatus) -> Any: ...

    def feedback(self, output: NavigatorOutput, elapsed_s: float) -> Any: ...


@dataclass
class _Goal:
    handle: ServerGoalHandle
    words: Words
    started_s: float
    ended: Future = field(default_factory=Future)
    told_s: float = -math.inf


class GoalDesk:
    """Call `tell` after every step of the navigator."""

    def __init__(self, navigator: Navigator) -> None:
        self._navigator = navigator
        self._current: _Goal | None = None
        self._status = IDLE_STATUS
        self._now_s = 0.0

    def tell(self, output: NavigatorOutput, t_s: float) -> None:
        """Feedback, and the end of the goal when the navigator or the client says so."""
        self._now_s, self._status = t_s, output.status
        goal = self._current
        if goal is None:
            return
        status = output.status
        if goal.handle.is_cancel_requested:
            self._navigator.cancel()
            goal.handle.canceled()
            self._end(NavigationError.NONE, "cancelled")
        elif status.state is NavigationState.SUCCEEDED:
            goal.handle.succeed()
            self._end(NavigationError.NONE, "")
        elif status.state is NavigationState.ABORTED:
            goal.handle.abort()
            self._end(status.error, status.message)
        elif t_s - goal.told_s >= FEEDBACK_PERIOD_S or t_s < goal.told_s:
            goal.told_s = t_s
            goal.handle.publish_feedback(goal.words.feedback(output, self._elapsed(goal)))

    def stop(self, why: str) -> None:
        """Give up the goal."""
        self._navigator.cancel()
        if self._current is not None:
            self._current.handle.abort()
            self._end(NavigationError.UNKNOWN, why)

    async def carry_out(
        self, handle: ServerGoalHandle, words: Words, order: Callable[[], None]
    ) -> Any:
        """Result of an accepted goal. order: gives it to the navigator; may raise GoalRefused."""
        try:
            order()
        except GoalRefused as refused:  # the goal before it goes on
            handle.abort()
            return words.result(refused.code, str(refused), IDLE_STATUS)
        if self._current is not None:
            self._current.handle.abort()
            self._end(NavigationError.NONE, "replaced by a newer goal")
        self._current = _Goal(handle, words, self._now_s)
        return await self._current.ended

    def _elapsed(self, goal: _Goal) -> float:
        return max(0.0, self._now_s - goal.started_s)

    def _end(self, error: NavigationError, message: str) -> None:
        assert self._current is not None
        goal, self._current = self._current, None
        goal.ended.set_result(goal.words.result(error, message, self._status))


def usable(node: Node, *poses: PoseStamped) -> bool:
    """Whether these are poses in the map frame; says so when not."""
    try:
        for pose in poses:
            expect_frame(pose.header.frame_id or MAP, MAP)
            pose_from_ros(pose.pose)
    except Malformed as malformed:
        node.get_logger().warning(f"goal refused: {malformed}")
        return False
    return True
