"""The wing in Gazebo, with the interface of the embedded one: in real time, beside this process."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.gazebo.messages import Messages
from or_robot.gazebo.prefix import gazebo_prefix
from or_robot.gazebo.readings import imu_reading, pose_of, scan_of, seconds
from or_robot.gazebo.server import GazeboServer
from or_robot.gazebo.stage import GazeboStage
from or_robot.gazebo.transport import Publication, Transport, TransportError
from or_robot.gazebo.world_file import compose
from or_robot.geometry.pose import Pose2D, wrap_angle
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
from or_robot.scenario.truth import Contact, GroundTruth
from or_robot.share import share
from or_robot.sim.base import Battery, Charger, DriveController, WheelOdometry
from or_robot.sim.config import SimConfig
from or_robot.sim.doors import door_leaves
from or_robot.sim.props import Props
from or_robot.sim.robot_model import courier_model
from or_robot.sim.sdf_reader import load_model, load_world
from or_robot.sim.surroundings import PERIOD_S, Surroundings
from or_robot.types.motion import STANDSTILL, LaserScan, Odometry, Twist2D
from or_robot.types.sensing import ImuReading, SensorFrame
from or_robot.world.site import load_site

ROBOT = "or_courier"
START_S = 60.0
SILENCE_S = 5.0
"""s of steady time without a pose after which gzserver counts as hung."""
LOOK_S = 0.05
SERVO_GAIN = 3.0
"""1/s."""
SERVO_LIMIT = 0.1
"""m that a wheel may be behind its set points; more is given up, as when it is blocked."""
LONGEST_CATCH_UP_S = 0.5
"""People do not run after a simulator that was stopped for longer."""


class WheelServo:
    """Follows the wheels' set points also in angle, as a drive with encoders does.

    Gazebo hears a set point only tens of ms later, and later still on a busy machine; without
    this the way driven would be off by so much. A stop is a stop: nothing is made up for then.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._wanted = np.zeros(2)

    def follow(
        self, speeds: NDArray[np.float64], angles: NDArray[np.float64], dt: float
    ) -> NDArray[np.float64]:
        """Set points (2,) to send, rad/s; angles (2,) as they are, rad."""
        if not np.any(speeds):
            self._wanted = angles.copy()
            return speeds
        error = np.clip(self._wanted + speeds * dt - angles, -self._limit, self._limit)
        self._wanted = angles + error
        return speeds + SERVO_GAIN * (error - speeds * dt)


@dataclass
class _Gathered:
    scans: list[LaserScan] = field(default_factory=list)
    odometry: list[Odometry] = field(default_factory=list)
    imu: list[ImuReading] = field(default_factory=list)
    bumper: bool = False


class GazeboWorld:
    """gzserver, and what is around it, in a thread of its own. `close` ends both.

    Two runs with one seed differ: real time is in them.
    """

    def __init__(
        self,
        world: str,
        *,
        seed: int,
        folder: Path,
        robot: RobotConfig = RobotConfig(),  # noqa: B008 - frozen
        people: Sequence[PersonPlan] = (),
        objects: Sequence[ObjectPlan] = (),
        start: Pose2D | None = None,
        config: SimConfig = SimConfig(),  # noqa: B008 - frozen
    ) -> None:
        """`folder`: for the world file and gzserver's log.

        Raises OrRobotError when it cannot start.
        """
        prefix = gazebo_prefix()
        self.robot = courier_model()
        description, site = load_world(world), load_site(world)
        leaves = door_leaves(description)
        carts = {plan.name: load_model(plan.pushes) for plan in people if plan.pushes}
        doors = [model for model in description.models if model.door is not None]
        self._stage = GazeboStage(people, doors, leaves, objects, carts)
        crowd_random, odometry_random = (
            np.random.Generator(np.random.PCG64(child))
            for child in np.random.SeedSequence(seed).spawn(2)
        )
        self._around = Surroundings(description, site, people, carts, robot, crowd_random)
        self._around.enter(self._stage, self._stage)
        self._props = Props(objects, self._stage.props, self._stage)
        self._drive = DriveController(robot, self.robot.drive, config)
        self._servo = WheelServo(SERVO_LIMIT / self.robot.drive.wheel_radius)
        self._odometry = WheelOdometry(self.robot.drive, config, odometry_random)
        self._battery = Battery(config)
        dock = site.stations.get("dock")
        self._charger = Charger(dock.pose if dock else None)
        place = site.stations["dock"].pose if start is None else start
        self._pose, self._twist, self._angles = place, STANDSTILL, np.zeros(2)
        self._now_s, self._lived_s, self._heard_s = 0.0, 0.0, time.monotonic()
        self._estop, self._lidar_dead_until = False, 0.0
        self._contacts: list[Contact] = []
        self._touching: set[str] = set()
        self._gathered, self._mutex = _Gathered(), threading.RLock()
        self._problem = ""
        simulation = share("simulation")
        file = folder / "gazebo.world"
        names = [door.name for door in doors]
        model = simulation / "models" / ROBOT / "model.sdf"
        source = simulation / "worlds" / f"{world}.sdf"
        models = [*self._stage.models, *self._stage.fixed]
        file.write_text(compose(source, model, place, names, models, camera=False))
        self._topics = f"/gazebo/{description.name}"
        self._messages = Messages(prefix.messages)
        command = prefix.command("gzserver", "--seed", str(seed), str(file))
        environment = prefix.environment(simulation / "models")
        self._server = GazeboServer(command, environment, folder / "gzserver.log")
        self._up = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gazebo", daemon=True)
        self._thread.start()
        self._await_start()

    # --- as the embedded world

    @property
    def time_s(self) -> float:
        return self._now_s

    def command(self, twist: Twist2D) -> None:
        with self._mutex:
            self._drive.command(twist, self._now_s)

    def follow(self, commands: Callable[[float], Twist2D]) -> None:
        """From now on the command of each moment of simulated time, whenever that comes."""
        self._script = commands

    def set_hardware_estop(self, pressed: bool) -> None:
        self._estop = pressed

    def step(self, _until_s: float) -> SensorFrame:
        """Everything the sensors gave since the last; time goes on by itself.

        Raises OrRobotError when gzserver has ended or hangs.
        """
        silent_s = time.monotonic() - self._heard_s
        problem = self._problem or self._server.ended
        if problem or silent_s > SILENCE_S:
            raise OrRobotError(
                f"Gazebo: {problem or f'silent for {silent_s:.0f} s'}", "see gzserver.log"
            )
        with self._mutex:
            gathered, self._gathered = self._gathered, _Gathered(bumper=bool(self._touching))
            return SensorFrame(
                stamp_s=self._now_s,
                scans=tuple(gathered.scans),
                odometry=tuple(gathered.odometry),
                bumper=gathered.bumper,
                hardware_estop=self._estop,
                battery=self._battery.charge,
                charging=self._charger.touches(self._pose),
                imu=tuple(gathered.imu),
            )

    def truth(self) -> GroundTruth:
        with self._mutex:
            return GroundTruth(
                self._now_s,
                self._pose,
                self._twist,
                self._around.people(),
                tuple(self._contacts),
                self._props.truth() + self._around.pushed(),
                self._around.doors(),
            )

    def happen(self, action: Action) -> None:
        """An event of a scenario."""
        with self._mutex:
            match action:
                case HardwareEstop(pressed):
                    self._estop = pressed
                case PlaceObject():
                    self._props.place(action)
                case MoveObject():
                    self._props.move(action)
                case RemoveObject(name):
                    self._props.remove(name)
                case PersonStarts(name):
                    self._around.start_person(name, self._now_s)
                case LidarDropout(for_s):
                    self._lidar_dead_until = self._now_s + for_s
                case Kidnap(pose):
                    self._lifted = pose
                case SetBattery(charge):
                    self._battery.charge = charge
                case StickDoor(door, stuck):
                    self._around.set_door_stuck(door, stuck)
                case PanelPress() | PersonHelps():
                    pass  # the operator's: nothing of the world changes

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._server.close()

    # --- the thread

    def _await_start(self) -> None:
        end_s = time.monotonic() + START_S
        while not self._up.wait(LOOK_S):
            problem = self._problem or self._server.ended
            if problem or time.monotonic() > end_s:
                self.close()
                raise OrRobotError(
                    f"Gazebo did not start: {problem or 'no answer'}", "see gzserver.log"
                )

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except (OrRobotError, OSError) as error:
            self._problem = self._server.ended or str(error)

    async def _live(self) -> None:
        transport = await self._connected()
        try:
            self._velocity = transport.advertise(f"{self._topics}/{ROBOT}/vel_cmd", "Pose")
            self._modify = transport.advertise(f"{self._topics}/model/modify", "Model")
            of_robot = f"{self._topics}/{ROBOT}"
            for topic, kind, take in (
                (f"{self._topics}/pose/info", "PosesStamped", self._take_poses),
                (f"{of_robot}/lidar_link/lidar/scan", "LaserScanStamped", self._take_scan),
                (f"{of_robot}/base_link/imu/imu", "IMU", self._take_imu),
                (f"{of_robot}/base_link/bumper", "Contacts", self._take_contacts),
            ):
                transport.subscribe(topic, kind, take)
            while not self._ending.is_set():
                done, _ = await asyncio.wait([transport.lost], timeout=LOOK_S)
                if done:
                    raise TransportError(transport.lost.result())
        finally:
            await transport.close()

    async def _connected(self) -> Transport:
        """gzserver's master takes a while to come."""
        while True:
            transport = Transport(self._messages, self._server)
            try:
                await transport.start()
            except TransportError:
                if self._ending.is_set() or self._server.ended:
                    raise
                await asyncio.sleep(0.2)
            else:
                return transport

    def _take_poses(self, message: Any) -> None:
        """60 times a second: the base is commanded, people walk, wheels are read."""
        found = next((pose for pose in message.pose if pose.name == ROBOT), None)
        now_s = seconds(message.time)
        if found is None or now_s <= self._now_s:
            return
        self._heard_s = time.monotonic()
        with self._mutex:
            self._move_on(pose_of(found), now_s - self._now_s if self._up.is_set() else 0.0)
            self._now_s = now_s
            if not (self._velocity.subscribers and self._modify.subscribers):
                return
            self._up.set()
            self._steer()
            self._live_on()

    def _move_on(self, pose: Pose2D, dt: float) -> None:
        """Wheel angles from how far the base came; Gazebo's transport has no encoders."""
        last, self._pose = self._pose, pose
        if dt <= 0.0:
            return
        turn = wrap_angle(pose.yaw - last.yaw)
        middle = last.yaw + turn / 2.0
        way = (pose.x - last.x) * math.cos(middle) + (pose.y - last.y) * math.sin(middle)
        self._twist = Twist2D(way / dt, turn / dt)
        half = turn * self.robot.drive.wheel_separation / 2.0
        self._angles += np.array([way - half, way + half]) / self.robot.drive.wheel_radius
        reading = self._odometry.read(self._now_s + dt, dt, self._angles)
        self._gathered.odometry.append(reading)
        self._battery.drain(0.0, dt, charging=self._charger.touches(pose))

    def _steer(self) -> None:
        if self._script is not None:
            self._drive.command(self._script(self._now_s), self._now_s)
        powered = not self._estop and self._battery.charge > 0.0
        dt = self._now_s - self._steered_s
        self._steered_s = self._now_s
        wanted = np.array(self._drive.wheel_speeds(self._now_s, dt, powered=powered))
        wanted = self._servo.follow(wanted, self._angles, dt)
        radius, track = self.robot.drive.wheel_radius, self.robot.drive.wheel_separation
        forward, turn = wanted.mean() * radius, (wanted[1] - wanted[0]) * radius / track
        message = self._messages.new("Pose")
        _fill(message, (float(forward), 0.0, 0.0), _turned(-float(turn)))
        self._velocity.send(message)

    _steered_s = 0.0
    _script: Callable[[float], Twist2D] | None = None
    _lifted: Pose2D | None = None
    _velocity: Publication
    _modify: Publication

    def _live_on(self) -> None:
        self._lived_s = max(self._lived_s, self._now_s - LONGEST_CATCH_UP_S)
        while self._lived_s < self._now_s:
            self._around.step(self._lived_s, self._pose, self._twist)
            self._props.step(PERIOD_S)
            self._lived_s += PERIOD_S
        for name, position, quaternion in self._stage.news():
            self._put(name, position.tolist(), quaternion.tolist())
        if self._lifted is not None:
            pose, self._lifted = self._lifted, None
            self._put(ROBOT, (pose.x, pose.y, 0.0), _turned(pose.yaw))
            self._pose = pose

    def _put(self, name: str, position: Sequence[float], quaternion: Sequence[float]) -> None:
        message = self._messages.new("Model", name=name)
        _fill(message.pose, position, quaternion)
        self._modify.send(message)

    def _take_scan(self, message: Any) -> None:
        scan = scan_of(message, self.robot)
        with self._mutex:
            if scan.stamp_s > self._lidar_dead_until:
                self._gathered.scans.append(scan)

    def _take_imu(self, message: Any) -> None:
        reading = imu_reading(message, self.robot.imu)
        with self._mutex:
            self._gathered.imu.append(reading)

    def _take_contacts(self, message: Any) -> None:
        """Only the bumper's; a touch of the body above it is not told by Gazebo's sensor."""
        with self._mutex:
            touched = {_other(contact) for contact in message.contact}
            speed = math.hypot(self._twist.linear, 0.3 * self._twist.angular)
            for name in sorted(touched - self._touching):
                self._contacts.append(Contact(self._now_s, name, speed))
            self._touching = touched
            self._gathered.bumper |= bool(touched)


def _other(contact: Any) -> str:
    """The model that is not the robot."""
    names = [name.split("::")[0] for name in (contact.collision1, contact.collision2)]
    return next((name for name in names if name != ROBOT), ROBOT)


def _turned(yaw: float) -> tuple[float, float, float, float]:
    return math.cos(yaw / 2.0), 0.0, 0.0, math.sin(yaw / 2.0)


def _fill(pose: Any, position: Sequence[float], quaternion: Sequence[float]) -> None:
    """quaternion: w, x, y, z."""
    pose.position.x, pose.position.y, pose.position.z = position
    q = pose.orientation
    q.w, q.x, q.y, q.z = quaternion
