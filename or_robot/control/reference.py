"""A path made into a timed reference, and a tracker that follows it within the base's limits."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.control.surroundings import clearance, distance_at_least

X, Y, YAW, LEFT, V, W = range(6)
"""Columns of a reference: pose (m, rad), time left to the end (s), velocities to there."""

FORWARD_GAIN, SIDE_GAIN, HEADING_GAIN = 1.5, 6.0, 2.5
"""kx 1/s, ky 1/m², kθ 1/s of the tracking law."""
WAIT_FOR = 0.15
"""m off the reference pose from which on the reference waits."""
SLOWEST = 0.05
"""m/s that the speed never falls below for the sake of clearance."""
TURN_LENGTH = 0.3
"""m that a heading off by 1 rad counts as, when the nearest point is looked for."""
LOOK_AHEAD = 16
"""First points of a reference among which the tracker looks for its own place."""
TURN_SHARE = 0.6
"""Of the limits, for following a path; the rest is left for corrections."""


@njit(cache=True, fastmath=True)
def wrap(angle: float) -> float:
    return angle - 2.0 * math.pi * math.floor((angle + math.pi) / (2.0 * math.pi))


@njit(cache=True, fastmath=True)
def speed_at(gap: float, hard: float, gain: float) -> float:
    """Speed that a clearance allows, m/s."""
    return SLOWEST + gain * max(gap - hard, 0.0)


@njit(cache=True, fastmath=True)
def make_reference(
    path: NDArray[np.float64],
    speed_now: float,
    limits: NDArray[np.float64],
    points: NDArray[np.float64],
    first: NDArray[np.int64],
    coarse: NDArray[np.float32],
    body: NDArray[np.float64],
    keep: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Time a path (m, 3) of x, y, yaw → (m, 6), columns as above.

    limits: forward and reverse speed, yaw rate, acceleration, deceleration, yaw acceleration,
    speed at the end of the path; keep: hard and soft clearance, speed per clearance (1/s). Backward
    where a step goes against its heading, turning on the spot where it goes nowhere.
    """
    count = len(path)
    result = np.zeros((count, 6))
    result[:, :3] = path[:, :3]
    top = np.full(count, limits[0])
    far = math.hypot(body[0], body[1]) + keep[1]
    for n in range(count):
        if distance_at_least(coarse, path[n, 0], path[n, 1]) < far:
            x, y, yaw = path[n, 0], path[n, 1], path[n, 2]
            gap = clearance(points, first, x, y, yaw, body[0], body[1], keep[1])
            if gap < keep[1]:
                top[n] = min(top[n], speed_at(gap, keep[0], keep[2]))
    top[count - 1] = min(top[count - 1], limits[6])
    gear = np.zeros(count)
    for n in range(count - 1):
        dx, dy = path[n + 1, 0] - path[n, 0], path[n + 1, 1] - path[n, 1]
        way, turn = math.hypot(dx, dy), abs(wrap(path[n + 1, 2] - path[n, 2]))
        if way < 1e-3:
            gear[n], top[n], top[n + 1] = 0.0, min(top[n], SLOWEST), min(top[n + 1], SLOWEST)
            continue
        ahead = dx * math.cos(path[n, 2]) + dy * math.sin(path[n, 2])
        gear[n] = 1.0 if ahead >= 0.0 else -1.0
        if gear[n] < 0.0:
            top[n] = min(top[n], limits[1])
        if n and gear[n] != gear[n - 1]:
            top[n] = min(top[n], SLOWEST)
        curvature = turn / way
        if curvature > 1e-6:
            bend = min(TURN_SHARE * limits[2], math.sqrt(limits[5]) * 1.2) / curvature
            top[n] = min(top[n], max(bend, SLOWEST))
            top[n + 1] = min(top[n + 1], max(bend, SLOWEST))
    for n in range(count - 2, -1, -1):
        way = math.hypot(path[n + 1, 0] - path[n, 0], path[n + 1, 1] - path[n, 1])
        top[n] = min(top[n], math.sqrt(top[n + 1] ** 2 + 1.2 * limits[4] * way))
    top[0] = min(top[0], max(abs(speed_now), SLOWEST))
    for n in range(count - 1):
        way = math.hypot(path[n + 1, 0] - path[n, 0], path[n + 1, 1] - path[n, 1])
        top[n + 1] = min(top[n + 1], math.sqrt(top[n] ** 2 + 1.6 * limits[3] * way))
    for n in range(count - 2, -1, -1):
        way = math.hypot(path[n + 1, 0] - path[n, 0], path[n + 1, 1] - path[n, 1])
        turn = wrap(path[n + 1, 2] - path[n, 2])
        mean = max(0.5 * (top[n] + top[n + 1]), SLOWEST)
        spent = max(way / mean, abs(turn) / (TURN_SHARE * limits[2]), 1e-6)
        result[n, LEFT] = result[n + 1, LEFT] + spent
        result[n, V], result[n, W] = gear[n] * way / spent, turn / spent
    return result


@njit(cache=True, fastmath=True)
def nearest(
    reference: NDArray[np.float64], x: float, y: float, yaw: float, since: int, until: int
) -> int:
    """Index of the point nearest to a pose (m, rad) among since … until − 1; ends are clipped."""
    best, at = math.inf, since
    for n in range(since, min(until, len(reference))):
        off = (reference[n, X] - x) ** 2 + (reference[n, Y] - y) ** 2
        off += (TURN_LENGTH * wrap(reference[n, YAW] - yaw)) ** 2
        if off < best:
            best, at = off, n
    return at


@njit(cache=True, fastmath=True)
def track(
    reference: NDArray[np.float64],
    state: NDArray[np.float64],
    pace: float,
    lead: float,
    aside: float,
    step: float,
    limits: NDArray[np.float64],
    base: NDArray[np.float64],
    commands: NDArray[np.float64],
) -> None:
    """Fill commands (steps, 2): the reference followed in closed loop by a model of the base.

    The law of Kanayama et al. 1990, its reference `lead` s ahead of the place on the path, at
    `pace` times its speed; passes `aside` m to the left of it. state, base: as in `rollout`.
    """
    count = len(reference)
    x, y, yaw, v, w, cv, cw = state
    at = nearest(reference, x, y, yaw, 0, LOOK_AHEAD)
    left = reference[at, LEFT]
    for t in range(len(commands)):
        ahead = max(left - lead * pace, 0.0)
        n = at
        while n < count - 1 and reference[n + 1, LEFT] >= ahead:
            n += 1
        m = min(n + 1, count - 1)
        span = reference[n, LEFT] - reference[m, LEFT]
        share = (reference[n, LEFT] - ahead) / span if span > 0.0 else 0.0
        rx = reference[n, X] + share * (reference[m, X] - reference[n, X])
        ry = reference[n, Y] + share * (reference[m, Y] - reference[n, Y])
        shift = aside * min(1.0, (t + 1) * step)
        rx, ry = rx - shift * math.sin(reference[n, YAW]), ry + shift * math.cos(reference[n, YAW])
        turn = reference[n, YAW] + share * wrap(reference[m, YAW] - reference[n, YAW])
        rv, rw = pace * reference[n, V], pace * reference[n, W]
        cos, sin = math.cos(yaw), math.sin(yaw)
        along = cos * (rx - x) + sin * (ry - y) - lead * rv
        beside = cos * (ry - y) - sin * (rx - x)
        off = wrap(turn - yaw)
        sense = 1.0 if rv >= 0.0 else -1.0
        forward = rv * math.cos(off) + FORWARD_GAIN * along
        rate = rw + SIDE_GAIN * abs(rv) * beside * sense + HEADING_GAIN * math.sin(off)
        if abs(off) > 1.2:
            forward = 0.0
            rate = math.copysign(TURN_SHARE * limits[2], off)
        commands[t, 0] = min(max(forward, -limits[1]), limits[0])
        commands[t, 1] = min(max(rate, -limits[2]), limits[2])
        cv = ramp(cv, commands[t, 0], base[1], base[2])
        cw = ramp(cw, commands[t, 1], base[4], base[4])
        old_v, old_w = v, w
        v = follow(v, cv, base[0], base[1], base[2])
        w = follow(w, cw, base[3], base[4], base[4])
        middle = yaw + 0.25 * (old_w + w) * step
        x += 0.5 * (old_v + v) * step * math.cos(middle)
        y += 0.5 * (old_v + v) * step * math.sin(middle)
        yaw += 0.5 * (old_w + w) * step
        while at < n:
            at += 1
        waits = math.hypot(along, beside) > WAIT_FOR or abs(off) > 1.2
        left = max(left - (0.2 if waits else 1.0) * pace * step, 0.0)


@njit(cache=True, fastmath=True)
def follow(value: float, command: float, gain: float, rise: float, fall: float) -> float:
    """Velocity one step later: first-order lag within the limits of acceleration.

    gain: 1 - exp(-step/lag); rise, fall: largest change away from and towards zero.
    """
    change = (command - value) * gain
    limit = rise if value * change >= 0.0 else fall
    return value + min(max(change, -limit), limit)


@njit(cache=True, fastmath=True)
def ramp(value: float, wanted: float, rise: float, fall: float) -> float:
    """A command one step later, on its way to the wanted one."""
    limit = fall if abs(wanted) < abs(value) else rise
    return value + min(max(wanted - value, -limit), limit)
