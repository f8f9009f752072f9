"""What a sequence of commands does to the base, and what that costs."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.control.surroundings import box_distance, clearance, distance_at_least

COLLISION = 1000.0
"""Cost of touching; no sum of the other terms comes near it."""


SEARCH = 12
"""Points of the path looked at for each step; more than one step can pass."""


@njit(cache=True, fastmath=True)
def follow(value: float, command: float, gain: float, rise: float, fall: float) -> float:
    """Velocity one step later: first-order lag within the limits of acceleration.

    gain: 1 - exp(-step/lag); rise, fall: largest change away from and towards zero.
    """
    change = (command - value) * gain
    limit = rise if value * change >= 0.0 else fall
    return value + min(max(change, -limit), limit)


@njit(cache=True, fastmath=True)
def nearest_on_path(path: NDArray[np.float64], x: float, y: float, since: int) -> tuple[int, float]:
    """Index of the nearest point a little from index `since` on, and its squared distance."""
    best, at = math.inf, since
    for n in range(since, min(since + SEARCH, len(path))):
        gap = (path[n, 0] - x) ** 2 + (path[n, 1] - y) ** 2
        if gap < best:
            best, at = gap, n
    return at, best


@njit(cache=True, fastmath=True)
def rollout_costs(
    commands: NDArray[np.float64],
    state: NDArray[np.float64],
    step: float,
    body: NDArray[np.float64],
    limits: NDArray[np.float64],
    points: NDArray[np.float64],
    first: NDArray[np.int64],
    coarse: NDArray[np.float32],
    people: NDArray[np.float64],
    path: NDArray[np.float64],
    keep: NDArray[np.float64],
    weights: NDArray[np.float64],
    margin: float,
) -> NDArray[np.float64]:
    """Cost of each sequence of commands; → (samples,).

    commands (samples, steps, 2) v, w; state x, y, yaw, v, w in base_link of now; body half
    length, half width; limits gain, rise, fall of v and of w per step; people (n, 5) x, y, vx,
    vy, radius; path (m, 4) x, y, yaw, way left to its end; keep: hard and soft clearance, distance
    to people; weights in the order of `predictive.WEIGHTS`. A rollout that can no longer come
    within `margin` of the best so far is broken off; its cost is then a lower bound.
    """
    samples, steps = commands.shape[0], commands.shape[1]
    result = np.empty(samples)
    hard, soft, apart = keep[0], keep[1], keep[2]
    far = math.hypot(body[0], body[1]) + soft
    best, fastest = math.inf, np.abs(commands[:, :, 0]).max()
    for k in range(samples):
        x, y, yaw, v, w = state[0], state[1], state[2], state[3], state[4]
        cost, at = 0.0, 0
        for t in range(steps):
            old_v, old_w = v, w
            v = follow(v, commands[k, t, 0], limits[0], limits[1], limits[2])
            w = follow(w, commands[k, t, 1], limits[3], limits[4], limits[4])
            middle = yaw + 0.25 * (old_w + w) * step
            x += 0.5 * (old_v + v) * step * math.cos(middle)
            y += 0.5 * (old_v + v) * step * math.sin(middle)
            yaw += 0.5 * (old_w + w) * step
            gap = soft
            if distance_at_least(coarse, x, y) < far:
                gap = clearance(points, first, x, y, yaw, body[0], body[1], soft)
            if gap < hard and (abs(v) > 0.01 or abs(w) > 0.01):
                cost += COLLISION * (1.0 + (steps - t) / steps) + 2000.0 * (hard - gap)
                break
            if gap < soft:
                cost += weights[0] * step * ((soft - gap) / soft) ** 2
            for n in range(len(people)):
                ahead = (t + 1) * step
                dx = people[n, 0] + people[n, 2] * ahead - x
                dy = people[n, 1] + people[n, 3] * ahead - y
                cos, sin = math.cos(yaw), math.sin(yaw)
                near = box_distance(cos * dx + sin * dy, cos * dy - sin * dx, body[0], body[1])
                near -= people[n, 4]
                if near < apart:
                    share = (apart - near) / apart
                    cost += weights[1] * step * share * share * (0.1 + abs(v))
                    if near < hard and abs(v) > 0.05:
                        cost += weights[2] * step
            at, off = nearest_on_path(path, x, y, at)
            cost += weights[3] * step * min(off, 1.0)
            cost += weights[4] * step * (1.0 - math.cos(yaw - path[at, 2]))
            if v < 0.0:
                cost -= weights[5] * step * v
            cost += weights[6] * ((v - old_v) ** 2 + 0.3 * (w - old_w) ** 2)
            cost += weights[8] * step * w * w
            ahead = max(abs(v), fastest) * step * (steps - t - 1) + 0.3
            if cost + weights[7] * max(path[at, 3] - ahead, -0.05) > best + margin:
                cost += margin
                break
        dx, dy = x - path[at, 0], y - path[at, 1]
        ahead = dx * math.cos(path[at, 2]) + dy * math.sin(path[at, 2])
        cost += weights[7] * (path[at, 3] - min(max(ahead, -0.05), 0.05))
        result[k] = cost
        best = min(best, cost)
    return result
