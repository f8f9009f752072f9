"""Alarms and the state of the robot in one word, as data (priorities: IEC 60601-1-8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from or_robot.types.safety import SafetyMode
from or_robot.types.status import RobotStatus
from or_robot.types.tasks import TaskQueue

LOW_BATTERY = 0.2
MOVING = 0.02
"""m/s above which the robot is said to drive."""


class Priority(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Situation:
    """What alarms are judged by. None where nothing has been heard, or only long ago."""

    link_up: bool
    stop_reaches_robot: bool
    robot: RobotStatus | None
    tasks: TaskQueue | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """`key` names its text in web/static/i18n (`alarm.<key>`)."""

    key: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class _Rule:
    alarm: Alarm
    holds: Callable[[Situation], bool]


def _mode(situation: Situation) -> SafetyMode | None:
    return situation.robot.safety_mode if situation.robot else None


def _resume_required(situation: Situation) -> bool:
    robot, tasks = situation.robot, situation.tasks
    return bool((robot and robot.resume_required) or (tasks and tasks.resume_required))


def _low_battery(situation: Situation) -> bool:
    robot = situation.robot
    return robot is not None and robot.battery is not None and robot.battery < LOW_BATTERY


_RULES = (
    _Rule(Alarm("fault", Priority.HIGH), lambda s: _mode(s) == SafetyMode.FAULT),
    _Rule(Alarm("link_down", Priority.MEDIUM), lambda s: not s.link_up),
    _Rule(Alarm("no_stop", Priority.MEDIUM), lambda s: s.link_up and not s.stop_reaches_robot),
    _Rule(Alarm("no_robot", Priority.MEDIUM), lambda s: s.link_up and s.robot is None),
    _Rule(Alarm("stopped", Priority.MEDIUM), lambda s: _mode(s) == SafetyMode.STOPPED_BY_PERSON),
    _Rule(Alarm("lost", Priority.MEDIUM), lambda s: bool(s.robot and s.robot.lost)),
    _Rule(Alarm("protective", Priority.LOW), lambda s: _mode(s) == SafetyMode.PROTECTIVE_STOP),
    _Rule(Alarm("resume", Priority.LOW), _resume_required),
    _Rule(Alarm("battery", Priority.LOW), _low_battery),
)


def alarms(situation: Situation) -> tuple[Alarm, ...]:
    """What holds now, most urgent first."""
    return tuple(rule.alarm for rule in _RULES if rule.holds(situation))


_MODE_WORDS = {
    SafetyMode.FAULT: "fault",
    SafetyMode.STOPPED_BY_PERSON: "stopped",
    SafetyMode.PROTECTIVE_STOP: "protective",
    SafetyMode.INIT: "starting",
    SafetyMode.MANUAL: "manual",
}


def robot_word(situation: Situation) -> str:
    """Key of the large word (`robot.word.<key>`). What stops the robot wins over what it does."""
    robot = situation.robot
    if robot is None:
        return "no_data"
    if robot.safety_mode in (SafetyMode.FAULT, SafetyMode.STOPPED_BY_PERSON):
        return _MODE_WORDS[robot.safety_mode]
    if robot.lost:
        return "lost"
    if robot.safety_mode in _MODE_WORDS:
        return _MODE_WORDS[robot.safety_mode]
    if _resume_required(situation):
        return "resume"
    if abs(robot.speed) > MOVING:
        return "slow" if robot.safety_mode == SafetyMode.SLOW else "driving"
    return "ready"
