"""Shape of a cluster of beams, measured as its range allows (Arras, Mozos, Burgard: ICRA 2007)."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

NAMES = (
    "points", "range", "width", "length", "depth", "spread", "linearity", "line_error", "radius",
    "circle_error", "curvature", "inscribed_angle", "convexity", "fill", "jump_before",
    "jump_after", "jump_least", "regularity",
)  # fmt: skip
FAR_JUMP = 2.0
"""m: a longer jump in range tells nothing more."""


@njit(cache=True)
def shapes(
    points: NDArray[np.float64],
    beams: NDArray[np.intp],
    starts: NDArray[np.intp],
    stops: NDArray[np.intp],
    ranges: NDArray[np.float64],
    increment: float,
) -> NDArray[np.float64]:
    """(clusters, NAMES) of clusters of points (n, 2) in the sensor frame.

    ranges (beams,): the scan, its failed beams as 0 and those that hit nothing as its greatest
    range; increment: rad between beams.
    """
    found = np.zeros((starts.size, 18))
    for k in range(starts.size):
        _shape(points[starts[k] : stops[k]], found[k], abs(increment))
        jumps = _jumps(ranges, beams[starts[k]], beams[stops[k] - 1])
        found[k, 14], found[k, 15] = jumps
        found[k, 16] = min(jumps[0], jumps[1])
    return found


@njit(cache=True)
def _shape(p: NDArray[np.float64], out: NDArray[np.float64], increment: float) -> None:
    n = p.shape[0]
    cx, cy = p[:, 0].mean(), p[:, 1].mean()
    distance = math.hypot(cx, cy)
    sxx = syy = sxy = spread = length = 0.0
    near, far = 1e9, 0.0
    for i in range(n):
        dx, dy = p[i, 0] - cx, p[i, 1] - cy
        sxx += dx * dx
        syy += dy * dy
        sxy += dx * dy
        spread += math.hypot(dx, dy)
        r = math.hypot(p[i, 0], p[i, 1])
        near, far = min(near, r), max(far, r)
    mean_step, square_step = 0.0, 0.0
    for i in range(1, n):
        step = math.hypot(p[i, 0] - p[i - 1, 0], p[i, 1] - p[i - 1, 1])
        length += step
        mean_step += step
        square_step += step * step
    mean_step /= n - 1
    half_trace = (sxx + syy) / 2.0
    root = math.sqrt(max(half_trace**2 - (sxx * syy - sxy * sxy), 0.0))
    width = math.hypot(p[n - 1, 0] - p[0, 0], p[n - 1, 1] - p[0, 1])
    out[0] = n
    out[1] = distance
    out[2] = width
    out[3] = length
    out[4] = far - near
    out[5] = spread / n
    out[6] = (half_trace - root) / (half_trace + root + 1e-9)
    out[7] = math.sqrt(max(half_trace - root, 0.0) / n)
    out[8], out[9] = _circle(p, cx, cy)
    out[10], out[11], out[12] = _bend(p, cx, cy)
    out[13] = n * distance * increment / (width + 0.01)
    out[17] = math.sqrt(max(square_step / (n - 1) - mean_step**2, 0.0))


@njit(cache=True)
def _circle(p: NDArray[np.float64], cx: float, cy: float) -> tuple[float, float]:
    """Radius of the least squares circle (Kåsa), at most 1 m, and its root mean square error."""
    n = p.shape[0]
    suu = svv = suv = suz = svz = sz = 0.0
    for i in range(n):
        u, v = p[i, 0] - cx, p[i, 1] - cy
        z = u * u + v * v
        suu += u * u
        svv += v * v
        suv += u * v
        suz += u * z
        svz += v * z
        sz += z
    determinant = suu * svv - suv * suv
    if determinant < 1e-12:
        return 1.0, 0.0
    a = (suz * svv - svz * suv) / determinant / 2.0
    b = (svz * suu - suz * suv) / determinant / 2.0
    radius = math.sqrt(a * a + b * b + sz / n)
    error = 0.0
    for i in range(n):
        error += (math.hypot(p[i, 0] - cx - a, p[i, 1] - cy - b) - radius) ** 2
    return min(radius, 1.0), math.sqrt(error / n)


@njit(cache=True)
def _bend(p: NDArray[np.float64], cx: float, cy: float) -> tuple[float, float, float]:
    """Mean turn of the outline, mean angle in which its ends are seen from it, and how far its
    middle stands out towards the sensor beyond the line between its ends (m)."""
    n = p.shape[0]
    turn = angle = stand_out = 0.0
    ex, ey = p[n - 1, 0] - p[0, 0], p[n - 1, 1] - p[0, 1]
    chord = math.hypot(ex, ey) + 1e-9
    for i in range(1, n - 1):
        ax, ay = p[i, 0] - p[i - 1, 0], p[i, 1] - p[i - 1, 1]
        bx, by = p[i + 1, 0] - p[i, 0], p[i + 1, 1] - p[i, 1]
        turn += math.atan2(ax * by - ay * bx, ax * bx + ay * by)
        ux, uy = p[0, 0] - p[i, 0], p[0, 1] - p[i, 1]
        vx, vy = p[n - 1, 0] - p[i, 0], p[n - 1, 1] - p[i, 1]
        angle += abs(math.atan2(ux * vy - uy * vx, ux * vx + uy * vy))
        stand_out += (ex * (p[i, 1] - p[0, 1]) - ey * (p[i, 0] - p[0, 0])) / chord
    inner = max(n - 2, 1)
    # towards the sensor is positive, whichever way the beams turn
    side = 1.0 if ex * cy - ey * cx < 0.0 else -1.0
    return turn / inner * side, angle / inner, stand_out / inner * -side


@njit(cache=True)
def _jumps(ranges: NDArray[np.float64], first: int, last: int) -> tuple[float, float]:
    """m by which the scan goes further away just beside a cluster; negative: something nearer."""
    beams = ranges.size
    before = after = FAR_JUMP
    for step in range(1, 4):
        value = ranges[(first - step) % beams]
        if value > 0.0:
            before = value - ranges[first]
            break
    for step in range(1, 4):
        value = ranges[(last + step) % beams]
        if value > 0.0:
            after = value - ranges[last]
            break
    return min(max(before, -FAR_JUMP), FAR_JUMP), min(max(after, -FAR_JUMP), FAR_JUMP)
