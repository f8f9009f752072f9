"""The courier's SDF and RobotConfig tell the same."""

import numpy as np
import pytest

from or_robot.config.robot import RobotConfig
from or_robot.sim.robot_model import courier_model


def test_the_model_is_as_large_as_the_configuration_says() -> None:
    robot, config = courier_model(), RobotConfig()
    corners = []
    for link in robot.model.links:
        for collision in link.collisions:
            frame = link.pose.compose(collision.pose)
            half = np.abs(frame.rotation) @ collision.shape.half_extent
            corners += [frame.position - half, frame.position + half]
    size = np.ptp(np.array(corners), axis=0)
    assert size == pytest.approx([config.length, config.width, config.height], abs=1e-3)
    middle = (np.max(corners, axis=0) + np.min(corners, axis=0))[:2]
    assert middle == pytest.approx([0.0, 0.0], abs=1e-6)


def test_the_lidar_looks_forward_from_where_the_brief_puts_it() -> None:
    robot = courier_model()
    assert robot.lidar_mount.position == pytest.approx([0.20, 0.0, 0.18])
    assert robot.lidar_mount.planar().yaw == 0.0


def test_the_drive_has_the_wheels_figures() -> None:
    robot = courier_model()
    left, right = robot.model.link("left_wheel"), robot.model.link("right_wheel")
    assert left is not None
    assert right is not None
    gap = left.pose.position[1] - right.pose.position[1]
    assert gap == pytest.approx(robot.drive.wheel_separation)
    assert left.collisions[0].shape.size[0] == pytest.approx(robot.drive.wheel_radius)


def test_the_posts_hide_a_few_beams_from_the_lidar_and_nothing_else_does() -> None:
    robot = courier_model()
    sensor = robot.lidar
    hidden = np.degrees(
        sensor.angle_min + sensor.angle_increment * np.flatnonzero(robot.lidar_hidden)
    )
    posts = [
        np.array([x, y]) - robot.lidar_mount.position[:2]
        for x in (0.3, -0.3)
        for y in (0.25, -0.25)
    ]
    expected = 0.0
    for post in posts:
        middle, half = (
            np.degrees(np.arctan2(post[1], post[0])),
            np.degrees(np.arcsin(0.012 / np.hypot(*post))),
        )
        assert np.count_nonzero(np.abs(hidden - middle) <= half) > 0
        expected += 2 * half + 2 * 0.5  # and the beams beside
    assert len(hidden) * 0.5 == pytest.approx(expected, abs=2.0)
