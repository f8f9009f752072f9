"""One run of yardstick `barn`: a world, a row of conditions, a seed."""

from __future__ import annotations

import json
import math
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from or_robot.autonomy.mapless import MaplessNavigator
from or_robot.bench.barn_plant import Conditions, Plant, World
from or_robot.config.control import ControllerConfig
from or_robot.control.arrival_field import march
from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D

PERIOD_S = 0.05
"""Of lidar and control."""
TIMEOUT_S = 100.0
STARTED_M = 0.1
"""The clock of the score starts when the robot has moved so far."""
GOAL_RADIUS = 1.0
CHALLENGE_SPEED = 2.0
"""m/s that the optimal time of the score counts with."""
SHORTEST_CELL = 0.02
"""m of the grid for the shortest way."""

HARDENED = {
    "acceleration": 3.0,
    "yaw_acceleration": 8.0,
    "delay": 0.1,
    "lag": 0.15,
    "odometry_noise": 0.02,
    "scan_sigma": 0.01,
}
ROWS = {
    row.name: row
    for row in (
        Conditions("nominal"),
        Conditions("or_speed", max_speed=0.5),
        Conditions("hardened", **HARDENED),
        Conditions("narrow", radius=0.17, **HARDENED),
        Conditions("tight", radius=0.19, **HARDENED),
    )
}
Result = dict[str, Any]


def load_worlds(file: Path) -> list[World]:
    """Worlds of a file like barn50.json. Raises OrRobotError."""
    try:
        read = json.loads(file.read_text(encoding="utf-8"))["worlds"]
        return [
            World(
                number=int(world["world"]),
                start=Pose2D(float(world["start"][0]), float(world["start"][1]), math.pi / 2.0),
                goal=(float(world["goal"][0]), float(world["goal"][1])),
                radius=float(world["radius"]),
                cylinders=np.array(world["cylinders"], dtype=np.float64).reshape(-1, 2),
                path_length=float(world["path_length"]),
            )
            for world in read
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OrRobotError(
            f"{file} holds no BARN worlds: {error}", "give a file of worlds"
        ) from None


def controller_config(conditions: Conditions) -> ControllerConfig:
    """The one set of parameters; of the row it knows what is configuration on a robot."""
    return ControllerConfig(
        period=PERIOD_S,
        step=0.1,
        steps=20,
        samples=160,
        speed_sigma=0.25,
        yaw_rate_sigma=0.6,
        command_delay=conditions.delay,
        command_lag=conditions.lag,
        max_speed=conditions.max_speed,
        clearance_hard=0.022 + 0.5 * conditions.scan_sigma,
        clearance_soft=0.15,
        lookahead=4.5,
    )


def run_world(world: World, conditions: Conditions, seed: int, trace: bool = False) -> Result:
    """Drive once. With `trace`: also the poses, 20 a second."""
    plant = Plant(world, conditions, seed)
    goal = world.start.inverse().transform(np.array(world.goal))
    navigator = MaplessNavigator(
        controller_config(conditions),
        conditions.robot,
        (float(goal[0]), float(goal[1])),
        conditions.scan_sigma,
        np.random.default_rng(seed),
    )
    cycles, poses, started_s = [], [], math.inf
    success = False
    while plant.time_s < TIMEOUT_S and plant.clearance > 0.0 and not success:
        scan, odometry = plant.scan(), plant.odometry()
        begun = time.thread_time()
        command = navigator.step(scan, odometry)
        cycles.append(1e3 * (time.thread_time() - begun))
        plant.command(command)
        # in small bites, so that the times of start and arrival are exact
        until = plant.time_s + PERIOD_S
        while plant.time_s < until - 1e-9 and not success:
            plant.advance(plant.time_s + 0.01)
            if plant.travelled >= STARTED_M:
                started_s = min(started_s, plant.time_s)
            gap = math.hypot(plant.pose.x - world.goal[0], plant.pose.y - world.goal[1])
            success = gap <= GOAL_RADIUS and plant.clearance > 0.0
        poses.append((plant.pose.x, plant.pose.y, plant.pose.yaw))
    spent = plant.time_s - min(started_s, plant.time_s)
    result: Result = {
        "row": conditions.name,
        "world": world.number,
        "seed": seed,
        "success": success,
        "collision": plant.clearance <= 0.0,
        "timeout": not success and plant.clearance > 0.0,
        "time_s": spent,
        "score": score(success, spent, world.path_length),
        "shortest_s": shortest_way(world, plant.radius, conditions) / conditions.max_speed,
        "clearance_m": plant.clearance,
        "cycles_ms": cycles,
    }
    return result | ({"trace": poses} if trace else {})


def score(success: bool, spent_s: float, path_length: float) -> float:
    """The challenge's: success · OT / clip(AT, 2·OT, 8·OT)."""
    optimal = path_length / CHALLENGE_SPEED
    return float(success) * optimal / min(max(spent_s, 2.0 * optimal), 8.0 * optimal)


def shortest_way(world: World, radius: float, conditions: Conditions) -> float:
    """m from the start to the circle around the goal for the footprint's inscribed disc."""
    half_width = min(conditions.robot.length, conditions.robot.width) / 2.0
    return shortest_disc_way(world.cylinders, world.start, world.goal, radius + half_width)


def shortest_disc_way(
    cylinders: NDArray[np.float64], start: Pose2D, goal: tuple[float, float], apart: float
) -> float:
    """m to the circle around the goal, `apart` m from all centres (n, 2); inf without a way."""
    return _shortest(cylinders.tobytes(), start, goal, apart)


@lru_cache(maxsize=256)
def _shortest(cylinders: bytes, start: Pose2D, goal: tuple[float, float], apart: float) -> float:
    """By fast marching."""
    discs = np.frombuffer(cylinders).reshape(-1, 2)
    corners = np.vstack((discs, [[start.x, start.y], goal]))
    low, high = corners.min(axis=0) - 1.5, corners.max(axis=0) + 1.5
    columns, rows = np.ceil((high - low) / SHORTEST_CELL).astype(int)
    x = low[0] + (np.arange(columns) + 0.5) * SHORTEST_CELL
    y = low[1] + (np.arange(rows) + 0.5) * SHORTEST_CELL
    costs = np.full((rows, columns), SHORTEST_CELL, dtype=np.float32)
    for at in discs:
        i = slice(*np.searchsorted(y, [at[1] - apart, at[1] + apart]))
        j = slice(*np.searchsorted(x, [at[0] - apart, at[0] + apart]))
        near = np.hypot(x[None, j] - at[0], y[i, None] - at[1]) < apart
        costs[i, j][near] = np.inf
    way = np.hypot(x[None, :] - goal[0], y[:, None] - goal[1])
    seeds = np.where(way <= GOAL_RADIUS, 0.0, np.inf).astype(np.float32)
    row, column = int((start.y - low[1]) / SHORTEST_CELL), int((start.x - low[0]) / SHORTEST_CELL)
    home = row * int(columns) + column
    return float(march(costs, seeds, home, 0.0).ravel()[home])
