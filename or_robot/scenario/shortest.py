"""The shortest way there is on a wing's map: what a driven way is measured against."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.planning.search import a_star
from or_robot.planning.smoothing import shortcut
from or_robot.types.costmap import FREE_SPACE, LETHAL
from or_robot.types.site import FREE, Site
from or_robot.world.costs import distance_to_lethal
from or_robot.world.zones import keep_out_mask


def shortest_way(site: Site, radius: float, stops: Sequence[Pose2D]) -> float | None:
    """Length in m of the shortest way of a disc of `radius` (m) through all stops in order.

    Walls and closed zones are as on the map, nothing else is in the way; headings do not count.
    Exact to about 1 % (grid search, then straightened). None when there is no way.
    """
    spec = site.map.spec
    closed = (site.map.values != FREE) | keep_out_mask(spec, site.zones)
    costs = passable(distance_to_lethal(closed, spec.resolution), radius)
    length = 0.0
    for start, end in itertools.pairwise(stops):
        way = corners(costs, spec, (start.x, start.y), (end.x, end.y))
        if way is None:
            return None
        length += float(np.hypot(*np.diff(way, axis=0).T).sum())
    return length


def passable(distances: NDArray[np.floating], radius: float) -> NDArray[np.uint8]:
    """Costs for `corners`: where the middle of a disc of `radius` (m) can be.

    distances: (rows, columns) m to what is in the way.
    """
    return np.where(distances <= radius, LETHAL, FREE_SPACE).astype(np.uint8)


def corners(
    costs: NDArray[np.uint8], spec: GridSpec, start: tuple[float, float], end: tuple[float, float]
) -> NDArray[np.float64] | None:
    """Shortest way from start to end (m), as the corners (n, 2) of a line; None: there is none."""
    first, last = ends = spec.cells(np.array([start, end]))
    if not spec.contains(ends).all():
        return None
    cells = a_star(costs, LETHAL, 0.0, tuple(first), tuple(last), 1, 1.0)
    if not len(cells):
        return None
    middles = shortcut(costs, LETHAL, 0.0, cells.astype(np.float64) + 0.5)
    return middles[:, ::-1] * spec.resolution + (spec.origin_x, spec.origin_y)
