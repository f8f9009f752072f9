"""The simulated wing with the courier and people in it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import mujoco
import numpy as np

from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.scenario.description import ObjectPlan
from or_robot.scenario.people import PersonPlan
from or_robot.scenario.truth import GroundTruth
from or_robot.sim.base import TICK_S, WheelOdometry
from or_robot.sim.camera import Camera
from or_robot.sim.config import SimConfig
from or_robot.sim.imu import Imu
from or_robot.sim.lidar import Lidar
from or_robot.sim.props import Props
from or_robot.sim.scene import Scene, build_scene
from or_robot.sim.sdf_reader import load_model, load_world
from or_robot.sim.surroundings import PERIOD_S, Surroundings
from or_robot.sim.touches import TouchWatch
from or_robot.sim.wing import Gathered, Wing
from or_robot.types.motion import STANDSTILL, LaserScan, Twist2D
from or_robot.types.sensing import RgbdImage, SensorFrame
from or_robot.world.site import load_site


class SimWorld(Wing):
    """MuJoCo physics in ticks of 10 ms. Two worlds with one seed and the same calls agree exactly.

    `start` is the robot's pose in the map frame; unless given it stands at the station `dock`.
    """

    def __init__(
        self,
        world: str,
        *,
        seed: int,
        robot: RobotConfig = RobotConfig(),  # noqa: B008 - frozen
        people: Sequence[PersonPlan] = (),
        objects: Sequence[ObjectPlan] = (),
        start: Pose2D | None = None,
        config: SimConfig = SimConfig(),  # noqa: B008 - frozen
    ) -> None:
        description, site = load_world(world), load_site(world)
        super().__init__(site, robot, config)
        model = self.robot
        carts = {plan.name: load_model(plan.pushes) for plan in people if plan.pushes}
        look = functools.partial(
            build_scene,
            description,
            model,
            [person.name for person in people],
            config,
            {plan.name: load_model(plan.model) for plan in objects},
            carts,
        )
        self._scene = look()
        self._data = mujoco.MjData(self._scene.model)
        self._props = Props(objects, self._scene.props, self._data)
        self._qpos, self._qvel = self._data.qpos, self._data.qvel
        self._wheels = np.array(self._scene.wheel_dofs)
        self._substeps = config.substeps
        lidar_random, odometry_random, crowd_random, imu_random, camera_random = (
            np.random.Generator(np.random.PCG64(child))
            for child in np.random.SeedSequence(seed).spawn(5)
        )
        self._imu = Imu(model.imu, model.imu_mount, description.gravity, imu_random)
        self._imu_ticks = _ticks(model.imu.rate, "IMU")
        self._camera = Camera(model, config, camera_random, look)
        self._camera_ticks = _ticks(model.camera.rate, "camera")
        self._camera_on = self._camera_tried = False
        self._around = Surroundings(description, site, people, carts, robot, crowd_random)
        self._around.enter(self._scene, self._data)
        self._around_ticks = round(PERIOD_S / TICK_S)
        self._touches = TouchWatch(self._scene)
        self._odometry = WheelOdometry(model.drive, config, odometry_random)
        self._charging = False
        self._lidar = Lidar(
            model.lidar, model.lidar_mount, lidar_random, self._scene.model, model.lidar_hidden
        )
        self._scan_ticks = _ticks(model.lidar.rate, "lidar")
        self._odometry_ticks = _ticks(model.drive.odometry_rate, "odometry")
        self._gathered = Gathered()
        self._place(site.stations["dock"].pose if start is None else start)

    @property
    def physics(self) -> tuple[Scene, mujoco.MjData]:
        """For renderers: to look at, not to change."""
        return self._scene, self._data

    def step(self, until_s: float) -> SensorFrame:
        """Run to the tick at or before `until_s`; everything the sensors gave, oldest first."""
        while self._due(until_s):
            self._advance()
        gathered, self._gathered = self._gathered, Gathered()
        return self._frame(gathered, charging=self._charging)

    def scan_now(self) -> LaserScan:
        """One revolution of the lidar from where the robot stands."""
        mujoco.mj_kinematics(self._scene.model, self._data)
        return self._lidar.scan(self._data, self._base(), self.time_s)

    def set_camera(self, on: bool) -> None:
        """From now on frames carry images, or none. A drawn image costs more than 0.1 s of all
        else. Raises OrRobotError where software EGL is missing."""
        if on and not self._camera_tried:
            self._camera_tried = True
            self.camera_now()
        self._camera_on = on

    def camera_now(self) -> RgbdImage:
        """What the camera sees. Raises OrRobotError where software EGL is missing."""
        return self.camera_shot()()

    def camera_shot(self) -> Callable[[], RgbdImage]:
        """What the camera sees, drawn when called: while the world goes on, in another thread.

        All images of a world must be drawn in one thread.
        """
        return self._camera.shot(self._data, self.time_s)

    def close(self) -> None:
        """Nothing runs beside this process."""

    def physics_step(self) -> None:
        """The physics of one tick alone: no sensor reads it and no clock advances."""
        mujoco.mj_step(self._scene.model, self._data, nstep=self._substeps)

    def truth(self) -> GroundTruth:
        base, velocity = self._base(), self._data.qvel[:6]
        twist = Twist2D(float(base.rotation[:, 0] @ velocity[:3]), float(velocity[5]))
        return GroundTruth(
            self.time_s,
            base.planar(),
            twist,
            self._around.people(),
            tuple(self._touches.contacts),
            self._props.truth() + self._around.pushed(),
            self._around.doors(),
        )

    def _put_down(self, pose: Pose2D) -> None:
        half = pose.yaw / 2.0
        self._data.qpos[:7] = (pose.x, pose.y, 0.0, np.cos(half), 0.0, 0.0, np.sin(half))
        self._data.qvel[:6] = 0.0

    def _place(self, start: Pose2D) -> None:
        self._put_down(start)
        mujoco.mj_forward(self._scene.model, self._data)
        self._touches.watch(self._data, np.zeros(6), STANDSTILL, 0.0)
        if self._touches.contacts:
            raise OrRobotError(
                f"the robot cannot start at ({start.x:g}, {start.y:g}): "
                f"{self._touches.contacts[0].other} is there",
                "choose another start",
            )

    def _advance(self) -> None:
        now = self.time_s
        self._data.ctrl[:] = self._drive.wheel_speeds(now, TICK_S, powered=self._powered())
        if self._tick % self._around_ticks == 0:
            self._around.step(now, self._planar(), self._drive.twist)
        self._props.step(TICK_S)
        before = self._qvel[:6].copy()
        self.physics_step()
        self._tick += 1
        self._gathered.bumper |= self._touches.watch(
            self._data, before, self._drive.twist, self.time_s
        )
        self._sense()

    def _sense(self) -> None:
        gathered = self._gathered
        if self._tick % self._odometry_ticks == 0:
            dt = self._odometry_ticks * TICK_S
            angles = self._qpos[self._wheels + 1]
            gathered.odometry.append(self._odometry.read(self.time_s, dt, angles))
            power = np.abs(self._data.actuator_force * self._qvel[self._wheels]).sum()
            self._charging = self._charger.touches(self._planar())
            self._battery.drain(float(power), dt, charging=self._charging)
        if self._tick % self._imu_ticks == 0:
            dt = self._imu_ticks * TICK_S
            reading = self._imu.read(self.time_s, dt, self._base(), self._qvel[:6].copy())
            gathered.imu.append(reading)
        if self._camera_on and self._tick % self._camera_ticks == 0:
            gathered.images.append(self.camera_now())
        if self._tick % self._scan_ticks == 0 and self.time_s > self._lidar_dead_until:
            gathered.scans.append(self.scan_now())

    def _base(self) -> Transform:
        """map ← base_link."""
        rotation = np.zeros(9)
        mujoco.mju_quat2Mat(rotation, self._data.qpos[3:7])
        return Transform(self._data.qpos[:3].copy(), rotation.reshape(3, 3))

    def _planar(self) -> Pose2D:
        """Where the robot truly stands."""
        x, y, _, w, i, j, k = self._data.qpos[:7].tolist()
        return Pose2D(x, y, math.atan2(2.0 * (w * k + i * j), 1.0 - 2.0 * (j * j + k * k)))


def _ticks(rate: float, what: str) -> int:
    """Ticks between two readings of a sensor of `rate` Hz."""
    ticks = round(1.0 / (rate * TICK_S))
    if ticks < 1 or abs(ticks * rate * TICK_S - 1.0) > 1e-9:
        raise OrRobotError(f"{what} rate {rate:g} Hz", f"give one that divides {1 / TICK_S:g} Hz")
    return ticks
