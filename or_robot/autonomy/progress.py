"""Whether the robot gets anywhere (as Nav2's progress checker), and for how long it has not."""

from __future__ import annotations

from or_robot.geometry.pose import Pose2D, wrap_angle

TURN_RAD = 0.5
"""Turning so far counts as progress: the robot may have to turn on the spot first."""


class ProgressChecker:
    """Two clocks: since the robot last moved, and since it last came nearer to the goal."""

    def __init__(self, distance: float) -> None:
        self._distance = distance
        self._at: Pose2D | None = None
        self._moved_s = 0.0
        self._nearest = float("inf")
        self._nearer_s = 0.0

    def restart(self, t_s: float) -> None:
        """Start both clocks anew: new goal."""
        self._at, self._nearest = None, float("inf")
        self._moved_s = self._nearer_s = t_s

    def hold(self, elapsed_s: float) -> None:
        """Time during which the robot was not allowed to move does not count."""
        self._moved_s += elapsed_s
        self._nearer_s += elapsed_s

    def update(self, pose: Pose2D, remaining: float, t_s: float) -> None:
        moved = self._at is None or pose.distance_to(self._at) > self._distance
        if moved or (self._at and abs(wrap_angle(pose.yaw - self._at.yaw)) > TURN_RAD):
            self._at, self._moved_s = pose, t_s
        if remaining < self._nearest - self._distance:
            self._nearest, self._nearer_s = remaining, t_s

    def retry(self, t_s: float) -> None:
        """A recovery has been made: give it time before the next one."""
        self._at, self._moved_s = None, t_s

    def standing(self, t_s: float) -> float:
        """s since the robot last moved."""
        return t_s - self._moved_s

    def futile(self, t_s: float) -> float:
        """s since the robot was last nearer to its goal than ever before."""
        return t_s - self._nearer_s
