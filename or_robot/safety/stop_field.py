"""Stop field: the footprint swept along the commanded arc for as long as stopping takes.

As the personnel detection of driverless trucks (ISO 3691-4), but along the arc and from every
return of the raw scan, trusting no perception. A twist is swept at constant velocity for its
stopping time `Tr + v / 2a` (the distance v·Tr + v²/2a), the longer one of driving and turning.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.config.safety import SafetyConfig
from or_robot.types.motion import Twist2D

SWEEP_STEP = 0.04
"""m a corner of the footprint moves between two tested poses: below the margin, so that nothing
thicker than a lidar's noise slips between them."""

NOT_CLOSER = 0.001
"""m: what already stands inside the closest margin may stay, but not come this much closer."""

SETTLED_CLEARANCE = 0.01
"""m a motion may come nearer than now, when the robot already stands closer than the margin."""


def braking_slope(twist: Twist2D, config: SafetyConfig) -> float:
    """s that braking adds to the sweep of a twist beyond the reaction time."""
    return max(
        abs(twist.linear) / (2.0 * config.braking),
        abs(twist.angular) / (2.0 * config.yaw_braking),
    )


def stopping_time(twist: Twist2D, config: SafetyConfig) -> float:
    """s at constant twist that cover the way until standstill."""
    return config.reaction_time + braking_slope(twist, config)


def clearance(points: NDArray[np.float64], robot: RobotConfig) -> NDArray[np.float64]:
    """(...,) m from points (..., 2) in base_link to the footprint; negative inside."""
    beyond = np.abs(points) - np.array([robot.length, robot.width]) / 2.0
    outside = np.hypot(np.maximum(beyond[..., 0], 0.0), np.maximum(beyond[..., 1], 0.0))
    return outside + np.minimum(np.max(beyond, axis=-1), 0.0)


def free_time(
    points: NDArray[np.float64],
    twist: Twist2D,
    horizon_s: float,
    config: SafetyConfig,
    robot: RobotConfig,
) -> float:
    """s the robot can follow `twist` before a point comes into its margin; `horizon_s` if none.

    points: (n, 2) m in base_link. A robot that already stands closer than the margin may still
    move where it does not come closer: otherwise a wall beside it would hold it forever.
    """
    corner = math.hypot(robot.length, robot.width) / 2.0
    corner_speed = abs(twist.linear) + abs(twist.angular) * corner
    reach = corner + config.margin + abs(twist.linear) * horizon_s
    near = points[np.hypot(points[:, 0], points[:, 1]) <= reach]
    if not near.size or corner_speed == 0.0:
        return horizon_s
    steps = math.ceil(corner_speed * horizon_s / SWEEP_STEP) + 1
    times = np.linspace(0.0, horizon_s, steps + 1)[1:]
    now = clearance(near, robot)
    settled = float(np.min(now)) - SETTLED_CLEARANCE
    margin = min(config.margin, max(config.closest_margin, settled))
    allowed = np.minimum(margin, now - NOT_CLOSER)
    blocked = np.any(clearance(_seen_along(near, twist, times), robot) < allowed, axis=1)
    first = int(np.argmax(blocked))
    # the pose before the first blocked one is the last that is known to be free
    return float(times[first] - times[0]) if blocked[first] else horizon_s


def allowed_share(
    points: NDArray[np.float64], twist: Twist2D, config: SafetyConfig, robot: RobotConfig
) -> float:
    """Largest share (0 to 1) of `twist` whose slow-down field, on the same arc, is free."""
    slope = braking_slope(twist, config)
    horizon = config.warning_factor * (config.reaction_time + slope)
    free = free_time(points, twist, horizon, config, robot)
    if free >= horizon or slope == 0.0:
        return 1.0
    # share·(Tr + share·slope)·factor = free, solved for the share
    reaction = config.reaction_time
    root = math.sqrt(reaction**2 + 4.0 * slope * free / config.warning_factor)
    return min(1.0, (root - reaction) / (2.0 * slope))


def occupied(
    points: NDArray[np.float64], twist: Twist2D, config: SafetyConfig, robot: RobotConfig
) -> bool:
    """Whether anything is in the stop field of `twist`."""
    horizon = stopping_time(twist, config)
    return free_time(points, twist, horizon, config, robot) < horizon


def _seen_along(
    points: NDArray[np.float64], twist: Twist2D, times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(times, n, 2) points as seen from the poses reached by a constant twist."""
    yaw = twist.angular * times
    # sin(yaw)/w and (1-cos(yaw))/w, both well behaved for w → 0
    x = twist.linear * times * np.sinc(yaw / np.pi)
    y = twist.linear * times * np.sinc(yaw / (2.0 * np.pi)) * np.sin(yaw / 2.0)
    cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
    dx, dy = points[None, :, 0] - x[:, None], points[None, :, 1] - y[:, None]
    return np.stack((cos * dx + sin * dy, cos * dy - sin * dx), axis=-1)
