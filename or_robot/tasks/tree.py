"""Behaviour tree of one errand: drive, load, drive, unload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import py_trees
from py_trees.common import Status

from or_robot.config.tasks import TasksConfig
from or_robot.tasks.port import RobotPort
from or_robot.types.navigation import GoalRefused, NavigationError, NavigationState
from or_robot.types.site import Station
from or_robot.types.tasks import TaskKind, TaskRequest, TaskState

LABELS = {
    TaskState.LOADING: "Load at {}",
    TaskState.UNLOADING: "Unload at {}",
    TaskState.TO_PICKUP: "On the way to {}",
    TaskState.TO_DROPOFF: "On the way to {}",
}


@dataclass
class Errand:
    """What the behaviours of one tree share."""

    port: RobotPort
    config: TasksConfig
    clock: Callable[[], float]
    """s; only differences count."""
    enter: Callable[[TaskState, str], None]
    """Called when a stage begins or its line for people changes."""
    failure: str = ""
    """Why it failed, for people."""
    pose_lost: bool = False
    """It did not fail by itself: the robot no longer knows where it is."""


class Drive(py_trees.behaviour.Behaviour):
    """Drive to a station; tries again after an abort."""

    def __init__(self, errand: Errand, stage: TaskState, station: Station) -> None:
        super().__init__(f"drive to {station.name}")
        self._errand = errand
        self._stage = stage
        self._station = station
        self._label = station.label.get("en", station.name)
        self._tries = 0
        self._again_s: float | None = None

    def initialise(self) -> None:
        self._tries = 0
        self._start()

    def update(self) -> Status:
        if self._again_s is not None:
            if self._errand.clock() >= self._again_s:
                self._start()
            return Status.RUNNING
        if self._errand.failure:
            return Status.FAILURE
        status = self._errand.port.navigation()
        if status.state is NavigationState.SUCCEEDED:
            return Status.SUCCESS
        if status.state is NavigationState.ACTIVE:
            self._tell(status.message)
            return Status.RUNNING
        return self._aborted(status.error, status.message or "navigation was cancelled")

    def terminate(self, new_status: Status) -> None:
        if new_status is Status.INVALID and self.status is Status.RUNNING:
            self._errand.port.cancel()

    def _start(self) -> None:
        self._again_s = None
        self._tries += 1
        self._tell("")
        try:
            self._errand.port.navigate_to(self._station.pose)
        except GoalRefused as refused:
            self._errand.failure = f"{self._station.name}: {refused.problem}"

    def _aborted(self, error: NavigationError, message: str) -> Status:
        errand = self._errand
        if error is NavigationError.TF_ERROR:
            errand.pose_lost = True
        if errand.pose_lost or self._tries >= errand.config.attempts:
            errand.failure = f"{self._station.name} not reached: {message}"
            return Status.FAILURE
        self._again_s = errand.clock() + errand.config.retry_after
        self._tell(f"tries again: {message}")
        return Status.RUNNING

    def _tell(self, message: str) -> None:
        way = LABELS[self._stage].format(self._label)
        self._errand.enter(self._stage, f"{way} ({message})" if message else way)


class Handover(py_trees.behaviour.Behaviour):
    """Stand while people load or unload."""

    def __init__(self, errand: Errand, stage: TaskState, station: Station) -> None:
        super().__init__(f"{stage.value} at {station.name}")
        self._errand = errand
        self._stage = stage
        self._label = station.label.get("en", station.name)
        self._since_s = 0.0

    def initialise(self) -> None:
        self._since_s = self._errand.clock()
        self._errand.enter(self._stage, LABELS[self._stage].format(self._label))

    def update(self) -> Status:
        waited = self._errand.clock() - self._since_s
        return Status.SUCCESS if waited >= self._errand.config.handover_s else Status.RUNNING


def grow(
    request: TaskRequest,
    stations: Mapping[str, Station],
    errand: Errand,
    reached: TaskState | None,
) -> py_trees.composites.Sequence:
    """The tree of a request, from the leg on that `reached` belongs to (None: from the start).

    A leg that was broken off is driven again as a whole: somebody may have moved the robot.
    """
    tree = py_trees.composites.Sequence(f"{request.kind} {request.item}", memory=True)
    loaded = reached in (TaskState.TO_DROPOFF, TaskState.UNLOADING)
    if request.pickup and not loaded:
        pickup = stations[request.pickup]
        tree.add_child(Drive(errand, TaskState.TO_PICKUP, pickup))
        tree.add_child(Handover(errand, TaskState.LOADING, pickup))
    dropoff = stations[request.dropoff]
    tree.add_child(Drive(errand, TaskState.TO_DROPOFF, dropoff))
    if request.kind is not TaskKind.PARK:
        tree.add_child(Handover(errand, TaskState.UNLOADING, dropoff))
    return tree
