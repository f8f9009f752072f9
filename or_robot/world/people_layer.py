"""Where people are about to be costs extra, so that a path gives way before they meet."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from or_robot.config.costmap import CostmapConfig
from or_robot.geometry.grid import GridSpec
from or_robot.types.costmap import INSCRIBED
from or_robot.types.motion import Track

STEP_S = 0.25
"""Between the places of one prediction."""
FASTEST = 2.5
"""m/s: nobody is predicted to walk faster."""


def add_people(
    costs: NDArray[np.uint8], spec: GridSpec, tracks: Iterable[Track], config: CostmapConfig
) -> None:
    """Raise the costs (rows, columns), in place, where tracks lead at constant velocity.

    `person_cost` on the person now, falling to 0 with the distance (`person_reach`) and with the
    time ahead (`person_horizon`). Never lethal: a person moves on, and the controller, which
    knows the same tracks, keeps away from where they are. Bad tracks (not finite) are left out.
    """
    steps = max(1, round(config.person_horizon / STEP_S))
    for track in tracks:
        if not (np.isfinite(track.position).all() and np.isfinite(track.velocity).all()):
            continue
        speed = math.hypot(*track.velocity)
        velocity = track.velocity * min(1.0, FASTEST / max(speed, 1e-9))
        for step in range(steps):
            place = track.position + velocity * (step * STEP_S)
            peak = min(config.person_cost, INSCRIBED - 1) * (1.0 - step / steps)
            _add_cone(costs, spec, place, peak, config.person_reach)


def _add_cone(
    costs: NDArray[np.uint8],
    spec: GridSpec,
    place: NDArray[np.float64],
    peak: float,
    reach: float,
) -> None:
    """Costs at least `peak` at a place (2,), m, falling in a line to 0 at `reach` m."""
    (low, high) = spec.cells(np.stack((place - reach, place + reach)))
    top, left = np.maximum(low, 0).tolist()
    window = costs[top : max(int(high[0]) + 1, 0), left : max(int(high[1]) + 1, 0)]
    if not window.size:
        return
    y = spec.origin_y + (np.arange(top, top + window.shape[0]) + 0.5) * spec.resolution
    x = spec.origin_x + (np.arange(left, left + window.shape[1]) + 0.5) * spec.resolution
    distance = np.hypot(x[None, :] - place[0], y[:, None] - place[1])
    cone = np.maximum(peak * (1.0 - distance / reach), 0.0)
    np.maximum(window, cone.astype(np.uint8), out=window)
