"""Worlds of the same make as BARN's, to check on what nothing was tuned to.

D. Perille et al.: Benchmarking metric ground navigation (SSRR 2020): a cellular automaton fills a
grid of 30 × 30 cells of 0.15 m at random and smooths it; four shares, three counts of smoothing.
A field counts when the robot's circumscribed circle gets through.
"""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.bench.barn_plant import World
from or_robot.bench.barn_run import shortest_disc_way
from or_robot.geometry.pose import Pose2D

CELL = 0.15
SIDE = 30
RADIUS = 0.075
FIELD_Y = 5.0
SHARES = (0.15, 0.20, 0.25, 0.30)
SMOOTHINGS = (2, 3, 4)
FILL_FROM, CLEAR_TO = 5, 1
"""Of eight neighbours: so many fill a cell, so few empty it."""
PASSAGE = 0.44
"""m between the robot's way and the centre of every cylinder."""
START, GOAL = Pose2D(-2.25, 3.0, math.pi / 2.0), (-2.25, 13.0)


def make_worlds(count: int, seed: int = 2026) -> list[World]:
    """The shares and smoothings in turn; the same seed makes the same worlds."""
    rng = np.random.default_rng(seed)
    kinds = itertools.cycle(itertools.product(SHARES, SMOOTHINGS))
    worlds: list[World] = []
    while len(worlds) < count:
        share, smoothing = next(kinds)
        way, cylinders = math.inf, np.empty((0, 2))
        while not math.isfinite(way):
            cylinders = _cylinders(_field(rng, share, smoothing))
            if _passable(cylinders):
                way = shortest_disc_way(cylinders, START, GOAL, PASSAGE)
        worlds.append(World(10_000 + len(worlds), START, GOAL, RADIUS, cylinders, way + 1.0))
    return worlds


def _field(rng: np.random.Generator, share: float, smoothing: int) -> NDArray[np.bool_]:
    """(SIDE, SIDE) which cells are filled; outside of the field counts as filled at its sides."""
    filled = rng.random((SIDE, SIDE)) < share
    kernel = np.ones((3, 3), dtype=np.float32)
    kernel[1, 1] = 0.0
    for _ in range(smoothing):
        padded = np.pad(filled.astype(np.float32), ((1, 1), (0, 0)))
        padded = np.pad(padded, ((0, 0), (1, 1)), constant_values=1.0)
        neighbours = np.asarray(cv2.filter2D(padded, -1, kernel))[1:-1, 1:-1]
        filled = (neighbours >= FILL_FROM) | (filled & (neighbours > CLEAR_TO))
    return filled


def _cylinders(filled: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n, 2) centres: the field, and walls at its sides and behind the start."""
    rows, columns = np.nonzero(filled)
    field = np.column_stack((-(columns + 0.5) * CELL, FIELD_Y + 0.225 + rows * CELL))
    along = np.arange(0.5 * CELL, FIELD_Y + 0.3 + SIDE * CELL - CELL, CELL)
    sides = [np.column_stack((np.full(along.size, x), along)) for x in (-0.075, -4.425)]
    across = -(np.arange(1, SIDE - 1) + 0.5) * CELL
    behind = np.column_stack((across, np.full(across.size, 0.075)))
    return np.unique(np.round(np.concatenate((field, *sides, behind)), 4), axis=0)


def _passable(cylinders: NDArray[np.float64]) -> bool:
    """Quick test on a coarse grid whether there may be a way from bottom to top."""
    cell = 0.05
    cells = np.floor((cylinders - [-4.5, 0.0]) / cell).astype(int)
    empty = np.ones((round(9.6 / cell), round(4.5 / cell)), dtype=np.uint8)
    empty[cells[:, 1], cells[:, 0]] = 0
    distance = np.asarray(cv2.distanceTransform(empty, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)) * cell
    _, labels = cv2.connectedComponents((distance >= PASSAGE - cell).astype(np.uint8))
    reached = labels[-1][labels[-1] > 0]
    return bool(
        np.isin(reached, labels[int(START.y / cell)][labels[int(START.y / cell)] > 0]).any()
    )
