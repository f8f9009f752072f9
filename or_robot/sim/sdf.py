"""What is read of an SDF 1.6 world: the description the simulator and the map are made from.

Frames follow the format (http://sdformat.org/spec?ver=1.6): a link's pose is in its model, a
collision's, visual's or sensor's pose in its link, a joint's pose in its child link.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.transform import Transform


class ShapeKind(enum.StrEnum):
    BOX = "box"
    CYLINDER = "cylinder"
    SPHERE = "sphere"
    PLANE = "plane"


@dataclass(frozen=True, slots=True)
class Shape:
    """Geometry about its own origin. A cylinder's axis is z; a plane is the floor z = 0."""

    kind: ShapeKind
    size: tuple[float, ...]
    """box: x, y, z; cylinder: radius, length; sphere: radius; plane: none. m."""

    @property
    def half_extent(self) -> NDArray[np.float64]:
        """(3,) half sides of the box around it, m."""
        if self.kind is ShapeKind.BOX:
            return np.array(self.size) / 2.0
        if self.kind is ShapeKind.CYLINDER:
            return np.array([self.size[0], self.size[0], self.size[1] / 2.0])
        if self.kind is ShapeKind.SPHERE:
            return np.full(3, self.size[0])
        return np.array([np.inf, np.inf, 0.0])

    def contains(self, points: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which points (..., 3), in its own frame, lie inside."""
        half = self.half_extent
        points = np.asarray(points, dtype=np.float64)
        if self.kind is ShapeKind.CYLINDER:
            inside = np.hypot(points[..., 0], points[..., 1]) <= half[0]
            return np.asarray(inside & (np.abs(points[..., 2]) <= half[2]))
        if self.kind is ShapeKind.SPHERE:
            return np.asarray(np.linalg.norm(points, axis=-1) <= half[0])
        return np.asarray(np.all(np.abs(points) <= half, axis=-1))


@dataclass(frozen=True, slots=True)
class Collision:
    name: str
    pose: Transform
    shape: Shape
    friction: float
    """Coulomb coefficient (ODE's mu)."""


@dataclass(frozen=True, slots=True)
class Visual:
    """What a camera sees of a link."""

    name: str
    pose: Transform
    shape: Shape
    color: tuple[float, ...]
    """Diffuse red, green, blue, opacity; 0 to 1."""


@dataclass(frozen=True, slots=True)
class Inertial:
    mass: float
    """kg."""
    pose: Transform
    inertia: NDArray[np.float64]
    """(3, 3) about the centre of mass, kg m²."""


@dataclass(frozen=True, slots=True)
class LidarSensor:
    """Of a `ray` or `gpu_lidar` sensor."""

    name: str
    pose: Transform
    rate: float
    """Hz."""
    beams: int
    angle_min: float
    angle_increment: float
    range_min: float
    range_max: float
    sigma: float
    """Standard deviation of a range, m."""

    @property
    def directions(self) -> NDArray[np.float64]:
        """(beams, 2) of each beam in the sensor's plane, of length 1."""
        bearings = self.angle_min + self.angle_increment * np.arange(self.beams)
        return np.stack([np.cos(bearings), np.sin(bearings)], axis=1)


@dataclass(frozen=True, slots=True)
class Noise:
    """Gaussian, with a bias drawn once a run."""

    sigma: float
    bias_sigma: float


@dataclass(frozen=True, slots=True)
class ImuSensor:
    name: str
    pose: Transform
    rate: float
    """Hz."""
    gyro: Noise
    """rad/s, alike on all axes."""
    accelerometer: Noise
    """m/s², alike on all axes."""


@dataclass(frozen=True, slots=True)
class CameraSensor:
    """Colour and depth of one view; looks along x, z is up."""

    name: str
    pose: Transform
    rate: float
    """Hz."""
    width: int
    height: int
    horizontal_fov: float
    """rad."""
    near: float
    far: float
    """Nearest and furthest depth, m."""
    sigma: float
    """Of a colour, share of the full scale."""

    @property
    def vertical_fov_deg(self) -> float:
        half = np.tan(self.horizontal_fov / 2.0) * self.height / self.width
        return float(np.degrees(2.0 * np.arctan(half)))


@dataclass(frozen=True, slots=True)
class ContactSensor:
    name: str
    collision: str


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    pose: Transform
    inertial: Inertial | None
    collisions: tuple[Collision, ...]
    lidars: tuple[LidarSensor, ...]
    contacts: tuple[ContactSensor, ...]
    imus: tuple[ImuSensor, ...] = ()
    cameras: tuple[CameraSensor, ...] = ()
    visuals: tuple[Visual, ...] = ()


@dataclass(frozen=True, slots=True)
class Joint:
    name: str
    kind: str
    """"fixed" | "revolute" | "prismatic"."""
    parent: str
    """A link, or "world"."""
    child: str
    axis: NDArray[np.float64]
    """(3,) unit vector in the child link."""
    travel: float = 0.0
    """Of a prismatic joint from its lower limit, where it is drawn, to its upper one, m."""
    speed: float = 0.0
    """Velocity limit of a prismatic joint, m/s."""


@dataclass(frozen=True, slots=True)
class DoorDrive:
    """An automatic sliding door's plugin element (or-robot-automatic-door)."""

    joint: str
    """Prismatic; closed at its lower limit."""
    approach: float
    """The sensor sees who moves nearer than this to the doorway, m."""
    hold_s: float
    """How long the door stays open after the last sighting."""


@dataclass(frozen=True, slots=True)
class DiffDrive:
    """The drive's plugin element (gz-sim-diff-drive-system)."""

    left_joint: str
    right_joint: str
    wheel_separation: float
    """m."""
    wheel_radius: float
    """m."""
    odometry_rate: float
    """Hz."""


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    pose: Transform
    """Of the model in its world, or in the model it was included by."""
    static: bool
    links: tuple[Link, ...]
    joints: tuple[Joint, ...]
    models: tuple[Model, ...]
    drive: DiffDrive | None
    door: DoorDrive | None = None

    def link(self, name: str) -> Link | None:
        return next((link for link in self.links if link.name == name), None)

    def joint(self, name: str) -> Joint | None:
        return next((joint for joint in self.joints if joint.name == name), None)


@dataclass(frozen=True, slots=True)
class World:
    name: str
    gravity: tuple[float, ...]
    models: tuple[Model, ...]
