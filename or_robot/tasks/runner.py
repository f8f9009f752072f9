"""One errand after the other, from a queue on disk. Nothing starts to move by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import py_trees
from py_trees.common import Status

from or_robot.config.tasks import TasksConfig
from or_robot.errors import OrRobotError
from or_robot.tasks.port import RobotPort
from or_robot.tasks.store import TaskStore
from or_robot.tasks.tree import Errand, grow
from or_robot.types.safety import SafetyMode
from or_robot.types.site import Station
from or_robot.types.tasks import (
    ENDED_STATES,
    Task,
    TaskKind,
    TaskQueue,
    TaskRequest,
    TaskState,
)

LATCHED = (SafetyMode.STOPPED_BY_PERSON, SafetyMode.FAULT)
"""Modes after which a person has to resume the errand."""

RESUME_GRACE_S = 2.0
"""The gate's own word that it was resumed may come this much after ours."""

USUAL_KIND = {TaskKind.REMOVE_WASTE: "waste", TaskKind.PARK: "dock"}
"""Kind of station where a task ends when the request does not say."""


class UnknownStation(OrRobotError):
    """A request names a station that the site does not have."""


class UnknownTask(OrRobotError):
    """No task has this id."""


class TaskRunner:
    """`tick` at 10 Hz. Times are Unix seconds (simulated ones when embedded)."""

    def __init__(
        self,
        queue_file: Path,
        stations: Mapping[str, Station],
        port: RobotPort,
        config: TasksConfig | None = None,
    ) -> None:
        self._config = config or TasksConfig()
        self._store = TaskStore(queue_file)
        self._stations = stations
        self._port = port
        self._now_s = 0.0
        self._resumed_s = float("-inf")
        self._tree: py_trees.composites.Sequence | None = None
        self._errand: Errand | None = None
        self._running: str | None = None
        for task in self._store.open_tasks():
            if task.state not in (TaskState.QUEUED, TaskState.PAUSED):
                self._set(task, TaskState.PAUSED, "The robot's program restarted; waits for resume")

    def submit(self, request: TaskRequest, now_s: float | None = None) -> Task:
        """Queue a request; the same id twice is one task. Raises UnknownStation."""
        known = self._store.get(request.id)
        if known is not None:
            return known
        request = self._completed(request)
        for name in (request.pickup, request.dropoff):
            if name and name not in self._stations:
                raise UnknownStation(
                    f"no station {name!r}", f"one of {', '.join(sorted(self._stations))}"
                )
        return self._store.add(request, self._now_s if now_s is None else now_s)

    def cancel(self, task_id: str) -> None:
        """End a task wherever it is; one that has ended stays as it is. Raises UnknownTask."""
        task = self._store.get(task_id)
        if task is None:
            raise UnknownTask(f"no task {task_id!r}", "it may never have reached the robot")
        if task.state in ENDED_STATES:
            return
        if task_id == self._running:
            self._break_off()
        self._set(task, TaskState.CANCELLED, "Cancelled")

    def cancel_all(self) -> None:
        for task in self._store.open_tasks():
            self.cancel(task.request.id)

    def resume(self) -> None:
        """A person lets paused tasks go on; the gate, too, has to have been reset."""
        self._resumed_s = self._now_s
        for task in self._store.open_tasks():
            if task.state is TaskState.PAUSED:
                self._set(task, self._store.stage(task.request.id) or TaskState.QUEUED, "Resumed")

    def tick(self, now_s: float) -> TaskQueue:
        """Advance the running task, or begin the next; returns the queue as people see it."""
        self._now_s = now_s
        if self._held():
            self._pause("Stopped; waits for resume")
        elif self._running is None:
            self._begin()
        if self._tree is not None:
            self._advance(self._tree)
        return self._queue()

    def tree(self) -> str:
        """The running behaviour tree with the state of each behaviour; empty when there is none."""
        if self._tree is None:
            return ""
        return str(py_trees.display.ascii_tree(self._tree, show_status=True))

    def close(self) -> None:
        self._store.close()

    def _held(self) -> bool:
        """Whether the gate holds the robot until a person resumes it."""
        safety = self._port.safety()
        waited = self._now_s - self._resumed_s > RESUME_GRACE_S
        return safety.mode in LATCHED or (safety.resume_required and waited)

    def _begin(self) -> None:
        tasks = self._store.open_tasks()
        if not tasks or tasks[0].state is TaskState.PAUSED:
            return
        request = tasks[0].request
        self._running = request.id
        self._errand = Errand(self._port, self._config, lambda: self._now_s, self._enter)
        stage = self._store.stage(request.id)
        self._tree = grow(request, self._stations, self._errand, stage)

    def _advance(self, tree: py_trees.composites.Sequence) -> None:
        assert self._errand is not None
        tree.tick_once()
        if tree.status is Status.SUCCESS:
            note = self._errand.note
            self._end(TaskState.DONE, f"Done ({note})" if note else "Done")
        elif tree.status is Status.FAILURE and self._errand.pose_lost:
            self._pause(f"{self._errand.failure}; waits for resume")
        elif tree.status is Status.FAILURE:
            self._end(TaskState.FAILED, self._errand.failure)

    def _end(self, state: TaskState, detail: str) -> None:
        task = self._current()
        self._tree = self._errand = self._running = None
        if task is not None:
            self._set(task, state, detail)

    def _pause(self, detail: str) -> None:
        """Break the running task off and hold it, or the one that would be next."""
        task = self._current()
        self._break_off()
        if task is None:
            waiting = self._store.open_tasks()
            task = waiting[0] if waiting else None
        if task is not None and task.state is not TaskState.PAUSED:
            self._set(task, TaskState.PAUSED, detail)

    def _break_off(self) -> None:
        if self._tree is not None:
            self._tree.stop(Status.INVALID)
        self._tree = self._errand = self._running = None

    def _enter(self, state: TaskState, detail: str) -> None:
        task = self._current()
        if task is not None and (task.state, task.detail) != (state, detail):
            self._set(task, state, detail)

    def _current(self) -> Task | None:
        return self._store.get(self._running) if self._running else None

    def _set(self, task: Task, state: TaskState, detail: str) -> None:
        self._store.set_state(task.request.id, state, detail, self._now_s)

    def _completed(self, request: TaskRequest) -> TaskRequest:
        """Fill in where it ends when only one station can be meant."""
        kind = USUAL_KIND.get(request.kind)
        usual = [name for name, station in self._stations.items() if station.kind == kind]
        if request.dropoff or not usual:
            if not request.dropoff:
                raise UnknownStation("the request names no dropoff", "name a station")
            return request
        return dataclasses.replace(request, dropoff=usual[0])

    def _queue(self) -> TaskQueue:
        waiting = self._store.open_tasks()
        status = self._port.navigation()
        for n, task in enumerate(waiting):
            if task.request.id == self._running:
                waiting[n] = dataclasses.replace(
                    task,
                    distance_remaining=status.distance_remaining,
                    time_remaining=status.time_remaining,
                )
        paused = any(task.state is TaskState.PAUSED for task in waiting)
        ended = self._store.ended_tasks(self._config.ended_shown)
        return TaskQueue(self._now_s, paused, (*waiting, *ended))
