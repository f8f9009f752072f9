"""What the robot's camera sees in both simulators, side by side."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.errors import OrRobotError
from or_robot.gazebo.world import GazeboWorld
from or_robot.scenario.people import PersonPlan
from or_robot.sim.pictures import ROBOT_STANDS, camera_picture
from or_robot.sim.world import SimWorld
from or_robot.types.sensing import RgbdImage

WORLD, SEED, STEP_S = "operating_wing", 1, 0.02
PEOPLE = [
    PersonPlan(name, np.array([place]), 1.0, 0.0, "stop", True)
    for name, place in (("nurse", (12.9, 8.3)), ("porter", (15.0, 7.6)))
]
LONGEST_S = 30.0
"""s of simulated time; Gazebo needs a while until it draws."""
LINE = 20
"""px above each picture."""


def take_camera_pictures(file: Path) -> float:
    """One image of the same pose in each, colour and depth.

    Returns the median difference of their depths, m. Raises OrRobotError without Gazebo or Xvfb.
    """
    with tempfile.TemporaryDirectory() as folder:
        gazebo = GazeboWorld(
            WORLD, seed=SEED, folder=Path(folder), people=PEOPLE, start=ROBOT_STANDS
        )
        try:
            there = _first_image(gazebo)
        finally:
            gazebo.close()
    world = SimWorld(WORLD, seed=SEED, people=PEOPLE, start=ROBOT_STANDS)
    here = world.camera_now()
    rows = [_titled(name, image) for name, image in (("MuJoCo", here), ("Gazebo", there))]
    file.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(file), np.concatenate(rows)[:, :, ::-1]):
        raise OSError(f"cannot write {file}")
    return float(np.nanmedian(np.abs(there.depth - here.depth)))


def _first_image(world: GazeboWorld) -> RgbdImage:
    world.set_camera(True)
    while world.time_s < LONGEST_S:
        images = world.step(world.time_s + STEP_S).images
        if images:
            return images[-1]
    raise OrRobotError("Gazebo's camera draws nothing", "see gzserver.log")


def _titled(name: str, image: RgbdImage) -> NDArray[np.uint8]:
    picture = camera_picture(image)
    line = np.full((LINE, picture.shape[1], 3), 255, dtype=np.uint8)
    cv2.putText(line, name, (4, LINE - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1)
    return np.concatenate([line, picture])
