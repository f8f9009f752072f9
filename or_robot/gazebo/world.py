"""The wing in Gazebo, with the interface of the embedded one."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.gazebo.display import viewer_command, virtual_display
from or_robot.gazebo.messages import Messages
from or_robot.gazebo.prefix import gazebo_prefix
from or_robot.gazebo.readings import (
    Pairs,
    Touches,
    imu_reading,
    model_at,
    pose_of,
    scan_of,
    velocity,
)
from or_robot.gazebo.server import GazeboServer
from or_robot.gazebo.session import GazeboSession
from or_robot.gazebo.stage import GazeboStage
from or_robot.gazebo.world_file import compose
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.scenario.description import ObjectPlan
from or_robot.scenario.people import PersonPlan
from or_robot.scenario.truth import Contact, GroundTruth
from or_robot.share import share
from or_robot.sim.base import TICK_S, WheelOdometry
from or_robot.sim.config import SimConfig
from or_robot.sim.doors import door_leaves
from or_robot.sim.props import Props
from or_robot.sim.sdf import World
from or_robot.sim.sdf_reader import load_model, load_world
from or_robot.sim.surroundings import PERIOD_S, Surroundings
from or_robot.sim.wing import Gathered, Wing
from or_robot.types.motion import STANDSTILL, Twist2D
from or_robot.types.sensing import SensorFrame
from or_robot.types.site import Site
from or_robot.world.site import load_site

ROBOT = "or_courier"
LIVING_TICKS, ODOMETRY_TICKS = round(PERIOD_S / TICK_S), 2
SCAN_LATE_S = 0.03
"""Simulated time waits for a scan that is due for longer."""
SCAN_WAIT_S = 0.5
"""s of steady time, then it goes on without: whoever needs the scan finds it missing."""
LIFTED = 0.1
"""m in one tick that no wheel rolls: somebody has carried the robot."""


class GazeboWorld(Wing):
    """gzserver and what is around it. It goes on only within `step`; `close` ends it.

    Two runs with one seed may differ: Gazebo's sensors work in threads of their own.
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
        window: bool = False,
        config: SimConfig = SimConfig(),  # noqa: B008 - frozen
    ) -> None:
        """folder: for the world file and gzserver's log; window: Gazebo's own window as well.

        Raises OrRobotError when it cannot start.
        """
        description, site = load_world(world), load_site(world)
        super().__init__(site, robot, config)
        crowd_random, odometry_random, camera_random = (
            np.random.Generator(np.random.PCG64(child))
            for child in np.random.SeedSequence(seed).spawn(3)
        )
        self._dress(description, site, people, objects, robot, crowd_random)
        self._odometry = WheelOdometry(self.robot.drive, config, odometry_random)
        self._pose = site.stations["dock"].pose if start is None else start
        self._twist, self._angles, self._scanned_s = STANDSTILL, np.zeros(2), 0.0
        self._contacts: list[Contact] = []
        self._touches = Touches(ROBOT)
        self._gathered, self._mutex = Gathered(), threading.Lock()
        self._lifted: Pose2D | None = None
        self._pairs = Pairs(self.robot, config.depth_sigma, camera_random)
        self._display = virtual_display()
        viewer = viewer_command(gazebo_prefix()) if window else None
        self._session = self._start(description, world, seed, folder, config, viewer)

    def _dress(
        self,
        description: World,
        site: Site,
        people: Sequence[PersonPlan],
        objects: Sequence[ObjectPlan],
        robot: RobotConfig,
        random: np.random.Generator,
    ) -> None:
        """Everything that moves without physics."""
        carts = {plan.name: load_model(plan.pushes) for plan in people if plan.pushes}
        self._doors = [model for model in description.models if model.door is not None]
        leaves = door_leaves(description)
        self._stage = GazeboStage(people, self._doors, leaves, objects, carts)
        self._around = Surroundings(description, site, people, carts, robot, random)
        self._around.enter(self._stage, self._stage)
        self._props = Props(objects, self._stage.props, self._stage)

    def _start(
        self,
        description: World,
        world: str,
        seed: int,
        folder: Path,
        config: SimConfig,
        viewer: list[str] | None,
    ) -> GazeboSession:
        prefix = gazebo_prefix()
        messages = Messages(prefix.messages)
        simulation = share("simulation")
        file = folder / "gazebo.world"
        text = compose(
            simulation / "worlds" / f"{world}.sdf",
            simulation / "models" / ROBOT / "model.sdf",
            self._pose,
            [door.name for door in self._doors],
            [*self._stage.models, *self._stage.fixed],
            armature=config.wheel_armature,
            camera=self._display is not None,
        )
        file.write_text(text, encoding="utf-8")
        command = prefix.command("gzserver", "-u", "--lockstep", "--seed", str(seed), str(file))
        environment = prefix.environment(simulation / "models")
        speaks = {f"{ROBOT}/vel_cmd": "Pose", "model/modify": "Model"}
        hears = {
            f"{ROBOT}/base_link/lidar/scan": ("LaserScanStamped", self._take_scan),
            f"{ROBOT}/base_link/imu/imu": ("IMU", self._take_imu),
            f"{ROBOT}/base_link/bumper": ("Contacts", self._take_contacts),
        }
        server = GazeboServer(
            command, environment, folder / "gzserver.log", display=self._display, viewer=viewer
        )
        return GazeboSession(server, messages, description.name, speaks, hears)

    def set_camera(self, on: bool) -> None:
        """From now on frames carry images, or none: Gazebo draws only what somebody hears.

        Raises OrRobotError without a display to draw on.
        """
        if on and self._display is None:
            raise OrRobotError("Gazebo's camera: no Xvfb", "apt-get install xvfb")
        for kind in ("color", "depth"):
            topic = f"{ROBOT}/camera_link/{kind}/image"
            hear = functools.partial(self._take_image, kind) if on else None
            self._session.listen(topic, "ImageStamped", hear)

    def step(self, until_s: float) -> SensorFrame:
        """Run to the tick at or before `until_s`; everything the sensors gave, oldest first.

        Raises OrRobotError when gzserver has ended or hangs.
        """
        while self._due(until_s):
            self._advance()
        with self._mutex:
            gathered, self._gathered = self._gathered, Gathered(bumper=self._touches.touched)
        return self._frame(gathered, charging=self._charger.touches(self._pose))

    def truth(self) -> GroundTruth:
        with self._mutex:
            contacts = tuple(self._contacts)
        return GroundTruth(
            self.time_s,
            self._pose,
            self._twist,
            self._around.people(),
            contacts,
            self._props.truth() + self._around.pushed(),
            self._around.doors(),
        )

    def close(self) -> None:
        self._session.close()

    # --- one tick

    def _advance(self) -> None:
        said = [(f"{ROBOT}/vel_cmd", self._set_point())]
        if self._tick % LIVING_TICKS == 0:
            said += [("model/modify", model) for model in self._live_on()]
        poses = self._session.advance((self._tick + 1) * TICK_S, said)
        self._tick += 1
        if ROBOT in poses:
            self._move_on(pose_of(poses[ROBOT]))
        if self.time_s - self._scanned_s > 1.0 / self.robot.lidar.rate + SCAN_LATE_S:
            self._await_scan()

    def _set_point(self) -> Any:
        speeds = self._drive.wheel_speeds(self.time_s, TICK_S, powered=self._powered())
        left, right = (speed * self.robot.drive.wheel_radius for speed in speeds)
        turn = (right - left) / self.robot.drive.wheel_separation
        return velocity(self._session.messages, Twist2D((left + right) / 2.0, turn))

    def _put_down(self, pose: Pose2D) -> None:
        self._lifted = pose

    def _live_on(self) -> list[Any]:
        """Staff, doors and things for PERIOD_S; what of them has moved."""
        self._around.step(self.time_s, self._pose, self._drive.twist)
        self._props.step(PERIOD_S)
        messages = self._session.messages
        moved = [
            model_at(messages, name, position.tolist(), quaternion.tolist())
            for name, position, quaternion in self._stage.news()
        ]
        if self._lifted is not None:
            pose, self._lifted = self._lifted, None
            half = pose.yaw / 2.0
            turned = (math.cos(half), 0.0, 0.0, math.sin(half))
            moved.append(model_at(messages, ROBOT, (pose.x, pose.y, 0.0), turned))
        return moved

    def _move_on(self, pose: Pose2D) -> None:
        """Wheel angles from how far the base came; Gazebo's transport has no encoders."""
        last, self._pose = self._pose, pose
        turn = wrap_angle(pose.yaw - last.yaw)
        middle = last.yaw + turn / 2.0
        way = (pose.x - last.x) * math.cos(middle) + (pose.y - last.y) * math.sin(middle)
        if pose.distance_to(last) < LIFTED:
            self._twist = Twist2D(way / TICK_S, turn / TICK_S)
            half = turn * self.robot.drive.wheel_separation / 2.0
            self._angles += np.array([way - half, way + half]) / self.robot.drive.wheel_radius
        if self._tick % ODOMETRY_TICKS == 0:
            dt = ODOMETRY_TICKS * TICK_S
            self._gathered.odometry.append(self._odometry.read(self.time_s, dt, self._angles))
            self._battery.drain(0.0, dt, charging=self._charger.touches(pose))

    def _await_scan(self) -> None:
        """On a busy machine Gazebo's lidar may lag behind physics; then time waits for it."""
        due_s = self.time_s - 1.0 / self.robot.lidar.rate
        if not self._session.await_news(lambda: self._scanned_s > due_s, SCAN_WAIT_S):
            self._scanned_s = self.time_s

    # --- in the session's thread

    def _take_scan(self, message: Any) -> None:
        scan = scan_of(message, self.robot)
        with self._mutex:
            self._scanned_s = scan.stamp_s
            if scan.stamp_s > self._lidar_dead_until:
                self._gathered.scans.append(scan)

    def _take_imu(self, message: Any) -> None:
        reading = imu_reading(message, self.robot.imu)
        with self._mutex:
            self._gathered.imu.append(reading)

    def _take_image(self, kind: str, message: Any) -> None:
        image = self._pairs.add(kind, message)
        if image is not None:
            with self._mutex:
                self._gathered.images.append(image)

    def _take_contacts(self, message: Any) -> None:
        """Only the bumper's; a touch of the body above it is not told by Gazebo's sensor."""
        twist = self._twist
        with self._mutex:
            speed = math.hypot(twist.linear, 0.3 * twist.angular)
            self._contacts += self._touches.new(message, self.time_s, speed)
            self._gathered.bumper |= self._touches.touched
