"""The wing in motion: physics, touches, determinism, time-out."""

import dataclasses
import math

import numpy as np
import pytest

from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.people import PersonPlan
from or_robot.sim.config import SimConfig
from or_robot.sim.world import SimWorld
from or_robot.types.motion import Twist2D
from or_robot.world.site import load_site

CORRIDOR = Pose2D(6.0, 8.0, 0.0)


def make(seed: int = 1, start: Pose2D = CORRIDOR, **options: object) -> SimWorld:
    return SimWorld("operating_wing", seed=seed, start=start, **options)  # type: ignore[arg-type]


def drive(world: SimWorld, twist: Twist2D, seconds: float) -> None:
    end = world.time_s + seconds
    while world.time_s < end - 1e-9:
        world.command(twist)
        world.step(world.time_s + 0.02)


def person(*waypoints: tuple[float, float], speed: float = 1.0, attentive: bool = True):
    return PersonPlan("nurse", np.array(waypoints), speed, 0.0, "stop", attentive)


def test_starts_at_the_dock_unless_told() -> None:
    dock = load_site("operating_wing").stations["dock"].pose
    robot = SimWorld("operating_wing", seed=0).truth().robot
    assert (robot.x, robot.y, robot.yaw) == pytest.approx((dock.x, dock.y, dock.yaw))


def test_sensors_come_at_their_rates_with_rising_stamps() -> None:
    world = make()
    frames = [world.step(0.05 * (k + 1)) for k in range(20)]
    scans = [scan.stamp_s for frame in frames for scan in frame.scans]
    odometry = [reading.stamp_s for frame in frames for reading in frame.odometry]
    assert scans == pytest.approx(np.arange(1, 11) * 0.1)
    assert odometry == pytest.approx(np.arange(1, 51) * 0.02)


def test_drives_as_commanded_straight_and_round() -> None:
    world = make()
    drive(world, Twist2D(0.5, 0.0), 4.0)
    assert world.truth().twist.linear == pytest.approx(0.5, abs=0.02)
    assert world.truth().robot.y == pytest.approx(8.0, abs=0.01)
    drive(world, Twist2D(0.0, 0.8), 3.0)
    assert world.truth().twist.angular == pytest.approx(0.8, abs=0.03)
    assert not world.truth().contacts


def test_stands_still_when_nobody_commands() -> None:
    world = make()
    world.step(5.0)
    assert world.truth().robot.distance_to(CORRIDOR) < 1e-3


def test_stops_250_ms_after_the_last_command_then_brakes() -> None:
    world = make()
    drive(world, Twist2D(0.6, 0.0), 2.0)
    start = world.truth().robot
    world.step(world.time_s + 2.0)
    way = world.truth().robot.distance_to(start)
    assert abs(world.truth().twist.linear) < 1e-3
    assert way == pytest.approx(0.6 * 0.24 + 0.6**2 / (2 * 1.2), abs=0.03)


def test_hardware_estop_stops_and_is_reported() -> None:
    world = make()
    drive(world, Twist2D(0.6, 0.0), 2.0)
    world.set_hardware_estop(True)
    drive(world, Twist2D(0.6, 0.0), 1.0)
    assert abs(world.truth().twist.linear) < 1e-3
    assert world.step(world.time_s + 0.02).hardware_estop


def test_a_wall_stops_the_robot_presses_the_bumper_and_is_one_contact() -> None:
    world = make(start=Pose2D(22.5, 8.0, 0.0))
    pressed = False
    for _ in range(250):
        world.command(Twist2D(0.5, 0.0))
        pressed |= world.step(world.time_s + 0.02).bumper
    (touch,) = world.truth().contacts
    assert pressed
    assert touch.other == "walls"
    assert touch.robot_speed == pytest.approx(0.5, abs=0.05)
    assert world.truth().robot.x == pytest.approx(24.0 - 0.33, abs=0.02)


def test_somebody_bumping_a_robot_at_rest_is_not_the_robots_doing() -> None:
    walker = person((9.0, 8.0), (6.0, 8.0), attentive=False)
    world = make(people=[walker])
    world.step(4.0)
    first = world.truth().contacts[0]
    assert first.other == "nurse"
    assert first.robot_speed < 0.05


def test_driving_on_against_somebody_who_bumped_into_it_is_the_robots_doing() -> None:
    world = make(people=[person((9.0, 8.0), (6.0, 8.0), attentive=False)])
    while not world.truth().contacts and world.time_s < 4.0:
        world.step(world.time_s + 0.02)
    assert world.truth().contacts[0].robot_speed < 0.05
    drive(world, Twist2D(0.3, 0.0), 0.2)
    assert world.truth().contacts[0].robot_speed > 0.1


def test_the_lidar_sees_legs() -> None:
    world = make(people=[person((8.0, 8.0))])
    ranges = world.step(0.1).scans[0].ranges
    ahead = ranges[350:371]
    assert np.min(ahead) == pytest.approx(8.0 - 6.2 - 0.06, abs=0.05)
    assert np.isfinite(make().step(0.1).scans[0].ranges[360])
    assert make().step(0.1).scans[0].ranges[360] > 10.0


def test_same_seed_same_run_to_the_last_bit() -> None:
    def run(seed: int) -> tuple[list[float], np.ndarray]:
        world = make(seed, people=[person((9.0, 8.6), (4.0, 8.6))])
        for k in range(150):
            world.command(Twist2D(0.4, 0.5 * math.sin(k / 20)))
            frame = world.step((k + 1) * 0.02)
        pose = world.truth().robot
        odometry = frame.odometry[-1].pose
        return [*dataclasses.astuple(pose), *dataclasses.astuple(odometry)], world.step(3.1).scans[
            -1
        ].ranges

    first, again, other = run(3), run(3), run(4)
    assert first[0] == again[0]
    assert np.array_equal(first[1], again[1], equal_nan=True)
    assert first[0] != other[0]


def test_odometry_follows_the_truth() -> None:
    world = make()
    drive(world, Twist2D(0.5, 0.15), 3.0)
    frame = world.step(world.time_s + 0.02)
    guess = CORRIDOR.compose(frame.odometry[-1].pose)
    assert 0.0 < guess.distance_to(world.truth().robot) < 0.1


def test_starting_in_a_wall_is_refused_by_name() -> None:
    with pytest.raises(OrRobotError, match="walls is there"):
        make(start=Pose2D(0.1, 8.0, 0.0))


def test_config_is_checked() -> None:
    with pytest.raises(OrRobotError, match="wheel_slip_sigma"):
        SimConfig(wheel_slip_sigma=-1.0)
