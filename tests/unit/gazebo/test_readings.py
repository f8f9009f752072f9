"""What becomes of Gazebo's messages."""

import math
from types import SimpleNamespace

import numpy as np

from or_robot.gazebo.readings import scan_of
from or_robot.sim.robot_model import courier_model


def message(ranges: np.ndarray) -> SimpleNamespace:
    sensor = courier_model().lidar
    scan = SimpleNamespace(
        ranges=ranges, angle_min=sensor.angle_min, angle_step=sensor.angle_increment
    )
    return SimpleNamespace(scan=scan, time=SimpleNamespace(sec=1, nsec=0))


def beam(degrees: float) -> int:
    sensor = courier_model().lidar
    return round((math.radians(degrees) - sensor.angle_min) / sensor.angle_increment)


def test_the_couriers_own_posts_are_no_obstacle_and_what_touches_its_skirt_is_one() -> None:
    robot = courier_model()
    ranges = np.full(robot.lidar.beams, 3.0, dtype=np.float32)
    beside_a_post, at_the_nose, at_the_side = beam(65.0), beam(0.0), beam(90.0)
    ranges[beside_a_post] = 0.265  # ends at (0.31, 0.24)
    ranges[at_the_nose] = 0.33 - robot.lidar_mount.position[0]
    ranges[at_the_side] = 0.28
    scan = scan_of(message(ranges), robot)
    assert np.isnan(scan.ranges[beside_a_post])
    assert np.all(np.isfinite(scan.ranges[[at_the_nose, at_the_side]]))
    assert np.all(np.isnan(scan.ranges[robot.lidar_hidden]))
    assert np.count_nonzero(np.isnan(scan.ranges)) == robot.lidar_hidden.sum() + 1
