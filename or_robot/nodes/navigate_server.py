"""Action `navigate_to_pose` over a Navigator: one goal at a time, a new one replaces the old."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future

from or_robot.autonomy.navigator import Navigator, NavigatorOutput
from or_robot.geometry.pose import Pose2D
from or_robot.nodes.conversions import (
    Malformed,
    duration_to_ros,
    expect_frame,
    pose_from_ros,
    pose_stamped_to_ros,
)
from or_robot.nodes.names import MAP, NAVIGATE
from or_robot.types.navigation import GoalRefused, NavigationError, NavigationState

FEEDBACK_PERIOD_S = 0.2


@dataclass
class _Goal:
    handle: ServerGoalHandle
    started_s: float
    ended: Future = field(default_factory=Future)
    told_s: float = -math.inf


class NavigateServer:
    """Call `tell` after every step of the navigator."""

    def __init__(self, node: Node, navigator: Navigator) -> None:
        self._node, self._navigator = node, navigator
        self._current: _Goal | None = None
        self._now_s = 0.0
        self._server = ActionServer(
            node,
            NavigateToPose,
            NAVIGATE,
            execute_callback=self._execute,
            goal_callback=self._judge,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )

    def tell(self, output: NavigatorOutput, t_s: float) -> None:
        """Feedback, and the end of the goal when the navigator or the client says so."""
        self._now_s = t_s
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
            self._feed_back(goal, output)

    def stop(self, why: str) -> None:
        """Give up the goal."""
        self._navigator.cancel()
        if self._current is not None:
            self._current.handle.abort()
            self._end(NavigationError.UNKNOWN, why)

    def _judge(self, request: NavigateToPose.Goal) -> GoalResponse:
        try:
            expect_frame(request.pose.header.frame_id or MAP, MAP)
            pose_from_ros(request.pose.pose)
        except Malformed as malformed:
            self._node.get_logger().warning(f"goal refused: {malformed}")
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    async def _execute(self, handle: ServerGoalHandle) -> NavigateToPose.Result:
        if self._current is not None:
            self._current.handle.abort()
            self._end(NavigationError.NONE, "replaced by a newer goal")
        goal: Pose2D = pose_from_ros(handle.request.pose.pose)
        try:
            self._navigator.set_goal(goal)
        except GoalRefused as refused:
            handle.abort()
            return _result(refused.code, str(refused))
        self._current = _Goal(handle, self._now_s)
        result: NavigateToPose.Result = await self._current.ended
        return result

    def _end(self, error: NavigationError, message: str) -> None:
        assert self._current is not None
        goal, self._current = self._current, None
        goal.ended.set_result(_result(error, message))

    def _feed_back(self, goal: _Goal, output: NavigatorOutput) -> None:
        feedback = NavigateToPose.Feedback()
        status, estimate = output.status, output.estimate
        if estimate is not None:
            feedback.current_pose = pose_stamped_to_ros(estimate.pose, estimate.stamp_s, MAP)
        feedback.navigation_time = duration_to_ros(max(0.0, self._now_s - goal.started_s))
        feedback.estimated_time_remaining = duration_to_ros(status.time_remaining or 0.0)
        feedback.number_of_recoveries = status.recoveries
        feedback.distance_remaining = (
            math.nan if status.distance_remaining is None else status.distance_remaining
        )
        goal.handle.publish_feedback(feedback)


def _result(error: NavigationError, message: str) -> NavigateToPose.Result:
    return NavigateToPose.Result(error_code=int(error), error_msg=message)
