"""Everything that is looked for in the camera's images, and whether they can be relied on."""

from __future__ import annotations

import math
from collections.abc import Iterable

from or_robot.config.perception import DepthConfig, MarkerConfig
from or_robot.perception.depth_obstacles import DepthObstacleFinder
from or_robot.perception.markers import MarkerDetector
from or_robot.types.motion import PoseEstimate, Tracks
from or_robot.types.perception import Blindness, DepthObstacles, Markers
from or_robot.types.sensing import RgbdImage
from or_robot.types.site import Door, OccupancyMap

NO_IMAGE_S = 1.0
"""s without an image although they are wanted: the camera is blind."""
SLACK_S = 1e-6


class Eyes:
    """Call `look` with an image and `want` with every step: then `blindness` is true."""

    def __init__(
        self,
        depth: DepthConfig,
        markers: MarkerConfig,
        map_: OccupancyMap,
        doors: Iterable[Door] = (),
    ) -> None:
        self._finder = DepthObstacleFinder(depth, map_, doors)
        self._detector = MarkerDetector(markers)
        self._period_s, self._marker_period_s = 1.0 / depth.rate, 1.0 / markers.rate
        self._looked_s = self._searched_s = -math.inf
        self._wanted_s: float | None = None
        """Since when images are wanted without a break."""
        self.seen = Blindness.NONE
        """What the last images were like."""

    def look(
        self,
        image: RgbdImage,
        pose: PoseEstimate | None,
        tracks: Tracks | None = None,
        *,
        search_markers: bool = True,
    ) -> tuple[DepthObstacles | None, Markers | None]:
        """Obstacles as of this image, None without a pose; markers when it is time for them."""
        self._looked_s = image.stamp_s
        found = None
        if pose is not None:
            found = self._finder.update(image, pose, tracks)
            self.seen = found.blindness
        due = abs(image.stamp_s - self._searched_s) + SLACK_S >= self._marker_period_s
        if not (search_markers and due) or self.seen is not Blindness.NONE:
            return found, None
        self._searched_s = image.stamp_s
        return found, self._detector.detect(image)

    def want(self, on: bool, now_s: float) -> None:
        """Whether images are wanted now; seconds of the clock of the stamps."""
        if not on:
            self._wanted_s = None
        elif self._wanted_s is None or now_s < self._wanted_s:
            self._wanted_s = now_s

    def due(self, now_s: float) -> bool:
        """Whether an image taken now would be looked at."""
        return abs(now_s - self._looked_s) + SLACK_S >= self._period_s

    def blindness(self, now_s: float) -> Blindness:
        """Why images cannot be relied on now, also not that the way is free."""
        since_s = now_s if self._wanted_s is None else self._wanted_s
        silent_s = now_s - max(since_s, min(self._looked_s, now_s))
        return Blindness.NO_IMAGE if silent_s > NO_IMAGE_S else self.seen
