"""The world file that Gazebo gets tells of the same wing, robot and people."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from or_robot.gazebo.stage import GazeboStage
from or_robot.gazebo.world_file import LIDAR_LEAN, compose
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import ObjectPlan
from or_robot.scenario.people import PersonPlan
from or_robot.share import share
from or_robot.sim.doors import door_leaves
from or_robot.sim.robot_model import courier_model
from or_robot.sim.sdf_reader import load_world

SIMULATION = share("simulation")
WING = load_world("operating_wing")
DOORS = [model for model in WING.models if model.door is not None]
NURSE = PersonPlan("nurse", np.array([[8.0, 8.0]]), 1.0, 0.0, "stop", True)
CART = ObjectPlan("cart", "instrument_cart", None, 0.0)


def stage() -> GazeboStage:
    return GazeboStage([NURSE], DOORS, door_leaves(WING), [CART], {})


def composed(*, camera: bool) -> ET.Element:
    made = stage()
    text = compose(
        SIMULATION / "worlds" / "operating_wing.sdf",
        SIMULATION / "models" / "or_courier" / "model.sdf",
        Pose2D(6.0, 8.0, 0.5),
        [door.name for door in DOORS],
        [*made.models, *made.fixed],
        armature=0.1,
        camera=camera,
    )
    world = ET.fromstring(text).find("world")
    assert world is not None
    return world


def names(world: ET.Element) -> list[str]:
    models = [model.get("name", "") for model in world.findall("model")]
    return models + [include.findtext("name") or "" for include in world.findall("include")]


def test_everything_of_the_wing_is_in_it_once() -> None:
    found = names(composed(camera=False))
    doors = {door.name for door in DOORS}
    assert {model.name for model in WING.models} - doors <= set(found)
    assert doors.isdisjoint(found)
    assert {f"{door}_{part}" for door in doors for part in ("leaf", "lintel")} <= set(found)
    assert {"nurse_torso", "nurse_left_leg", "nurse_right_leg", "object_cart"} <= set(found)
    assert found.count("or_courier") == 1


def test_the_robot_stands_where_it_starts_with_its_camera_only_when_wanted() -> None:
    for camera, kinds in ((False, set()), (True, {"camera", "depth"})):
        (robot,) = [
            m for m in composed(camera=camera).findall("model") if m.get("name") == "or_courier"
        ]
        assert [float(v) for v in robot.findtext("pose", "").split()] == [6, 8, 0, 0, 0, 0.5]
        sensors = {sensor.get("type") for sensor in robot.iter("sensor")}
        assert sensors == {"ray", "imu", "contact"} | kinds


def test_no_beam_of_the_lidar_is_parallel_to_the_bodys_faces() -> None:
    (robot,) = [m for m in composed(camera=False).findall("model") if m.get("name") == "or_courier"]
    (sensor,) = robot.findall("link[@name='base_link']/sensor[@type='ray']")
    x, y, z, *turn = (float(value) for value in sensor.findtext("pose", "").split())
    assert (x, y, z) == pytest.approx(tuple(courier_model().lidar_mount.position))
    assert turn == pytest.approx([0.0, LIDAR_LEAN, 0.0])
    assert robot.find("link[@name='lidar_link']/sensor") is None


def test_wheels_are_thin_and_carry_the_rotors_inertia() -> None:
    (robot,) = [m for m in composed(camera=False).findall("model") if m.get("name") == "or_courier"]
    for link in robot.findall("link"):
        if "wheel" in link.get("name", ""):
            assert float(link.findtext("collision/geometry/cylinder/length", "")) < 0.01
            moments = [float(part.text or "") for part in link.findall("inertial/inertia/*")[:3]]
            assert moments[2] == pytest.approx(0.1064)
            assert moments[0] + moments[1] >= moments[2], "no body has less"


def test_leaves_are_drawn_where_the_closed_door_is() -> None:
    made = stage()
    for leaf in door_leaves(WING):
        row = made.doors[leaf.name]
        assert made.mocap_pos[row] == pytest.approx(leaf.frame.position)


def test_only_what_has_moved_is_told_and_all_at_first() -> None:
    made = stage()
    assert {name for name, _, _ in made.news()} == {model.name for model in made.models}
    assert made.news() == []
    made.mocap_pos[made.mocap[0, 0], 0] += 0.5
    ((name, position, quaternion),) = made.news()
    assert name == "nurse_torso"
    assert position[0] == made.mocap_pos[0, 0]
    assert np.linalg.norm(quaternion) == pytest.approx(1.0)
