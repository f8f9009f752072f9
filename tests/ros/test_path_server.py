"""compute_path_to_pose: paths and Nav2's error codes, from a node with nothing but the server."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import rclpy
from kinematic_plant import Plant, room
from nav2_msgs.action import ComputePathToPose
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future

from or_robot.autonomy.navigator import Navigator, NavigatorInputs
from or_robot.config.navigation import NavigatorConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.nodes.conversions import path_from_ros, pose_stamped_to_ros
from or_robot.nodes.names import COMPUTE_PATH, MAP
from or_robot.nodes.path_server import PathServer

SITE = room(8.0, 5.0, [(4.0, 0.0, 4.2, 2.0), (4.0, 2.9, 4.2, 5.0)])
START, GOAL = Pose2D(1.5, 3.6, 0.0), Pose2D(6.5, 1.2, -math.pi / 2)
WAIT_S = 20.0
Result = ComputePathToPose.Result


class Asker:
    """Server and client in one process."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node("asker", context=self._context)
        plant, navigator = Plant(SITE, START), Navigator(NavigatorConfig(), SITE, RobotConfig())
        navigator.set_initial_pose(START)
        navigator.step(NavigatorInputs(plant.scan(), plant.odometry()), 0.0)
        self._server = PathServer(self._node, navigator)
        self._client = ActionClient(self._node, ComputePathToPose, COMPUTE_PATH)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)

    def ask(self, goal: Pose2D, frame: str = MAP, **fields: object) -> Result | None:
        """The result; None when the goal was rejected."""
        request = ComputePathToPose.Goal(goal=pose_stamped_to_ros(goal, 0.0, frame), **fields)
        handle = self._await(self._client.send_goal_async(request))
        return self._await(handle.get_result_async()).result if handle.accepted else None

    def _await(self, future: Future) -> object:
        self._executor.spin_until_future_complete(future, timeout_sec=WAIT_S)
        assert future.done()
        return future.result()

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()


@pytest.fixture(scope="module")
def asker(domain: int) -> Iterator[Asker]:
    asker = Asker(domain)
    yield asker
    asker.close()


def test_a_path_from_where_the_robot_is(asker: Asker) -> None:
    result = asker.ask(GOAL)
    assert result is not None
    assert result.error_code == Result.NONE
    poses = path_from_ros(result.path).poses
    assert np.hypot(*(poses[0, :2] - [START.x, START.y])) < 0.2
    np.testing.assert_allclose(poses[-1], [GOAL.x, GOAL.y, GOAL.yaw], atol=1e-6)
    assert result.planning_time.sec * 10**9 + result.planning_time.nanosec > 0


def test_a_path_from_a_start_that_is_given(asker: Asker) -> None:
    start = pose_stamped_to_ros(GOAL, 0.0, MAP)
    result = asker.ask(START, start=start, use_start=True)
    assert result is not None
    poses = path_from_ros(result.path).poses
    np.testing.assert_allclose(poses[0, :2], [GOAL.x, GOAL.y], atol=1e-6)


@pytest.mark.parametrize(
    ("goal", "code"),
    [
        (Pose2D(99.0, 0.0, 0.0), Result.GOAL_OUTSIDE_MAP),
        (Pose2D(4.1, 1.0, 0.0), Result.GOAL_OCCUPIED),
    ],
)
def test_says_why_there_is_none(asker: Asker, goal: Pose2D, code: int) -> None:
    result = asker.ask(goal)
    assert result is not None
    assert (result.error_code, len(result.path.poses)) == (code, 0)
    assert result.error_msg


def test_another_planner_frame_or_number_is_refused(asker: Asker) -> None:
    result = asker.ask(GOAL, planner_id="Smac")
    assert result is not None
    assert result.error_code == Result.INVALID_PLANNER
    assert asker.ask(GOAL, frame="odom") is None
    assert asker.ask(Pose2D(math.nan, 0.0, 0.0)) is None
