"""Speeds that keep distance from people, by the separation terms of ISO/TS 15066, 5.5.4.2.3.

The protective separation is Sp = vh·(Tr + Ts) + vr·Tr + vr²/2a + C + Zd + Zr: vh how fast the
person comes nearer, vr the robot, Ts = v/a its time to stop. Solved for the robot's speed v, of
which vr = v·cos θ goes towards the person. Used as a cap, not as a stop: docs/decisions.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.config.safety import SafetyConfig
from or_robot.geometry.pose import Pose2D
from or_robot.safety import limits
from or_robot.safety.stop_field import clearance
from or_robot.types.motion import Track, Twist2D

AHEAD = 0.7
"""Cosine: what is within 45° of the way the robot drives is ahead."""
TRACK_REACH = 0.6
"""m around a track within which a return belongs to that person."""
TOUCH_SPREAD = 0.15
"""m from the hull's nearest point within which somebody's step ends; an estimate: half a foot's
length and the error of their place."""
LOOK_S, LOOKS = 2.0, 11
"""s that a person's way is looked ahead, at so many moments."""


def in_base(tracks: tuple[Track, ...], pose: Pose2D) -> NDArray[np.float64]:
    """(n, 5) x, y, vx, vy, radius in base_link, of tracks in the map frame."""
    if not tracks:
        return np.empty((0, 5))
    to_base = pose.inverse()
    turn = Pose2D(0.0, 0.0, to_base.yaw)
    positions = to_base.transform(np.stack([track.position for track in tracks]))
    velocities = turn.transform(np.stack([track.velocity for track in tracks]))
    return np.column_stack((positions, velocities, [track.radius for track in tracks]))


def tracked_speed(
    people: NDArray[np.float64], twist: Twist2D, config: SafetyConfig, robot: RobotConfig
) -> float:
    """m/s that keeps the separation from everybody tracked; inf when nobody is near.

    people: (n, 5) as `in_base` gives them. Separation alone never asks for less than `near_speed`;
    who is about to walk into the robot does: it shall stand by the time they touch it. Who stands
    beside it may take a step at any moment: there the hull moves at `beside_speed`, or at what
    stops before that step is done.
    """
    if not len(people):
        return math.inf
    gaps, towards = _nearest(people[:, :2], robot)
    gaps -= people[:, 4]
    closing = np.maximum(-np.sum(people[:, 2:4] * towards, axis=1), 0.0)
    share = _share_towards(towards, twist)
    separate = _largest_speed(gaps - _static_terms(config), closing, share, config)
    separate[share <= 0.0] = math.inf
    standing = _largest_speed(gaps - config.margin, closing, share, config)
    comes = _about_to_touch(people, config, robot) & (closing > config.standing_speed)
    standing[~comes] = math.inf
    free = gaps + people[:, 4] - config.body_radius
    beside = _before_a_step(free, closing, config.beside_speed, config)
    beside *= _pace_for_touch(people[:, :2], twist, robot)
    slow = np.minimum(np.maximum(separate, config.near_speed), beside)
    return float(np.min(np.minimum(slow, standing)))


def arrived_speed(
    points: NDArray[np.float64],
    people: NDArray[np.float64],
    twist: Twist2D,
    config: SafetyConfig,
    robot: RobotConfig,
) -> float:
    """m/s for returns (n, 2) that have just come near: the rule for who may step against the robot,
    from where they really are, and without a creep: beside who moves the robot stands. They come on
    as fast as whoever is tracked there; walking, if nobody is."""
    if not len(points):
        return math.inf
    gaps, towards = _nearest(points, robot)
    off = np.hypot(*(points[:, None, :] - people[None, :, :2]).transpose(2, 0, 1))
    coming = np.maximum(-towards @ people[:, 2:4].T, 0.0)
    closing = np.max(np.where(off <= TRACK_REACH, coming, -np.inf), axis=1, initial=-np.inf)
    closing[np.isinf(closing)] = config.walking_speed
    beside = _before_a_step(gaps - config.margin, closing, 0.0, config)
    return float(np.min(beside * _pace_for_touch(points, twist, robot)))


def untracked_speed(
    points: NDArray[np.float64], twist: Twist2D, config: SafetyConfig, robot: RobotConfig
) -> float:
    """m/s for returns (n, 2) in base_link that are neither wall nor track: somebody may walk up."""
    if not len(points):
        return math.inf
    gaps, towards = _nearest(points, robot)
    share = _share_towards(towards, twist)
    ahead = share > AHEAD
    if not np.any(ahead):
        return math.inf
    closing = np.full(np.count_nonzero(ahead), config.walking_speed)
    free = gaps[ahead] - _static_terms(config)
    speeds = _largest_speed(free, closing, share[ahead], config)
    return max(config.near_speed, float(np.min(speeds)))


def _static_terms(config: SafetyConfig) -> float:
    """C + Zd + Zr, m."""
    return config.intrusion + config.uncertainty


def _nearest(
    points: NDArray[np.float64], robot: RobotConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n,) gaps from the footprint to points (n, 2), and (n, 2) unit vectors across them."""
    half = np.array([robot.length, robot.width]) / 2.0
    across = points - np.clip(points, -half, half)
    gaps = np.hypot(across[:, 0], across[:, 1])
    inside = gaps < 1e-6
    across[inside] = points[inside]
    lengths = np.maximum(np.hypot(across[:, 0], across[:, 1]), 1e-6)
    return gaps, across / lengths[:, None]


def _share_towards(towards: NDArray[np.float64], twist: Twist2D) -> NDArray[np.float64]:
    """(n,) cosine between the way the robot drives and each direction; 0 where it drives away."""
    if twist.linear == 0.0:
        return np.zeros(len(towards))
    return np.maximum(math.copysign(1.0, twist.linear) * towards[:, 0], 0.0)


def _largest_speed(
    free: NDArray[np.float64],
    closing: NDArray[np.float64],
    share: NDArray[np.float64],
    config: SafetyConfig,
) -> NDArray[np.float64]:
    """(n,) largest v ≥ 0 with vh·(Tr + v/a) + v·cos·Tr + (v·cos)²/2a ≤ free; inf if any v does."""
    square = share**2 / (2.0 * config.braking)
    slope = closing / config.braking + share * config.reaction_time
    rest = np.maximum(free - closing * config.reaction_time, 0.0)
    root = slope + np.sqrt(slope**2 + 4.0 * square * rest)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # 2c / (b + √(b² + 4ac)): also right where nothing is square, or nothing comes nearer
        return np.where(root > 0.0, 2.0 * rest / root, np.inf)


def _before_a_step(
    free: NDArray[np.float64], closing: NDArray[np.float64], least: float, config: SafetyConfig
) -> NDArray[np.float64]:
    """(n,) m/s from which the robot stands before somebody who sets off now has come `free` m, or
    `least`; inf from `near_speed` on: only near people a step counts."""
    way = 2.0 * config.step_acceleration * np.maximum(free, 0.0)
    comes_s = (np.sqrt(closing**2 + way) - closing) / config.step_acceleration
    speed = config.braking * (comes_s - config.reaction_time)
    return np.where(speed < config.near_speed, np.maximum(speed, least), np.inf)


def _pace_for_touch(
    people: NDArray[np.float64], twist: Twist2D, robot: RobotConfig
) -> NDArray[np.float64]:
    """(n,) the twist's pace over the speed of the hull where people (n, 2) may touch it: on the
    outer side of an arc it is the faster part that they meet, on the inner side the slower."""
    half = np.array([robot.length, robot.width]) / 2.0
    nearest = np.clip(people, -half, half)
    touched = limits.speed_at(nearest, twist) + abs(twist.angular) * TOUCH_SPREAD
    pace = limits.pace(twist, robot)
    return pace / touched if pace > 0.0 else np.ones(len(people))


def _about_to_touch(
    people: NDArray[np.float64], config: SafetyConfig, robot: RobotConfig
) -> NDArray[np.bool_]:
    """(n,) whose way, if they go on, leads nearer than `passing_gap` past the robot as it is."""
    times = np.linspace(0.0, LOOK_S, LOOKS)[:, None, None]
    way = people[None, :, :2] + times * people[None, :, 2:4]
    gaps = clearance(way, robot) - people[:, 4]
    return np.asarray(np.min(gaps, axis=0) <= config.passing_gap)
