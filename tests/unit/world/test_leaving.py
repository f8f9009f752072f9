"""The way out of a closed zone: laws."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from or_robot.config.robot import RobotConfig
from or_robot.geometry import polygon
from or_robot.geometry.pose import Pose2D
from or_robot.world.leaving import WayOut, ways_out

FOOTPRINT = RobotConfig().footprint
ZONE = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0]])
MARGIN = 0.05
inside = st.builds(Pose2D, st.floats(0.0, 4.0), st.floats(0.0, 3.0), st.floats(-math.pi, math.pi))


def after(pose: Pose2D, way: WayOut) -> Pose2D:
    return pose.compose(Pose2D(0.0, 0.0, way.turn)).compose(Pose2D(way.distance, 0.0, 0.0))


@given(inside)
def test_every_way_ends_outside(pose: Pose2D) -> None:
    ways = ways_out(ZONE, pose, FOOTPRINT, MARGIN)
    for way in ways:
        assert not polygon.overlap(ZONE, after(pose, way).transform(FOOTPRINT))


@given(inside)
def test_the_best_way_is_no_longer_than_straight_across_the_nearest_side(pose: Pose2D) -> None:
    ways = ways_out(ZONE, pose, FOOTPRINT, MARGIN)
    nearest = min(pose.x, 4.0 - pose.x, pose.y, 3.0 - pose.y)
    if ways:
        shortest = min(abs(way.distance) for way in ways)
        assert shortest <= nearest + np.max(np.hypot(*FOOTPRINT.T)) + MARGIN + 1e-9


def test_with_the_nose_in_the_robot_backs_out_without_turning() -> None:
    best = ways_out(ZONE, Pose2D(2.0, -0.1, math.pi / 2), FOOTPRINT, MARGIN)[0]
    assert best.turn == 0.0
    assert -0.4 < best.distance < 0.0


def test_outside_there_is_nothing_to_leave() -> None:
    assert ways_out(ZONE, Pose2D(2.0, -1.0, 0.3), FOOTPRINT, MARGIN) == []
