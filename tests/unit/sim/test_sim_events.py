"""What scenario events do to the simulated wing."""

import numpy as np
import pytest

from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import ObjectPlan
from or_robot.scenario.events import (
    HardwareEstop,
    Kidnap,
    LidarDropout,
    MoveObject,
    PersonStarts,
    PlaceObject,
    RemoveObject,
    SetBattery,
)
from or_robot.scenario.people import PersonPlan
from or_robot.sim.world import SimWorld
from or_robot.types.motion import Twist2D
from or_robot.world.site import load_site

START = Pose2D(10.0, 8.0, 0.0)
CART = ObjectPlan("cart", "instrument_cart", None, 0.0)


def make(**more) -> SimWorld:
    return SimWorld("operating_wing", seed=1, start=START, **more)


def ahead(world: SimWorld) -> float:
    """Range of the beam straight ahead of the lidar, which sits 0.2 m in front of base_link."""
    scan = world.scan_now()
    return float(scan.ranges[round(-scan.angle_min / scan.angle_increment)])


def test_an_object_appears_to_the_lidar_moves_and_goes() -> None:
    world = make(objects=(CART,))
    world.step(0.1)
    free = ahead(world)
    assert world.truth().objects == ()
    world.happen(PlaceObject("cart", Pose2D(13.0, 8.0, np.pi / 2), 0.0))
    world.step(0.2)
    assert ahead(world) == pytest.approx(13.0 - 0.25 - 10.2, abs=0.05)
    world.happen(MoveObject("cart", Pose2D(12.0, 8.0, np.pi / 2), 0.5))
    world.step(1.2)
    assert world.truth().objects[0].pose.x == pytest.approx(12.5, abs=0.02)
    world.step(4.0)
    assert world.truth().objects[0].pose == Pose2D(12.0, 8.0, np.pi / 2)
    world.happen(RemoveObject("cart"))
    world.step(4.1)
    assert ahead(world) == pytest.approx(free, abs=0.1)


def test_driving_into_an_object_is_a_contact_with_it() -> None:
    world = make(objects=(ObjectPlan("cart", "instrument_cart", Pose2D(11.0, 8.0, 0.0), 0.0),))
    for step in range(100):
        world.command(Twist2D(0.5, 0.0))
        world.step((step + 1) * 0.02)
    (touch,) = world.truth().contacts
    assert touch.other == "cart"
    assert touch.robot_speed > 0.2


def test_a_boom_above_the_lidar_is_not_seen_and_yet_there() -> None:
    world = make(objects=(ObjectPlan("boom", "lowered_boom", Pose2D(11.0, 8.0, 0.0), 0.0),))
    assert ahead(world) > 2.0
    for step in range(100):
        world.command(Twist2D(0.5, 0.0))
        world.step((step + 1) * 0.02)
    assert [touch.other for touch in world.truth().contacts] == ["boom"]


def test_a_kidnapped_robot_stands_elsewhere_and_its_odometry_does_not_know() -> None:
    world = make()
    before = world.step(0.5).odometry[-1].pose
    world.happen(Kidnap(Pose2D(18.0, 8.0, np.pi / 2)))
    after = world.step(1.0).odometry[-1].pose
    assert world.truth().robot.distance_to(Pose2D(18.0, 8.0, 0.0)) < 0.01
    assert world.truth().robot.yaw == pytest.approx(np.pi / 2, abs=0.01)
    assert after.distance_to(before) < 0.05


def test_a_dropped_out_lidar_gives_no_scan_until_it_is_back() -> None:
    world = make()
    assert len(world.step(1.0).scans) == 10
    world.happen(LidarDropout(2.0))
    assert world.step(3.0).scans == ()
    assert len(world.step(4.0).scans) == 10


def test_the_battery_charges_at_the_docks_contacts_and_nowhere_else() -> None:
    def after(x_off: float) -> tuple[bool, float]:
        dock = load_site("operating_wing").stations["dock"].pose
        away = dock.compose(Pose2D(x_off, 0.0, 0.0))
        world = SimWorld("operating_wing", seed=1, start=away)
        world.happen(SetBattery(0.5))
        frame = world.step(60.0)
        return frame.charging, frame.battery

    charging, charge = after(0.0)
    assert charging
    assert charge == pytest.approx(0.5 + (300 - 60) / 60 / 600, abs=1e-4)
    charging, charge = after(-0.2)
    assert not charging
    assert charge == pytest.approx(0.5 - 60 / 60 / 600, abs=1e-4)


def test_an_empty_battery_and_the_red_button_stop_the_base() -> None:
    for action in (SetBattery(0.0), HardwareEstop(True)):
        world = make()
        speeds = []
        for step in range(150):
            if step == 75:
                world.happen(action)
            world.command(Twist2D(0.4, 0.0))
            world.step((step + 1) * 0.02)
            speeds.append(world.truth().twist.linear)
        assert speeds[74] > 0.3
        assert abs(speeds[-1]) < 0.01


def test_a_person_sets_off_when_told() -> None:
    plan = PersonPlan("nurse", np.array([[15.0, 8.0], [18.0, 8.0]]), 1.0, np.inf, "stop", True)
    world = make(people=(plan,))
    world.step(2.0)
    assert world.truth().people[0].pose.x == 15.0
    world.happen(PersonStarts("nurse"))
    world.step(4.0)
    assert world.truth().people[0].pose.x > 16.0
