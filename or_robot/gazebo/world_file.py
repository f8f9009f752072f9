"""The wing, the courier and what moves, as one world file for Gazebo classic.

World and models stay the files that every simulator reads. What differs: doors have no plugin
there, so that their leaves are models that the bridge moves, as it does with people; the courier's
camera of colour and depth becomes two sensors, or none without a display; wheels; the clock; light.
"""

from __future__ import annotations

import copy
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.sim.sdf import Shape, ShapeKind

STEP_S = 0.002
"""s of physics; with 5 ms a robot that stands creeps by 0.8 mm/s, with 2 ms by 0.1."""
STEPS_PER_S = 1500.0
"""At most, of steady time: three times as fast as real time. It looks for work as often."""
TYRE_WIDTH = 0.002
"""m."""
FAR = 40.0
"""m; colours are seen further than depth is measured."""
LIDAR_LEAN = 5e-3
"""rad, nose down: 5 mm a metre."""


@dataclass(frozen=True, slots=True)
class MovedModel:
    """A model that only the bridge moves; nothing pushes it."""

    name: str
    shapes: tuple[tuple[Transform, Shape], ...]
    """Each with its pose in the model."""
    color: tuple[float, float, float]
    pose: Transform
    """At the start."""


def compose(
    world: Path,
    robot: Path,
    start: Pose2D,
    doors: Iterable[str],
    moved: Sequence[MovedModel],
    *,
    armature: float,
    camera: bool,
) -> str:
    """Text of the file. world, robot: SDF files; doors: models that are left out; armature: of each
    wheel's rotor and gear, kg m²."""
    root = ET.parse(world).getroot()  # noqa: S314 - our own file
    inside = root.find("world")
    assert inside is not None, "the world was read before"
    out = set(doors)
    for child in list(inside):
        if child.get("name") in out or child.findtext("name") in out:
            inside.remove(child)
    inside.extend((_physics(), _scene(), _view(start)))
    inside.append(_robot(robot, start, armature, camera=camera))
    inside.extend(_model(model) for model in moved)
    for material in inside.iter("material"):
        _light_evenly(material)
    return ET.tostring(root, encoding="unicode")


def _physics() -> ET.Element:
    physics = ET.Element("physics", {"type": "ode"})
    values = {"max_step_size": STEP_S, "real_time_update_rate": STEPS_PER_S}
    for name, value in values.items():
        ET.SubElement(physics, name).text = f"{value:g}"
    return physics


def _scene() -> ET.Element:
    """As evenly lit as the embedded world, and without Gazebo's grid on the floor."""
    scene = ET.Element("scene")
    values = {"ambient": "0.45 0.45 0.45 1", "grid": "false", "shadows": "false"}
    for name, value in values.items():
        ET.SubElement(scene, name).text = value
    return scene


def _view(robot: Pose2D) -> ET.Element:
    """Gazebo's window begins above and behind the robot."""
    gui = ET.Element("gui")
    camera = ET.SubElement(gui, "camera", {"name": "user_camera"})
    eye = robot.compose(Pose2D(-5.0, 0.0, 0.0))
    ET.SubElement(camera, "pose").text = _text((eye.x, eye.y, 7.0, 0.0, 0.9, robot.yaw))
    return gui


def _light_evenly(material: ET.Element) -> None:
    """Gazebo takes what no ambient colour is given for white."""
    diffuse = material.find("diffuse")
    if diffuse is not None and material.find("ambient") is None:
        ET.SubElement(material, "ambient").text = diffuse.text


def _robot(file: Path, start: Pose2D, armature: float, *, camera: bool) -> ET.Element:
    model = ET.parse(file).getroot().find("model")  # noqa: S314 - our own file
    assert model is not None, "the robot was read before"
    pose = ET.Element("pose")
    pose.text = f"{start.x:g} {start.y:g} 0 0 0 {start.yaw:.9g}"
    model.insert(0, pose)
    _fit_wheels(model, armature)
    for link in model.iter("link"):
        for sensor in [s for s in link.findall("sensor") if s.get("type") == "rgbd_camera"]:
            link.remove(sensor)
            if camera:
                link.extend((_as(sensor, "camera", "color"), _as(sensor, "depth", "depth")))
    _mount_lidar(model)
    return model


def _mount_lidar(model: ET.Element) -> None:
    """Put the lidar on the base itself, where no joint gives way, and lean it.

    ODE takes a box above or below a beam for hit when the beam is parallel to the box's faces
    within rounding. The body begins 2 cm above the lidar's plane and the skirt ends 2 cm below: of
    a level lidar a fifth of the scans told of the courier itself, and the gate stopped for it.
    """
    base = model.find("link[@name='base_link']")
    assert base is not None, "the robot was read before"
    lean = Transform.from_xyz_rpy(0.0, 0.0, 0.0, 0.0, LIDAR_LEAN, 0.0)
    for link in model.findall("link"):
        for sensor in link.findall("sensor[@type='ray']"):
            link.remove(sensor)
            mount = _placed(base).inverse().compose(_placed(link)).compose(_placed(sensor))
            pose = sensor.find("pose")
            if pose is None:
                pose = ET.SubElement(sensor, "pose")
            pose.text = _pose(mount.compose(lean))
            base.append(sensor)


def _placed(element: ET.Element) -> Transform:
    text = element.findtext("pose", "0 0 0 0 0 0")
    return Transform.from_xyz_rpy(*(float(value) for value in text.split()))


def _fit_wheels(model: ET.Element, armature: float) -> None:
    """Thin tyres: ODE stands a wide cylinder on its outer edge, which widens the track by a tenth.

    Inertia of rotor and gear: Gazebo's drive sets the speed of the wheel itself, whose momentum is
    all that pushes the robot in a step.
    """
    wheels = {j.findtext("child") for j in model.findall("joint") if j.get("type") == "revolute"}
    for link in model.findall("link"):
        if link.get("name") not in wheels:
            continue
        for length in link.findall("collision/geometry/cylinder/length"):
            length.text = f"{TYRE_WIDTH:g}"
        inertia = {part.tag: part for part in link.findall("inertial/inertia/*")}
        about_axle = float(inertia["izz"].text or 0.0) + armature
        inertia["izz"].text = f"{about_axle:g}"
        for across in ("ixx", "iyy"):  # less is no body's
            least = max(about_axle / 2.0, float(inertia[across].text or 0.0))
            inertia[across].text = f"{least:g}"


def _as(sensor: ET.Element, kind: str, name: str) -> ET.Element:
    made = copy.deepcopy(sensor)
    made.set("type", kind)
    made.set("name", name)
    far = made.find("camera/clip/far")
    if kind == "camera" and far is not None:
        far.text = f"{FAR:g}"
    return made


def _model(moved: MovedModel) -> ET.Element:
    model = ET.Element("model", {"name": moved.name})
    ET.SubElement(model, "static").text = "true"
    ET.SubElement(model, "pose").text = _pose(moved.pose)
    link = ET.SubElement(model, "link", {"name": "link"})
    for number, (pose, shape) in enumerate(moved.shapes):
        for kind in ("collision", "visual"):
            part = ET.SubElement(link, kind, {"name": f"{kind}_{number}"})
            ET.SubElement(part, "pose").text = _pose(pose)
            ET.SubElement(part, "geometry").append(_geometry(shape))
            if kind == "visual":
                material = ET.SubElement(part, "material")
                ET.SubElement(material, "diffuse").text = _text((*moved.color, 1.0))
    return model


def _geometry(shape: Shape) -> ET.Element:
    sizes: Mapping[ShapeKind, Mapping[str, str]] = {
        ShapeKind.BOX: {"size": _text(shape.size)},
        ShapeKind.SPHERE: {"radius": _text(shape.size[:1])},
        ShapeKind.CYLINDER: {"radius": _text(shape.size[:1]), "length": _text(shape.size[1:])},
    }
    made = ET.Element(shape.kind.value)
    for name, text in sizes[shape.kind].items():
        ET.SubElement(made, name).text = text
    return made


def _pose(pose: Transform) -> str:
    """x y z roll pitch yaw."""
    r = pose.rotation
    roll, yaw = math.atan2(r[2, 1], r[2, 2]), math.atan2(r[1, 0], r[0, 0])
    pitch = math.atan2(-r[2, 0], math.hypot(r[2, 1], r[2, 2]))
    return _text((*pose.position.tolist(), roll, pitch, yaw))


def _text(values: Iterable[float]) -> str:
    return " ".join(f"{value:.9g}" for value in values)
