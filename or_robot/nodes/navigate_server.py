"""Actions `navigate_to_pose` and `navigate_through_poses` over a Navigator."""

from __future__ import annotations

import math
from typing import Any

from nav2_msgs.action import NavigateThroughPoses, NavigateToPose
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from or_robot.autonomy.navigator import Navigator, NavigatorOutput
from or_robot.nodes.conversions import duration_to_ros, pose_from_ros, pose_stamped_to_ros
from or_robot.nodes.goal_desk import GoalDesk, usable
from or_robot.nodes.names import MAP, NAVIGATE, NAVIGATE_THROUGH
from or_robot.types.navigation import NavigationError, NavigationStatus


class ToPose:
    """Words of `navigate_to_pose`."""

    def result(self, error: NavigationError, message: str, _: NavigationStatus) -> Any:
        return NavigateToPose.Result(error_code=int(error), error_msg=message)

    def feedback(self, output: NavigatorOutput, elapsed_s: float) -> Any:
        feedback = NavigateToPose.Feedback()
        _fill(feedback, output, elapsed_s)
        return feedback


class ThroughPoses:
    """Words of `navigate_through_poses`."""

    def result(self, error: NavigationError, message: str, _: NavigationStatus) -> Any:
        return NavigateThroughPoses.Result(error_code=int(error), error_msg=message)

    def feedback(self, output: NavigatorOutput, elapsed_s: float) -> Any:
        feedback = NavigateThroughPoses.Feedback()
        _fill(feedback, output, elapsed_s)
        feedback.number_of_poses_remaining = output.status.goals_left
        return feedback


class NavigateServer:
    """Takes goals; the desk tells of them."""

    def __init__(self, node: Node, navigator: Navigator, desk: GoalDesk) -> None:
        self._node, self._navigator, self._desk = node, navigator, desk
        self._server = ActionServer(
            node,
            NavigateToPose,
            NAVIGATE,
            execute_callback=self._to_pose,
            goal_callback=lambda request: self._judge(request.pose),
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )
        self._through_server = ActionServer(
            node,
            NavigateThroughPoses,
            NAVIGATE_THROUGH,
            execute_callback=self._through,
            goal_callback=lambda request: self._judge(*request.poses),
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )

    def _judge(self, *poses: Any) -> GoalResponse:
        return GoalResponse.ACCEPT if usable(self._node, *poses) else GoalResponse.REJECT

    async def _to_pose(self, handle: ServerGoalHandle) -> Any:
        goal = pose_from_ros(handle.request.pose.pose)
        return await self._desk.carry_out(handle, ToPose(), lambda: self._navigator.set_goal(goal))

    async def _through(self, handle: ServerGoalHandle) -> Any:
        goals = [pose_from_ros(stamped.pose) for stamped in handle.request.poses]
        return await self._desk.carry_out(
            handle, ThroughPoses(), lambda: self._navigator.set_goals(goals)
        )


def _fill(feedback: Any, output: NavigatorOutput, elapsed_s: float) -> None:
    """What the feedback of both actions has."""
    status, estimate = output.status, output.estimate
    if estimate is not None:
        feedback.current_pose = pose_stamped_to_ros(estimate.pose, estimate.stamp_s, MAP)
    feedback.navigation_time = duration_to_ros(elapsed_s)
    feedback.estimated_time_remaining = duration_to_ros(status.time_remaining or 0.0)
    feedback.number_of_recoveries = status.recoveries
    feedback.distance_remaining = (
        math.nan if status.distance_remaining is None else status.distance_remaining
    )
