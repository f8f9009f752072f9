"""The RGB-D camera, drawn by software EGL and only when somebody asks for an image."""

from __future__ import annotations

import importlib
import math
from typing import Any, Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from or_robot.errors import OrRobotError
from or_robot.sim.config import SimConfig
from or_robot.sim.looks import CAMERA, SEEN_GROUP
from or_robot.sim.robot_model import RobotModel
from or_robot.sim.scene import Scene
from or_robot.sim.sdf import CameraSensor
from or_robot.types.sensing import RgbdImage

AMBIENT, HEADLIGHT = 0.45, 0.5
"""A wing is lit evenly."""


class SceneMaker(Protocol):
    def __call__(self, *, looks: bool) -> Scene: ...


class Camera:
    """Holds no image memory and no graphics library until the first image.

    make: builds the scene of the world once more, with what is seen.
    """

    def __init__(
        self, robot: RobotModel, config: SimConfig, random: np.random.Generator, make: SceneMaker
    ) -> None:
        self._sensor = robot.camera
        self._depth_sigma = config.depth_sigma
        self._random = random
        self._make = make
        self._view: _View | None = None

    @property
    def rate(self) -> float:
        """Hz."""
        return self._sensor.rate

    def image(self, state: mujoco.MjData, stamp_s: float) -> RgbdImage:
        """Image of the scene in a state of the same world. One thread only."""
        sensor = self._sensor
        if self._view is None:
            self._view = _View(self._make(looks=True).model, sensor)
        color, depth = self._view.draw(state)
        noise = self._random.normal(0.0, 255.0 * sensor.sigma, color.shape)
        error = self._random.normal(0.0, self._depth_sigma, depth.shape) * depth**2
        measured = depth + error
        measured[depth > sensor.far] = np.inf
        measured[depth < sensor.near] = -np.inf
        return RgbdImage(
            stamp_s=stamp_s,
            color=np.clip(color + noise, 0.0, 255.0).astype(np.uint8),
            depth=measured.astype(np.float32),
            focal_length=sensor.width / 2.0 / math.tan(sensor.horizontal_fov / 2.0),
        )


class _View:
    """One off-screen picture of a model through its own camera."""

    def __init__(self, model: mujoco.MjModel, sensor: CameraSensor) -> None:
        self._model, self._data = model, mujoco.MjData(model)
        self._frame = mujoco.MjrRect(0, 0, sensor.width, sensor.height)
        model.stat.extent = 1.0
        model.vis.map.znear, model.vis.map.zfar = sensor.near / 4.0, sensor.far * 4.0
        self._near, self._far = sensor.near / 4.0, sensor.far * 4.0
        model.vis.global_.offwidth, model.vis.global_.offheight = sensor.width, sensor.height
        model.vis.headlight.ambient[:], model.vis.headlight.diffuse[:] = AMBIENT, HEADLIGHT
        self._context = gl_context(sensor.width, sensor.height)
        self._context.make_current()
        self._gl = mujoco.MjrContext(model, int(mujoco.mjtFontScale.mjFONTSCALE_100))
        self._gl.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        mujoco.mjr_setBuffer(int(mujoco.mjtFramebuffer.mjFB_OFFSCREEN), self._gl)
        self._scene = mujoco.MjvScene(model, maxgeom=model.ngeom + 10)
        self._options = mujoco.MjvOption()
        self._options.geomgroup[:] = 0
        self._options.geomgroup[SEEN_GROUP] = 1
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._camera.fixedcamid = model.camera(CAMERA).id

    def draw(self, state: mujoco.MjData) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """(rows, columns, 3) RGB and (rows, columns) depth along the axis, m."""
        model, data = self._model, self._data
        data.qpos[:] = state.qpos
        data.mocap_pos[:], data.mocap_quat[:] = state.mocap_pos, state.mocap_quat
        mujoco.mj_kinematics(model, data)
        mujoco.mj_camlight(model, data)
        everything = int(mujoco.mjtCatBit.mjCAT_ALL)
        mujoco.mjv_updateScene(
            model, data, self._options, mujoco.MjvPerturb(), self._camera, everything, self._scene
        )
        self._context.make_current()
        mujoco.mjr_render(self._frame, self._scene, self._gl)
        color = np.empty((self._frame.height, self._frame.width, 3), dtype=np.uint8)
        buffer = np.empty((self._frame.height, self._frame.width), dtype=np.float32)
        mujoco.mjr_readPixels(color, buffer, self._frame, self._gl)
        share = buffer.astype(np.float64)  # 1 at the near plane, 0 at the far one
        depth = self._near * self._far / (self._near + share * (self._far - self._near))
        return color[::-1], depth[::-1]


def gl_context(width: int, height: int) -> Any:
    """Loaded only for an image: MuJoCo's EGL module fails where the library is missing."""
    try:
        return importlib.import_module("mujoco.egl").GLContext(width, height)
    except (ImportError, AttributeError, OSError, RuntimeError) as error:
        raise OrRobotError(f"no EGL: {error}", "apt-get install libegl1 libgl1-mesa-dri") from error
