"""SDF 1.6 files → or_robot.sim.sdf.

docs/simulation.md lists what is read; anything else warns with file and line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from or_robot.geometry.transform import Transform
from or_robot.share import share
from or_robot.sim.sdf import (
    Collision,
    DiffDrive,
    DoorDrive,
    Inertial,
    Joint,
    Link,
    Model,
    Shape,
    ShapeKind,
    Visual,
    World,
)
from or_robot.sim.sdf_sensors import (
    CAMERA_TYPES,
    read_camera,
    read_contact,
    read_imu,
    read_lidar,
)
from or_robot.sim.xml_tree import Element, SdfError, parse_xml

VERSIONS = ("1.5", "1.6", "1.7")
DRIVE_PLUGIN, DOOR_PLUGIN = "gz-sim-diff-drive-system", "or-robot-automatic-door"
PLUGINS = (DRIVE_PLUGIN, DOOR_PLUGIN, "libDiffDrivePlugin.so")
"""The last is Gazebo classic's and says again what the first does."""
DEFAULT_FRICTION = 1.0
"""SDF's own default of <mu>."""

GREY = (0.7, 0.7, 0.7, 1.0)

T = TypeVar("T")


def load_world(name: str, root: Path | None = None) -> World:
    """`root`/worlds/NAME.sdf, its models from `root`/models.

    `root` is the simulation folder of the package unless given.
    """
    root = share("simulation") if root is None else root
    file = root / "worlds" / f"{name}.sdf"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in (root / "worlds").glob("*.sdf")))
        raise SdfError(f"no world {name!r}", f"one of: {known or 'none installed'}")
    return _Reader(root / "models").world(file)


def load_model(name: str, root: Path | None = None) -> Model:
    """`root`/models/NAME/model.sdf."""
    root = share("simulation") if root is None else root
    return _Reader(root / "models").model_file(root / "models" / name / "model.sdf", name)


def _pose(element: Element) -> Transform:
    pose = element.find("pose")
    return Transform.identity() if pose is None else Transform.from_xyz_rpy(*pose.numbers(6))


class _Reader:
    """Reads one world or model; knows which files are open, to refuse a circle."""

    def __init__(self, models: Path) -> None:
        self._models = models
        self._open: list[Path] = []

    def world(self, file: Path) -> World:
        world = self._root(file).get("world")
        world.warn_unread("gravity", "model", "include", "light", "scene", "physics")
        gravity = world.find("gravity")
        models = (*_unique(world, "model", self._model), *map(self._include, world.all("include")))
        seen: set[str] = set()
        for model in models:
            if model.name in seen:
                raise world.error(f"two models are called {model.name!r}", "give each a <name>")
            seen.add(model.name)
        return World(
            world.name(), (0.0, 0.0, -9.81) if gravity is None else gravity.numbers(3), models
        )

    def model_file(self, file: Path, name: str, cause: Element | None = None) -> Model:
        if not file.is_file():
            where = f"{cause.where}: " if cause else ""
            raise SdfError(f"{where}no model {name!r}", f"expected {file}")
        if file in self._open:
            chain = " → ".join(path.parent.name for path in [*self._open, file])
            where = f"{cause.where}: " if cause else ""
            raise SdfError(f"{where}models include each other: {chain}", "break the circle")
        self._open.append(file)
        model = self._model(self._root(file).get("model"))
        self._open.pop()
        return model

    def _root(self, file: Path) -> Element:
        root = parse_xml(file)
        if root.tag != "sdf" or root.attributes.get("version") not in VERSIONS:
            raise root.error("is no <sdf> of a known version", f"one of: {', '.join(VERSIONS)}")
        return root

    def _include(self, element: Element) -> Model:
        element.warn_unread("uri", "name", "pose", "static")
        uri = element.get("uri")
        scheme, _, name = uri.text.strip().partition("://")
        if scheme != "model" or not name or "/" in name or ".." in name:
            raise uri.error(f"is {uri.text.strip()!r}", "write model://NAME")
        model = self.model_file(self._models / name / "model.sdf", name, uri)
        given = element.find("name")
        return replace(
            model,
            name=given.text.strip() if given else model.name,
            pose=_pose(element) if element.find("pose") else model.pose,
            static=model.static or element.flag("static"),
        )

    def _model(self, element: Element) -> Model:
        element.warn_unread("pose", "static", "link", "joint", "include", "plugin", "self_collide")
        links = _unique(element, "link", _link)
        models = tuple(self._include(child) for child in element.all("include"))
        if not links and not models:
            raise element.error("has no <link>")
        for plugin in element.all("plugin"):
            if plugin.attributes.get("filename") not in PLUGINS:
                plugin.warn_unread_self("plugin")
        joints = _unique(element, "joint", _joint)
        names = {link.name for link in links}
        for joint, source in zip(joints, element.all("joint"), strict=True):
            for end in (joint.parent, joint.child):
                if end not in names and not (end == joint.parent == "world"):
                    raise source.error(f"there is no link {end!r}")
        return Model(
            name=element.name(),
            pose=_pose(element),
            static=element.flag("static"),
            links=links,
            joints=joints,
            models=models,
            drive=_drive(element, {joint.name for joint in joints}),
            door=_door(element, {joint.name for joint in joints if joint.kind == "prismatic"}),
        )


def _unique(parent: Element, tag: str, read: Callable[[Element], T]) -> tuple[T, ...]:
    """All children `tag`, whose names must differ."""
    seen: set[str] = set()
    for child in parent.all(tag):
        if child.name() in seen:
            raise child.error(f"the name {child.name()!r} is taken")
        seen.add(child.name())
    return tuple(read(child) for child in parent.all(tag))


def _link(element: Element) -> Link:
    element.warn_unread("pose", "inertial", "collision", "visual", "sensor")
    inertial = element.find("inertial")
    sensors = {sensor.name(): sensor for sensor in element.all("sensor")}
    kinds = {name: sensor.attributes.get("type", "") for name, sensor in sensors.items()}
    for name, kind in kinds.items():
        if kind not in ("ray", "gpu_lidar", "contact", "imu", *CAMERA_TYPES):
            sensors[name].warn_unread_self(f"sensor type {kind!r}")
    return Link(
        name=element.name(),
        pose=_pose(element),
        inertial=None if inertial is None else _inertial(inertial),
        collisions=_unique(element, "collision", _collision),
        lidars=tuple(
            read_lidar(sensors[name], _pose(sensors[name]))
            for name, kind in kinds.items()
            if kind in ("ray", "gpu_lidar")
        ),
        contacts=tuple(
            read_contact(sensors[name], element)
            for name, kind in kinds.items()
            if kind == "contact"
        ),
        imus=tuple(
            read_imu(sensors[name], _pose(sensors[name]))
            for name, kind in kinds.items()
            if kind == "imu"
        ),
        cameras=tuple(
            read_camera(sensors[name], _pose(sensors[name]))
            for name, kind in kinds.items()
            if kind in CAMERA_TYPES
        ),
        visuals=tuple(v for v in map(_visual, element.all("visual")) if v is not None),
    )


def _visual(element: Element) -> Visual | None:
    """None for geometry that is no simple shape: only viewers show it."""
    geometry = element.get("geometry")
    if not any(child.tag in set(ShapeKind) for child in geometry.children):
        return None
    material = element.find("material")
    diffuse = material.find("diffuse") if material is not None else None
    color = GREY if diffuse is None else diffuse.numbers(4)
    return Visual(element.name(), _pose(element), _shape(geometry), color)


def _inertial(element: Element) -> Inertial:
    element.warn_unread("mass", "pose", "inertia")
    inertia = element.get("inertia")
    xx, yy, zz = (inertia.positive(tag) for tag in ("ixx", "iyy", "izz"))
    xy, xz, yz = (inertia.number(tag, 0.0) for tag in ("ixy", "ixz", "iyz"))
    matrix = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    if np.linalg.eigvalsh(matrix)[0] <= 0.0:
        raise inertia.error("is not positive definite")
    return Inertial(element.positive("mass"), _pose(element), matrix)


def _collision(element: Element) -> Collision:
    element.warn_unread("pose", "geometry", "surface")
    friction = DEFAULT_FRICTION
    node: Element | None = element
    for tag in ("surface", "friction", "ode"):
        node = node.find(tag) if node is not None else None
    if node is not None:
        friction = node.number("mu", DEFAULT_FRICTION)
        if friction < 0.0:
            raise node.get("mu").error(f"is {friction:g}", "give 0 or more")
    return Collision(element.name(), _pose(element), _shape(element.get("geometry")), friction)


def _shape(geometry: Element) -> Shape:
    kinds = [child for child in geometry.children if child.tag in set(ShapeKind)]
    if len(kinds) != 1 or len(geometry.children) != 1:
        raise geometry.error("must hold one shape", f"one of: {', '.join(ShapeKind)}")
    shape = kinds[0]
    if shape.tag == ShapeKind.BOX:
        size = shape.get("size").numbers(3)
        if min(size) <= 0.0:
            raise shape.get("size").error(f"is {size}", "give sides above 0")
        return Shape(ShapeKind.BOX, size)
    if shape.tag == ShapeKind.CYLINDER:
        return Shape(ShapeKind.CYLINDER, (shape.positive("radius"), shape.positive("length")))
    if shape.tag == ShapeKind.SPHERE:
        return Shape(ShapeKind.SPHERE, (shape.positive("radius"),))
    if shape.find("normal") is not None and shape.get("normal").numbers(3) != (0.0, 0.0, 1.0):
        raise shape.get("normal").error("only a level plane is read", "write 0 0 1")
    return Shape(ShapeKind.PLANE, ())


def _joint(element: Element) -> Joint:
    element.warn_unread("parent", "child", "axis", "pose")
    kind = element.attributes.get("type", "")
    if kind not in ("fixed", "revolute", "prismatic"):
        raise element.error(f"type {kind!r} is not read", "write fixed, revolute or prismatic")
    parent, child = (element.get(tag).text.strip() for tag in ("parent", "child"))
    axis = np.array([0.0, 0.0, 1.0])
    if kind != "fixed":
        source = element.get("axis").get("xyz")
        axis = np.array(source.numbers(3))
        if not np.linalg.norm(axis) > 0.0:
            raise source.error("is no direction")
        axis /= np.linalg.norm(axis)
    travel, speed = _slide(element.get("axis")) if kind == "prismatic" else (0.0, 0.0)
    return Joint(element.name(), kind, parent, child, axis, travel, speed)


def _slide(axis: Element) -> tuple[float, float]:
    """Travel (m) and speed (m/s) of a prismatic joint."""
    limit = axis.get("limit")
    if limit.number("lower") != 0.0:
        raise limit.get("lower").error("is not 0", "draw the model at its lower limit")
    return limit.positive("upper"), limit.positive("velocity")


def _drive(model: Element, joints: set[str]) -> DiffDrive | None:
    for plugin in model.all("plugin"):
        if plugin.attributes.get("filename") != DRIVE_PLUGIN:
            continue
        left, right = (plugin.get(tag).text.strip() for tag in ("left_joint", "right_joint"))
        for joint in (left, right):
            if joint not in joints:
                raise plugin.error(f"there is no joint {joint!r}")
        return DiffDrive(
            left,
            right,
            plugin.positive("wheel_separation"),
            plugin.positive("wheel_radius"),
            plugin.positive("odom_publish_frequency"),
        )
    return None


def _door(model: Element, slides: set[str]) -> DoorDrive | None:
    for plugin in model.all("plugin"):
        if plugin.attributes.get("filename") != DOOR_PLUGIN:
            continue
        joint = plugin.get("joint")
        if joint.text.strip() not in slides:
            raise joint.error(f"there is no prismatic joint {joint.text.strip()!r}")
        approach, hold_s = plugin.positive("approach_distance"), plugin.positive("hold_time")
        return DoorDrive(joint.text.strip(), approach, hold_s)
    return None
