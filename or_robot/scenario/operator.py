"""The person at the panel in a scenario: stops the robot, resets and resumes it."""

from __future__ import annotations

from collections.abc import Iterable

from or_robot.geometry.pose import Pose2D
from or_robot.scenario.events import Button, Event, PanelPress, PersonHelps, Schedule


class Operator:
    """Which buttons of the panel are pressed when. Everything else of the events is ignored."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._schedule = Schedule(
            event for event in events if isinstance(event.action, PanelPress | PersonHelps)
        )
        self._helps_after_s: float | None = None
        self._waited_since: float | None = None

    def presses(self, now_s: float, robot: Pose2D, *, waits: bool) -> tuple[Button, ...]:
        """What is pressed now. `waits`: the robot says that it needs a reset or a resume."""
        pressed: list[Button] = []
        for action in self._schedule.due(now_s, robot):
            if isinstance(action, PanelPress):
                pressed.append(action.button)
            elif isinstance(action, PersonHelps):
                self._helps_after_s = action.after_s
        return (*pressed, *self._help(now_s, waits))

    def _help(self, now_s: float, waits: bool) -> tuple[Button, ...]:
        """Reset and resume, again and again as long as the robot waits."""
        if not waits or self._helps_after_s is None:
            self._waited_since = None
            return ()
        if self._waited_since is None:
            self._waited_since = now_s
        if now_s - self._waited_since < self._helps_after_s:
            return ()
        self._waited_since = now_s
        return Button.RESET, Button.RESUME
