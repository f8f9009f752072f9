"""Pictures show what is there."""

import shutil

import cv2
import numpy as np
import pytest

from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import load_scenario
from or_robot.sim import pictures, view_picture
from or_robot.sim.world import SimWorld


@pytest.fixture(autouse=True)
def egl() -> None:
    pytest.importorskip("mujoco.egl", reason="no EGL here", exc_type=ImportError)


def test_one_picture_a_view_with_robot_and_people_in_it(tmp_path) -> None:
    files = pictures.take_pictures(load_scenario("crowded_corridor"), tmp_path)
    camera, *views = files
    assert [file.stem for file in views] == list(pictures.VIEWS)
    assert camera.name == "sim-camera.png"
    assert cv2.imread(str(camera)).std() > 5.0
    for file in views:
        pixels = cv2.imread(str(file)).astype(int)
        assert pixels.shape == (pictures.SIZE[1], pictures.SIZE[0], 3)
        blue, _, red = np.moveaxis(pixels, -1, 0)
        assert (blue - red > 60).sum() > 100, f"{file.stem}: no robot"
        assert (red - blue > 60).sum() > 100, f"{file.stem}: no person"


def test_the_eye_looks_where_it_is_told() -> None:
    world = SimWorld("operating_wing", seed=1, start=Pose2D(10.6, 8.0, 0.0))
    scene, data = world.physics
    near, far = (
        pictures.render(scene.model, data, pictures.Eye((10.6, 8.0, 0.5), distance, 0.0, -60.0))
        for distance in (2.0, 12.0)
    )
    assert not np.array_equal(near, far)


def test_the_live_view_is_photographed(tmp_path) -> None:
    if not any(shutil.which(name) for name in view_picture.BROWSERS):
        pytest.skip("no browser: apt-get install chromium")
    file = tmp_path / "view.png"
    view_picture.take_view_picture(load_scenario("stop_pressed"), file, (900, 600), at_s=0.5)
    pixels = cv2.imread(str(file)).astype(int)
    assert pixels.shape[:2] == (600, 900)
    blue, _, red = np.moveaxis(pixels, -1, 0)
    assert (blue - red > 100).sum() > 50, "no robot"
    assert (red - blue > 100).sum() > 50, "no scan"


def test_without_a_browser_it_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OrRobotError, match="apt-get install chromium"):
        view_picture.take_view_picture(load_scenario("stop_pressed"), tmp_path / "v.png", (9, 9))
