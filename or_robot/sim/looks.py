"""What a camera sees of a scene: the visuals of the SDF in place of the collisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import mujoco

from or_robot.geometry.transform import Transform
from or_robot.sim.doors import door_leaves
from or_robot.sim.geoms import add_geom, leaf_body, prop_body, quaternion
from or_robot.sim.robot_model import BASE_LINK, RobotModel
from or_robot.sim.sdf import Model, Visual, World

SEEN_GROUP, HIDDEN_GROUP = 4, 5
CAMERA = "camera"
SCRUBS, SKIN = (0.25, 0.50, 0.48, 1.0), (0.85, 0.68, 0.56, 1.0)
OPTICAL = Transform.from_xyz_rpy(0, 0, 0, 1.5707963267948966, 0, -1.5707963267948966)
"""SDF's camera (x ahead, z up) ← MuJoCo's (-z ahead, y up)."""


def add_looks(
    spec: mujoco.MjSpec, world: World, robot: RobotModel, props: Mapping[str, Model]
) -> None:
    """Hide what is there but people; add visuals and the robot's camera."""
    for geom in spec.geoms:
        person = geom.name.rsplit("/", 2)[-2:-1] in (["torso"], ["left_leg"], ["right_leg"])
        geom.group = SEEN_GROUP if person else HIDDEN_GROUP
        geom.rgba = SKIN if geom.type == mujoco.mjtGeom.mjGEOM_SPHERE else SCRUBS
    for model in world.models:
        for pose, visual in _placed(model, Transform.identity()):
            _add(spec.worldbody, pose, visual)
    for leaf in door_leaves(world):
        for visual in leaf.visuals:
            _add(spec.body(leaf_body(leaf.name)), visual.pose, visual)
    for name, prop in props.items():
        for pose, visual in _placed(prop, Transform.identity()):
            _add(spec.body(prop_body(name)), pose, visual)
    for link in robot.model.links:
        for visual in link.visuals:
            _add(spec.body(link.name), visual.pose, visual)
    view = robot.camera_mount.compose(OPTICAL)
    spec.body(BASE_LINK).add_camera(
        name=CAMERA,
        pos=view.position,
        quat=quaternion(view.rotation),
        fovy=robot.camera.vertical_fov_deg,
    )


def _placed(model: Model, parent: Transform) -> Iterator[tuple[Transform, Visual]]:
    """Every visual that no joint moves and where it is."""
    frame = parent.compose(model.pose)
    moving = {joint.child for joint in model.joints if joint.kind == "prismatic"}
    for link in model.links:
        if link.name not in moving:
            for visual in link.visuals:
                yield frame.compose(link.pose).compose(visual.pose), visual
    for child in model.models:
        yield from _placed(child, frame)


def _add(body: mujoco.MjsBody, pose: Transform, visual: Visual) -> None:
    geom = add_geom(body, "", pose, visual.shape)
    geom.contype = geom.conaffinity = 0
    geom.group = SEEN_GROUP
    geom.rgba = visual.color
    geom.mass = 0.0
