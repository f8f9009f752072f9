"""Pictures of the wing for people, drawn without a display by software EGL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import Scenario
from or_robot.sim.camera import gl_context
from or_robot.sim.config import SimConfig
from or_robot.sim.scene import ROBOT_GROUP, Scene
from or_robot.sim.world import SimWorld
from or_robot.types.sensing import RgbdImage

SIZE = (1280, 800)
"""Width, height, pixels."""
PALETTE: Mapping[str, tuple[float, float, float]] = {
    "floor": (0.72, 0.78, 0.78),
    "walls": (0.93, 0.94, 0.94),
    "robot": (0.11, 0.39, 0.78),
    "person": (0.94, 0.55, 0.15),
    "door": (0.35, 0.68, 0.62),
    "thing": (0.62, 0.65, 0.70),
    "object": (0.55, 0.36, 0.17),
}


@dataclass(frozen=True, slots=True)
class Eye:
    """From where a picture is taken: it looks at a point from a distance and two angles."""

    at: tuple[float, float, float]
    """m, map frame."""
    distance: float
    """m."""
    azimuth: float
    """Direction of sight about z, degrees."""
    elevation: float
    """Below the horizon when negative, degrees."""


VIEWS: Mapping[str, Eye] = {
    "sim-wing": Eye((12.0, 7.8, 0.0), 21.5, 90.0, -68.0),
    "sim-robot": Eye((10.7, 8.0, 0.5), 2.9, 200.0, -20.0),
    "sim-people": Eye((11.5, 8.1, 0.7), 7.5, 176.0, -14.0),
}
AMBIENT, HEADLIGHT = 0.5, 0.55
"""A wing is lit evenly: without this, walls that face away from the eye are black."""
CAMERA_SHOT = "sim-camera"
DEPTH_SHOWN = 8.0
"""Black from here on, m."""
ROBOT_STANDS = Pose2D(10.6, 8.0, 0.0)
AFTER_S = 4.0
"""People have come near by then."""


def take_pictures(scenario: Scenario, folder: Path) -> list[Path]:
    """One PNG from the robot's camera, one a view: in the corridor, among the scenario's people."""
    world = SimWorld(
        scenario.site.name,
        seed=1,
        people=scenario.people,
        objects=scenario.objects,
        start=ROBOT_STANDS,
        config=SimConfig(camera_samples=4),
    )
    world.step(AFTER_S)
    scene, data = world.physics
    _paint(scene, {person.name for person in scenario.people}, set(scenario.site.doors))
    folder.mkdir(parents=True, exist_ok=True)
    shots = {CAMERA_SHOT: camera_picture(world.camera_now())}
    shots |= {name: render(scene.model, data, eye) for name, eye in VIEWS.items()}
    for name, pixels in shots.items():
        if not cv2.imwrite(str(folder / f"{name}.png"), pixels[:, :, ::-1]):
            raise OSError(f"cannot write {name}.png in {folder}")
    return [folder / f"{name}.png" for name in shots]


def camera_picture(image: RgbdImage) -> NDArray[np.uint8]:
    """The robot's camera: colour, and depth beside it, the nearer the brighter."""
    near = np.clip(1.0 - np.nan_to_num(image.depth, nan=DEPTH_SHOWN) / DEPTH_SHOWN, 0.0, 1.0)
    shade = cv2.applyColorMap((255 * near).astype(np.uint8), cv2.COLORMAP_BONE)
    return np.concatenate([image.color, shade[:, :, ::-1]], axis=1)


def render(model: mujoco.MjModel, data: mujoco.MjData, eye: Eye) -> NDArray[np.uint8]:
    """(height, width, 3) RGB."""
    width, height = SIZE
    model.vis.global_.offwidth, model.vis.global_.offheight = width, height
    model.vis.headlight.ambient[:], model.vis.headlight.diffuse[:] = AMBIENT, HEADLIGHT
    context = gl_context(width, height)
    context.make_current()
    try:
        return _draw(model, data, eye)
    finally:
        context.free()


def _draw(model: mujoco.MjModel, data: mujoco.MjData, eye: Eye) -> NDArray[np.uint8]:
    width, height = SIZE
    camera = mujoco.MjvCamera()
    camera.lookat = eye.at
    camera.distance, camera.azimuth, camera.elevation = eye.distance, eye.azimuth, eye.elevation
    options = mujoco.MjvOption()
    options.geomgroup[:] = 1
    drawn = mujoco.MjvScene(model, maxgeom=model.ngeom + 100)
    everything = int(mujoco.mjtCatBit.mjCAT_ALL)
    mujoco.mjv_updateScene(model, data, options, mujoco.MjvPerturb(), camera, everything, drawn)
    gl = mujoco.MjrContext(model, int(mujoco.mjtFontScale.mjFONTSCALE_100))
    try:
        mujoco.mjr_setBuffer(int(mujoco.mjtFramebuffer.mjFB_OFFSCREEN), gl)
        frame = mujoco.MjrRect(0, 0, width, height)
        mujoco.mjr_render(frame, drawn, gl)
        pixels = np.empty((height, width, 3), dtype=np.uint8)
        mujoco.mjr_readPixels(pixels, None, frame, gl)
        return pixels[::-1]
    finally:
        gl.free()


def _paint(scene: Scene, people: set[str], doors: set[str]) -> None:
    """Give every geom the colour of what it is."""
    model = scene.model
    for index, owner in enumerate(scene.owners):
        robot = model.geom_group[index] == ROBOT_GROUP
        kind = "robot" if robot else _kind(owner, people, doors, set(scene.props))
        model.geom_rgba[index] = (*PALETTE[kind], 1.0)


def _kind(owner: str, people: set[str], doors: set[str], objects: set[str]) -> str:
    if owner in people:
        return "person"
    if owner in doors:
        return "door"
    if owner in objects:
        return "object"
    return {"": "floor", "walls": "walls"}.get(owner, "thing")
