"""What the lidar cannot see, from camera images: the whole way from image to points on the map."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from or_robot.config.perception import DepthConfig
from or_robot.geometry.distance_field import DistanceField
from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.perception.depth import DepthView, understand
from or_robot.perception.depth_memory import DepthMemory, from_segment
from or_robot.types.motion import PoseEstimate, Track, Tracks
from or_robot.types.perception import Blindness, DepthObstacles
from or_robot.types.sensing import RgbdImage
from or_robot.types.site import OCCUPIED_FROM, Door, OccupancyMap

BLIND_AFTER = 3
"""Images in a row that cannot be relied on until the camera is called blind."""
WALKED_S = 0.8
"""s: a person is tracked by then."""


class DepthObstacleFinder:
    """Call `update` with every image and the pose it was taken from."""

    def __init__(self, config: DepthConfig, map_: OccupancyMap, doors: Iterable[Door] = ()) -> None:
        self._config = config
        self._field = DistanceField(map_.spec, map_.values >= OCCUPIED_FROM)
        self._leaves = [door.leaf for door in doors]
        self._memory = DepthMemory(config)
        self._blind = 0
        self._stamp_s = -math.inf

    def update(
        self, image: RgbdImage, pose: PoseEstimate, tracks: Tracks | None = None
    ) -> DepthObstacles:
        """Everything known after this image, in the map frame; nothing while localization is lost.

        Walls of the map, leaves of doors and people who walk are left out: others tell of them,
        and they would be remembered where they no longer are.
        """
        if pose.lost or image.stamp_s < self._stamp_s:
            self._memory.clear()
        self._stamp_s = image.stamp_s
        view = understand(image, self._config)
        self._blind = self._blind + 1 if view.blindness is not Blindness.NONE else 0
        if not pose.lost:
            walkers = self._walkers(tracks)
            new, tops = self._unexplained(view, pose.pose, walkers)
            self._memory.update(view, new, tops, pose.pose)
            ends = np.array([track.position for track in walkers]).reshape(-1, 2)
            starts = np.array([_came_from(track) for track in walkers]).reshape(-1, 2)
            self._memory.forget_trodden(starts, ends, self._config.person_clear)
        blindness = view.blindness if self._blind >= BLIND_AFTER else Blindness.NONE
        return DepthObstacles(image.stamp_s, self._memory.points.copy(), blindness)

    def _unexplained(
        self, view: DepthView, pose: Pose2D, walkers: list[Track]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(n, 3) points of the view in the map frame that neither map nor walkers explain, and
        their tops."""
        config = self._config
        base = Transform.from_xyz_rpy(pose.x, pose.y, 0.0, 0.0, 0.0, pose.yaw)
        points = base.apply(view.points)
        keep = self._field.distances(points[:, :2]) > config.map_slack
        for leaf in self._leaves:
            keep &= from_segment(points[:, :2], leaf[0], leaf[1]) > config.map_slack
        for track in walkers:
            keep &= np.hypot(*(points[:, :2] - track.position).T) > config.person_clear
        return np.asarray(points[keep]), view.tops[keep]

    def _walkers(self, tracks: Tracks | None) -> list[Track]:
        people = tracks.tracks if tracks is not None else ()
        return [track for track in people if math.hypot(*track.velocity) > self._config.walking]


def _came_from(track: Track) -> NDArray[np.float64]:
    """Where somebody was a moment ago, who may have been taken for a thing until known."""
    return np.asarray(track.position - WALKED_S * track.velocity)
