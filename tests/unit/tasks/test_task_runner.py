from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from or_robot.config.tasks import TasksConfig
from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.tasks.runner import TaskRunner, UnknownStation, UnknownTask
from or_robot.types.docking import DockMark, DockTarget
from or_robot.types.navigation import (
    IDLE_STATUS,
    GoalRefused,
    NavigationError,
    NavigationState,
    NavigationStatus,
)
from or_robot.types.safety import SafetyMode, SafetyState
from or_robot.types.site import Station
from or_robot.types.tasks import TaskKind, TaskQueue, TaskRequest, TaskState

STATIONS = {
    name: Station(name, {"en": name}, Pose2D(float(n), 0.0, 0.0), kind, "")
    for n, (name, kind) in enumerate(
        [("dock", "dock"), ("store", "supply"), ("or_1", "room"), ("utility", "waste")]
    )
}
REQUEST = TaskRequest("a", TaskKind.DELIVER, "tray", "store", "or_1", "OR-1")
READY = SafetyState(0.0, SafetyMode.READY, "", "", 0.0, False, False)
ACTIVE = NavigationStatus(NavigationState.ACTIVE, NavigationError.NONE, "", 3.0, 4.0)


def status(state: NavigationState, error: NavigationError = NavigationError.NONE):
    return dataclasses.replace(IDLE_STATUS, state=state, error=error, message=error.name)


class Robot:
    """A port that arrives when it is told to."""

    def __init__(self) -> None:
        self.goals: list[float] = []
        self.docks: list[str] = []
        self.cancelled = 0
        self.state = IDLE_STATUS
        self.gate = READY
        self.refuses = False

    def navigate_to(self, goal: Pose2D) -> None:
        if self.refuses:
            raise GoalRefused(NavigationError.GOAL_OCCUPIED, "the goal is in a wall")
        self.goals.append(goal.x)
        self.state = ACTIVE

    def dock(self, target: DockTarget) -> None:
        if self.refuses:
            raise GoalRefused(NavigationError.GOAL_OCCUPIED, "no room before the dock")
        self.docks.append(target.name)
        self.state = ACTIVE

    def cancel(self) -> None:
        self.cancelled += 1
        self.state = IDLE_STATUS

    def navigation(self) -> NavigationStatus:
        return self.state

    def safety(self) -> SafetyState:
        return self.gate

    def arrive(self) -> None:
        self.state = status(NavigationState.SUCCEEDED)


class Clocked:
    """A runner with its robot, ticked at 10 Hz."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "tasks" / "queue.sqlite"
        self.robot = Robot()
        self.now_s = 100.0
        self.restart()

    def restart(self) -> None:
        self.robot.state = IDLE_STATUS
        config = TasksConfig(handover_s=2.0, attempts=2, retry_after=1.0)
        self.runner = TaskRunner(self.file, STATIONS, self.robot, config)

    def tick(self, seconds: float = 0.1) -> TaskQueue:
        for _ in range(round(seconds / 0.1)):
            self.now_s += 0.1
            queue = self.runner.tick(self.now_s)
        return queue

    def state(self) -> TaskState:
        return self.tick().tasks[0].state

    def at_loading(self) -> None:
        self.runner.submit(REQUEST)
        self.tick()
        self.robot.arrive()
        assert self.state() is TaskState.LOADING


@pytest.fixture
def clocked(tmp_path: Path) -> Clocked:
    return Clocked(tmp_path)


def test_delivers_by_way_of_the_pickup(clocked: Clocked) -> None:
    clocked.runner.submit(REQUEST, 100.0)
    task = clocked.tick().tasks[0]
    assert (task.state, task.distance_remaining) == (TaskState.TO_PICKUP, 3.0)
    clocked.robot.arrive()
    assert clocked.state() is TaskState.LOADING
    assert clocked.tick(1.5).tasks[0].state is TaskState.LOADING
    assert clocked.tick(1.0).tasks[0].state is TaskState.TO_DROPOFF
    clocked.robot.arrive()
    assert clocked.state() is TaskState.UNLOADING
    task = clocked.tick(2.5).tasks[0]
    assert (task.state, task.created_s) == (TaskState.DONE, 100.0)
    assert clocked.robot.goals == [1.0, 2.0]


def test_the_same_id_is_one_task(clocked: Clocked) -> None:
    assert clocked.runner.submit(REQUEST, 1.0) == clocked.runner.submit(REQUEST, 2.0)
    clocked.restart()
    clocked.runner.submit(REQUEST)
    assert len(clocked.tick().tasks) == 1


def test_one_after_the_other(clocked: Clocked) -> None:
    clocked.runner.submit(TaskRequest("p", TaskKind.PARK, "", "", "", ""))
    clocked.runner.submit(REQUEST)
    queue = clocked.tick()
    assert [task.request.id for task in queue.tasks] == ["p", "a"]
    assert queue.tasks[1].state is TaskState.QUEUED
    clocked.robot.arrive()
    queue = clocked.tick(0.2)
    assert [task.request.id for task in queue.tasks] == ["a", "p"]
    assert clocked.robot.goals == [0.0, 1.0]


MARKED = STATIONS | {
    "dock": dataclasses.replace(STATIONS["dock"], mark=DockMark(0, Pose2D(0.65, 0.0, 0.0)))
}
PARK = TaskRequest("p", TaskKind.PARK, "", "", "", "")


@pytest.fixture
def marked(tmp_path: Path) -> Clocked:
    """A site whose dock has a marker."""
    made = Clocked(tmp_path)
    made.runner = TaskRunner(made.file, MARKED, made.robot, TasksConfig(attempts=2))
    made.runner.submit(PARK)
    made.tick()
    return made


def test_parks_by_docking_where_the_dock_has_a_marker(marked: Clocked) -> None:
    assert (marked.robot.docks, marked.robot.goals) == (["dock"], [])
    assert "dock at dock" in marked.runner.tree()
    marked.robot.arrive()
    task = marked.tick().tasks[0]
    assert (task.state, task.detail) == (TaskState.DONE, "Done")
    assert marked.robot.goals == []


def test_what_cannot_dock_parks_by_the_map_and_says_so(marked: Clocked) -> None:
    marked.robot.state = status(NavigationState.ABORTED, NavigationError.FAILED_TO_DETECT_DOCK)
    task = marked.tick(0.2).tasks[0]
    assert task.state is TaskState.TO_DROPOFF
    assert "by the map, not docked: FAILED_TO_DETECT_DOCK" in task.detail
    assert marked.robot.goals == [0.0]
    marked.robot.arrive()
    task = marked.tick().tasks[0]
    assert task.state is TaskState.DONE
    assert task.detail == "Done (by the map, not docked: FAILED_TO_DETECT_DOCK)"
    assert marked.robot.docks == ["dock"]


def test_a_place_before_the_dock_that_is_refused_leaves_the_map(tmp_path: Path) -> None:
    made = Clocked(tmp_path)
    made.runner = TaskRunner(made.file, MARKED, made.robot, TasksConfig(attempts=2))
    made.robot.refuses = True
    made.runner.submit(PARK)
    task = made.tick(0.3).tasks[0]
    assert (task.state, task.detail) == (TaskState.FAILED, "dock: the goal is in a wall")


def test_a_pose_lost_while_docking_drives_nowhere_and_waits_for_a_person(marked: Clocked) -> None:
    marked.robot.state = status(NavigationState.ABORTED, NavigationError.TF_ERROR)
    task = marked.tick(0.3).tasks[0]
    assert task.state is TaskState.PAUSED
    assert marked.robot.goals == []
    marked.robot.state = IDLE_STATUS
    marked.runner.resume()
    marked.tick(0.2)
    assert marked.robot.docks == ["dock", "dock"]


def test_waste_goes_to_the_utility_room(clocked: Clocked) -> None:
    task = clocked.runner.submit(TaskRequest("w", TaskKind.REMOVE_WASTE, "bags", "or_1", "", ""))
    assert task.request.dropoff == "utility"


@pytest.mark.parametrize("change", [{"pickup": "moon"}, {"dropoff": "moon"}, {"dropoff": ""}])
def test_unknown_station_names_the_valid_ones(clocked: Clocked, change: dict[str, str]) -> None:
    with pytest.raises(UnknownStation):
        clocked.runner.submit(dataclasses.replace(REQUEST, **change))
    assert not clocked.tick().tasks


def test_after_a_restart_it_waits_for_resume(clocked: Clocked) -> None:
    clocked.at_loading()
    clocked.restart()  # without close: as after a crash
    queue = clocked.tick(5.0)
    assert queue.resume_required
    assert queue.tasks[0].state is TaskState.PAUSED
    assert clocked.robot.goals == [1.0]
    clocked.runner.resume()
    assert clocked.state() is TaskState.TO_PICKUP
    assert clocked.robot.goals == [1.0, 1.0]


def test_a_loaded_robot_goes_on_to_the_dropoff(clocked: Clocked) -> None:
    clocked.at_loading()
    clocked.tick(2.5)
    clocked.restart()
    clocked.tick()
    clocked.runner.resume()
    assert clocked.state() is TaskState.TO_DROPOFF
    assert clocked.robot.goals == [1.0, 2.0, 2.0]


@pytest.mark.parametrize("mode", [SafetyMode.FAULT, SafetyMode.STOPPED_BY_PERSON])
def test_a_latched_stop_pauses_until_resume(clocked: Clocked, mode: SafetyMode) -> None:
    clocked.runner.submit(REQUEST)
    clocked.tick()
    clocked.robot.gate = SafetyState(0.0, mode, "", "", 0.0, True, True)
    assert clocked.state() is TaskState.PAUSED
    assert clocked.robot.cancelled == 1
    clocked.robot.gate = READY
    assert clocked.tick(5.0).tasks[0].state is TaskState.PAUSED
    clocked.runner.resume()
    assert clocked.state() is TaskState.TO_PICKUP


def test_resume_during_a_latched_stop_moves_nothing(clocked: Clocked) -> None:
    clocked.runner.submit(REQUEST)
    clocked.robot.gate = SafetyState(0.0, SafetyMode.FAULT, "", "", 0.0, True, True)
    clocked.tick()
    clocked.runner.resume()
    assert clocked.state() is TaskState.PAUSED
    assert clocked.robot.goals == []


def test_a_protective_stop_needs_no_resume(clocked: Clocked) -> None:
    clocked.runner.submit(REQUEST)
    clocked.robot.gate = dataclasses.replace(READY, mode=SafetyMode.PROTECTIVE_STOP)
    assert clocked.tick(1.0).tasks[0].state is TaskState.TO_PICKUP


def test_cancel_stops_the_drive_and_begins_the_next(clocked: Clocked) -> None:
    clocked.runner.submit(REQUEST)
    clocked.runner.submit(dataclasses.replace(REQUEST, id="b"))
    clocked.tick()
    clocked.runner.cancel("a")
    assert clocked.robot.cancelled == 1
    queue = clocked.tick()
    assert [(t.request.id, t.state) for t in queue.tasks] == [
        ("b", TaskState.TO_PICKUP),
        ("a", TaskState.CANCELLED),
    ]
    clocked.runner.cancel("a")
    with pytest.raises(UnknownTask):
        clocked.runner.cancel("nobody")


def test_tries_again_then_fails_and_says_why(clocked: Clocked) -> None:
    clocked.runner.submit(REQUEST)
    clocked.tick()
    clocked.robot.state = status(NavigationState.ABORTED, NavigationError.NO_VALID_PATH)
    clocked.tick(2.0)
    assert clocked.robot.goals == [1.0, 1.0]
    clocked.robot.state = status(NavigationState.ABORTED, NavigationError.NO_VALID_PATH)
    task = clocked.tick().tasks[0]
    assert task.state is TaskState.FAILED
    assert "store" in task.detail


def test_a_refused_goal_fails(clocked: Clocked) -> None:
    clocked.robot.refuses = True
    clocked.runner.submit(REQUEST)
    task = clocked.tick(0.3).tasks[0]
    assert task.state is TaskState.FAILED
    assert "wall" in task.detail


def test_a_lost_robot_pauses_instead_of_failing(clocked: Clocked) -> None:
    clocked.runner.submit(REQUEST)
    clocked.tick()
    clocked.robot.state = status(NavigationState.ABORTED, NavigationError.TF_ERROR)
    assert clocked.state() is TaskState.PAUSED


def test_a_damaged_queue_is_named(tmp_path: Path) -> None:
    file = tmp_path / "queue.sqlite"
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(OrRobotError, match="queue"):
        TaskRunner(file, STATIONS, Robot())


def test_the_tree_shows_which_behaviour_runs(clocked: Clocked) -> None:
    assert clocked.runner.tree() == ""
    clocked.at_loading()
    lines = clocked.runner.tree().splitlines()
    assert "[o]" in next(line for line in lines if "drive to store" in line)
    assert "[*]" in next(line for line in lines if "loading at store" in line)
    clocked.runner.cancel_all()
    clocked.tick()
    assert clocked.runner.tree() == ""
