"""What a simulated wing has whatever physics moves it: the base's rules, staff, doors, things."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field

from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
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
from or_robot.sim.base import TICK_S, Battery, Charger, DriveController
from or_robot.sim.config import SimConfig
from or_robot.sim.props import Props
from or_robot.sim.robot_model import courier_model
from or_robot.sim.surroundings import Surroundings
from or_robot.types.motion import LaserScan, Odometry, Twist2D
from or_robot.types.sensing import ImuReading, RgbdImage, SensorFrame
from or_robot.types.site import Site


@dataclass(slots=True)
class Gathered:
    """What the sensors gave since the last frame."""

    scans: list[LaserScan] = field(default_factory=list)
    odometry: list[Odometry] = field(default_factory=list)
    imu: list[ImuReading] = field(default_factory=list)
    images: list[RgbdImage] = field(default_factory=list)
    bumper: bool = False


class Wing(ABC):
    """Whoever fills it sets `_around` and `_props`, and moves the robot."""

    _around: Surroundings
    _props: Props

    def __init__(self, site: Site, robot: RobotConfig, config: SimConfig) -> None:
        self.robot = courier_model()
        self._drive = DriveController(robot, self.robot.drive, config)
        self._battery = Battery(config)
        dock = site.stations.get("dock")
        self._charger = Charger(dock.pose if dock else None)
        self._tick, self._estop, self._lidar_dead_until = 0, False, 0.0

    @property
    def time_s(self) -> float:
        return self._tick * TICK_S

    def command(self, twist: Twist2D) -> None:
        """A new /cmd_vel. The base stops by itself 250 ms after the last one."""
        self._drive.command(twist, self.time_s)

    def set_hardware_estop(self, pressed: bool) -> None:
        """The red button on the robot: brakes the base at once, whatever is commanded."""
        self._estop = pressed

    def ask_doors(self, names: Iterable[str], until_s: float) -> None:
        """The robot asks for doors to be open until then."""
        self._around.ask_doors(names, until_s)

    def set_door_stuck(self, door: str, stuck: bool) -> None:
        """A stuck door stays where it is."""
        self._around.set_door_stuck(door, stuck)

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

    @abstractmethod
    def _put_down(self, pose: Pose2D) -> None:
        """Somebody carries the robot to a pose, where it stands still."""

    def _powered(self) -> bool:
        return not self._estop and self._battery.charge > 0.0

    def _due(self, until_s: float) -> bool:
        """Whether the next tick is at or before `until_s`."""
        return (self._tick + 1) * TICK_S <= until_s + TICK_S * 1e-6

    def _frame(self, gathered: Gathered, *, charging: bool) -> SensorFrame:
        return SensorFrame(
            stamp_s=self.time_s,
            scans=tuple(gathered.scans),
            odometry=tuple(gathered.odometry),
            bumper=gathered.bumper,
            hardware_estop=self._estop,
            battery=self._battery.charge,
            charging=charging,
            imu=tuple(gathered.imu),
            images=tuple(gathered.images),
        )
