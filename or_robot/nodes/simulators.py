"""Which simulator stands behind the process `simulation`."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any, Protocol

from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.nodes.start import Start
from or_robot.scenario.events import Action
from or_robot.scenario.truth import GroundTruth
from or_robot.sim.robot_model import RobotModel
from or_robot.sim.world import SimWorld
from or_robot.types.motion import Twist2D
from or_robot.types.sensing import SensorFrame

SIMULATORS = ("mujoco", "gazebo")


class World(Protocol):
    """What the process needs of a simulator."""

    robot: RobotModel

    @property
    def time_s(self) -> float: ...
    def command(self, twist: Twist2D) -> None: ...
    def set_hardware_estop(self, pressed: bool) -> None: ...
    def set_camera(self, on: bool) -> None: ...
    def happen(self, action: Action) -> None: ...
    def ask_doors(self, names: Iterable[str], until_s: float) -> None: ...
    def step(self, until_s: float, /) -> SensorFrame: ...
    def truth(self) -> GroundTruth: ...
    def close(self) -> None: ...


def make_world(simulator: str, start: Start, seed: int, *, window: bool = False) -> World:
    """Raises OrRobotError: unknown, not installed, or it does not start."""
    if simulator == "gazebo":
        folder = home() / "run" / "gazebo"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made: World = _gazebo().GazeboWorld(
            start.site.name,
            seed=seed,
            folder=folder,
            people=start.people,
            objects=start.objects,
            start=start.pose,
            window=window,
        )
        return made
    if simulator == "mujoco":
        return SimWorld(
            start.site.name,
            seed=seed,
            people=start.people,
            objects=start.objects,
            start=start.pose,
        )
    raise OrRobotError(f"no simulator {simulator!r}", f"one of: {', '.join(SIMULATORS)}")


def _gazebo() -> Any:
    """Loaded only when it is used: it needs a library that `make gazebo` brings."""
    try:
        return importlib.import_module("or_robot.gazebo.world")
    except ModuleNotFoundError as error:
        raise OrRobotError(f"Gazebo's client: {error}", "run `make gazebo`") from error
