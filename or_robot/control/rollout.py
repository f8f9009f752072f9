"""What sequences of commands do to the base, and what that costs."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.control.reference import LEFT, YAW, V, X, Y, follow, nearest, ramp, speed_at
from or_robot.control.surroundings import box_distance, clearance, distance_at_least

COLLISION = 1000.0
"""Cost of touching; no sum of the other terms comes near it."""
SEARCH = 12
"""Points of the reference looked at for each step; more than one step can pass."""
LEAVE = 0.003
"""m that a robot closer than the hard clearance may still come nearer: the scan is not exact."""
NEAR_SPEED, SPEED_PER_GAP = 0.3, 0.4
SLOW_GAP, SLOW_PER_CLOSING = 0.6, 0.6
"""m/s close to people, m/s more per m of gap beyond: m, and s for each m/s they come nearer."""
TOUCH = 0.2
"""m: a person predicted so near is as good as touched, whoever moves."""
(
    CLEARANCE, TOO_FAST, NEAR_PERSON, AT_PERSON, OFF_PATH, HEADING, REVERSE, JERK, TIME_LEFT, TURN,
) = range(10)  # fmt: skip
"""Columns of the weights."""


@njit(cache=True, fastmath=True)
def near_people(
    people: NDArray[np.float64],
    x: float,
    y: float,
    yaw: float,
    v: float,
    ahead_s: float,
    body: NDArray[np.float64],
) -> tuple[float, float]:
    """Gap to the nearest of people (n, 5) `ahead_s` from now, m, and the speed they leave, m/s.

    The speed shrinks towards who is ahead as the separation of ISO/TS 15066 does, of which
    `SLOW_GAP` and `SLOW_PER_CLOSING` are the straight line through its lower part.
    """
    least, cap = math.inf, math.inf
    cos, sin = math.cos(yaw), math.sin(yaw)
    for n in range(len(people)):
        dx = people[n, 0] + people[n, 2] * ahead_s - x
        dy = people[n, 1] + people[n, 3] * ahead_s - y
        along, aside = cos * dx + sin * dy, cos * dy - sin * dx
        gap = box_distance(along, aside, body[0], body[1]) - people[n, 4]
        least = min(least, gap)
        if along * v > 0.0:
            distance = max(math.hypot(dx, dy), 1e-3)
            closing = max(-(people[n, 2] * dx + people[n, 3] * dy) / distance, 0.0)
            free = gap - SLOW_GAP - SLOW_PER_CLOSING * closing
            cap = min(cap, NEAR_SPEED + SPEED_PER_GAP * max(free, 0.0))
    return least, cap


@njit(cache=True, fastmath=True)
def rollout_costs(
    commands: NDArray[np.float64],
    state: NDArray[np.float64],
    step: float,
    body: NDArray[np.float64],
    base: NDArray[np.float64],
    points: NDArray[np.float64],
    first: NDArray[np.int64],
    coarse: NDArray[np.float32],
    people: NDArray[np.float64],
    reference: NDArray[np.float64],
    keep: NDArray[np.float64],
    weights: NDArray[np.float64],
    margin: float,
) -> NDArray[np.float64]:
    """Cost of each sequence of commands; → (samples,).

    commands (samples, steps, 2) v, w; state x, y, yaw, v, w in base_link of now and the last
    command v, w; body half length, half width; base: gain, rise, fall of v and gain, rise of w a
    step; people (n, 5) x, y, vx, vy, radius; reference (m, 6): see `reference`; keep: hard and soft
    clearance, speed per clearance, distance to people, time before the state (s). A rollout that
    can no longer come within `margin` of the best so far is broken off; its cost is then a lower
    bound.
    """
    samples, steps = commands.shape[0], commands.shape[1]
    result = np.empty(samples)
    soft, gain, apart = keep[1], keep[2], keep[3]
    now = clearance(points, first, state[0], state[1], state[2], body[0], body[1], soft)
    hard = max(min(keep[0], now - LEAVE), 0.001)
    radius = math.hypot(body[0], body[1])
    best = math.inf
    for k in range(samples):
        x, y, yaw, v, w, cv, cw = state
        cost, at, gap = 0.0, 0, now
        for t in range(steps):
            asked_v, asked_w = commands[k, t, 0], commands[k, t, 1]
            if len(people):
                near, cap = near_people(people, x, y, yaw, asked_v, t * step + keep[4], body)
                if near < apart:
                    share = min((apart - near) / apart, 2.0)
                    cost += weights[NEAR_PERSON] * step * share * share * (0.3 + abs(v))
                if near < TOUCH:
                    depth = min((TOUCH - near) / TOUCH, 2.0)
                    cost += weights[AT_PERSON] * step * depth * (0.5 + abs(v))
                if abs(asked_v) > cap:  # slower along the same arc, as the safety gate does it
                    asked_v, asked_w = asked_v * cap / abs(asked_v), asked_w * cap / abs(asked_v)
            old_v, old_w = v, w
            cv = ramp(cv, asked_v, base[1], base[2])
            cw = ramp(cw, asked_w, base[4], base[4])
            v = follow(v, cv, base[0], base[1], base[2])
            w = follow(w, cw, base[3], base[4], base[4])
            middle = yaw + 0.25 * (old_w + w) * step
            mx = x + 0.25 * (old_v + v) * step * math.cos(middle)
            my = y + 0.25 * (old_v + v) * step * math.sin(middle)
            x += 0.5 * (old_v + v) * step * math.cos(middle)
            y += 0.5 * (old_v + v) * step * math.sin(middle)
            yaw += 0.5 * (old_w + w) * step
            moved = (abs(old_v + v) + radius * abs(old_w + w)) * 0.5 * step
            before, gap = gap, soft
            if distance_at_least(coarse, x, y) < radius + soft:
                gap = clearance(points, first, x, y, yaw, body[0], body[1], soft)
            least = gap
            if min(gap, before) - 0.5 * moved < hard and moved > 0.03:
                between = yaw - 0.25 * (old_w + w) * step
                least = clearance(points, first, mx, my, between, body[0], body[1], gap)
            if least < hard and moved > 0.1 * step * 0.1:
                cost += COLLISION * (1.0 + (steps - t) / steps) + 2000.0 * (hard - least)
                break
            if least < soft:
                cost += weights[CLEARANCE] * step * ((soft - least) / soft) ** 2
                fast = abs(v) - speed_at(least, hard, gain)
                if fast > 0.0:
                    cost += weights[TOO_FAST] * step * fast * fast
            at = nearest(reference, x, y, yaw, at, at + SEARCH)
            off = math.hypot(x - reference[at, X], y - reference[at, Y])
            cost += weights[OFF_PATH] * step * min(off * off, 1.0)
            cost += weights[HEADING] * step * (1.0 - math.cos(yaw - reference[at, YAW]))
            if v < 0.0 and reference[at, V] >= 0.0:
                cost -= weights[REVERSE] * step * v
            cost += weights[JERK] * ((v - old_v) ** 2 + 0.3 * (w - old_w) ** 2)
            cost += weights[TURN] * step * w * w
            # nothing gets on faster than the reference at twice its pace
            rest = reference[at, LEFT] - 2.0 * step * (steps - t - 1) - 0.3
            if cost + weights[TIME_LEFT] * max(rest, 0.0) > best + margin:
                cost += margin + weights[TIME_LEFT] * max(rest, 0.0)
                break
        cost += weights[TIME_LEFT] * _time_left(reference, at, x, y)
        result[k] = cost
        best = min(best, cost)
    return result


@njit(cache=True, fastmath=True)
def _time_left(reference: NDArray[np.float64], at: int, x: float, y: float) -> float:
    """s from the place beside point `at` to the end of the reference."""
    speed = reference[at, V]
    if abs(speed) < 1e-3:
        return reference[at, LEFT]
    dx, dy = x - reference[at, X], y - reference[at, Y]
    ahead = dx * math.cos(reference[at, YAW]) + dy * math.sin(reference[at, YAW])
    return reference[at, LEFT] - min(max(ahead / speed, -0.1), 0.1)
