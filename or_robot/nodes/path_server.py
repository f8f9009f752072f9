"""Action `compute_path_to_pose` over a Navigator: a path for whoever asks; nothing moves."""

from __future__ import annotations

import time

from nav2_msgs.action import ComputePathToPose
from rclpy.action import ActionServer, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from or_robot.autonomy.navigator import Navigator
from or_robot.nodes.conversions import (
    Malformed,
    duration_to_ros,
    expect_frame,
    path_to_ros,
    pose_from_ros,
)
from or_robot.nodes.names import COMPUTE_PATH, MAP
from or_robot.types.navigation import GoalRefused, NavigationError

PLANNERS = ("", "GridBased")
"""Values of planner_id that mean the one planner there is."""


class PathServer:
    """Answers at once: a plan takes milliseconds."""

    def __init__(self, node: Node, navigator: Navigator) -> None:
        self._node, self._navigator = node, navigator
        self._server = ActionServer(
            node,
            ComputePathToPose,
            COMPUTE_PATH,
            execute_callback=self._execute,
            goal_callback=self._judge,
        )

    def _judge(self, request: ComputePathToPose.Goal) -> GoalResponse:
        poses = [request.goal, request.start] if request.use_start else [request.goal]
        try:
            for pose in poses:
                expect_frame(pose.header.frame_id or MAP, MAP)
                pose_from_ros(pose.pose)
        except Malformed as malformed:
            self._node.get_logger().warning(f"path refused: {malformed}")
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    def _execute(self, handle: ServerGoalHandle) -> ComputePathToPose.Result:
        request, result = handle.request, ComputePathToPose.Result()
        begun = time.perf_counter()
        start = pose_from_ros(request.start.pose) if request.use_start else None
        if request.planner_id not in PLANNERS:
            handle.abort()
            result.error_code = ComputePathToPose.Result.INVALID_PLANNER
            result.error_msg = f"no planner {request.planner_id!r} — leave planner_id empty"
            return result
        try:
            path = self._navigator.compute_path(pose_from_ros(request.goal.pose), start)
        except GoalRefused as refused:
            handle.abort()
            result.error_code, result.error_msg = int(refused.code), str(refused)
            return result
        handle.succeed()
        result.error_code = int(NavigationError.NONE)
        result.path = path_to_ros(path, MAP)
        result.planning_time = duration_to_ros(time.perf_counter() - begun)
        return result
