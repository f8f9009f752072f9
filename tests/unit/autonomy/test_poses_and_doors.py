"""By way of several poses, and through doors that must be asked."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from kinematic_plant import Plant, room

from or_robot.autonomy.navigator import Navigator, NavigatorInputs, NavigatorOutput
from or_robot.config.navigation import NavigatorConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.types.navigation import GoalRefused, NavigationError, NavigationState
from or_robot.types.site import Door, Site

PERIOD_S = 0.05
CONFIG = NavigatorConfig()
SITE = room(8.0, 6.0)
START = Pose2D(1.0, 1.0, 0.0)
VIAS = (Pose2D(3.5, 1.1, 0.0), Pose2D(6.2, 2.2, 3.0), Pose2D(6.0, 4.4, 0.0))
LAST = Pose2D(2.0, 4.8, 3.0)
LEAF = np.array([[4.05, 2.0], [4.05, 3.2]])
WALL = [(4.0, 0.0, 4.1, 2.0), (4.0, 3.2, 4.1, 5.0)]
OPEN = room(8.0, 5.0, WALL)
SHUT = room(8.0, 5.0, [*WALL, (4.0, 2.0, 4.1, 3.2)])
ASKED = dataclasses.replace(OPEN, doors={"door": Door("", LEAF, on_request=True)})
BY_ITSELF = dataclasses.replace(OPEN, doors={"door": Door("", LEAF)})


class Trip:
    def __init__(self, site: Site, start: Pose2D, world: Site | None = None, **config: float):
        self.plant = Plant(world or site, start)
        self.navigator = Navigator(dataclasses.replace(CONFIG, **config), site, RobotConfig())
        self.navigator.set_initial_pose(start)
        self.ticks = 0
        self.way: list[tuple[float, float, float]] = []
        """x, y, speed."""
        self.left: list[int] = []
        self.asked: list[tuple[str, ...]] = []
        self.tick(4)

    def tick(self, count: int = 1) -> NavigatorOutput:
        for _ in range(count):
            scan = self.plant.scan() if self.ticks % 2 == 0 else None
            inputs = NavigatorInputs(scan, self.plant.odometry())
            output = self.navigator.step(inputs, self.plant.time_s)
            self.plant.command(output.command.twist)
            self.plant.step(self.plant.time_s + PERIOD_S)
            self.ticks += 1
            pose = self.plant.pose
            self.way.append((pose.x, pose.y, self.plant.twist.linear))
            self.left.append(output.status.goals_left)
            self.asked.append(output.doors_wanted)
        return output

    def until_ended(self, limit_s: float = 90.0) -> NavigatorOutput:
        output = self.tick()
        while output.status.state is NavigationState.ACTIVE:
            assert self.plant.time_s < limit_s, output.status
            output = self.tick()
        return output


def test_poses_between_are_passed_without_a_stop_and_the_last_is_reached() -> None:
    trip = Trip(SITE, START)
    trip.navigator.set_goals((*VIAS, LAST))
    assert trip.until_ended().status.state is NavigationState.SUCCEEDED
    assert trip.plant.pose.distance_to(LAST) < 0.08
    way = np.array(trip.way)
    for via in VIAS:
        gaps = np.hypot(way[:, 0] - via.x, way[:, 1] - via.y)
        at = int(np.argmin(gaps))
        assert gaps[at] <= CONFIG.via_radius
        assert np.min(way[max(0, at - 10) : at + 10, 2]) > 0.15
    counted = [n for n, m in zip(trip.left, [0, *trip.left], strict=False) if n != m]
    assert counted == [4, 3, 2, 1, 0]


def test_a_pose_between_that_cannot_be_is_refused_and_the_old_goal_kept() -> None:
    trip = Trip(SITE, START)
    trip.navigator.set_goal(LAST)
    for bad in ((VIAS[0], Pose2D(-3.0, 0.0, 0.0), LAST), ()):
        with pytest.raises(GoalRefused):
            trip.navigator.set_goals(bad)
    assert trip.until_ended().status.state is NavigationState.SUCCEEDED
    assert trip.plant.pose.distance_to(LAST) < 0.08


def test_a_door_on_request_is_asked_for_while_it_is_needed_and_then_no_more() -> None:
    trip = Trip(ASKED, Pose2D(0.8, 2.6, 0.0))
    trip.navigator.set_goal(Pose2D(7.0, 2.6, 0.0))
    assert trip.until_ended().status.state is NavigationState.SUCCEEDED
    x = np.array([row[0] for row in trip.way])
    asked = np.array([bool(names) for names in trip.asked])
    near_door = (x > 4.05 - CONFIG.door_ask_distance + 0.5) & (x < 4.05 + 0.4)
    assert np.all(asked[near_door])
    assert not np.any(asked[x > 4.05 + 0.9])
    assert not trip.asked[-1]
    assert {names for names in trip.asked if names} == {("door",)}


def test_a_door_that_opens_by_itself_is_not_asked() -> None:
    trip = Trip(BY_ITSELF, Pose2D(0.8, 2.6, 0.0))
    trip.navigator.set_goal(Pose2D(7.0, 2.6, 0.0))
    trip.until_ended()
    assert not any(trip.asked)


def test_a_door_that_does_not_open_though_asked_is_named_and_asked_no_more() -> None:
    trip = Trip(ASKED, Pose2D(1.5, 2.6, 0.0), world=SHUT, door_patience=3.0)
    trip.navigator.set_goal(Pose2D(7.0, 2.6, 0.0))
    output = trip.until_ended()
    assert output.status.error is NavigationError.FAILED_TO_MAKE_PROGRESS
    assert output.status.message == "door does not open, though asked"
    assert output.status.recoveries == 0
    assert ("door",) in trip.asked
    assert trip.tick().doors_wanted == ()


def test_cancelled_it_asks_no_more() -> None:
    trip = Trip(ASKED, Pose2D(2.5, 2.6, 0.0), world=SHUT)
    trip.navigator.set_goal(Pose2D(7.0, 2.6, 0.0))
    assert trip.tick(20).doors_wanted == ("door",)
    trip.navigator.cancel()
    assert trip.tick().doors_wanted == ()
    assert math.isfinite(trip.plant.pose.x)
