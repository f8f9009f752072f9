"""A kinematic robot in a grid world: exact rays, ramped base, drifting odometry, walkers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numba import njit
from numpy.typing import NDArray

from or_robot.config.robot import RobotConfig
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D, wrap_angle
from or_robot.types.motion import LaserScan, Odometry, Twist2D
from or_robot.types.site import OCCUPIED_FROM, OccupancyMap, Site, Station

MOUNT = Pose2D(0.20, 0.0, 0.0)
STEP_S = 0.01
BEAMS = 720


@dataclass
class Walker:
    """Walks to and fro between two points."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    speed: float
    leg: float = 0.07

    def centre(self, t_s: float) -> NDArray[np.float64]:
        span = float(np.hypot(*(self.end - self.start)))
        along = (self.speed * t_s) % (2.0 * span) if span else 0.0
        share = along / span if along <= span else 2.0 - along / span
        return self.start + share * (self.end - self.start)

    def legs(self, t_s: float) -> NDArray[np.float64]:
        """(2, 3) x, y, radius."""
        way = self.end - self.start
        way = way / max(float(np.hypot(*way)), 1e-9)
        side = np.array([-way[1], way[0]]) * 0.12
        swing = way * 0.2 * math.sin(2.0 * math.pi * self.speed * t_s / 1.2)
        centre = self.centre(t_s)
        feet = np.stack((centre + side + swing, centre - side - swing))
        return np.column_stack((feet, [self.leg, self.leg]))


@dataclass
class Plant:
    site: Site
    pose: Pose2D
    seed: int = 0
    walkers: list[Walker] = field(default_factory=list)
    robot: RobotConfig = field(default_factory=RobotConfig)
    scan_sigma: float = 0.01
    odometry_noise: float = 0.02

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.time_s = 0.0
        self.twist = Twist2D(0.0, 0.0)
        self.asked = Twist2D(0.0, 0.0)
        self.odometry_pose = Pose2D(0.0, 0.0, 0.0)
        self.scale = 1.0 + self.odometry_noise * self.rng.normal(size=2)
        self.become(self.site)

    def become(self, site: Site) -> None:
        """The world is another one from now on."""
        self.site = site
        self.occupied = site.map.values >= OCCUPIED_FROM
        rows, columns = np.nonzero(self.occupied)
        self.obstacles = site.map.spec.centres(np.stack((rows, columns), axis=-1))

    def command(self, twist: Twist2D) -> None:
        self.asked = twist

    def step(self, until_s: float) -> None:
        robot = self.robot
        while self.time_s < until_s - 1e-9:
            v, w = self.twist.linear, self.twist.angular
            rise = (
                robot.max_deceleration
                if abs(self.asked.linear) < abs(v)
                else (robot.max_acceleration)
            )
            v += float(np.clip(self.asked.linear - v, -rise * STEP_S, rise * STEP_S))
            turn = robot.max_yaw_acceleration * STEP_S
            w += float(np.clip(self.asked.angular - w, -turn, turn))
            self.twist = Twist2D(v, w)
            self.pose = self.pose.compose(Pose2D(v * STEP_S, 0.0, w * STEP_S))
            seen = Pose2D(v * STEP_S * self.scale[0], 0.0, w * STEP_S * self.scale[1])
            self.odometry_pose = self.odometry_pose.compose(seen)
            self.time_s += STEP_S

    def odometry(self) -> Odometry:
        return Odometry(self.time_s, self.odometry_pose, self.twist)

    def scan(self) -> LaserScan:
        sensor = self.pose.compose(MOUNT)
        increment = 2.0 * math.pi / BEAMS
        bearings = sensor.yaw - math.pi + increment * np.arange(BEAMS)
        spec = self.site.map.spec
        discs = np.vstack([np.empty((0, 3)), *(w.legs(self.time_s) for w in self.walkers)])
        ranges = cast(
            self.occupied,
            spec.origin_x,
            spec.origin_y,
            spec.resolution,
            sensor.x,
            sensor.y,
            bearings,
            25.0,
            discs,
        )
        ranges = ranges + self.rng.normal(0.0, self.scan_sigma, BEAMS)
        return LaserScan(
            self.time_s, -math.pi, increment, 0.05, 25.0, ranges.astype(np.float32), MOUNT
        )

    def clearance(self) -> float:
        """m from the footprint to the nearest occupied cell (its square) or leg."""
        half = np.array([self.robot.length, self.robot.width]) / 2.0
        local = self.pose.inverse().transform(self.obstacles)
        gap = float(np.hypot(*np.maximum(np.abs(local) - half, 0.0).T).min(initial=np.inf))
        gap -= self.site.map.spec.resolution / 2.0
        for walker in self.walkers:
            legs = walker.legs(self.time_s)
            local = self.pose.inverse().transform(legs[:, :2])
            gap = min(gap, float((np.hypot(*np.maximum(np.abs(local) - half, 0).T) - 0.07).min()))
        return gap

    def heading_error(self, yaw: float) -> float:
        return abs(wrap_angle(self.pose.yaw - yaw))


@njit(cache=True)
def cast(occupied, left, low, resolution, x, y, bearings, reach, discs):
    """Range along each bearing to the first occupied cell (entry point) or disc; inf if none."""
    rows, columns = occupied.shape
    result = np.empty(bearings.size)
    for n in range(bearings.size):
        cos, sin = math.cos(bearings[n]), math.sin(bearings[n])
        best = math.inf
        for d in range(len(discs)):
            dx, dy = discs[d, 0] - x, discs[d, 1] - y
            along = dx * cos + dy * sin
            off = dx * dx + dy * dy - along * along
            if along > 0.0 and off < discs[d, 2] ** 2:
                best = min(best, along - math.sqrt(discs[d, 2] ** 2 - off))
        u, v = (x - left) / resolution, (y - low) / resolution
        column, row = math.floor(u), math.floor(v)
        step_u, step_v = (1 if cos > 0 else -1), (1 if sin > 0 else -1)
        per_u = abs(1.0 / cos) if cos != 0.0 else math.inf
        per_v = abs(1.0 / sin) if sin != 0.0 else math.inf
        next_u = ((column + 1 - u) if cos > 0 else (u - column)) * per_u
        next_v = ((row + 1 - v) if sin > 0 else (v - row)) * per_v
        t = 0.0
        while t * resolution < min(best, reach):
            if not (0 <= row < rows and 0 <= column < columns):
                break
            if occupied[row, column]:
                best = min(best, t * resolution)
                break
            if next_u < next_v:
                t, next_u, column = next_u, next_u + per_u, column + step_u
            else:
                t, next_v, row = next_v, next_v + per_v, row + step_v
        result[n] = best if best <= reach else math.inf
    return result


def room(width_m: float, height_m: float, boxes=(), resolution: float = 0.05) -> Site:
    """A walled room with boxes (x0, y0, x1, y1) in it."""
    rows, columns = round(height_m / resolution), round(width_m / resolution)
    values = np.zeros((rows, columns), dtype=np.int8)
    values[0] = values[-1] = 100
    values[:, 0] = values[:, -1] = 100
    for x0, y0, x1, y1 in boxes:
        r0, r1, c0, c1 = (round(v / resolution) for v in (y0, y1, x0, x1))
        values[r0:r1, c0:c1] = 100
    spec = GridSpec(0.0, 0.0, resolution, rows, columns)
    home = Station("dock", {"en": "Dock"}, Pose2D(1.0, 1.0, 0.0), "dock", "")
    return Site("room", OccupancyMap(spec, values), {"dock": home}, ())
