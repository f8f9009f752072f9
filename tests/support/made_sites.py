"""Sites made for tests."""

import numpy as np

from or_robot.geometry.grid import GridSpec
from or_robot.types.site import FREE, OCCUPIED, OccupancyMap, Site, Zone


def round_room(*zones: Zone, radius: float = 6.0) -> Site:
    """A room whose round wall is `radius` m from the origin of the map frame."""
    spec = GridSpec(-8.0, -8.0, 0.1, 160, 160)
    cells = np.stack(np.meshgrid(np.arange(160), np.arange(160), indexing="ij"), axis=-1)
    distance = np.hypot(*np.moveaxis(spec.centres(cells), -1, 0))
    values = np.where(np.abs(distance - radius) < 0.1, OCCUPIED, FREE).astype(np.int8)
    return Site("round_room", OccupancyMap(spec, values), {}, zones)
