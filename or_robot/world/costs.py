"""Costs of cells as Nav2's costmap_2d has them, and inflation."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from or_robot.types.costmap import FREE_SPACE, INSCRIBED, LETHAL, NO_INFORMATION
from or_robot.types.site import FREE, UNKNOWN


def distance_to_lethal(lethal: NDArray[np.bool_], resolution: float) -> NDArray[np.float32]:
    """(rows, columns) m from a cell's centre to the centre of the nearest lethal cell."""
    if not lethal.any():
        return np.full(lethal.shape, np.inf, dtype=np.float32)
    open_cells = (~lethal).astype(np.uint8)
    cells = cv2.distanceTransform(open_cells, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(cells, dtype=np.float32) * np.float32(resolution)


def inflate(
    lethal: NDArray[np.bool_],
    resolution: float,
    inscribed_radius: float,
    inflation_radius: float,
    scaling: float,
) -> NDArray[np.uint8]:
    """Costs that fall with the distance d from lethal cells (costmap_2d InflationLayer).

    254 on obstacles, 253 up to the inscribed radius, then 252·exp(-scaling·(d - inscribed)), 0
    beyond the inflation radius. Radii in m, scaling in 1/m.
    """
    distance = distance_to_lethal(lethal, resolution)
    decay = 252.0 * np.exp(-scaling * (distance - np.float32(inscribed_radius)))
    costs = np.where(distance <= inflation_radius, decay, 0.0)
    costs[distance <= inscribed_radius] = INSCRIBED
    costs[lethal] = LETHAL
    return costs.astype(np.uint8)


def to_occupancy(costs: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Costs as nav2_costmap_2d publishes them: 0 free … 99 inscribed, 100 lethal, -1 unknown."""
    table = np.empty(256, dtype=np.int8)
    table[:INSCRIBED] = 1 + np.arange(INSCRIBED) * 97 // 252
    table[FREE_SPACE] = FREE
    table[INSCRIBED], table[LETHAL], table[NO_INFORMATION] = 99, 100, UNKNOWN
    return table[costs]
