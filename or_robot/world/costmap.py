"""The global costmap: map, no-go zones, obstacles, inflation, people; and its local window."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from or_robot.config.costmap import CostmapConfig
from or_robot.config.robot import RobotConfig
from or_robot.geometry.grid import GridSpec
from or_robot.geometry.pose import Pose2D
from or_robot.types.costmap import NO_INFORMATION
from or_robot.types.motion import LaserScan, Track
from or_robot.types.site import OCCUPIED_FROM, OccupancyMap, Site, Zone
from or_robot.world.costs import distance_to_lethal, inflate, to_occupancy
from or_robot.world.obstacle_layer import ObstacleLayer
from or_robot.world.people_layer import add_people
from or_robot.world.zones import doorway_mask, keep_out_mask


class Costmap:
    """Costs 0…255 of cells in the map frame, inflated for a disc of the footprint's half width.

    A closed automatic door is no obstacle here: it opens when the robot comes. Control and the
    safety gate see the leaf itself and wait for it.
    """

    def __init__(self, config: CostmapConfig, site: Site, robot: RobotConfig) -> None:
        self._config = config
        self.spec: GridSpec = site.map.spec
        self._inscribed = min(robot.length, robot.width) / 2.0 + config.inscribed_margin
        self._unknown = site.map.values < 0
        self._static = site.map.values >= OCCUPIED_FROM
        self._forbidden = keep_out_mask(self.spec, site.zones) | self._static
        self._static_costs: NDArray[np.uint8] | None = None
        self._walls: NDArray[np.float32] | None = None
        self._doorways = doorway_mask(self.spec, site.doors.values())
        self._obstacles = ObstacleLayer(self.spec, config.obstacle_range, config.clear_range)
        self._people: tuple[Track, ...] = ()
        self._depth: NDArray[np.bool_] = np.zeros(self.spec.shape, dtype=np.bool_)
        self._costs: NDArray[np.uint8] | None = None

    def mark_depth(self, points: NDArray[np.float64]) -> None:
        """What the camera knows now, instead of before: points (n, 2 or more) in the map frame."""
        cells = self.spec.cells(points[:, :2])
        cells = cells[self.spec.contains(cells)]
        marked = np.zeros(self.spec.shape, dtype=np.bool_)
        marked[cells[:, 0], cells[:, 1]] = True
        if not np.array_equal(marked, self._depth):
            self._depth, self._costs = marked, None

    def update(self, scan: LaserScan, pose: Pose2D, keep: NDArray[np.bool_]) -> None:
        """Take one scan; keep (beams,) says which of its beams may mark an obstacle."""
        self._obstacles.update(scan, pose, keep)
        self._costs = None

    def see_people(self, tracks: tuple[Track, ...]) -> None:
        """Everybody tracked now; replaces who was there before."""
        self._people = tracks
        self._costs = None

    def forget(self) -> None:
        """Drop all obstacles beyond the map; the next scans bring back the real ones."""
        self._obstacles.clear()
        self._depth = np.zeros(self.spec.shape, dtype=np.bool_)
        self._costs = None

    def close(self, zones: Iterable[Zone]) -> None:
        """These no-go zones are closed from now on, others are not (until then: all)."""
        self._forbidden = keep_out_mask(self.spec, zones) | self._static
        self._costs = self._static_costs = self._walls = None

    @property
    def map_costs(self) -> NDArray[np.uint8]:
        """(rows, columns) costs of the map alone."""
        return self._inflated(self._static)

    @property
    def static_costs(self) -> NDArray[np.uint8]:
        """(rows, columns) costs of map and closed zones alone."""
        if self._static_costs is None:
            self._static_costs = self._inflated(self._forbidden)
        return self._static_costs

    @property
    def walls(self) -> NDArray[np.float32]:
        """(rows, columns) m to the nearest wall of the map or closed zone."""
        if self._walls is None:
            self._walls = distance_to_lethal(self._forbidden, self.spec.resolution)
        return self._walls

    @property
    def costs(self) -> NDArray[np.uint8]:
        """(rows, columns) costs, see `world.costs`."""
        if self._costs is None:
            self._costs = self._inflated(
                self._forbidden | ((self._obstacles.marked | self._depth) & ~self._doorways)
            )
            add_people(self._costs, self.spec, self._people, self._config)
        return self._costs

    def _inflated(self, lethal: NDArray[np.bool_]) -> NDArray[np.uint8]:
        config = self._config
        costs = inflate(
            lethal,
            self.spec.resolution,
            self._inscribed,
            config.inflation_radius,
            config.cost_scaling,
        )
        costs[self._unknown] = NO_INFORMATION
        return costs

    def occupancy(self) -> OccupancyMap:
        """All of it, as nav_msgs/OccupancyGrid values."""
        return OccupancyMap(self.spec, to_occupancy(self.costs))

    def local(self, pose: Pose2D) -> OccupancyMap:
        """A square around the robot, clipped to the map."""
        half = round(self._config.local_size / 2.0 / self.spec.resolution)
        row, column = self.spec.cells(np.array([pose.x, pose.y]))
        top, left = max(int(row) - half, 0), max(int(column) - half, 0)
        window = self.costs[top : max(int(row) + half, 0), left : max(int(column) + half, 0)]
        spec = GridSpec(
            self.spec.origin_x + left * self.spec.resolution,
            self.spec.origin_y + top * self.spec.resolution,
            self.spec.resolution,
            *window.shape,
        )
        return OccupancyMap(spec, to_occupancy(window))
