"""How staff walk among walls, each other and the robot: the social-force model, compiled.

D. Helbing, P. Molnár: Social force model for pedestrian dynamics. Phys. Rev. E 51 (1995) 4282.
Kept of it: relaxation to the wanted velocity, the elliptical repulsion with its constants, the
angle of sight, the limit of speed. Walls repel over a shorter reach than there: hospital doors are
narrow. Interactions are turned a little, so that people who meet pass each other on the right.
Who walks into the robot stops there: placed from outside, a body would shove whatever it meets.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.geometry.distance_field import FAR, interpolate
from or_robot.scenario.people import LEG_RADIUS, TORSO_RADIUS

X, Y, YAW, VX, VY, GAIT, TARGET_X, TARGET_Y, GOING, CENTRE_X, CENTRE_Y, TOUCHED = range(12)
"""Columns of the state. CENTRE is the middle of the person's group; TOUCHED: has walked into the
robot."""
SPEED, ATTENTIVE, GROUP, TURN_RATE, NOSE, NOSE_RADIUS = range(6)
"""Columns of the traits. GROUP is -1 for none; NOSE is how far ahead what is pushed ends, m."""

LEG_SPREAD = 0.10
"""Of each leg sideways from the middle, m."""
GAIT_PERIOD_S = 1.1
"""Two steps (adult at ease: 100 to 115 steps a minute)."""
RELAXATION_S = 0.5
REPULSION = 2.1
"""V0 of the paper, m²/s²."""
REPULSION_REACH = 0.3
"""σ of the paper, m."""
STEP_AHEAD_S = 2.0
"""Δt of the paper: how far ahead people see others' steps."""
SIGHT = math.cos(math.radians(100.0))
BEHIND = 0.5
"""Weight of what is out of sight."""
FASTEST = 1.3
"""Nobody is faster than this times the own speed."""
WALL_PUSH, WALL_REACH = 5.0, 0.1
"""m/s² where the torso touches; m."""
GROUP_PULL, GROUP_SPREAD = 1.0, 1.0
"""m/s² towards friends further off than this, m."""
PASS_RIGHT = 0.25
"""rad that interactions are turned by."""
STRONGEST = 5.0
"""m/s²: no acceleration above it."""
TURN_FIRST = math.radians(60.0)
"""Somebody who stands turns on the spot when the way leads further aside than this."""
SLOW = 0.3
"""m/s: below it a person counts as standing when turning."""
STEPPING = 0.02
"""m/s: below it the legs rest."""


@njit(cache=True)
def step_crowd(
    state: NDArray[np.float64],
    traits: NDArray[np.float64],
    robot: NDArray[np.float64],
    doors: NDArray[np.float64],
    walls: NDArray[np.float64],
    left: float,
    low: float,
    resolution: float,
    dt: float,
) -> None:
    """Advance everybody by `dt` s, in place.

    state (n, 12), traits (n, 6): columns as above. robot (7,): x, y, yaw, vx, vy, half length, half
    width; m, rad, m/s in the map frame. doors (m, 4): segments closed now. walls: distance to the
    nearest, m, on a grid with the origin (left, low).
    """
    count = state.shape[0]
    push = np.zeros((count, 2))
    for i in range(count):
        if state[i, GOING] > 0.0 or math.hypot(state[i, VX], state[i, VY]) > 0.0:
            fx, fy = _drive(state, traits, i)
            gx, gy = _others(state, traits, robot, i)
            wx, wy = _walls(state, doors, walls, left, low, resolution, i)
            push[i, 0], push[i, 1] = fx + gx + wx, fy + gy + wy
    for i in range(count):
        _move(state, traits, robot, doors, walls, left, low, resolution, push[i], dt, i)


@njit(cache=True)
def _wrap(angle: float) -> float:
    return (angle + math.pi) % (2.0 * math.pi) - math.pi


@njit(cache=True)
def _drive(state: NDArray[np.float64], traits: NDArray[np.float64], i: int) -> tuple[float, float]:
    """Towards the target at the wanted speed, together with the group; or to a standstill."""
    vx, vy = state[i, VX], state[i, VY]
    if state[i, GOING] == 0.0:
        return -vx / RELAXATION_S, -vy / RELAXATION_S
    dx, dy = state[i, TARGET_X] - state[i, X], state[i, TARGET_Y] - state[i, Y]
    way = max(math.hypot(dx, dy), 1e-9)
    ex, ey = dx / way, dy / way
    aside = abs(_wrap(math.atan2(dy, dx) - state[i, YAW]))
    speed = traits[i, SPEED]
    if math.hypot(vx, vy) < SLOW and aside > TURN_FIRST:
        speed = 0.0
    pull_x = pull_y = 0.0
    if traits[i, GROUP] >= 0.0:
        cx, cy = state[i, CENTRE_X] - state[i, X], state[i, CENTRE_Y] - state[i, Y]
        off = math.hypot(cx, cy)
        if off > GROUP_SPREAD:
            pull_x, pull_y = GROUP_PULL * cx / off, GROUP_PULL * cy / off
        if cx * ex + cy * ey < -GROUP_SPREAD / 2.0:
            speed *= 0.5
    return (
        (speed * ex - vx) / RELAXATION_S + pull_x,
        (speed * ey - vy) / RELAXATION_S + pull_y,
    )


@njit(cache=True)
def _nose(state: NDArray[np.float64], traits: NDArray[np.float64], i: int) -> tuple[float, float]:
    """The foremost disc of a person: the own body, or the end of what is pushed."""
    ahead = traits[i, NOSE]
    return (
        state[i, X] + ahead * math.cos(state[i, YAW]),
        state[i, Y] + ahead * math.sin(state[i, YAW]),
    )


@njit(cache=True)
def _repulsion(
    dx: float, dy: float, vx: float, vy: float, ex: float, ey: float
) -> tuple[float, float]:
    """On somebody walking along (ex, ey), from what is at -(dx, dy) and moves with (vx, vy)."""
    yx, yy = vx * STEP_AHEAD_S, vy * STEP_AHEAD_S
    d = max(math.hypot(dx, dy), 0.01)
    qx, qy = dx - yx, dy - yy
    q = max(math.hypot(qx, qy), 0.01)
    b = 0.5 * math.sqrt(max((d + q) ** 2 - yx * yx - yy * yy, 1e-4))
    size = REPULSION / REPULSION_REACH * math.exp(-b / REPULSION_REACH) * (d + q) / (4.0 * b)
    fx, fy = size * (dx / d + qx / q), size * (dy / d + qy / q)
    force = math.hypot(fx, fy)
    if -(fx * ex + fy * ey) < force * SIGHT:
        fx, fy = BEHIND * fx, BEHIND * fy
    cos, sin = math.cos(PASS_RIGHT), math.sin(PASS_RIGHT)
    return cos * fx - sin * fy, sin * fx + cos * fy


@njit(cache=True)
def _others(
    state: NDArray[np.float64], traits: NDArray[np.float64], robot: NDArray[np.float64], i: int
) -> tuple[float, float]:
    x, y = _nose(state, traits, i)
    own = traits[i, NOSE_RADIUS]
    ex, ey = math.cos(state[i, YAW]), math.sin(state[i, YAW])
    fx = fy = 0.0
    for j in range(state.shape[0]):
        if j == i:
            continue
        nose_x, nose_y = _nose(state, traits, j)
        middle_x, middle_y = (state[j, X] + nose_x) / 2.0, (state[j, Y] + nose_y) / 2.0
        weight = 0.3 if traits[i, GROUP] >= 0.0 and traits[i, GROUP] == traits[j, GROUP] else 1.0
        best, best_x, best_y = 1e9, 0.0, 0.0
        for px, py in ((state[j, X], state[j, Y]), (middle_x, middle_y), (nose_x, nose_y)):
            gap = math.hypot(x - px, y - py)
            if gap < best:
                best, best_x, best_y = gap, px, py
        extra = own + traits[j, NOSE_RADIUS]
        shorten = max(best - extra, 0.01) / max(best, 0.01)
        dx, dy = (x - best_x) * shorten, (y - best_y) * shorten
        gx, gy = _repulsion(dx, dy, state[j, VX], state[j, VY], ex, ey)
        fx, fy = fx + weight * gx, fy + weight * gy
    if traits[i, ATTENTIVE] > 0.0:
        gap, nx, ny = _robot_normal(robot, x, y)
        free = max(gap - max(own, TORSO_RADIUS), 0.01)
        gx, gy = _repulsion(free * nx, free * ny, robot[3], robot[4], ex, ey)
        fx, fy = fx + gx, fy + gy
    return fx, fy


@njit(cache=True)
def _wall_normal(
    walls: NDArray[np.float64], left: float, low: float, resolution: float, x: float, y: float
) -> tuple[float, float, float]:
    """Distance to the nearest wall or furniture and the direction away from it."""
    h = resolution
    distance = interpolate(walls, left, low, resolution, x, y, FAR)
    east = interpolate(walls, left, low, resolution, x + h, y, FAR)
    west = interpolate(walls, left, low, resolution, x - h, y, FAR)
    north = interpolate(walls, left, low, resolution, x, y + h, FAR)
    south = interpolate(walls, left, low, resolution, x, y - h, FAR)
    gx, gy = east - west, north - south
    size = max(math.hypot(gx, gy), 1e-9)
    return distance, gx / size, gy / size


@njit(cache=True)
def _door_normal(door: NDArray[np.float64], x: float, y: float) -> tuple[float, float, float]:
    """Distance to a door's leaf and the direction away from it."""
    dx, dy = door[2] - door[0], door[3] - door[1]
    length2 = max(dx * dx + dy * dy, 1e-12)
    along = min(max(((x - door[0]) * dx + (y - door[1]) * dy) / length2, 0.0), 1.0)
    nx, ny = x - door[0] - along * dx, y - door[1] - along * dy
    gap = max(math.hypot(nx, ny), 1e-9)
    return gap, nx / gap, ny / gap


@njit(cache=True)
def _walls(
    state: NDArray[np.float64],
    doors: NDArray[np.float64],
    walls: NDArray[np.float64],
    left: float,
    low: float,
    resolution: float,
    i: int,
) -> tuple[float, float]:
    x, y = state[i, X], state[i, Y]
    distance, nx, ny = _wall_normal(walls, left, low, resolution, x, y)
    size = WALL_PUSH * math.exp((TORSO_RADIUS - distance) / WALL_REACH)
    fx, fy = size * nx, size * ny
    for k in range(doors.shape[0]):
        distance, nx, ny = _door_normal(doors[k], x, y)
        size = WALL_PUSH * math.exp((TORSO_RADIUS - distance) / WALL_REACH)
        fx, fy = fx + size * nx, fy + size * ny
    return fx, fy


@njit(cache=True)
def _foot(state: NDArray[np.float64], i: int, leg: int) -> tuple[float, float]:
    """Where the left (0) or right (1) leg is.

    The foot on the floor stands still while the body passes over it; the other swings forward
    (double-support phases are left out).
    """
    cos, sin = math.cos(state[i, YAW]), math.sin(state[i, YAW])
    stride = (cos * state[i, VX] + sin * state[i, VY]) * GAIT_PERIOD_S / 4.0
    side = LEG_SPREAD if leg == 0 else -LEG_SPREAD
    phase = (state[i, GAIT] + 0.5 * leg) % 1.0
    swing = 1.0 - 4.0 * phase if phase < 0.5 else 4.0 * phase - 3.0
    x = state[i, X] + cos * stride * swing - sin * side
    y = state[i, Y] + sin * stride * swing + cos * side
    return x, y


@njit(cache=True)
def _robot_normal(robot: NDArray[np.float64], x: float, y: float) -> tuple[float, float, float]:
    """Distance to the robot's rectangle and the direction away from it; its middle when inside."""
    cos, sin = math.cos(robot[2]), math.sin(robot[2])
    ahead = cos * (x - robot[0]) + sin * (y - robot[1])
    aside = cos * (y - robot[1]) - sin * (x - robot[0])
    nx = ahead - min(max(ahead, -robot[5]), robot[5])
    ny = aside - min(max(aside, -robot[6]), robot[6])
    gap = math.hypot(nx, ny)
    if gap == 0.0:
        nx, ny = ahead, aside
    size = max(math.hypot(nx, ny), 1e-9)
    return gap, (cos * nx - sin * ny) / size, (sin * nx + cos * ny) / size


@njit(cache=True)
def _touches(
    state: NDArray[np.float64], traits: NDArray[np.float64], robot: NDArray[np.float64], i: int
) -> bool:
    """Whether torso, a leg or what is pushed is at the robot."""
    if _robot_normal(robot, state[i, X], state[i, Y])[0] < TORSO_RADIUS:
        return True
    for leg in range(2):
        x, y = _foot(state, i, leg)
        if _robot_normal(robot, x, y)[0] < LEG_RADIUS:
            return True
    x, y = _nose(state, traits, i)
    return _robot_normal(robot, x, y)[0] < traits[i, NOSE_RADIUS]


@njit(cache=True)
def _slide(vx: float, vy: float, nx: float, ny: float) -> tuple[float, float]:
    """Velocity without what leads against the direction (nx, ny)."""
    into = min(vx * nx + vy * ny, 0.0)
    return vx - into * nx, vy - into * ny


@njit(cache=True)
def _move(
    state: NDArray[np.float64],
    traits: NDArray[np.float64],
    robot: NDArray[np.float64],
    doors: NDArray[np.float64],
    walls: NDArray[np.float64],
    left: float,
    low: float,
    resolution: float,
    push: NDArray[np.float64],
    dt: float,
    i: int,
) -> None:
    scale = min(1.0, STRONGEST / max(math.hypot(push[0], push[1]), 1e-9))
    vx, vy = state[i, VX] + scale * push[0] * dt, state[i, VY] + scale * push[1] * dt
    speed = math.hypot(vx, vy)
    scale = min(1.0, FASTEST * traits[i, SPEED] / max(speed, 1e-9))
    if state[i, GOING] == 0.0 and speed < STEPPING:
        scale = 0.0
    vx, vy = scale * vx, scale * vy
    yaw = state[i, YAW]
    wanted = yaw
    if math.hypot(vx, vy) > SLOW:
        wanted = math.atan2(vy, vx)
    elif state[i, GOING] > 0.0:
        wanted = math.atan2(state[i, TARGET_Y] - state[i, Y], state[i, TARGET_X] - state[i, X])
    limit = traits[i, TURN_RATE] * dt
    yaw = _wrap(yaw + min(max(_wrap(wanted - yaw), -limit), limit))
    if traits[i, NOSE] > 0.0:  # wheels roll forward only
        ahead = max(vx * math.cos(yaw) + vy * math.sin(yaw), 0.0)
        vx, vy = ahead * math.cos(yaw), ahead * math.sin(yaw)
    x, y = state[i, X], state[i, Y]
    distance, nx, ny = _wall_normal(walls, left, low, resolution, x, y)
    if distance < TORSO_RADIUS:
        vx, vy = _slide(vx, vy, nx, ny)
    for k in range(doors.shape[0]):
        distance, nx, ny = _door_normal(doors[k], x, y)
        if distance < TORSO_RADIUS + 0.05:
            vx, vy = _slide(vx, vy, nx, ny)
    if _touches(state, traits, robot, i):  # nobody walks on against what he has walked into
        state[i, TOUCHED] = 1.0
        _, nx, ny = _robot_normal(robot, x, y)
        vx, vy = _slide(vx, vy, nx, ny)
    state[i, X], state[i, Y], state[i, YAW] = x + vx * dt, y + vy * dt, yaw
    state[i, VX], state[i, VY] = vx, vy
    if math.hypot(vx, vy) > STEPPING:
        state[i, GAIT] = (state[i, GAIT] + dt / GAIT_PERIOD_S) % 1.0


@njit(cache=True)
def place_parts(state: NDArray[np.float64], parts: NDArray[np.float64]) -> None:
    """Write where torso, left and right leg are into parts (n, 3, ≥ 2), m."""
    for i in range(state.shape[0]):
        parts[i, 0, 0], parts[i, 0, 1] = state[i, X], state[i, Y]
        for leg in range(2):
            parts[i, leg + 1, 0], parts[i, leg + 1, 1] = _foot(state, i, leg)
