from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinematic_plant import MOUNT, Plant, Walker, room

from or_robot.autonomy.navigator import Navigator, NavigatorInputs, NavigatorOutput
from or_robot.autonomy.warm import warm_up
from or_robot.config.navigation import NavigatorConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry import polygon
from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import STANDSTILL, LaserScan, Odometry, Twist2D
from or_robot.types.navigation import GoalRefused, NavigationError, NavigationState
from or_robot.types.procedure import Phase, ProcedurePhase
from or_robot.types.site import Door, Site, Zone

DOOR = room(8.0, 5.0, [(4.0, 0.0, 4.2, 2.0), (4.0, 2.9, 4.2, 5.0)])
"""A wall with a door of 0.9 m."""
START, GOAL = Pose2D(1.5, 3.6, 0.0), Pose2D(6.5, 1.2, -math.pi / 2)
PERIOD_S = 0.05


class Drive:
    """A navigator on a plant."""

    def __init__(
        self, site: Site, start: Pose2D, world: Site | None = None, **config: float
    ) -> None:
        self.plant = Plant(world or site, start)
        settings_ = dataclasses.replace(NavigatorConfig(), **config)
        self.navigator = Navigator(settings_, site, RobotConfig())
        self.navigator.set_initial_pose(start)
        self.ticks = 0
        self.clearance = math.inf
        self.commands: list[Twist2D] = []
        self.blind = False
        self.phase: Phase | None = None
        self.tick(4)

    def tick(self, count: int = 1) -> NavigatorOutput:
        for _ in range(count):
            scan = self.plant.scan() if self.ticks % 2 == 0 and not self.blind else None
            now = self.plant.time_s
            phases = (ProcedurePhase(now, "OR-1", self.phase),) if self.phase else ()
            inputs = NavigatorInputs(scan, self.plant.odometry(), phases=phases)
            output = self.navigator.step(inputs, self.plant.time_s)
            self.plant.command(output.command.twist)
            self.plant.step(self.plant.time_s + PERIOD_S)
            self.ticks += 1
            self.clearance = min(self.clearance, self.plant.clearance())
            self.commands.append(output.command.twist)
        return output

    def until_ended(self, limit_s: float) -> NavigatorOutput:
        output = self.tick()
        while output.status.state is NavigationState.ACTIVE and self.plant.time_s < limit_s:
            output = self.tick()
        return output


def test_through_a_narrow_door_to_a_precise_pose() -> None:
    drive = Drive(DOOR, START)
    drive.navigator.set_goal(GOAL)
    output = drive.until_ended(60.0)
    assert output.status.state is NavigationState.SUCCEEDED
    assert drive.plant.pose.distance_to(GOAL) < 0.05 + 0.03  # tolerance and localization
    assert math.degrees(drive.plant.heading_error(GOAL.yaw)) < 5.0
    assert drive.clearance > 0.03
    assert drive.tick(5).command.twist == STANDSTILL
    assert output.status.recoveries == 0


def test_same_seed_same_commands() -> None:
    assert moving().commands == moving().commands


def test_a_box_that_is_not_on_the_map_is_driven_round() -> None:
    empty = room(8.0, 5.0)
    boxed = room(8.0, 5.0, [(3.5, 2.0, 4.0, 3.0)])
    drive = Drive(empty, Pose2D(1.0, 2.5, 0.0), boxed)
    drive.navigator.set_goal(Pose2D(6.5, 2.5, 0.0))
    assert drive.until_ended(40.0).status.state is NavigationState.SUCCEEDED
    assert drive.clearance > 0.03


def test_gives_up_after_a_bounded_time_and_says_why() -> None:
    shut = room(8.0, 5.0, [(4.0, 0.0, 4.2, 5.0)])
    drive = Drive(DOOR, START, shut, abort_after=8.0, progress_time=2.0)
    drive.navigator.set_goal(GOAL)
    status = drive.until_ended(60.0).status
    assert status.state is NavigationState.ABORTED
    assert status.error in (
        NavigationError.NO_VALID_PATH,
        NavigationError.FAILED_TO_MAKE_PROGRESS,
    )
    assert status.message
    assert drive.clearance > 0.0


def test_without_a_path_it_makes_room_for_whoever_blocks_it() -> None:
    """Two who wait for each other on both sides of a door would do so for ever."""
    shut = room(8.0, 5.0, [(4.0, 0.0, 4.2, 5.0)])
    drive = Drive(DOOR, START, shut, abort_after=20.0, progress_time=2.0)
    drive.navigator.set_goal(GOAL)
    said = set()
    while (status := drive.tick().status).state is NavigationState.ACTIVE:
        said.add(status.message)
    assert "stuck: backs up" in said
    assert min(command.linear for command in drive.commands) < 0.0
    assert drive.clearance > 0.0


@pytest.mark.parametrize(
    ("goal", "code"),
    [
        (Pose2D(4.1, 1.0, 0.0), NavigationError.GOAL_OCCUPIED),
        (Pose2D(-3.0, 1.0, 0.0), NavigationError.GOAL_OUTSIDE_MAP),
        (Pose2D(math.nan, 1.0, 0.0), NavigationError.GOAL_OUTSIDE_MAP),
    ],
)
def test_an_impossible_goal_is_refused_and_the_old_one_kept(
    goal: Pose2D, code: NavigationError
) -> None:
    drive = Drive(DOOR, START)
    drive.navigator.set_goal(GOAL)
    with pytest.raises(GoalRefused) as refused:
        drive.navigator.set_goal(goal)
    assert refused.value.code is code
    assert drive.tick().status.state is NavigationState.ACTIVE


def moving(**config: float) -> Drive:
    drive = Drive(DOOR, START, **config)
    drive.navigator.set_goal(GOAL)
    drive.tick(40)
    assert drive.commands[-1] != STANDSTILL
    return drive


def test_a_stale_scan_stops_and_a_fresh_one_goes_on() -> None:
    drive = moving()
    drive.blind = True
    output = drive.tick(8)
    assert output.command.twist == STANDSTILL
    assert "scan" in output.status.message
    drive.blind = False
    assert drive.until_ended(60.0).status.state is NavigationState.SUCCEEDED


def test_a_zone_that_closes_around_it_is_left_slowly_without_being_asked() -> None:
    border = np.array([[2.5, 0.0], [3.5, 0.0], [3.5, 5.0], [2.5, 5.0]])
    field = Zone("field", "sterile", border, "OR-1", math.inf, frozenset({Phase.TURNOVER}))
    hall = dataclasses.replace(room(8.0, 5.0), zones=(field,))
    drive = Drive(hall, Pose2D(2.3, 2.5, 0.0))
    drive.phase = Phase.TURNOVER
    assert drive.tick(10).command.twist == STANDSTILL
    drive.phase, drive.commands = Phase.OPERATING, []
    drive.tick(80)
    assert not polygon.overlap(border, drive.plant.pose.transform(RobotConfig().footprint))
    assert min(twist.linear for twist in drive.commands) >= -0.2
    assert drive.tick(20).command.twist == STANDSTILL
    with pytest.raises(GoalRefused):
        drive.navigator.set_goal(Pose2D(3.0, 2.5, 0.0))
    drive.phase = Phase.TURNOVER
    drive.tick(2)
    drive.navigator.set_goal(Pose2D(3.0, 2.5, 0.0))


def test_paused_stands_and_then_goes_on() -> None:
    drive = moving(abort_after=10.0)
    drive.navigator.set_paused(True)
    assert drive.tick(1).command.twist == STANDSTILL
    assert drive.tick(260).status.state is NavigationState.ACTIVE  # longer than abort_after
    drive.navigator.set_paused(False)
    assert drive.until_ended(60.0).status.state is NavigationState.SUCCEEDED


def test_cancel_stops() -> None:
    drive = moving()
    drive.navigator.cancel()
    output = drive.tick()
    assert output.command.twist == STANDSTILL
    assert output.status.state is NavigationState.IDLE


def test_an_odometry_jump_is_lost_and_aborts() -> None:
    drive = moving()
    drive.plant.odometry_pose = Pose2D(20.0, 20.0, 0.0)
    output = drive.tick()
    assert output.command.twist == STANDSTILL
    assert output.status.error is NavigationError.TF_ERROR
    assert output.estimate.lost


def test_time_going_back_aborts() -> None:
    drive = moving()
    drive.plant.time_s = 0.0
    output = drive.tick()
    assert output.command.twist == STANDSTILL
    assert output.status.state is NavigationState.ABORTED


def test_waits_for_somebody_who_crosses() -> None:
    corridor = room(9.0, 3.0)
    start = Pose2D(1.0, 1.5, 0.0)
    drive = Drive(corridor, start)
    drive.plant.walkers.append(Walker(np.array([4.0, 0.3]), np.array([4.0, 2.7]), 0.6))
    drive.navigator.set_goal(Pose2D(7.5, 1.5, 0.0))
    assert drive.until_ended(60.0).status.state is NavigationState.SUCCEEDED
    assert drive.clearance > 0.0


NUMBER = st.floats(allow_nan=True, allow_infinity=True, width=32)


@st.composite
def scans(draw: st.DrawFn) -> LaserScan:
    count = draw(st.sampled_from([0, 1, 3, 360]))
    fill = draw(st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 25.0, 1.0, 1e30]))
    ranges = np.full(count, fill, dtype=np.float32)
    if count:
        ranges[0] = draw(NUMBER)
    stamp = draw(st.floats(-1.0, 2.0) | st.just(math.nan))
    increment = draw(st.sampled_from([math.tau / 360, 0.0, math.nan]))
    return LaserScan(stamp, -math.pi, increment, 0.05, 25.0, ranges, MOUNT)


@st.composite
def odometries(draw: st.DrawFn) -> Odometry:
    pose = Pose2D(draw(NUMBER), draw(NUMBER), draw(NUMBER))
    twist = Twist2D(draw(NUMBER), draw(NUMBER))
    return Odometry(draw(st.floats(-1.0, 2.0)), pose, twist)


@given(st.lists(st.tuples(scans(), odometries(), st.floats(-1.0, 2.0)), max_size=4))
@settings(max_examples=30, deadline=None)
def test_bad_inputs_never_raise_and_commands_stay_finite(steps: list) -> None:
    navigator = Navigator(NavigatorConfig(), DOOR, RobotConfig())
    navigator.set_initial_pose(START)
    navigator.step(NavigatorInputs(None, Odometry(0.0, START, STANDSTILL)), 0.0)
    navigator.set_goal(GOAL)
    for scan, odometry, t_s in steps:
        twist = navigator.step(NavigatorInputs(scan, odometry), t_s).command.twist
        assert abs(twist.linear) <= 1.0
        assert abs(twist.angular) <= 1.5
    assert navigator.local_costmap().values.max(initial=0) <= 100


def test_warm_up_tells_how_long_it_took() -> None:
    assert 0.0 < warm_up() < 120.0


def test_waits_for_a_shut_door_and_drives_on_when_it_opens() -> None:
    leaf = Door("", np.array([[4.05, 2.0], [4.05, 2.9]]))
    site = dataclasses.replace(DOOR, doors={"door": leaf})
    shut = room(8.0, 5.0, [(4.0, 0.0, 4.2, 5.0)])
    drive = Drive(site, Pose2D(2.4, 2.45, 0.0), world=shut)
    drive.navigator.set_goal(GOAL)
    output = drive.tick(200)
    assert output.status.state is NavigationState.ACTIVE
    assert output.status.message == "waits for door to open"
    assert output.status.recoveries == 0
    drive.plant.become(DOOR)
    output = drive.until_ended(90.0)
    assert output.status.state is NavigationState.SUCCEEDED
    assert output.status.recoveries == 0


def test_gives_up_at_a_door_that_does_not_open() -> None:
    leaf = Door("", np.array([[4.05, 2.0], [4.05, 2.9]]))
    site = dataclasses.replace(DOOR, doors={"door": leaf})
    shut = room(8.0, 5.0, [(4.0, 0.0, 4.2, 5.0)])
    drive = Drive(site, Pose2D(2.4, 2.45, 0.0), world=shut, door_patience=3.0)
    drive.navigator.set_goal(GOAL)
    output = drive.until_ended(30.0)
    assert output.status.error is NavigationError.FAILED_TO_MAKE_PROGRESS
    assert output.status.message == "door does not open"


def test_a_path_is_computed_without_driving_it() -> None:
    drive = Drive(DOOR, START)
    poses = drive.navigator.compute_path(GOAL).poses
    assert np.hypot(*(poses[0, :2] - [START.x, START.y])) < 0.1
    np.testing.assert_allclose(poses[-1], [GOAL.x, GOAL.y, GOAL.yaw], atol=1e-9)
    back = drive.navigator.compute_path(START, start=GOAL).poses
    np.testing.assert_allclose(back[0, :2], [GOAL.x, GOAL.y], atol=1e-9)
    output = drive.tick()
    assert (output.status.state, output.command.twist) == (NavigationState.IDLE, STANDSTILL)


@pytest.mark.parametrize(
    ("start", "goal", "code"),
    [
        (None, Pose2D(99.0, 0.0, 0.0), NavigationError.GOAL_OUTSIDE_MAP),
        (Pose2D(99.0, 0.0, 0.0), GOAL, NavigationError.START_OUTSIDE_MAP),
        (Pose2D(math.nan, 0.0, 0.0), GOAL, NavigationError.START_OUTSIDE_MAP),
        (Pose2D(4.1, 1.0, 0.0), GOAL, NavigationError.START_OCCUPIED),
        (None, Pose2D(4.1, 1.0, 0.0), NavigationError.GOAL_OCCUPIED),
    ],
)
def test_a_path_that_cannot_be_computed_says_why(
    start: Pose2D | None, goal: Pose2D, code: NavigationError
) -> None:
    drive = Drive(DOOR, START)
    with pytest.raises(GoalRefused) as refused:
        drive.navigator.compute_path(goal, start)
    assert refused.value.code is code


def test_no_path_from_a_robot_that_does_not_know_where_it_is() -> None:
    navigator = Navigator(NavigatorConfig(), DOOR, RobotConfig())
    with pytest.raises(GoalRefused) as refused:
        navigator.compute_path(GOAL)
    assert refused.value.code is NavigationError.PLANNER_TF_ERROR
