"""What the gateway tells the panels about the robot, many times a second."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.geometry.pose import Pose2D
from or_robot.types.perception import DoorState
from or_robot.types.safety import SafetyMode


@dataclass(frozen=True, slots=True)
class PersonStatus:
    id: int
    x: float
    y: float
    vx: float
    vy: float


@dataclass(frozen=True, slots=True)
class DoorStatus:
    name: str
    state: DoorState
    opening: float
    """0 closed to 1 open, as last seen."""


@dataclass(frozen=True, slots=True)
class RobotStatus:
    """5 Hz. Stamps are Unix time, s; positions are m in the map frame."""

    stamp_s: float
    pose: Pose2D | None
    """None until localization has published one."""
    lost: bool
    speed: float
    """Measured, m/s."""
    commanded_speed: float
    """Last /cmd_vel, m/s."""
    safety_mode: SafetyMode
    safety_reason_code: str
    safety_reason: str
    speed_limit: float
    reset_required: bool
    resume_required: bool
    battery: float | None
    """0 to 1; None when not known."""
    path: tuple[tuple[float, float], ...]
    """At most 100 points."""
    people: tuple[PersonStatus, ...]
    footprint: tuple[tuple[float, float], ...]
    """Corners in base_link."""
    ages_s: dict[str, float]
    """Age of each ROS input: "scan", "odom", "amcl_pose", "safety_state", "tasks"."""
    doors: tuple[DoorStatus, ...] = ()
    """What the lidar shows of the automatic doors; empty when perception is silent."""


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """What a panel draws once: map picture, stations, zones."""

    name: str
    map_png: bytes
    """Grey picture of the map, row 0 of the picture is the highest y."""
    origin_x: float
    origin_y: float
    resolution: float
    rows: int
    columns: int
    stations: tuple[StationStatus, ...]
    zones: tuple[ZoneStatus, ...]
    doors: tuple[DoorLine, ...] = ()


@dataclass(frozen=True, slots=True)
class StationStatus:
    name: str
    label: dict[str, str]
    x: float
    y: float
    yaw: float
    kind: str
    room: str


@dataclass(frozen=True, slots=True)
class ZoneStatus:
    name: str
    kind: str
    room: str
    polygon: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class DoorLine:
    name: str
    room: str
    leaf: tuple[tuple[float, float], ...]
    """Both ends of the closed leaf; what is open lies where perception says so."""


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """What one process of the robot last said of itself on /diagnostics."""

    name: str
    well: bool
    message: str
    values: dict[str, str]
    age_s: float
    """Since it was heard, in steady time."""


@dataclass(frozen=True, slots=True)
class DiagnosticsStatus:
    """1 Hz, for engineers."""

    stamp_s: float
    """Unix time, s."""
    processes: tuple[ProcessStatus, ...]
    """By name."""


@dataclass(frozen=True, slots=True)
class CameraPicture:
    """What the robot sees now."""

    stamp_s: float
    """Unix time, s."""
    width: int
    height: int
    media_type: str
    data: bytes
