"""One person as a Kalman filter with constant velocity (Bar-Shalom: Estimation, 6.3)."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

FIRST_SPEED = 0.8
"""m/s, one sigma of the velocity of somebody just seen."""
OBSERVE = np.eye(2, 4)
REMEMBERED = 15
"""Corrections: 1.5 s of a lidar's scans."""


class PersonFilter:
    """State x, y, vx, vy in the map frame."""

    def __init__(self, position: NDArray[np.float64], sigma: float, stamp_s: float) -> None:
        self.mean = np.array([position[0], position[1], 0.0, 0.0])
        self.covariance = np.diag([sigma**2, sigma**2, FIRST_SPEED**2, FIRST_SPEED**2])
        self.id = 0
        """Given once it is sure to be somebody."""
        self.first = self.last = position.copy()
        """Where it was seen at first, and at last."""
        self.born_s = self.seen_s = stamp_s
        self.hits = 1
        self.feet = position[None].copy()
        """(n, 2), what of it was seen at last: one thing or two."""
        self._past: deque[tuple[float, NDArray[np.float64]]] = deque(maxlen=REMEMBERED)
        self.evidence = 0.0
        """Log-odds that it is somebody, summed over its detections."""
        self.doubt_s = 0.0
        """How long its place has been seen free since it was last seen."""

    def predict(self, elapsed_s: float, acceleration: float) -> None:
        """White noise of acceleration (m/s², one sigma) over the elapsed time."""
        self.mean, self.covariance = predicted(self.mean, self.covariance, elapsed_s, acceleration)

    def correct(
        self, feet: NDArray[np.float64], noise: NDArray[np.float64], stamp_s: float
    ) -> None:
        """feet (n, 2) m; noise (2, 2) m² of their mean as the middle of the person."""
        innovation = feet.mean(axis=0) - self.mean[:2]
        spread = self.covariance[:2, :2] + noise
        gain = np.linalg.solve(spread, self.covariance[:2]).T
        self.mean = self.mean + gain @ innovation
        keep = np.eye(4) - gain @ OBSERVE
        # Joseph's form stays symmetric and positive
        self.covariance = keep @ self.covariance @ keep.T + gain @ noise @ gain.T
        self.last = self.mean[:2].copy()
        self.seen_s = stamp_s
        self.hits += 1
        self.doubt_s = 0.0
        self.feet = feet
        self._past.append((stamp_s, self.mean.copy()))

    def ahead(self, known_s: float, stamp_s: float) -> NDArray[np.float64] | None:
        """(2,) m, where it would be by what was known then; None: nothing was, or not any more."""
        before = [(then_s, mean) for then_s, mean in self._past if then_s <= known_s]
        if not before:
            return None
        then_s, mean = before[-1]
        return mean[:2] + (stamp_s - then_s) * mean[2:]


def predicted(
    mean: NDArray[np.float64],
    covariance: NDArray[np.float64],
    elapsed_s: float,
    acceleration: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean (4,) and covariance (4, 4) of x, y, vx, vy a time later."""
    move = np.eye(4)
    move[0, 2] = move[1, 3] = elapsed_s
    push = np.zeros((4, 2))
    push[[0, 1], [0, 1]] = elapsed_s**2 / 2.0
    push[[2, 3], [0, 1]] = elapsed_s
    return move @ mean, move @ covariance @ move.T + acceleration**2 * push @ push.T
