"""What a page is told, many times a second. All ages are in s at the moment of sending."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from or_robot.panel.alarms import Alarm
from or_robot.panel.roles import Permission
from or_robot.types.chart import SourcesStatus
from or_robot.types.checklist import Checklist
from or_robot.types.clinical import CaseVersion
from or_robot.types.procedure import ProcedurePhase
from or_robot.types.status import DiagnosticsStatus, RobotStatus
from or_robot.types.tasks import TaskQueue

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """A value with its age; `max_age_s` lets the page see it grow old by itself."""

    value: T
    age_s: float
    max_age_s: float
    stale: bool


@dataclass(frozen=True, slots=True)
class LiveState:
    boot: str
    """Changes when the panel's server restarts; `sequence` starts anew then."""
    sequence: int
    now_s: float
    """Unix time of the server, s."""
    link_up: bool
    link_age_s: float | None
    """Since the server of the link was last heard; None: never."""
    stop_reaches_robot: bool
    word: str
    """Robot in one word, see `alarms.robot_word`."""
    alarms: tuple[Alarm, ...]
    robot: Dated[RobotStatus] | None
    tasks: Dated[TaskQueue] | None
    phase: Dated[ProcedurePhase] | None
    case: Dated[CaseVersion] | None
    checklist: Dated[Checklist] | None
    diagnostics: Dated[DiagnosticsStatus] | None
    sources: Dated[SourcesStatus] | None
    """How each source of patient data is doing; no patient data in it."""
    refusals: dict[str, int] | None
    """What the link's server refused since its start, by code."""


def visible(state: LiveState, permissions: frozenset[Permission]) -> LiveState:
    """Without what the reader may not see. Nobody logged in still sees the robot's state."""
    if Permission.VIEW_ROBOT not in permissions:
        robot = state.robot and replace(
            state.robot, value=replace(state.robot.value, pose=None, path=(), people=())
        )
        state = replace(state, robot=robot, tasks=None)
    if Permission.VIEW_DIAGNOSTICS not in permissions:
        state = replace(state, diagnostics=None, refusals=None)
    if not permissions & {Permission.VIEW_DIAGNOSTICS, Permission.VIEW_PATIENT}:
        state = replace(state, sources=None)
    if Permission.VIEW_PATIENT not in permissions:
        state = replace(state, phase=None, case=None, checklist=None)
    return state
