"""How far navigation is with its goal. Times: seconds of the ROS clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from or_robot.errors import OrRobotError
from or_robot.types.docking import DockingStage


class NavigationState(StrEnum):
    IDLE = "idle"
    ACTIVE = "active"
    SUCCEEDED = "succeeded"
    ABORTED = "aborted"


class NavigationError(IntEnum):
    """Nav2's codes: 1xx of FollowPath, 2xx of ComputePathToPose, 9xx of DockRobot (Jazzy)."""

    NONE = 0
    UNKNOWN = 100
    TF_ERROR = 102
    """No pose to trust: localization is lost, or scan or odometry is stale."""
    FAILED_TO_MAKE_PROGRESS = 105
    NO_VALID_CONTROL = 106
    PLANNER_TF_ERROR = 202
    """The same, where only a path was asked for."""
    START_OUTSIDE_MAP = 203
    GOAL_OUTSIDE_MAP = 204
    START_OCCUPIED = 205
    GOAL_OCCUPIED = 206
    NO_VALID_PATH = 208
    DOCK_NOT_IN_DB = 901
    DOCK_NOT_VALID = 902
    FAILED_TO_STAGE = 903
    """The place before the dock was not reached."""
    FAILED_TO_DETECT_DOCK = 904
    FAILED_TO_CONTROL = 905
    """The marker was seen, but the robot did not get into the dock."""


class GoalRefused(OrRobotError):
    """The goal cannot be taken on; `code` says why in Nav2's terms."""

    def __init__(self, code: NavigationError, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.code = code


@dataclass(frozen=True, slots=True)
class NavigationStatus:
    state: NavigationState
    error: NavigationError
    message: str
    """One line for people, in English; empty when there is nothing to say."""
    distance_remaining: float | None
    """Along the path, m; None when there is no path."""
    time_remaining: float | None
    """Estimate, s; None when there is no path."""
    recoveries: int = 0
    """Recovery behaviours tried for this goal."""
    docking: DockingStage = DockingStage.NONE
    retries: int = 0
    """Of docking."""
    goals_left: int = 0
    """Poses still to be reached or passed, the last one included."""


IDLE_STATUS = NavigationStatus(NavigationState.IDLE, NavigationError.NONE, "", None, None)
