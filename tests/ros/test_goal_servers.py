"""navigate_through_poses and dock_robot at one desk with navigate_to_pose.

One node with a kinematic robot; its time runs as fast as it can be computed.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rclpy
from action_msgs.msg import GoalStatus
from kinematic_plant import Plant, room
from nav2_msgs.action import DockRobot, NavigateThroughPoses, NavigateToPose
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future

from or_robot.autonomy.navigator import Navigator, NavigatorInputs
from or_robot.config.docking import DockingConfig
from or_robot.config.navigation import NavigatorConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.nodes import navigate_client
from or_robot.nodes.conversions import pose_stamped_to_ros
from or_robot.nodes.dock_server import DockServer
from or_robot.nodes.goal_desk import GoalDesk
from or_robot.nodes.names import DOCK, MAP, NAVIGATE, NAVIGATE_THROUGH
from or_robot.nodes.navigate_client import NavigatePort
from or_robot.nodes.navigate_server import NavigateServer
from or_robot.types.docking import DockingStage, DockMark, DockTarget
from or_robot.types.motion import STANDSTILL
from or_robot.types.navigation import NavigationError, NavigationState, NavigationStatus
from or_robot.types.site import Station

SITE = room(8.0, 6.0)
START = Pose2D(1.0, 1.0, 0.0)
VIAS = (Pose2D(3.5, 1.1, 0.0), Pose2D(6.2, 2.2, 3.0))
LAST = Pose2D(6.0, 4.4, 1.57)
STATIONS = {
    "dock": Station(
        "dock", {}, Pose2D(2.0, 1.0, 0.0), "dock", "", DockMark(0, Pose2D(0.65, 0.0, 0.0))
    ),
    "store": Station("store", {}, LAST, "supply", ""),
}
PERIOD_S = 0.05
WAIT_S = 40.0


class Robot:
    """Servers, clients and a robot in one process."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node("robot", context=self._context)
        self.plant = Plant(SITE, START)
        docking = dataclasses.replace(DockingConfig(), look_s=1.0)
        config = dataclasses.replace(NavigatorConfig(), docking=docking)
        self._navigator = Navigator(config, SITE, RobotConfig())
        self._navigator.set_initial_pose(START)
        self._desk = GoalDesk(self._navigator)
        self._servers = (
            NavigateServer(self._node, self._navigator, self._desk),
            DockServer(self._node, self._navigator, self._desk, STATIONS),
        )
        kinds = {NAVIGATE: NavigateToPose, NAVIGATE_THROUGH: NavigateThroughPoses, DOCK: DockRobot}
        self._clients = {n: ActionClient(self._node, kind, n) for n, kind in kinds.items()}
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._ticks = 0
        self.feedback: list[Any] = []
        for client in self._clients.values():
            self.until(client.server_is_ready)

    def ask(self, name: str, request: Any) -> Any:
        """The goal's handle."""
        future = self._clients[name].send_goal_async(
            request, lambda message: self.feedback.append(message.feedback)
        )
        return self.wait(future)

    def wait(self, future: Future) -> Any:
        self.until(future.done)
        return future.result()

    @property
    def node(self) -> Any:
        return self._node

    @property
    def status(self) -> NavigationStatus:
        return self._navigator.status

    def until(self, done: Callable[[], bool]) -> None:
        """Drives on meanwhile."""
        end_s = time.monotonic() + WAIT_S
        while not done():
            assert time.monotonic() < end_s
            scan = self.plant.scan() if self._ticks % 2 == 0 else None
            output = self._navigator.step(
                NavigatorInputs(scan, self.plant.odometry()), self.plant.time_s
            )
            self._desk.tell(output, self.plant.time_s)
            self.plant.command(output.command.twist)
            self.plant.step(self.plant.time_s + PERIOD_S)
            self._ticks += 1
            self._executor.spin_once(timeout_sec=0.0)

    @property
    def asked_to_cancel(self) -> bool:
        goal = self._desk._current
        return goal is not None and goal.handle.is_cancel_requested

    def listen(self, done: Callable[[], bool]) -> None:
        """Its own time stands meanwhile: what is asked again in steady time comes within the drive,
        which otherwise may be over by then."""
        end_s = time.monotonic() + WAIT_S
        while not done():
            assert time.monotonic() < end_s
            self._executor.spin_once(timeout_sec=0.05)

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()


@pytest.fixture
def robot(domain: int) -> Iterator[Robot]:
    made = Robot(domain)
    yield made
    made.close()


def through(*poses: Pose2D, frame: str = MAP) -> Any:
    stamped = [pose_stamped_to_ros(pose, 0.0, frame) for pose in poses]
    return NavigateThroughPoses.Goal(poses=stamped)


def test_through_poses_to_the_last_with_the_poses_left(robot: Robot) -> None:
    handle = robot.ask(NAVIGATE_THROUGH, through(*VIAS, LAST))
    outcome = robot.wait(handle.get_result_async())
    assert outcome.status == GoalStatus.STATUS_SUCCEEDED, outcome.result
    assert outcome.result.error_code == NavigationError.NONE
    assert robot.plant.pose.distance_to(LAST) < 0.1
    left = [feedback.number_of_poses_remaining for feedback in robot.feedback]
    assert set(left) >= {3, 2, 1}
    assert left == sorted(left, reverse=True)
    far, near = robot.feedback[2].distance_remaining, robot.feedback[-1].distance_remaining
    assert far > near >= 0.0


def test_a_newer_goal_of_another_action_replaces_and_a_cancel_stands(robot: Robot) -> None:
    first = robot.ask(NAVIGATE_THROUGH, through(*VIAS, LAST))
    second = robot.ask(NAVIGATE, NavigateToPose.Goal(pose=pose_stamped_to_ros(LAST, 0.0, MAP)))
    replaced = robot.wait(first.get_result_async())
    assert replaced.status == GoalStatus.STATUS_ABORTED
    assert replaced.result.error_msg == "replaced by a newer goal"
    robot.until(lambda: robot.plant.twist.linear > 0.2)
    robot.wait(second.cancel_goal_async())
    assert robot.wait(second.get_result_async()).status == GoalStatus.STATUS_CANCELED
    robot.until(lambda: robot.plant.twist.linear == 0.0)


def test_a_goal_that_is_refused_leaves_the_one_before_it(robot: Robot) -> None:
    first = robot.ask(NAVIGATE_THROUGH, through(*VIAS, LAST))
    refused = robot.ask(NAVIGATE_THROUGH, through(Pose2D(-4.0, 1.0, 0.0)))
    assert robot.wait(refused.get_result_async()).status == GoalStatus.STATUS_ABORTED
    assert robot.wait(first.get_result_async()).status == GoalStatus.STATUS_SUCCEEDED
    assert robot.plant.pose.distance_to(LAST) < 0.1


def ordered(port: NavigatePort, how: str) -> None:
    if how == "pose":
        port.navigate_to(LAST)
    else:
        station = STATIONS["dock"]
        port.dock(DockTarget("dock", station.pose.compose(Pose2D(3.0, 3.0, 0.0)), station.mark))


def stands_without_goal(robot: Robot) -> bool:
    return robot.plant.twist == STANDSTILL and robot.status.state is NavigationState.IDLE


@pytest.mark.parametrize("how", ["pose", "dock"])
def test_a_goal_whose_answer_was_lost_is_cancelled_all_the_same(robot: Robot, how: str) -> None:
    """The port never hears that navigation took its goal."""
    port = NavigatePort(robot.node)
    port._accepted = lambda _order, _future: None
    ordered(port, how)
    robot.until(lambda: abs(robot.plant.twist.linear) > 0.1)
    port.cancel()
    robot.listen(lambda: robot.asked_to_cancel)
    robot.until(lambda: stands_without_goal(robot))


@pytest.mark.parametrize("lost", ["question", "answer"])
def test_a_cancel_is_asked_again_until_it_is_answered(robot: Robot, lost: str) -> None:
    port = NavigatePort(robot.node)
    ordered(port, "pose")
    robot.until(lambda: abs(robot.plant.twist.linear) > 0.1)
    canceller = port._cancellers[NAVIGATE]
    real, calls = canceller._client.call_async, []

    def lossy(request: Any) -> Future:
        calls.append(request)
        if len(calls) > 2:
            return real(request)
        if lost == "answer":
            real(request)
        return Future()

    canceller._client.call_async = lossy
    port.cancel()
    assert canceller.waiting
    robot.until(lambda: stands_without_goal(robot) and not canceller.waiting)
    assert len(calls) == 3


def test_a_goal_of_an_earlier_life_is_taken_back(robot: Robot) -> None:
    """The process that gave it died; navigation drives on to it."""
    robot.ask(NAVIGATE, NavigateToPose.Goal(pose=pose_stamped_to_ros(LAST, 0.0, MAP)))
    robot.until(lambda: robot.plant.twist.linear > 0.1)
    port = NavigatePort(robot.node)
    robot.until(lambda: stands_without_goal(robot))
    ordered(port, "pose")  # and its own then goes
    robot.until(lambda: port.navigation().state is not NavigationState.ACTIVE)
    assert port.navigation().state is NavigationState.SUCCEEDED
    assert robot.plant.pose.distance_to(LAST) < 0.1


def test_a_new_goal_waits_until_the_old_one_is_taken_back(robot: Robot) -> None:
    """Or the cancel of the old one, late, would hit the new one."""
    port = NavigatePort(robot.node)
    ordered(port, "pose")
    robot.until(lambda: robot.plant.twist.linear > 0.1)
    canceller = port._cancellers[NAVIGATE]
    real = canceller._client.call_async
    canceller._client.call_async = lambda _request: Future()
    port.cancel()
    ordered(port, "pose")
    canceller._client.call_async = real
    robot.until(lambda: robot.status.state is NavigationState.IDLE)
    robot.until(lambda: robot.plant.pose.distance_to(LAST) < 0.1)


def test_silence_of_navigation_ends_its_goal_too(
    robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be silent to us alone, and drive."""
    port = NavigatePort(robot.node)
    port._feedback = lambda _feedback: None
    monkeypatch.setattr(navigate_client, "SILENCE_S", 0.0)
    ordered(port, "pose")
    robot.until(lambda: robot.status.state is NavigationState.ACTIVE)
    assert port.navigation().state is NavigationState.ABORTED
    robot.until(lambda: stands_without_goal(robot))


def test_what_cannot_be_is_refused_by_code(robot: Robot) -> None:
    assert not robot.ask(NAVIGATE_THROUGH, through(LAST, frame="odom")).accepted
    assert not robot.ask(NAVIGATE_THROUGH, through(Pose2D(math.nan, 0.0, 0.0))).accepted
    for poses, code in (
        ((Pose2D(-4.0, 1.0, 0.0), LAST), NavigationError.GOAL_OUTSIDE_MAP),
        ((), NavigationError.NO_VALID_PATH),
    ):
        handle = robot.ask(NAVIGATE_THROUGH, through(*poses))
        outcome = robot.wait(handle.get_result_async())
        assert outcome.status == GoalStatus.STATUS_ABORTED
        assert outcome.result.error_code == code


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"dock_id": "store"}, DockRobot.Result.DOCK_NOT_IN_DB, "one of: dock"),
        ({"dock_id": "moon"}, DockRobot.Result.DOCK_NOT_IN_DB, "no dock 'moon'"),
        (
            {"use_dock_id": False, "dock_type": "tray"},
            DockRobot.Result.DOCK_NOT_VALID,
            "instrument_cart",
        ),
    ],
)
def test_a_dock_that_is_none_is_named(
    robot: Robot, fields: dict[str, Any], code: int, says: str
) -> None:
    handle = robot.ask(DOCK, DockRobot.Goal(**fields))
    outcome = robot.wait(handle.get_result_async())
    assert outcome.status == GoalStatus.STATUS_ABORTED
    assert not outcome.result.success
    assert outcome.result.error_code == code
    assert says in outcome.result.error_msg


def test_docking_tells_its_stage_and_what_it_lacks(robot: Robot) -> None:
    """This robot has no camera."""
    handle = robot.ask(DOCK, DockRobot.Goal(dock_id="dock"))
    outcome = robot.wait(handle.get_result_async())
    assert outcome.status == GoalStatus.STATUS_ABORTED
    assert outcome.result.error_code == DockRobot.Result.FAILED_TO_DETECT_DOCK
    assert outcome.result.error_msg == "no image from the camera"
    told = [feedback.state for feedback in robot.feedback]
    assert told[0] == DockRobot.Feedback.NAV_TO_STAGING_POSE == DockingStage.STAGING.value
    assert told[-1] == DockRobot.Feedback.INITIAL_PERCEPTION == DockingStage.LOOKING.value
