"""The courier as its SDF describes it: what the simulator and the map maker need to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.transform import Transform
from or_robot.sim.occupancy import model_shapes, reach
from or_robot.sim.own_body import hidden_beams
from or_robot.sim.sdf import CameraSensor, DiffDrive, ImuSensor, LidarSensor, Model, Shape
from or_robot.sim.sdf_reader import load_model
from or_robot.sim.xml_tree import SdfError

BASE_LINK = "base_link"
MOST_HIDDEN = 0.5
"""Share of beams; a lidar with more of its own body before it is mounted wrongly."""


@dataclass(frozen=True, slots=True)
class RobotModel:
    model: Model
    drive: DiffDrive
    lidar: LidarSensor
    lidar_mount: Transform
    """base_link ← lidar."""
    lidar_hidden: NDArray[np.bool_]
    """Of each beam: whether the robot's own body stands in it."""
    imu: ImuSensor
    imu_mount: Transform
    """base_link ← IMU."""
    camera: CameraSensor
    camera_mount: Transform
    """base_link ← camera, which looks along x."""
    bumper: str
    """Collision whose touches are the bumper's."""

    @property
    def lidar_height(self) -> float:
        """Of the scan plane above the floor, m."""
        return float(self.lidar_mount.position[2])

    @property
    def height(self) -> float:
        """Of the highest point of the body above the floor, m."""
        shapes = model_shapes(self.model, self.model.name, Transform.identity())
        return max(float(pose.position[2] + reach(pose, shape)[2]) for _, pose, shape in shapes)


def courier_model(name: str = "or_courier", root: Path | None = None) -> RobotModel:
    """Read a robot and check that it has what a courier needs."""
    model = load_model(name, root)
    base = model.link(BASE_LINK)
    lidars = [(link, lidar) for link in model.links for lidar in link.lidars]
    imus = [(link, imu) for link in model.links for imu in link.imus]
    cameras = [(link, camera) for link in model.links for camera in link.cameras]
    bumpers = [contact.collision for link in model.links for contact in link.contacts]
    needs = {
        f"link {BASE_LINK!r}": base is not None,
        "a diff-drive plugin": model.drive is not None,
        "exactly one lidar": len(lidars) == 1,
        "exactly one IMU": len(imus) == 1,
        "exactly one RGB-D camera": len(cameras) == 1,
        "exactly one contact sensor": len(bumpers) == 1,
    }
    for need, met in needs.items():
        if not met:
            raise SdfError(f"model {name!r} must have {need}", "mend its model.sdf")
    assert base is not None
    assert model.drive is not None
    to_base = base.pose.inverse()
    mounts = [
        to_base.compose(link.pose).compose(sensor.pose)
        for link, sensor in (lidars[0], imus[0], cameras[0])
    ]
    hidden = hidden_beams(lidars[0][1], mounts[0], _body(model, to_base))
    if hidden.mean() > MOST_HIDDEN:
        raise SdfError(
            f"the lidar of model {name!r} sees its own body in {hidden.sum()} beams",
            "mount it where it looks out",
        )
    return RobotModel(
        model=model,
        drive=model.drive,
        lidar=lidars[0][1],
        lidar_mount=mounts[0],
        lidar_hidden=hidden,
        imu=imus[0][1],
        imu_mount=mounts[1],
        camera=cameras[0][1],
        camera_mount=mounts[2],
        bumper=bumpers[0],
    )


def _body(model: Model, to_base: Transform) -> list[tuple[Transform, Shape]]:
    """base_link ← shape of everything that belongs to the robot."""
    shapes = model_shapes(model, model.name, Transform.identity())
    to_base = to_base.compose(model.pose.inverse())
    return [(to_base.compose(pose), shape) for _, pose, shape in shapes]
