"""From scans to tracked people: leg clusters the map does not explain, Kalman, Hungarian."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from or_robot.config.perception import PeopleConfig
from or_robot.geometry.distance_field import DistanceField
from or_robot.geometry.pose import Pose2D
from or_robot.perception.clusters import clusters, detections
from or_robot.perception.track import PersonFilter
from or_robot.types.motion import LaserScan, PoseEstimate, Track, Tracks
from or_robot.types.site import OCCUPIED_FROM, OccupancyMap

FORGET_MISSES = 2
"""Somebody not yet confirmed is dropped after so many scans without a detection."""

LONGEST_GAP_S = 1.0
"""After a longer gap between scans, or time going back, everybody is forgotten."""


class PeopleTracker:
    """Call `update` with every scan and the pose it was taken from."""

    def __init__(self, config: PeopleConfig, map_: OccupancyMap) -> None:
        self._config = config
        self._field = DistanceField(map_.spec, map_.values >= OCCUPIED_FROM)
        self._people: dict[int, PersonFilter] = {}
        self._ids = itertools.count(1)
        self._stamp_s: float | None = None

    def update(self, scan: LaserScan, pose: PoseEstimate) -> Tracks:
        """Everybody known after this scan; nobody while localization is lost."""
        elapsed = scan.stamp_s - (self._stamp_s if self._stamp_s is not None else scan.stamp_s)
        self._stamp_s = scan.stamp_s
        if pose.lost or not 0.0 <= elapsed <= LONGEST_GAP_S:
            self._people.clear()
        if pose.lost:
            return Tracks(scan.stamp_s, ())
        for person in self._people.values():
            person.predict(elapsed, self._config.acceleration)
        self._match(self._detect(scan, pose.pose), scan.stamp_s)
        self._drop(scan.stamp_s)
        return Tracks(scan.stamp_s, tuple(self._confirmed()))

    def _detect(self, scan: LaserScan, pose: Pose2D) -> NDArray[np.float64]:
        """(n, 2) possible people in the map frame."""
        config = self._config
        points = scan.points()
        points = points[np.hypot(points[:, 0], points[:, 1]) < config.max_range]
        found = []
        for group in clusters(pose.transform(points), config.cluster_gap):
            # a leg beside a wall joins the wall's points: only what stands free is kept
            apart = self._field.distances(group) > config.map_distance
            if apart.mean() > 0.5:
                found.append(group[apart])
        return detections(found, config)

    def _match(self, found: NDArray[np.float64], stamp_s: float) -> None:
        config, ids = self._config, list(self._people)
        free = set(range(len(found)))
        missed = set(ids)
        if ids and len(found):
            means = np.array([self._people[i].mean[:2] for i in ids])
            gaps = np.hypot(*(means[:, None] - found[None]).transpose(2, 0, 1))
            for row, column in zip(*linear_sum_assignment(gaps), strict=True):
                if gaps[row, column] <= config.gate:
                    person = self._people[ids[row]]
                    person.correct(found[column], config.detection_sigma, stamp_s)
                    free.discard(int(column))
                    missed.discard(ids[row])
        for i in missed:
            self._people[i].misses += 1
        for n in sorted(free):
            person = PersonFilter(found[n], config.detection_sigma, stamp_s)
            self._people[next(self._ids)] = person

    def _drop(self, stamp_s: float) -> None:
        config = self._config
        for i, person in list(self._people.items()):
            unproven = person.hits < config.confirm_hits and person.misses >= FORGET_MISSES
            if unproven or stamp_s - person.seen_s > config.drop_after:
                del self._people[i]

    def _confirmed(self) -> list[Track]:
        config = self._config
        return [
            Track(
                i,
                person.mean[:2].copy(),
                person.mean[2:].copy(),
                person.covariance.copy(),
                config.person_radius,
                (1.0 - math.exp(-person.hits / 5.0)) * 0.7**person.misses,
            )
            for i, person in self._people.items()
            if person.hits >= config.confirm_hits
        ]
