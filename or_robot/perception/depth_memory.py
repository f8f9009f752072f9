"""Obstacles of successive depth images in the map frame: confirmed, kept out of view, cleared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from or_robot.config.perception import DepthConfig
from or_robot.geometry.pose import Pose2D
from or_robot.geometry.transform import Transform
from or_robot.perception.depth import DepthView
from or_robot.types.perception import Blindness

NEAR_PIXELS = 3
"""A stored point is still there when an obstacle's pixel lies so near its own."""


STEPPED_OVER = 0.06
"""m: people walk over what is lower, a cable, and it is still there."""


class DepthMemory:
    """The camera does not see the floor just before the robot, so what it saw there is kept."""

    def __init__(self, config: DepthConfig) -> None:
        self._config = config
        self._points: NDArray[np.float64] = np.empty((0, 3))
        self._hits: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._seen_s: NDArray[np.float64] = np.empty(0)
        self._tops: NDArray[np.float64] = np.empty(0)

    @property
    def points(self) -> NDArray[np.float64]:
        """(n, 3) m in the map frame: what was seen often enough and not seen gone."""
        return self._points[self._hits >= self._config.hits]

    def clear(self) -> None:
        self._keep(np.zeros(len(self._points), dtype=np.bool_))

    def forget_trodden(
        self, starts: NDArray[np.float64], ends: NDArray[np.float64], width: float
    ) -> None:
        """Somebody has just walked from starts to ends (m, 2): what stood there was themselves.

        What one steps over stays.
        """
        low = self._tops < STEPPED_OVER
        for start, end in zip(starts, ends, strict=True):
            apart = from_segment(self._points[:, :2], start, end) > width
            keep = low | apart
            self._keep(keep)
            low = low[keep]

    def update(
        self,
        view: DepthView,
        new: NDArray[np.float64],
        tops: NDArray[np.float64],
        pose: Pose2D,
    ) -> None:
        """Take an image from `pose` (map ← base_link), and those of its points (n, 3), in the map
        frame, that are to be remembered, with their tops (n,). A blind one changes nothing but
        age."""
        config = self._config
        self._keep(np.abs(view.stamp_s - self._seen_s) <= config.keep_s)
        if view.blindness is not Blindness.NONE:
            return
        base = Transform.from_xyz_rpy(pose.x, pose.y, 0.0, 0.0, 0.0, pose.yaw)
        seen, gone = _checked(view, base.inverse().apply(self._points), config)
        self._seen_s[seen | gone] = view.stamp_s
        self._hits[gone] -= 1
        self._keep(self._hits > 0)
        self._add(new, tops, view.stamp_s)

    def _add(self, points: NDArray[np.float64], tops: NDArray[np.float64], stamp_s: float) -> None:
        """A point in a cell already known confirms it, at most to `most_hits`."""
        config = self._config
        known = {cell: n for n, cell in enumerate(_cells(self._points, config.cell))}
        fresh = []
        for n, cell in enumerate(_cells(points, config.cell)):
            at = known.get(cell)
            if at is None:
                fresh.append(n)
                continue
            self._hits[at] = min(self._hits[at] + 1, config.most_hits)
            self._seen_s[at] = stamp_s
            self._points[at, 2] = min(self._points[at, 2], points[n, 2])
            self._tops[at] = max(self._tops[at], tops[n])
        self._points = np.concatenate((self._points, points[fresh]))
        self._tops = np.concatenate((self._tops, tops[fresh]))
        self._hits = np.concatenate((self._hits, np.ones(len(fresh), dtype=np.int64)))
        self._seen_s = np.concatenate((self._seen_s, np.full(len(fresh), stamp_s)))

    def _keep(self, which: NDArray[np.bool_]) -> None:
        self._points, self._hits = self._points[which], self._hits[which]
        self._seen_s, self._tops = self._seen_s[which], self._tops[which]


def _cells(points: NDArray[np.float64], side: float) -> list[tuple[int, int]]:
    rows = np.floor(points[:, :2] / side).astype(np.int64).tolist()
    return [(x, y) for x, y in rows]


def _checked(
    view: DepthView, points: NDArray[np.float64], config: DepthConfig
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which points (n, 3) in base_link the image still shows, and which it shows to be gone.

    Neither: out of view, or something nearer hides them.
    """
    seen = np.zeros(len(points), dtype=np.bool_)
    gone = seen.copy()
    local = view.mount.inverse().apply(points)
    ahead = np.flatnonzero(local[:, 2] > config.nearest)
    k = view.intrinsics
    u = np.rint(k[0, 0] * local[ahead, 0] / local[ahead, 2] + k[0, 2]).astype(np.int64)
    v = np.rint(k[1, 1] * local[ahead, 1] / local[ahead, 2] + k[1, 2]).astype(np.int64)
    rows, columns = view.depth.shape
    inside = (u >= 0) & (u < columns) & (v >= 0) & (v < rows)
    for n, column, row in zip(ahead[inside], u[inside], v[inside], strict=True):
        part = (
            slice(max(row - NEAR_PIXELS, 0), row + NEAR_PIXELS + 1),
            slice(max(column - NEAR_PIXELS, 0), column + NEAR_PIXELS + 1),
        )
        depth = view.depth[row, column]
        near = np.abs(view.depth[part] - local[n, 2]) < 2.0 * config.gone_margin
        seen[n] = bool(np.any(view.obstacle[part] & near))
        # a low thing lies on the floor that is seen now: it is as far away, but stands out no more
        gone[n] = not seen[n] and bool(depth > local[n, 2] - config.gone_margin)
    return seen, gone


def from_segment(
    points: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) m of points (n, 2) from the segment between start and end (2,)."""
    way = end - start
    share = np.clip((points - start) @ way / max(float(way @ way), 1e-9), 0.0, 1.0)
    return np.asarray(np.hypot(*(points - start - share[:, None] * way).T))
