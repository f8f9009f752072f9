"""The RGB-D camera, drawn by software EGL and only when somebody asks for an image."""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from or_robot.errors import OrRobotError
from or_robot.geometry.transform import Transform
from or_robot.sim.config import SimConfig
from or_robot.sim.looks import CAMERA, SEEN_GROUP
from or_robot.sim.robot_model import RobotModel
from or_robot.sim.scene import Scene
from or_robot.sim.sdf import CameraSensor
from or_robot.types.sensing import RgbdImage

AMBIENT, HEADLIGHT = 0.45, 0.5
"""A wing is lit evenly."""
OPTICAL = Transform(np.zeros(3), np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]))
"""Camera that looks along x ← its optical frame, which looks along z (REP 103)."""
SLICES, STACKS = 16, 8
"""Of a round shape: the triangles cost as much time as the pixels."""
NOISE_DRAWS = 2_000_003
"""So many random numbers are drawn once; an image begins somewhere among them."""


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
        self._samples = config.camera_samples
        self._random = random
        (self._bank_random,) = random.spawn(1)  # of the drawing thread
        self._make = make
        self._mount = robot.camera_mount.compose(OPTICAL)
        self._view: _View | None = None
        self._noise = np.zeros(0, dtype=np.float32)

    def shot(self, state: mujoco.MjData, stamp_s: float) -> Callable[[], RgbdImage]:
        """An image of a state of the same world, drawn when called. Call all in one thread."""
        seen = _Seen(state.qpos.copy(), state.mocap_pos.copy(), state.mocap_quat.copy())
        start = int(self._random.integers(NOISE_DRAWS))
        return lambda: self._image(seen, stamp_s, start)

    def _image(self, seen: _Seen, stamp_s: float, start: int) -> RgbdImage:
        sensor = self._sensor
        if self._view is None:
            self._view = _View(self._make(looks=True).model, sensor, self._samples)
            draws = NOISE_DRAWS + 4 * sensor.width * sensor.height
            self._noise = self._bank_random.standard_normal(draws, dtype=np.float32)
        color, depth = self._view.draw(seen)
        noise = self._noise[start : start + 4 * depth.size]
        tint = 255.0 * sensor.sigma * noise[: color.size].reshape(color.shape)
        error = self._depth_sigma * noise[color.size :].reshape(depth.shape)
        outside = (depth > sensor.far) | (depth < sensor.near)
        return RgbdImage(
            stamp_s=stamp_s,
            color=np.clip(color + tint, 0.0, 255.0).astype(np.uint8),
            depth=np.where(outside, np.float32(np.nan), depth + error * depth**2),
            intrinsics=intrinsics(sensor),
            mount=self._mount,
        )


def intrinsics(sensor: CameraSensor) -> NDArray[np.float64]:
    """(3, 3) of a lens without distortion and square pixels; their centres are whole numbers."""
    focal_length = sensor.width / 2.0 / math.tan(sensor.horizontal_fov / 2.0)
    middle = (sensor.width - 1) / 2.0, (sensor.height - 1) / 2.0
    return np.array([[focal_length, 0.0, middle[0]], [0.0, focal_length, middle[1]], [0, 0, 1.0]])


@dataclass(frozen=True, slots=True)
class _Seen:
    """What of a state of the physics an image depends on."""

    qpos: NDArray[np.float64]
    mocap_pos: NDArray[np.float64]
    mocap_quat: NDArray[np.float64]


class _View:
    """One off-screen picture of a model through its own camera."""

    def __init__(self, model: mujoco.MjModel, sensor: CameraSensor, samples: int) -> None:
        self._model, self._data = model, mujoco.MjData(model)
        self._frame = mujoco.MjrRect(0, 0, sensor.width, sensor.height)
        model.stat.extent = 1.0
        model.vis.map.znear, model.vis.map.zfar = sensor.near / 4.0, sensor.far * 4.0
        self._near, self._far = sensor.near / 4.0, sensor.far * 4.0
        quality = model.vis.quality
        quality.offsamples, quality.numslices, quality.numstacks = samples, SLICES, STACKS
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

    def draw(self, seen: _Seen) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """(rows, columns, 3) RGB and (rows, columns) depth along the axis, m."""
        model, data = self._model, self._data
        data.qpos[:] = seen.qpos
        data.mocap_pos[:], data.mocap_quat[:] = seen.mocap_pos, seen.mocap_quat
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
        # the buffer holds 1 at the near plane, 0 at the far one
        depth = self._near * self._far / (self._near + buffer * (self._far - self._near))
        return color[::-1], depth[::-1].astype(np.float32)


def gl_context(width: int, height: int) -> Any:
    """Loaded only for an image: MuJoCo's EGL module fails where the library is missing."""
    # drawn in the thread that asks: the other cores have work of their own (Mesa's llvmpipe)
    os.environ.setdefault("LP_NUM_THREADS", "0")
    try:
        return importlib.import_module("mujoco.egl").GLContext(width, height)
    except (ImportError, AttributeError, OSError, RuntimeError) as error:
        raise OrRobotError(f"no EGL: {error}", "apt-get install libegl1 libgl1-mesa-dri") from error
