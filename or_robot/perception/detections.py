"""Clusters that may be legs, and how they belong to people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from or_robot.config.perception import PeopleConfig
from or_robot.geometry.distance_field import DistanceField
from or_robot.geometry.pose import Pose2D
from or_robot.perception.clusters import cluster
from or_robot.perception.features import CLUSTER_GAP, FEWEST_POINTS
from or_robot.perception.leg_classifier import ScoredClusters
from or_robot.types.motion import LaserScan

LEGS = 2


@dataclass(frozen=True, slots=True)
class Legs:
    """What may be one leg, or both as one thing."""

    positions: NDArray[np.float64]
    """(n, 2) m in the map frame."""
    scores: NDArray[np.float64]
    """(n,) log-odds of being a leg; -inf: too few beams to tell."""
    both: NDArray[np.bool_]
    """(n,) as wide as two legs."""
    clusters: NDArray[np.intp]
    """(n,) which cluster of the scan each is, or -1."""
    previous: NDArray[np.intp]
    """(n,) which cluster of the scan before it continues, or -1."""

    def __add__(self, other: Legs) -> Legs:
        return Legs(
            np.concatenate((self.positions, other.positions)),
            np.concatenate((self.scores, other.scores)),
            np.concatenate((self.both, other.both)),
            np.concatenate((self.clusters, other.clusters)),
            np.concatenate((self.previous, other.previous)),
        )

    @property
    def clear(self) -> NDArray[np.bool_]:
        """(n,) had beams enough to be scored."""
        return np.isfinite(self.scores)

    def part(self, which: NDArray[np.intp]) -> Legs:
        """Some of them."""
        return Legs(
            self.positions[which],
            self.scores[which],
            self.both[which],
            self.clusters[which],
            self.previous[which],
        )


def legs(
    scored: ScoredClusters, sensor: Pose2D, field: DistanceField, config: PeopleConfig
) -> Legs:
    """Clusters near enough and no wider than a person that the map does not explain."""
    clusters = scored.clusters
    starts, stops = clusters.starts, clusters.stops
    ends = clusters.points[stops - 1] - clusters.points[starts]
    width = np.hypot(*ends.T)
    far = np.hypot(*clusters.centres().T) > config.max_range
    apart = np.concatenate(
        ([0], np.cumsum(field.distances(sensor.transform(clusters.points)) > config.map_distance))
    )
    explained = 2 * (apart[stops] - apart[starts]) < stops - starts
    keep = ~far & ~explained & (width <= config.body_width_max)
    return Legs(
        scored.centres[keep],
        scored.scores[keep],
        width[keep] > config.leg_width_max,
        np.flatnonzero(keep),
        scored.previous[keep],
    )


def faint_legs(scan: LaserScan, sensor: Pose2D, field: DistanceField, config: PeopleConfig) -> Legs:
    """What has too few beams to be told for a leg, as far legs do; it may be one of somebody known.

    Their score is -inf, they belong to no cluster and continue none.
    """
    small = cluster(scan, CLUSTER_GAP, 1, config.max_range)
    at = sensor.transform(small.centres())
    few = small.stops - small.starts < FEWEST_POINTS
    at = at[few & (field.distances(at) > config.map_distance)]
    nothing = np.full(len(at), -1, dtype=np.intp)
    return Legs(at, np.full(len(at), -np.inf), nothing >= 0, nothing, nothing)


def leg_spread(velocity: NDArray[np.float64], config: PeopleConfig) -> NDArray[np.float64]:
    """(…, 2, 2) m², covariance of a leg off the middle: who walks has it ahead or behind."""
    along = velocity[..., :, None] * velocity[..., None, :]
    return config.leg_sigma**2 * np.eye(2) + config.stride_time**2 * along


def shared_out(
    centres: NDArray[np.float64],
    spreads: NDArray[np.float64],
    velocities: NDArray[np.float64],
    owners: NDArray[np.intp],
    found: Legs,
    config: PeopleConfig,
) -> list[list[int]]:
    """The legs, two at most, of each person predicted at centres (m, 2), (m, 2, 2) covariance.

    velocities (m, 2), m/s.
    owners (n,): which of the people each leg belonged to a scan ago, -1 somebody else or nobody.

    Hungarian assignment of legs to two places a person (Kuhn 1955); what is both legs takes both.
    """
    given: list[list[int]] = [[] for _ in centres]
    if not len(centres) or not len(found.positions):
        return given
    offset = found.positions[None] - centres[:, None]
    sigma = spreads + leg_spread(velocities, config)
    distance = np.einsum("mni,mij,mnj->mn", offset, np.linalg.inv(sigma), offset)
    # of two people who might own a leg, the one whose place is better known is likelier
    unsure = np.log(np.linalg.det(sigma))[:, None]
    near = np.hypot(*offset.transpose(2, 0, 1)) <= config.gate
    # a leg that looks like one is preferred to clutter at the same distance
    cost = distance + unsure - 0.5 * np.clip(found.scores, -4.0, 4.0)[None]
    # a foot that moves on stays the same person's, also when another comes as near
    cost = cost - config.same_leg * (owners[None] == np.arange(len(centres))[:, None])
    forbidden = 1e6
    cost = np.where(near & (distance < config.gate_sigmas**2), cost, forbidden)
    rows, columns = linear_sum_assignment(np.repeat(cost, LEGS, axis=0))
    for row, column in zip(rows, columns, strict=True):
        if cost[row // LEGS, column] < forbidden:
            given[row // LEGS].append(int(column))
    return [
        _fitting(legs_, centre, found, config) for legs_, centre in zip(given, centres, strict=True)
    ]


def _fitting(
    own: list[int], centre: NDArray[np.float64], found: Legs, config: PeopleConfig
) -> list[int]:
    """Two things that cannot be one person's legs: only the nearer one is."""
    if len(own) < LEGS:
        return own
    gap = float(np.hypot(*(found.positions[own[0]] - found.positions[own[1]])))
    if gap <= config.pair_distance and not found.both[own].any():
        return own
    return [min(own, key=lambda leg: float(np.hypot(*(found.positions[leg] - centre))))]


def paired(free: list[int], found: Legs, config: PeopleConfig) -> list[list[int]]:
    """New people: the closest pairs first, then single things that look like legs."""
    single = [leg for leg in free if found.scores[leg] >= config.birth_score]
    gaps = sorted(
        (float(np.hypot(*(found.positions[i] - found.positions[j]))), i, j)
        for n, i in enumerate(single)
        for j in single[n + 1 :]
        if not found.both[i] and not found.both[j]
    )
    people: list[list[int]] = []
    left = set(single)
    for gap, i, j in gaps:
        if gap <= config.pair_distance and i in left and j in left:
            left -= {i, j}
            people.append([i, j])
    return people + [[leg] for leg in sorted(left)]
