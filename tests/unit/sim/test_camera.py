"""The camera sees what stands before it, as far away as it is."""

import ctypes.util

import cv2
import numpy as np
import pytest

from or_robot.geometry.pose import Pose2D
from or_robot.scenario.people import PersonPlan
from or_robot.sim.robot_model import courier_model
from or_robot.sim.world import SimWorld
from or_robot.types.sensing import RgbdImage

SENSOR = courier_model().camera

if not ctypes.util.find_library("EGL"):
    pytest.skip("no EGL: apt-get install libegl1 libgl1-mesa-dri", allow_module_level=True)


def towards_dock() -> RgbdImage:
    return SimWorld("operating_wing", seed=1, start=Pose2D(1.5, 4.6, -np.pi / 2)).camera_now()


def test_the_docks_marker_is_read_at_its_true_distance() -> None:
    image = towards_dock()
    assert image.color.shape == (SENSOR.height, SENSOR.width, 3)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    corners, ids, _ = cv2.aruco.ArucoDetector(dictionary).detectMarkers(image.color)
    assert ids.ravel().tolist() == [0]
    column, row = corners[0][0].mean(axis=0).astype(int)
    # from the camera (0.322 ahead, 0.95 up, 0.35 rad down) to the marker (1.25 ahead, 0.42 up)
    along = np.array([np.cos(0.35), -np.sin(0.35)]) @ [4.6 - 3.25 - 0.322, 0.42 - 0.95]
    assert image.depth[row, column] == pytest.approx(along, abs=0.03)
    assert column == pytest.approx(SENSOR.width / 2, abs=4)


def test_a_person_in_front_is_nearer_than_the_floor_behind() -> None:
    def ahead(people: list[PersonPlan]) -> float:
        world = SimWorld("operating_wing", seed=1, people=people, start=Pose2D(6.0, 8.0, 0.0))
        return float(np.nanmin(np.abs(world.camera_now().depth[60:100, 180:245])))

    nurse = PersonPlan("nurse", np.array([[7.8, 8.0]]), 1.0, 0.0, "stop", True)
    assert ahead([nurse]) == pytest.approx(1.3, abs=0.2)
    assert ahead([]) > 2.0


def test_noise_repeats_with_the_seed() -> None:
    first, again = towards_dock(), towards_dock()
    assert np.array_equal(first.color, again.color)
    assert np.array_equal(first.depth, again.depth)


def test_frames_carry_images_at_the_cameras_rate_while_asked_for() -> None:
    world = SimWorld("operating_wing", seed=1)
    assert world.step(0.3).images == ()
    world.set_camera(True)
    stamps = [image.stamp_s for image in world.step(0.6).images]
    assert stamps == pytest.approx([0.4, 0.5, 0.6])
    world.set_camera(False)
    assert world.step(0.9).images == ()


def test_a_point_on_the_floor_is_found_where_the_camera_looks() -> None:
    """Mount and intrinsics fit the picture: the floor ahead has height 0."""
    image = SimWorld("operating_wing", seed=1, start=Pose2D(6.0, 8.0, 0.0)).camera_now()
    rows, columns = np.mgrid[150:230:20, 100:330:20]
    rays = (
        np.stack([columns, rows, np.ones_like(rows)], axis=-1) @ np.linalg.inv(image.intrinsics).T
    )
    points = image.mount.apply(rays * image.depth[rows, columns, None])
    assert points[..., 2] == pytest.approx(0.0, abs=0.03)
    assert np.all(points[..., 0] > 0.5)
