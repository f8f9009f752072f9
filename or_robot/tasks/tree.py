"""Behaviour tree of one errand: drive, load, drive, unload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import py_trees
from py_trees.common import Status

from or_robot.config.tasks import TasksConfig
from or_robot.tasks.port import RobotPort
from or_robot.types.docking import DockTarget
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
    note: str = ""
    """What people should know although it goes on."""
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
        self._refused = ""

    def initialise(self) -> None:
        self._tries = 0
        self._start()

    def update(self) -> Status:
        if self._again_s is not None:
            if self._errand.clock() >= self._again_s:
                self._start()
            return Status.RUNNING
        if self._refused:
            return self._give_up(self._refused)
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

    def _order(self) -> None:
        """Raises GoalRefused."""
        self._errand.port.navigate_to(self._station.pose)

    def _start(self) -> None:
        self._again_s, self._refused = None, ""
        self._tries += 1
        self._tell("")
        if self._errand.pose_lost:
            self._refused = self._errand.failure
            return
        try:
            self._order()
        except GoalRefused as refused:
            self._refused = f"{self._station.name}: {refused.problem}"

    def _aborted(self, error: NavigationError, message: str) -> Status:
        errand = self._errand
        if error is NavigationError.TF_ERROR:
            errand.pose_lost = True
        if errand.pose_lost or self._tries >= errand.config.attempts:
            return self._give_up(f"{self._station.name} not reached: {message}")
        self._again_s = errand.clock() + errand.config.retry_after
        self._tell(f"tries again: {message}")
        return Status.RUNNING

    def _give_up(self, why: str) -> Status:
        self._errand.failure = why
        return Status.FAILURE

    def _tell(self, message: str) -> None:
        way = LABELS[self._stage].format(self._label)
        said = "; ".join(part for part in (self._errand.note, message) if part)
        self._errand.enter(self._stage, f"{way} ({said})" if said else way)


class Dock(Drive):
    """Dock by the station's marker; what fails is left to the drive that follows it.

    Navigation has its own tries. Once it does not know where it is, nothing may follow.
    """

    def __init__(
        self, errand: Errand, stage: TaskState, station: Station, target: DockTarget
    ) -> None:
        super().__init__(errand, stage, station)
        self.name = f"dock at {station.name}"
        self._target = target

    def _order(self) -> None:
        self._errand.port.dock(self._target)

    def _aborted(self, error: NavigationError, message: str) -> Status:
        if error is NavigationError.TF_ERROR:
            return super()._aborted(error, message)
        return self._give_up(message)

    def _give_up(self, why: str) -> Status:
        if self._errand.pose_lost:
            return super()._give_up(why)
        self._errand.note = f"by the map, not docked: {why}"
        return Status.FAILURE


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
    tree.add_child(_arrival(errand, dropoff))
    if request.kind is not TaskKind.PARK:
        tree.add_child(Handover(errand, TaskState.UNLOADING, dropoff))
    return tree


def _arrival(errand: Errand, station: Station) -> py_trees.behaviour.Behaviour:
    """Onto the last station: docked where there is a dock, else by the map."""
    drive = Drive(errand, TaskState.TO_DROPOFF, station)
    if station.mark is None:
        return drive
    target = DockTarget(station.name, station.pose, station.mark)
    arrive = py_trees.composites.Selector(f"arrive at {station.name}", memory=True)
    arrive.add_children([Dock(errand, TaskState.TO_DROPOFF, station, target), drive])
    return arrive
