"""Groups of neighbouring beams, and which of them may be legs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from or_robot.config.perception import PeopleConfig


def clusters(points: NDArray[np.float64], gap: float) -> list[NDArray[np.float64]]:
    """Split points (n, 2), ordered by bearing, wherever two neighbours are more than `gap` m apart.

    The scan is a circle: when its ends meet, the first and the last group are one.
    """
    if not len(points):
        return []
    jumps = np.hypot(*np.diff(points, axis=0).T) > gap
    groups = np.split(points, np.nonzero(jumps)[0] + 1)
    if len(groups) > 1 and np.hypot(*(points[0] - points[-1])) <= gap:
        groups[0] = np.concatenate((groups.pop(), groups[0]))
    return groups


def width(cluster: NDArray[np.float64]) -> float:
    """Distance between the first and the last point of a cluster (n, 2), m."""
    return float(np.hypot(*(cluster[-1] - cluster[0])))


def detections(groups: list[NDArray[np.float64]], config: PeopleConfig) -> NDArray[np.float64]:
    """Where people may stand: pairs of leg-like clusters, single legs, both legs as one; (n, 2)."""
    legs: list[NDArray[np.float64]] = []
    bodies: list[NDArray[np.float64]] = []
    for group in groups:
        if len(group) < config.cluster_points:
            continue
        if config.leg_width_min <= width(group) <= config.leg_width_max:
            legs.append(group.mean(axis=0))
        elif width(group) <= config.body_width_max:
            bodies.append(group.mean(axis=0))
    found = _paired(legs, config.pair_distance) + bodies
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def _paired(legs: list[NDArray[np.float64]], reach: float) -> list[NDArray[np.float64]]:
    """Middles of the closest pairs first; a leg without a partner stands for a person too."""
    if not legs:
        return []
    at = np.array(legs)
    gaps = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    gaps[np.tril_indices(len(at))] = np.inf
    found, free = [], np.ones(len(at), dtype=np.bool_)
    for flat in np.argsort(gaps, axis=None):
        i, j = divmod(int(flat), len(at))
        if gaps[i, j] > reach:
            break
        if free[i] and free[j]:
            free[[i, j]] = False
            found.append((at[i] + at[j]) / 2.0)
    return found + list(at[free])
