"""The navigator docks on a kinematic robot that sees its marker with noise, or not at all."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from kinematic_plant import Plant, room

from or_robot.autonomy.navigator import Navigator, NavigatorInputs, NavigatorOutput
from or_robot.config.docking import DockingConfig
from or_robot.config.navigation import NavigatorConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.types.docking import DockingStage, DockMark, DockTarget
from or_robot.types.motion import STANDSTILL
from or_robot.types.navigation import GoalRefused, NavigationError, NavigationState
from or_robot.types.perception import MarkerKind, MarkerPose, Markers
from or_robot.types.site import Site

PERIOD_S = 0.05
STATION = (0.4, 2.1, 0.6, 2.9)
"""The charger's body in the room, m."""
SITE = room(6.0, 5.0, [STATION])
MARKER = Pose2D(0.6, 2.5, 0.0)
BACKED = DockMark(0, Pose2D(0.65, 0.0, 0.0))
FACING = DockMark(1, Pose2D(0.50, 0.0, math.pi))
SIGMA = np.array([0.004, 0.004, 0.01])
START = Pose2D(3.0, 3.2, 2.0)
See = Callable[[Pose2D, float], bool]


def in_view(robot: Pose2D, _t_s: float) -> bool:
    """As the courier's camera: 34 degrees to either side, and not too near to the marker."""
    seen = robot.inverse().compose(MARKER)
    ahead = seen.x - 0.32
    return ahead > 0.5 and abs(math.atan2(seen.y, ahead)) < 0.55


class Docker:
    """A navigator on a plant with a camera for markers, 5 Hz."""

    def __init__(self, mark: DockMark, seed: int = 1, start: Pose2D = START, **docking: float):
        config = dataclasses.replace(
            NavigatorConfig(), docking=dataclasses.replace(DockingConfig(), **docking)
        )
        self.plant = Plant(SITE, start, seed=seed, odometry_noise=0.001)
        self.navigator = Navigator(config, SITE, RobotConfig())
        self.navigator.set_initial_pose(start)
        self.mark = mark
        self.target = DockTarget("dock", MARKER.compose(mark.offset), mark)
        self.see: See = in_view
        self.ticks = 0
        self.clearance = math.inf
        self.stages: list[DockingStage] = []
        self.outputs: list[NavigatorOutput] = []
        self.tick(4)

    def _image(self) -> Markers:
        now, robot = self.plant.time_s, self.plant.pose
        if not self.see(robot, now):
            return Markers(now, (), ())
        seen = robot.inverse().compose(MARKER)
        dx, dy, dyaw = self.plant.rng.normal(0.0, SIGMA)
        out = np.array([math.cos(seen.yaw + dyaw), math.sin(seen.yaw + dyaw), 0.0])
        up = np.array([0.0, 0.0, 1.0])
        pose = Transform(
            np.array([seen.x + dx, seen.y + dy, 0.42]),
            np.column_stack((np.cross(up, out), up, out)),
        )
        covariance = np.diag(np.square([*[SIGMA[0]] * 3, *[SIGMA[2]] * 3]))
        kind = MarkerKind(self.mark.marker, "dock", 0.18)
        return Markers(now, (MarkerPose(kind, pose, covariance),), ())

    def tick(self, count: int = 1) -> NavigatorOutput:
        for _ in range(count):
            scan = self.plant.scan() if self.ticks % 2 == 0 else None
            looks = self.ticks % 4 == 0 and self.navigator.wants_markers
            inputs = NavigatorInputs(
                scan, self.plant.odometry(), markers=self._image() if looks else None
            )
            output = self.navigator.step(inputs, self.plant.time_s)
            self.plant.command(output.command.twist)
            self.plant.step(self.plant.time_s + PERIOD_S)
            self.ticks += 1
            self.clearance = min(self.clearance, self.plant.clearance())
            self.outputs.append(output)
            stage = output.status.docking
            if not self.stages or self.stages[-1] is not stage:
                self.stages.append(stage)
        return output

    def until_ended(self, limit_s: float = 180.0) -> NavigatorOutput:
        end_s = self.plant.time_s + limit_s
        output = self.tick()
        while output.status.state is NavigationState.ACTIVE:
            assert self.plant.time_s < end_s, output.status
            output = self.tick()
        self.tick(20)
        return output

    def error(self) -> tuple[float, float]:
        """m and degrees off the docked pose, in truth."""
        off = self.target.pose.inverse().compose(self.plant.pose)
        return math.hypot(off.x, off.y), abs(math.degrees(off.yaw))


@pytest.mark.parametrize("mark", [BACKED, FACING])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_docks_backwards_and_forwards_within_2_cm_and_1_8_degrees(
    mark: DockMark, seed: int
) -> None:
    docker = Docker(mark, seed)
    docker.navigator.dock(docker.target)
    output = docker.until_ended()
    assert output.status.state is NavigationState.SUCCEEDED, output.status
    metres, degrees = docker.error()
    assert metres <= 0.02
    assert degrees <= 1.8
    assert docker.clearance > 0.05
    wanted = [DockingStage.STAGING, DockingStage.LOOKING, DockingStage.CONTROLLING]
    assert docker.stages[1:4] == wanted


def test_a_dock_that_is_not_quite_where_the_map_says_is_docked_at_where_it_is() -> None:
    docker = Docker(BACKED)
    wrong = docker.target.pose.compose(Pose2D(0.08, 0.1, 0.1))
    docker.navigator.dock(dataclasses.replace(docker.target, pose=wrong))
    assert docker.until_ended().status.state is NavigationState.SUCCEEDED
    assert docker.error()[0] <= 0.02


def test_a_marker_that_is_never_seen_is_given_up_after_the_tries() -> None:
    docker = Docker(BACKED, attempts=2, look_s=2.0)
    docker.see = lambda _robot, _t_s: False
    docker.navigator.dock(docker.target)
    status = docker.until_ended().status
    assert status.error is NavigationError.FAILED_TO_DETECT_DOCK
    assert status.message == "marker 0: is not seen"
    assert status.retries == 1
    assert docker.stages.count(DockingStage.LOOKING) == 2


def test_without_any_image_it_does_not_try_again() -> None:
    docker = Docker(BACKED, look_s=2.0)
    docker.navigator.dock(docker.target, stage=False)
    docker.navigator._dock.see = lambda *_: None
    status = docker.until_ended().status
    assert status.error is NavigationError.FAILED_TO_DETECT_DOCK
    assert status.message == "no image from the camera"
    assert status.retries == 0
    assert docker.stages.count(DockingStage.LOOKING) == 1


def test_a_marker_that_is_hidden_on_the_way_in_stops_the_robot_until_it_is_seen_again() -> None:
    docker = Docker(FACING)
    docker.navigator.dock(docker.target)
    while docker.tick().status.docking is not DockingStage.CONTROLLING or (
        docker.plant.twist.linear < 0.1
    ):
        assert docker.plant.time_s < 60.0
    docker.see = lambda _robot, _t_s: False
    output = docker.tick(40)
    assert output.command.twist == STANDSTILL
    assert output.status.message == "does not see the marker dock"
    docker.see = in_view
    assert docker.until_ended().status.state is NavigationState.SUCCEEDED
    assert docker.error()[0] <= 0.02


def test_a_marker_that_stays_hidden_is_tried_again_and_then_named() -> None:
    docker = Docker(FACING, attempts=2, patience=2.0)
    docker.navigator.dock(docker.target)
    docker.see = lambda robot, t_s: in_view(robot, t_s) and robot.x > 1.85
    status = docker.until_ended().status
    assert status.error is NavigationError.FAILED_TO_CONTROL
    assert status.message == "the marker is hidden"
    assert status.retries == 1
    assert DockingStage.RETRY in docker.stages
    assert docker.clearance > 0.05


def blocked() -> Site:
    return room(6.0, 5.0, [STATION, (0.8, 2.2, 1.2, 2.8)])


def test_something_behind_the_robot_is_not_touched_and_named_when_it_stays() -> None:
    docker = Docker(BACKED, attempts=1, patience=3.0)
    docker.navigator.dock(docker.target)
    while docker.plant.twist.linear > -0.05:
        docker.tick()
        assert docker.plant.time_s < 60.0
    docker.plant.become(blocked())
    status = docker.until_ended().status
    assert status.error is NavigationError.FAILED_TO_CONTROL
    assert status.message == "something is in the way"
    assert docker.clearance > 0.03


def test_a_place_before_the_dock_that_is_not_reached_in_time_is_named() -> None:
    docker = Docker(BACKED)
    docker.navigator.dock(docker.target, max_staging_s=1.0)
    status = docker.until_ended().status
    assert status.error is NavigationError.FAILED_TO_STAGE
    assert docker.tick().command.twist == STANDSTILL


def test_a_dock_without_room_before_it_is_refused_and_the_old_goal_kept() -> None:
    docker = Docker(BACKED)
    docker.navigator.set_goal(Pose2D(4.0, 2.5, 0.0))
    outside = dataclasses.replace(docker.target, pose=Pose2D(-4.0, 2.5, 0.0))
    with pytest.raises(GoalRefused, match="no room before dock") as refused:
        docker.navigator.dock(outside)
    assert refused.value.code is NavigationError.FAILED_TO_STAGE
    assert docker.until_ended().status.state is NavigationState.SUCCEEDED
    assert docker.plant.pose.distance_to(Pose2D(4.0, 2.5, 0.0)) < 0.1


def test_time_held_by_the_gate_is_no_failed_try() -> None:
    docker = Docker(BACKED, attempts=1, patience=2.0, look_s=2.0)
    docker.navigator.dock(docker.target)
    while docker.tick().status.docking is not DockingStage.LOOKING:
        assert docker.plant.time_s < 60.0
    docker.navigator.set_paused(True)
    assert docker.tick(100).status.message == "held by the safety gate"
    docker.navigator.set_paused(False)
    while docker.tick().status.docking is not DockingStage.CONTROLLING:
        assert docker.plant.time_s < 90.0
    docker.navigator.set_paused(True)
    docker.tick(100)
    docker.navigator.set_paused(False)
    assert docker.until_ended().status.state is NavigationState.SUCCEEDED


def test_a_cancelled_docking_stands_and_wants_no_markers() -> None:
    docker = Docker(BACKED)
    docker.navigator.dock(docker.target)
    while docker.tick().status.docking is not DockingStage.CONTROLLING:
        assert docker.plant.time_s < 60.0
    assert docker.navigator.wants_markers
    docker.navigator.cancel()
    docker.tick(20)
    assert docker.plant.twist.linear == 0.0
    assert not docker.navigator.wants_markers
