"""Errands of the robot."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TaskKind(StrEnum):
    DELIVER = "deliver"
    FETCH = "fetch"
    REMOVE_WASTE = "remove_waste"
    PARK = "park"


class TaskState(StrEnum):
    QUEUED = "queued"
    TO_PICKUP = "to_pickup"
    LOADING = "loading"
    TO_DROPOFF = "to_dropoff"
    UNLOADING = "unloading"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED_STATES = frozenset({TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED})


@dataclass(frozen=True, slots=True)
class TaskRequest:
    """What somebody asks for. The same id twice is one task."""

    id: str
    kind: TaskKind
    item: str
    pickup: str
    """Station name; empty: no pickup."""
    dropoff: str
    room: str
    """Who asks, for example "OR-1"."""


@dataclass(frozen=True, slots=True)
class Task:
    request: TaskRequest
    state: TaskState
    detail: str
    """One line for people: why it waits, why it failed."""
    created_s: float
    """Unix time, s."""
    distance_remaining: float | None
    """m; None when not known."""
    time_remaining: float | None
    """s; None when not known."""


@dataclass(frozen=True, slots=True)
class TaskQueue:
    stamp_s: float
    """Unix time, s."""
    resume_required: bool
    tasks: tuple[Task, ...]
    """Open tasks, the running one first, then the most recently ended."""
