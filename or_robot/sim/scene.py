"""SDF world + courier + people → one MuJoCo model.

Collision bits: the robot meets everything; people meet only the robot; what is static meets only
the robot. Geom groups: 1 may meet the lidar's plane, 2 is out of its reach, 3 is the robot itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import mujoco
import numpy as np
from numpy.typing import NDArray

from or_robot.errors import OrRobotError
from or_robot.geometry.transform import Transform
from or_robot.scenario.people import (
    HEAD_RADIUS,
    LEG_HEIGHT,
    LEG_RADIUS,
    SHOULDER_HEIGHT,
    TORSO_RADIUS,
)
from or_robot.sim.base import TICK_S
from or_robot.sim.config import SimConfig
from or_robot.sim.doors import DoorLeaf, door_leaves
from or_robot.sim.geoms import add_geom, leaf_body, prop_body, quaternion
from or_robot.sim.looks import add_looks
from or_robot.sim.occupancy import model_shapes, placed_shapes, reach
from or_robot.sim.robot_model import BASE_LINK, RobotModel
from or_robot.sim.sdf import Collision, Joint, Link, Model, ShapeKind, World

LIDAR_GROUP, OTHER_GROUP, ROBOT_GROUP = 1, 2, 3
PLANE_MARGIN = 0.25
"""How far above or below the lidar a shape may end and still be offered to its beams, m (tilt)."""
NO_BITS, STATIC_BITS, PERSON_BITS, ROBOT_BITS = (0, 0), (1, 0), (2, 0), (4, 3)
"""contype, conaffinity."""
PERSON_PARTS = ("torso", "left_leg", "right_leg")


@dataclass(frozen=True)
class Scene:
    """A compiled model and where its parts are in it."""

    model: mujoco.MjModel
    owners: tuple[str, ...]
    """Per geom: name of the model or person it belongs to; "" for floor and robot."""
    things: NDArray[np.bool_]
    """Per geom: whether touching it is a contact (not floor, not robot)."""
    bumper_geom: int
    wheel_dofs: tuple[int, int]
    """Left, right, in qvel."""
    base_body: int
    mocap: NDArray[np.intp]
    """(people, 3) mocap index of torso, left leg, right leg; rising by one along the rows."""
    pushed: dict[str, int]
    """Person → mocap index of what they push."""
    doors: dict[str, int]
    """Door → mocap index of its leaf."""
    props: Mapping[str, int]
    """Name of an object that events place and move → mocap index."""


def build_scene(
    world: World,
    robot: RobotModel,
    people: Sequence[str],
    config: SimConfig,
    props: Mapping[str, Model] = MappingProxyType({}),
    pushed: Mapping[str, Model] = MappingProxyType({}),
    *,
    looks: bool = False,
) -> Scene:
    """Compile. The robot stands at the origin; mocap poses put people and props in place.

    With `looks` the scene also has what a camera sees: same bodies, so that a state fits both.
    """
    spec = mujoco.MjSpec()
    spec.option.timestep = TICK_S / config.substeps
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10.0
    spec.option.gravity = world.gravity
    owners = _add_static(spec, world, robot)
    _add_robot(spec, robot, config)
    for name in people:
        owners.update(_add_person(spec, name))
    leaves = door_leaves(world)
    for leaf in leaves:
        owners.update(_add_leaf(spec, leaf))
    for name, prop in props.items():
        owners.update(_add_prop(spec, name, prop))
    for name, cart in pushed.items():
        owners.update(_add_prop(spec, _pushed_by(name), cart))
    if looks:
        add_looks(spec, world, robot, {**props, **{_pushed_by(n): m for n, m in pushed.items()}})
    try:
        model = spec.compile()
    except ValueError as error:
        raise OrRobotError(f"world {world.name!r}: {error}", "mend the world or model") from error
    geoms = [model.geom(i).name for i in range(model.ngeom)]
    return Scene(
        model=model,
        owners=tuple(owners.get(name, "") for name in geoms),
        things=np.array([bool(owners.get(name)) for name in geoms]),
        bumper_geom=model.geom(f"robot/{robot.bumper}").id,
        wheel_dofs=(
            int(model.joint(robot.drive.left_joint).dofadr[0]),
            int(model.joint(robot.drive.right_joint).dofadr[0]),
        ),
        base_body=model.body(BASE_LINK).id,
        mocap=np.array(
            [[model.body(f"{p}/{part}").mocapid[0] for part in PERSON_PARTS] for p in people],
            dtype=np.intp,
        ).reshape(-1, len(PERSON_PARTS)),
        pushed={n: int(model.body(prop_body(_pushed_by(n))).mocapid[0]) for n in pushed},
        doors={leaf.name: int(model.body(leaf_body(leaf.name)).mocapid[0]) for leaf in leaves},
        props={name: int(model.body(prop_body(name)).mocapid[0]) for name in props},
    )


def _add_static(spec: mujoco.MjSpec, world: World, robot: RobotModel) -> dict[str, str]:
    """Add the world's geometry; returns geom name → model name.

    What hangs higher than the robot can touch takes no part in the physics.
    """
    owners: dict[str, str] = {}
    moving = [m.name for m in world.models if not (m.static or m.door)]
    if moving:
        raise OrRobotError(f"model {moving[0]!r} is not static", "write <static>true</static>")
    for index, (owner, pose, shape) in enumerate(placed_shapes(world)):
        geom = add_geom(spec.worldbody, f"{owner}/{index}", pose, shape)
        half = reach(pose, shape)[2]
        overhead = pose.position[2] - half > robot.height + PLANE_MARGIN
        geom.contype, geom.conaffinity = NO_BITS if overhead else STATIC_BITS
        near = abs(pose.position[2] - robot.lidar_height) <= half + PLANE_MARGIN
        floor = shape.kind is ShapeKind.PLANE
        geom.group = LIDAR_GROUP if near and not floor else OTHER_GROUP
        if not floor:
            owners[geom.name] = owner
    return owners


def _add_leaf(spec: mujoco.MjSpec, leaf: DoorLeaf) -> dict[str, str]:
    """A mocap body: the door's motor is stronger than anything it meets."""
    body = spec.worldbody.add_body(name=leaf_body(leaf.name), mocap=True)
    body.pos, body.quat = leaf.frame.position, quaternion(leaf.frame.rotation)
    owners = {}
    for collision in leaf.collisions:
        geom = add_geom(body, f"{leaf.name}/{collision.name}", collision.pose, collision.shape)
        geom.contype, geom.conaffinity = STATIC_BITS
        geom.group = LIDAR_GROUP
        owners[geom.name] = leaf.name
    return owners


def _add_robot(spec: mujoco.MjSpec, robot: RobotModel, config: SimConfig) -> None:
    base = robot.model.link(BASE_LINK)
    if base is None:
        raise OrRobotError(f"model {robot.model.name!r} has no {BASE_LINK}")
    body = spec.worldbody.add_body(name=BASE_LINK)
    body.add_freejoint()
    _fill_link(body, base)
    _add_children(body, base, robot, config)
    for name in (robot.drive.left_joint, robot.drive.right_joint):
        servo = spec.add_actuator(
            name=name,
            target=name,
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            gaintype=mujoco.mjtGain.mjGAIN_FIXED,
            biastype=mujoco.mjtBias.mjBIAS_AFFINE,
            forcerange=(-config.wheel_torque, config.wheel_torque),
        )
        servo.gainprm[0] = config.wheel_gain
        servo.biasprm[2] = -config.wheel_gain


def _add_children(body: mujoco.MjsBody, parent: Link, robot: RobotModel, config: SimConfig) -> None:
    for joint in robot.model.joints:
        child = robot.model.link(joint.child)
        if joint.parent != parent.name or child is None:
            continue
        pose = parent.pose.inverse().compose(child.pose)
        child_body = body.add_body(
            name=child.name, pos=pose.position, quat=quaternion(pose.rotation)
        )
        _add_joint(child_body, joint, config)
        _fill_link(child_body, child)
        if joint.name in (robot.drive.left_joint, robot.drive.right_joint):
            _round_tyres(child_body)
        _add_children(child_body, child, robot, config)


def _round_tyres(wheel: mujoco.MjsBody) -> None:
    """Cylinders become ellipsoids: a tyre meets the floor in one spot, a line would scrub."""
    for geom in wheel.geoms:
        if geom.type == mujoco.mjtGeom.mjGEOM_CYLINDER:
            radius, half_width, _ = geom.size
            geom.type = mujoco.mjtGeom.mjGEOM_ELLIPSOID
            geom.size = (radius, radius, half_width)


def _add_joint(body: mujoco.MjsBody, joint: Joint, config: SimConfig) -> None:
    if joint.kind == "revolute":
        hinge = body.add_joint(name=joint.name, type=mujoco.mjtJoint.mjJNT_HINGE, axis=joint.axis)
        hinge.armature = config.wheel_armature


def _fill_link(body: mujoco.MjsBody, link: Link) -> None:
    if link.inertial is not None:
        full = link.inertial.pose.rotation @ link.inertial.inertia @ link.inertial.pose.rotation.T
        body.explicitinertial = True
        body.mass = link.inertial.mass
        body.ipos = link.inertial.pose.position
        body.fullinertia = (*full.diagonal(), full[0, 1], full[0, 2], full[1, 2])
    for collision in link.collisions:
        _add_robot_geom(body, collision)


def _add_robot_geom(body: mujoco.MjsBody, collision: Collision) -> None:
    geom = add_geom(body, f"robot/{collision.name}", collision.pose, collision.shape)
    geom.contype, geom.conaffinity = ROBOT_BITS
    geom.group = ROBOT_GROUP
    geom.friction[0] = collision.friction
    geom.priority = 1  # the robot's own tyres and casters decide the friction, not the floor


def _add_person(spec: mujoco.MjSpec, name: str) -> dict[str, str]:
    """Three mocap bodies; returns geom name → person."""
    torso_half = (SHOULDER_HEIGHT - LEG_HEIGHT) / 2.0
    cylinder, sphere = mujoco.mjtGeom.mjGEOM_CYLINDER, mujoco.mjtGeom.mjGEOM_SPHERE
    torso = (cylinder, (TORSO_RADIUS, torso_half, 0.0), LEG_HEIGHT + torso_half)
    head = (sphere, (HEAD_RADIUS, 0.0, 0.0), SHOULDER_HEIGHT + HEAD_RADIUS)
    leg = (cylinder, (LEG_RADIUS, LEG_HEIGHT / 2.0, 0.0), LEG_HEIGHT / 2.0)
    owners = {}
    for part, shapes in zip(PERSON_PARTS, ((torso, head), (leg,), (leg,)), strict=True):
        body = spec.worldbody.add_body(name=f"{name}/{part}", mocap=True)
        for index, (kind, size, height) in enumerate(shapes):
            geom = body.add_geom(name=f"{name}/{part}/{index}", type=kind, size=size)
            geom.pos = (0.0, 0.0, height)
            geom.contype, geom.conaffinity = PERSON_BITS
            geom.group = LIDAR_GROUP if part != "torso" else OTHER_GROUP
            owners[geom.name] = name
    return owners


def _pushed_by(person: str) -> str:
    return f"{person}'s"


def _add_prop(spec: mujoco.MjSpec, name: str, prop: Model) -> dict[str, str]:
    """One mocap body that meets only the robot; returns geom name → prop."""
    body = spec.worldbody.add_body(name=prop_body(name), mocap=True)
    owners = {}
    for index, (_, pose, shape) in enumerate(model_shapes(prop, name, Transform.identity())):
        geom = add_geom(body, f"{prop_body(name)}/{index}", pose, shape)
        geom.contype, geom.conaffinity = STATIC_BITS
        geom.group = LIDAR_GROUP
        owners[geom.name] = name
    return owners
