"""What an errand needs of the robot: in process it is the navigator, in the graph an action."""

from __future__ import annotations

from typing import Protocol

from or_robot.geometry.pose import Pose2D
from or_robot.types.docking import DockTarget
from or_robot.types.navigation import NavigationStatus
from or_robot.types.safety import SafetyState


class RobotPort(Protocol):
    def navigate_to(self, goal: Pose2D) -> None:
        """Drive there instead of anywhere else. May raise GoalRefused."""

    def dock(self, target: DockTarget) -> None:
        """Drive before the dock, then into it by its marker. May raise GoalRefused."""

    def cancel(self) -> None:
        """Give up the goal, if there is one."""

    def navigation(self) -> NavigationStatus:
        """Of the goal last given: ACTIVE from the moment `navigate_to` or `dock` returns."""

    def safety(self) -> SafetyState:
        """Newest state of the safety gate."""
