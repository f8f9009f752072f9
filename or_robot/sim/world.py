"""The simulated wing with the courier and people in it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.scenario.description import ObjectPlan
from or_robot.scenario.events import (
    Action,
    HardwareEstop,
    Kidnap,
    LidarDropout,
    MoveObject,
    PanelPress,
    PersonHelps,
    PersonStarts,
    PlaceObject,
    RemoveObject,
    SetBattery,
    StickDoor,
)
from or_robot.scenario.people import PersonPlan
from or_robot.scenario.truth import GroundTruth
from or_robot.sim.base import Battery, Charger, DriveController, WheelOdometry
from or_robot.sim.camera import Camera
from or_robot.sim.config import SimConfig
from or_robot.sim.imu import Imu
from or_robot.sim.lidar import Lidar
from or_robot.sim.props import Props
from or_robot.sim.robot_model import courier_model
from or_robot.sim.scene import TICK_S, Scene, build_scene
from or_robot.sim.sdf_reader import load_model, load_world
from or_robot.sim.surroundings import PERIOD_S, Surroundings
from or_robot.sim.touches import TouchWatch
from or_robot.types.motion import STANDSTILL, LaserScan, Odometry, Twist2D
from or_robot.types.sensing import ImuReading, RgbdImage, SensorFrame
from or_robot.world.site import load_site


@dataclass
class _Gathered:
    """What the sensors gave since the last frame."""

    scans: list[LaserScan]
    odometry: list[Odometry]
    imu: list[ImuReading]
    images: list[RgbdImage]
    bumper: bool = False


class SimWorld:
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
        model = courier_model()
        description, site = load_world(world), load_site(world)
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
        self.robot = model
        self._around = Surroundings(description, site, people, carts, robot, crowd_random)
        self._around.enter(self._scene, self._data)
        self._around_ticks = round(PERIOD_S / TICK_S)
        self._touches = TouchWatch(self._scene)
        self._drive = DriveController(robot, model.drive, config)
        self._odometry = WheelOdometry(model.drive, config, odometry_random)
        self._battery = Battery(config)
        dock = site.stations.get("dock")
        self._charger, self._charging = Charger(dock.pose if dock else None), False
        self._lidar = Lidar(
            model.lidar, model.lidar_mount, lidar_random, self._scene.model, model.lidar_hidden
        )
        self._scan_ticks = _ticks(model.lidar.rate, "lidar")
        self._odometry_ticks = _ticks(model.drive.odometry_rate, "odometry")
        self._tick = 0
        self._estop = False
        self._lidar_dead_until = 0.0
        self._gathered = _Gathered([], [], [], [])
        self._place(site.stations["dock"].pose if start is None else start)

    @property
    def time_s(self) -> float:
        return self._tick * TICK_S

    @property
    def physics(self) -> tuple[Scene, mujoco.MjData]:
        """For renderers: to look at, not to change."""
        return self._scene, self._data

    def command(self, twist: Twist2D) -> None:
        """A new /cmd_vel. The base stops by itself 250 ms after the last one."""
        self._drive.command(twist, self.time_s)

    def set_hardware_estop(self, pressed: bool) -> None:
        """The red button on the robot: brakes the base at once, whatever is commanded."""
        self._estop = pressed

    def happen(self, action: Action) -> None:
        """An event of a scenario."""
        match action:
            case HardwareEstop(pressed):
                self.set_hardware_estop(pressed)
            case PlaceObject():
                self._props.place(action)
            case MoveObject():
                self._props.move(action)
            case RemoveObject(name):
                self._props.remove(name)
            case PersonStarts(name):
                self._around.start_person(name, self.time_s)
            case LidarDropout(for_s):
                self._lidar_dead_until = self.time_s + for_s
            case Kidnap(pose):
                self._put_down(pose)
            case SetBattery(charge):
                self._battery.charge = charge
            case StickDoor(door, stuck):
                self.set_door_stuck(door, stuck)
            case PanelPress() | PersonHelps():
                pass  # the operator's: nothing of the world changes

    def set_door_stuck(self, door: str, stuck: bool) -> None:
        """A stuck door stays where it is."""
        self._around.set_door_stuck(door, stuck)

    def ask_doors(self, names: Iterable[str], until_s: float) -> None:
        """The robot asks for doors to be open until then."""
        self._around.ask_doors(names, until_s)

    def step(self, until_s: float) -> SensorFrame:
        """Run to the tick at or before `until_s`; everything the sensors gave, oldest first."""
        while (self._tick + 1) * TICK_S <= until_s + TICK_S * 1e-6:
            self._advance()
        gathered, self._gathered = self._gathered, _Gathered([], [], [], [])
        return SensorFrame(
            stamp_s=self.time_s,
            scans=tuple(gathered.scans),
            odometry=tuple(gathered.odometry),
            bumper=gathered.bumper,
            hardware_estop=self._estop,
            battery=self._battery.charge,
            charging=self._charging,
            imu=tuple(gathered.imu),
            images=tuple(gathered.images),
        )

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
        """The robot stands still at a pose."""
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
        powered = not self._estop and self._battery.charge > 0.0
        self._data.ctrl[:] = self._drive.wheel_speeds(now, TICK_S, powered=powered)
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
