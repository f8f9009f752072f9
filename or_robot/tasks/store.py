"""The queue of errands on disk (SQLite, write-ahead log): survives a crash at any moment."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from or_robot.errors import OrRobotError
from or_robot.types.tasks import ENDED_STATES, Task, TaskKind, TaskRequest, TaskState

SCHEMA = """
create table if not exists task (
    sequence integer primary key autoincrement,
    id text not null unique,
    kind text not null, item text not null, pickup text not null, dropoff text not null,
    room text not null, state text not null, stage text not null, detail text not null,
    created_s real not null, ended_s real
)
"""
FIELDS = "id, kind, item, pickup, dropoff, room, state, detail, created_s"
ENDED = tuple(str(state) for state in ENDED_STATES)


class TaskStore:
    """Every call is one transaction."""

    def __init__(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            # one lock in the caller is enough; calls may come from several threads
            self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            self._db.execute(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise OrRobotError(
                f"the task queue {file} cannot be opened: {error}", "move the file away"
            ) from error

    def close(self) -> None:
        self._db.close()

    def add(self, request: TaskRequest, now_s: float) -> Task:
        """Add a request; the same id again changes nothing and returns the task there is."""
        self._db.execute(
            "insert into task(id, kind, item, pickup, dropoff, room, state, stage, detail,"
            " created_s) values (?,?,?,?,?,?,?,'','',?) on conflict(id) do nothing",
            (
                request.id,
                str(request.kind),
                request.item,
                request.pickup,
                request.dropoff,
                request.room,
                str(TaskState.QUEUED),
                now_s,
            ),
        )
        task = self.get(request.id)
        assert task is not None
        return task

    def get(self, task_id: str) -> Task | None:
        row = self._db.execute(f"select {FIELDS} from task where id = ?", (task_id,)).fetchone()  # noqa: S608
        return _task(row) if row else None

    def open_tasks(self) -> list[Task]:
        """Not yet ended: the running or paused one first, the others in order of arrival."""
        rows = self._db.execute(
            f"select {FIELDS} from task where state not in (?,?,?)"  # noqa: S608
            " order by state = 'queued', sequence",
            ENDED,
        )
        return [_task(row) for row in rows]

    def ended_tasks(self, count: int) -> list[Task]:
        """The most recently ended first."""
        rows = self._db.execute(
            f"select {FIELDS} from task where state in (?,?,?)"  # noqa: S608
            " order by ended_s desc, sequence desc limit ?",
            (*ENDED, count),
        )
        return [_task(row) for row in rows]

    def stage(self, task_id: str) -> TaskState | None:
        """Last stage that a task had reached before it was paused; None before the first."""
        row = self._db.execute("select stage from task where id = ?", (task_id,)).fetchone()
        return TaskState(row[0]) if row and row[0] else None

    def set_state(self, task_id: str, state: TaskState, detail: str, now_s: float) -> None:
        """Write a state; the stage is kept beside it so that a paused task knows where it was."""
        stages = state not in ENDED_STATES and state is not TaskState.PAUSED
        self._db.execute(
            "update task set state = ?, detail = ?, stage = case when ? then ? else stage end,"
            " ended_s = case when ? then ? else ended_s end where id = ?",
            (
                str(state),
                detail,
                stages,
                str(state) if state is not TaskState.QUEUED else "",
                state in ENDED_STATES,
                now_s,
                task_id,
            ),
        )


def _task(row: tuple) -> Task:
    task_id, kind, item, pickup, dropoff, room, state, detail, created_s = row
    request = TaskRequest(task_id, TaskKind(kind), item, pickup, dropoff, room)
    return Task(request, TaskState(state), detail, created_s, None, None)
