"""One path by way of several poses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from or_robot.geometry.pose import Pose2D
from or_robot.types.motion import Path


def plan_through(
    plan: Callable[[Pose2D, Pose2D], Path], start: Pose2D, goals: Sequence[Pose2D]
) -> Path:
    """The paths from pose to pose in one. plan: path from start to goal, which raises GoalRefused.

    Only the last heading counts: at a pose between, the path goes on as it came.
    """
    legs = []
    for number, goal in enumerate(goals, start=1):
        if number < len(goals):
            after = goals[number]
            goal = Pose2D(goal.x, goal.y, math.atan2(after.y - goal.y, after.x - goal.x))
        path = plan(start, goal)
        legs.append(path.poses if number == len(goals) else path.poses[:-1])
        start = goal
    return Path(path.stamp_s, np.vstack(legs))
