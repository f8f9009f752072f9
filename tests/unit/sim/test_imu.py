"""The IMU feels what physics says: gravity at rest, turning, braking."""

import dataclasses
import math

import numpy as np
import pytest

from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.sim.imu import Imu
from or_robot.sim.robot_model import courier_model
from or_robot.sim.sdf import Noise
from or_robot.sim.world import SimWorld
from or_robot.types.motion import Twist2D

ROBOT = courier_model()
GRAVITY = (0.0, 0.0, -9.81)
QUIET = dataclasses.replace(ROBOT.imu, gyro=Noise(0.0, 0.0), accelerometer=Noise(0.0, 0.0))


def test_at_rest_it_feels_gravitys_reaction_along_its_own_axes() -> None:
    tilt = Transform.from_xyz_rpy(0, 0, 0, 0.1, -0.2, 0.7)
    reading = Imu(QUIET, ROBOT.imu_mount, GRAVITY, np.random.default_rng(0)).read(
        0.02, 0.02, tilt, np.zeros(6)
    )
    assert reading.angular_velocity == pytest.approx([0, 0, 0])
    assert reading.linear_acceleration == pytest.approx(tilt.rotation.T @ [0, 0, 9.81])


def test_off_centre_it_feels_the_pull_to_the_middle_of_a_turn() -> None:
    imu = Imu(QUIET, Transform.from_xyz_rpy(0.3, 0, 0, 0, 0, 0), GRAVITY, np.random.default_rng(0))
    rate, dt = 1.2, 1e-3
    for tick in range(3):
        base = Transform.from_xyz_rpy(0, 0, 0, 0, 0, rate * dt * tick)
        reading = imu.read(tick * dt, dt, base, np.array([0, 0, 0, 0, 0, rate]))
    assert reading.angular_velocity[2] == pytest.approx(rate)
    assert reading.linear_acceleration[0] == pytest.approx(-0.3 * rate**2, rel=1e-2)


def test_in_the_world_at_its_rate_with_noise_and_bias() -> None:
    world = SimWorld("operating_wing", seed=2, start=Pose2D(6.0, 8.0, 0.0))
    resting = world.step(4.0).imu
    assert len(resting) == 400
    forces = np.array([reading.linear_acceleration for reading in resting[40:]])
    assert forces.mean(axis=0) == pytest.approx([0, 0, 9.81], abs=0.1)
    assert 0.01 < forces.std(axis=0).max() < 0.06
    world.command(Twist2D(1.0, 0.0))
    speeding = world.step(4.2).imu[4:]
    ahead = np.mean([reading.linear_acceleration[0] for reading in speeding])
    assert ahead == pytest.approx(0.8, abs=0.15)


def test_turning_shows_on_the_vertical_axis() -> None:
    world = SimWorld("operating_wing", seed=2, start=Pose2D(6.0, 8.0, 0.0))
    for tick in range(100):
        world.command(Twist2D(0.0, 0.6))
        frame = world.step(0.02 * (tick + 1))
    assert frame.imu[-1].angular_velocity[2] == pytest.approx(0.6, abs=0.03)
    assert math.hypot(*frame.imu[-1].angular_velocity[:2]) < 0.05
