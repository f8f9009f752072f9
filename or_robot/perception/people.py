"""From scans to tracked people: legs, Kalman filters, Hungarian assignment, birth and death."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from or_robot.config.perception import PeopleConfig
from or_robot.geometry.distance_field import DistanceField
from or_robot.perception.detections import Legs, faint_legs, leg_spread, legs, paired, shared_out
from or_robot.perception.leg_classifier import LegClassifier
from or_robot.perception.sight import Sight, seen
from or_robot.perception.track import PersonFilter
from or_robot.types.motion import LaserScan, PoseEstimate, Track, Tracks
from or_robot.types.site import OCCUPIED_FROM, OccupancyMap

LONGEST_GAP_S = 1.0
"""After a longer gap between scans, or time going back, everybody is forgotten."""


def _off_way(person: PersonFilter, place: NDArray[np.float64], unseen_s: float) -> float:
    """m from a place to where somebody may have walked who went on, slowed down or stopped."""
    way = person.mean[2:] * unseen_s
    length_2 = float(way @ way)
    along = min(max(float((place - person.last) @ way) / length_2, 0.0), 1.0) if length_2 else 0.0
    return float(np.hypot(*(place - person.last - along * way)))


class PeopleTracker:
    """Call `update` with every scan and the pose it was taken from."""

    def __init__(
        self, config: PeopleConfig, map_: OccupancyMap, classifier: LegClassifier | None = None
    ) -> None:
        self._config = config
        self._field = DistanceField(map_.spec, map_.values >= OCCUPIED_FROM)
        self._classifier = LegClassifier() if classifier is None else classifier
        self._people: list[PersonFilter] = []
        self._gone: list[PersonFilter] = []
        self._owners: dict[int, PersonFilter] = {}
        """Whose leg each cluster of the last scan was."""
        self._ids = itertools.count(1)
        self._stamp_s: float | None = None
        self._sensor = np.zeros(2)
        """Where the lidar is, m in the map frame."""

    def update(self, scan: LaserScan, pose: PoseEstimate) -> Tracks:
        """Everybody known after this scan; nobody while localization is lost."""
        elapsed = scan.stamp_s - (self._stamp_s if self._stamp_s is not None else scan.stamp_s)
        self._stamp_s = scan.stamp_s
        if pose.lost or not 0.0 <= elapsed <= LONGEST_GAP_S:
            self._people.clear()
            self._gone.clear()
            self._owners.clear()
            self._classifier.clear()
        if pose.lost:
            return Tracks(scan.stamp_s, ())
        for person in self._people:
            person.predict(elapsed, self._config.acceleration)
        sensor = pose.pose.compose(scan.mount)
        found = legs(self._classifier(scan, sensor), sensor, self._field, self._config)
        found += faint_legs(scan, sensor, self._field, self._config)
        self._sensor = np.array([sensor.x, sensor.y])
        self._match(found, scan.stamp_s)
        self._bury(scan, sensor.inverse().transform(self._means()), elapsed)
        return Tracks(scan.stamp_s, tuple(self._confirmed(scan.stamp_s)))

    def _means(self) -> NDArray[np.float64]:
        means = [person.mean[:2] for person in self._people]
        return np.array(means, dtype=np.float64).reshape(-1, 2)

    def _match(self, found: Legs, stamp_s: float) -> None:
        """People already confirmed choose their legs first, then the others, then new ones."""
        free = np.ones(len(found.positions), dtype=np.bool_)
        before, self._owners = self._owners, {}
        for sure in (True, False):
            group = [person for person in self._people if (person.id > 0) is sure]
            self._correct(group, before, found, free, stamp_s)
            free &= found.clear  # faint ones show where somebody known is, not that somebody is
        claimed = self._means()
        for own in paired(np.flatnonzero(free).tolist(), found, self._config):
            at = found.positions[own].mean(axis=0)
            if len(claimed) and np.hypot(*(claimed - at).T).min() < self._config.person_space:
                continue  # the other leg, or a shadow, of somebody known
            person = PersonFilter(at, self._config.detection_sigma, stamp_s)
            person.evidence = float(found.scores[own].max())
            self._people.append(person)
            self._own(person, found, own)

    def _correct(
        self,
        group: list[PersonFilter],
        before: dict[int, PersonFilter],
        found: Legs,
        free: NDArray[np.bool_],
        stamp_s: float,
    ) -> None:
        config, left = self._config, np.flatnonzero(free)
        part = found.part(left)
        rank = {id(person): n for n, person in enumerate(group)}
        owners = np.array(
            [rank.get(id(before.get(cluster)), -1) for cluster in part.previous.tolist()],
            dtype=np.intp,
        )
        centres = np.array([person.mean[:2] for person in group]).reshape(-1, 2)
        spreads = np.array([person.covariance[:2, :2] for person in group]).reshape(-1, 2, 2)
        velocities = np.array([person.mean[2:] for person in group]).reshape(-1, 2)
        given = shared_out(centres, spreads, velocities, owners, part, config)
        for person, own in zip(group, given, strict=True):
            if not own:
                continue
            self._own(person, part, own)
            whole = len(own) > 1 or bool(part.both[own[0]])
            noise = config.detection_sigma**2 * np.eye(2)
            if not whole:
                noise = leg_spread(person.mean[2:], config)
            person.correct(part.positions[own], noise, stamp_s)
            self._weigh(person, part.scores[own])
            free[left[own]] = False
            enough = person.evidence >= config.confirm_evidence
            if not person.id and person.hits >= config.confirm_hits and enough:
                self._confirm(person)

    def _weigh(self, person: PersonFilter, scores: NDArray[np.float64]) -> None:
        """Add what the legs just found (n,) say of whether it is somebody."""
        config = self._config
        best, least = float(scores.max()), -config.evidence_step
        if math.isinf(best):
            best = -config.faint_doubt
        if person.id and np.hypot(*(person.mean[:2] - self._sensor)) < config.near_range:
            least = 0.0  # a still leg so near is scored low; who stands there has to stay known
        step = min(max(best, least), config.evidence_step)
        person.evidence = min(person.evidence + step, config.evidence_max)

    def _own(self, person: PersonFilter, found: Legs, own: list[int]) -> None:
        clear = found.clear[own]
        self._owners.update(dict.fromkeys(found.clusters[own][clear].tolist(), person))

    def _confirm(self, person: PersonFilter) -> None:
        """Somebody out of sight or led astray, if they can have come here; else new."""
        config = self._config
        unseen = [other for other in self._people if other.id and other.seen_s < person.born_s]
        known = self._gone + unseen
        shares = []
        """Of the distance that somebody may be off their way after so long."""
        for other in known:
            unseen_s = person.born_s - other.seen_s
            allowed = config.return_distance + config.walk * unseen_s
            shares.append(_off_way(other, person.first, unseen_s) / allowed)
        back = bool(known) and min(shares) <= 1.0
        same = known[int(np.argmin(shares))] if back else self._led_astray(person)
        person.id = next(self._ids) if same is None else same.id
        self._people = [other for other in self._people if other is not same]
        self._gone = [other for other in self._gone if other is not same]

    def _led_astray(self, newcomer: PersonFilter) -> PersonFilter | None:
        """Who is kept alive by a foot of the person beside, and before was on the way to here."""
        config = self._config
        here = [person for person in self._people if person.id and person.seen_s == self._stamp_s]
        one_foot = [person for person in here if len(person.feet) == 1]
        nearest, astray = config.astray_distance, None
        for person in one_foot:
            beside = [other for other in one_foot if other is not person]
            gaps = [float(np.hypot(*(other.feet[0] - person.feet[0]))) for other in beside]
            ahead = person.ahead(newcomer.born_s - config.astray_after, newcomer.born_s)
            if ahead is None or not gaps or min(gaps) > config.stance:
                continue
            off = float(np.hypot(*(newcomer.first - ahead)))
            if off < min(nearest, float(np.hypot(*(newcomer.first - person.mean[:2])))):
                nearest, astray = off, person
        return astray

    def _bury(self, scan: LaserScan, places: NDArray[np.float64], elapsed: float) -> None:
        """Who is not where they should be is soon gone; who is hidden is kept a while."""
        config = self._config
        sights = seen(scan, places, config.person_radius)
        staying = []
        for person, sight in zip(self._people, sights, strict=True):
            unseen = scan.stamp_s - person.seen_s
            if unseen > 0.0 and sight is not Sight.HIDDEN:
                person.doubt_s += elapsed
            patience, longest = config.forget_after, config.forget_after
            if person.id:
                patience, longest = config.drop_after, config.hidden_keep
            if person.evidence < config.drop_evidence:
                continue
            if person.doubt_s <= patience and unseen <= longest:
                staying.append(person)
            elif person.id:
                self._gone.append(person)
        self._people = staying
        self._gone = [p for p in self._gone if scan.stamp_s - p.seen_s <= config.return_after]

    def _confirmed(self, stamp_s: float) -> list[Track]:
        config = self._config
        return [
            Track(
                person.id,
                person.mean[:2].copy(),
                person.mean[2:].copy(),
                person.covariance.copy(),
                config.person_radius,
                math.exp(-(stamp_s - person.seen_s)) / (1.0 + math.exp(-person.evidence)),
            )
            for person in self._people
            if person.id
        ]
