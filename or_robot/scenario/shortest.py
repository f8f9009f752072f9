"""The shortest way there is on a wing's map: what a driven way is measured against."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

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
    tight = distance_to_lethal(closed, spec.resolution) <= radius
    costs = np.where(tight, LETHAL, FREE_SPACE).astype(np.uint8)
    length = 0.0
    for start, end in itertools.pairwise(stops):
        first, last = spec.cells(np.array([[start.x, start.y], [end.x, end.y]]))
        cells = a_star(costs, LETHAL, 0.0, tuple(first), tuple(last), 1, 1.0)
        if not len(cells):
            return None
        middles = cells.astype(np.float64) + 0.5
        corners = shortcut(costs, LETHAL, 0.0, middles) * spec.resolution
        length += float(np.hypot(*np.diff(corners, axis=0).T).sum())
    return length
