import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from kinematic_plant import Plant, Walker, room

from or_robot.config.perception import PeopleConfig
from or_robot.geometry.pose import Pose2D
from or_robot.perception.clusters import Clusters
from or_robot.perception.detections import Legs, shared_out
from or_robot.perception.leg_classifier import ScoredClusters
from or_robot.perception.people import PeopleTracker
from or_robot.perception.sight import Sight, seen
from or_robot.perception.track import predicted
from or_robot.types.motion import LaserScan, PoseEstimate, Tracks

SITE = room(8.0, 6.0, [(3.0, 0.0, 3.3, 1.5)])
POSE = Pose2D(1.0, 3.0, 0.0)


def follow(plant: Plant, tracker: PeopleTracker, scans: int, lost: bool = False) -> list[Tracks]:
    told = []
    for _ in range(scans):
        plant.step(plant.time_s + 0.1)
        pose = PoseEstimate(plant.time_s, plant.pose, np.eye(3) * 1e-4, lost)
        told.append(tracker.update(plant.scan(), pose))
    return told


def walker(speed: float = 0.8) -> Walker:
    return Walker(np.array([5.0, 1.5]), np.array([5.0, 5.0]), speed)


def ids(told: list[Tracks]) -> set[int]:
    return {track.id for tracks in told for track in tracks.tracks}


def test_one_walker_is_one_track_with_the_right_velocity() -> None:
    plant = Plant(SITE, POSE, walkers=[walker()])
    told = follow(plant, PeopleTracker(PeopleConfig(), SITE.map), 30)
    assert len(ids(told)) == 1
    (track,) = told[-1].tracks
    assert np.hypot(*(track.position - plant.walkers[0].centre(plant.time_s))) < 0.25
    assert track.velocity == pytest.approx([0.0, 0.8], abs=0.35)
    assert 0.5 < track.confidence <= 1.0
    assert np.linalg.eigvalsh(track.covariance).min() > 0.0


def test_walls_and_furniture_of_the_map_are_nobody() -> None:
    tracker = PeopleTracker(PeopleConfig(), SITE.map)
    assert all(not tracks.tracks for tracks in follow(Plant(SITE, POSE), tracker, 20))


def test_a_ghost_dies_within_a_second() -> None:
    plant = Plant(SITE, POSE, walkers=[walker()])
    tracker = PeopleTracker(PeopleConfig(), SITE.map)
    assert follow(plant, tracker, 10)[-1].tracks
    plant.walkers.clear()
    assert not follow(plant, tracker, 10)[-1].tracks


def test_two_people_who_pass_keep_apart() -> None:
    other = Walker(np.array([6.2, 5.0]), np.array([6.2, 1.5]), 0.8)
    plant = Plant(SITE, POSE, walkers=[walker(), other])
    told = follow(plant, PeopleTracker(PeopleConfig(), SITE.map), 30)
    assert len(told[-1].tracks) == 2
    assert len(ids(told)) == 2


def test_a_foot_that_moves_on_stays_with_its_owner() -> None:
    centres = np.array([[2.0, 0.0], [2.0, 0.5]])
    spreads = np.array([np.eye(2) * 0.01, np.eye(2) * 0.01])
    leg = np.array([[2.0, 0.3]])
    config = PeopleConfig()

    def given(owner: int) -> list[list[int]]:
        found = Legs(leg, np.zeros(1), np.zeros(1, dtype=bool), np.arange(1), np.arange(1))
        return shared_out(centres, spreads, np.zeros((1, 2)), np.array([owner]), found, config)

    assert given(-1) == [[], [0]]
    assert given(0) == [[0], []]
    assert given(1) == [[], [0]]


def test_who_was_out_of_sight_for_a_moment_comes_back_as_the_same() -> None:
    plant = Plant(SITE, POSE, walkers=[walker(0.3)])
    tracker = PeopleTracker(PeopleConfig(), SITE.map)
    before = ids(follow(plant, tracker, 15))
    away = plant.walkers.copy()
    plant.walkers.clear()
    assert not follow(plant, tracker, 8)[-1].tracks
    plant.walkers += away
    assert ids(follow(plant, tracker, 10)) == before


class Feet:
    """In the classifier's place: a cluster for every foot, which continues the one it was before.

    That is the one of the same number. Later scans than `sure` look less like feet.
    """

    def __init__(self, scans: Iterable[list[tuple[float, float]]], sure: float = np.inf) -> None:
        self._scans = enumerate(scans)
        self._sure = sure
        self._before = 0

    def __call__(self, scan: LaserScan, sensor: Pose2D) -> ScoredClusters:
        n, scan_feet = next(self._scans)
        feet = np.array(scan_feet).reshape(-1, 2)
        points = np.repeat(sensor.inverse().transform(feet), 3, axis=0)
        starts = np.arange(0, len(points), 3)
        clusters = Clusters(points, np.arange(len(points)), starts, starts + 3)
        number = np.arange(len(feet))
        previous = np.where(number < self._before, number, -1)
        self._before = len(feet)
        score = 3.0 if n <= self._sure else -1.0
        return ScoredClusters(clusters, feet, np.full(len(feet), score), previous)

    def clear(self) -> None:
        pass


def test_who_was_taken_for_the_person_beside_keeps_the_name() -> None:
    """The foot of a walker merges with the second foot of a stander; then the other foot lands."""
    passes, lands, stride = 12, 14, 0.3
    stander, second = (3.65, 3.3), (3.7, 3.0)

    def feet(n: int) -> list[tuple[float, float]]:
        middle = 4.0 + 0.13 * (n - passes)
        if n < passes:
            return [(middle, 2.7), stander]
        return [second, stander, *([(middle + stride, 2.7)] if n >= lands else [])]

    tracker = PeopleTracker(PeopleConfig(), SITE.map, Feet(feet(n) for n in range(22)))
    told = follow(Plant(SITE, POSE), tracker, 22)
    first, last = ({k.id: k.position.round(1).tolist() for k in told[n].tracks} for n in (11, -1))
    (walks,) = (name for name, place in first.items() if place[1] < 3.0)
    assert first.keys() == last.keys()
    assert last[walks] == pytest.approx([5.4, 2.7], abs=0.15)


@pytest.mark.parametrize(("away", "stays"), [(0.7, True), (2.5, False)])
def test_who_stands_beside_the_robot_stays_known(away: float, stays: bool) -> None:
    """A still foot so near is scored low; why, is not known."""
    lidar = POSE.compose(Plant(SITE, POSE).scan().mount)
    x, y = lidar.transform(np.array([[away, 0.0]]))[0].tolist()
    feet = Feet([[(x, y - 0.1), (x, y + 0.1)]] * 60, sure=12)
    told = follow(Plant(SITE, POSE), PeopleTracker(PeopleConfig(), SITE.map, feet), 60)
    assert len(told[12].tracks) == 1
    assert bool(told[-1].tracks) is stays


def with_a_beam(scan: LaserScan, place: tuple[float, float], beams: int) -> LaserScan:
    """The scan with so many neighbouring beams that end at a place of the map."""
    x, y = POSE.compose(scan.mount).inverse().transform(np.array([place]))[0].tolist()
    first = int(np.argmin(np.abs(scan.bearings - math.atan2(y, x))))
    ranges = scan.ranges.copy()
    ranges[first : first + beams] = math.hypot(x, y)
    return replace(scan, ranges=ranges)


def faint_after(known: int, scans: int, beams: int, config: PeopleConfig) -> list[Tracks]:
    """Somebody seen well in the first scans; from then on only so many beams show where they go."""
    site = room(8.0, 6.0)
    place = [(5.0, 3.0 + 0.05 * n) for n in range(scans)]
    feet = Feet([place[n], (5.0, place[n][1] + 0.2)] if n < known else [] for n in range(scans))
    tracker, plant = PeopleTracker(config, site.map, feet), Plant(site, POSE)
    told = []
    for n in range(scans):
        plant.step(plant.time_s + 0.1)
        pose = PoseEstimate(plant.time_s, POSE, np.eye(3) * 1e-4, False)
        scan = plant.scan()
        told.append(
            tracker.update(with_a_beam(scan, place[n], beams) if n >= known else scan, pose)
        )
    return told


@pytest.mark.parametrize("beams", [1, 2])
def test_one_or_two_beams_keep_a_known_person_where_they_are(beams: int) -> None:
    told = faint_after(10, 35, beams, PeopleConfig())
    assert len(ids(told)) == 1
    (track,) = told[-1].tracks
    assert track.position == pytest.approx([5.0, 4.7], abs=0.2)
    assert not faint_after(10, 35, 0, PeopleConfig())[-1].tracks


def test_one_or_two_beams_make_nobody_and_do_not_keep_them_for_ever() -> None:
    assert not ids(faint_after(0, 30, 2, PeopleConfig()))
    assert not faint_after(10, 45, 2, PeopleConfig(faint_doubt=1.0))[-1].tracks


def test_lost_or_time_going_back_forgets_everybody() -> None:
    plant = Plant(SITE, POSE, walkers=[walker()])
    tracker = PeopleTracker(PeopleConfig(), SITE.map)
    follow(plant, tracker, 10)
    assert not follow(plant, tracker, 1, lost=True)[0].tracks
    assert follow(plant, tracker, 10)[-1].tracks
    plant.time_s -= 1.0
    assert not follow(plant, tracker, 1)[0].tracks


def test_a_scan_of_failed_readings_is_taken() -> None:
    tracker = PeopleTracker(PeopleConfig(), SITE.map)
    ranges = np.full(720, np.nan, dtype=np.float32)
    scan = LaserScan(0.1, -math.pi, math.tau / 720, 0.05, 25.0, ranges, Pose2D(0.2, 0.0, 0.0))
    assert tracker.update(scan, PoseEstimate(0.1, POSE, np.eye(3), False)).tracks == ()


def test_a_place_is_free_taken_or_hidden() -> None:
    ranges = np.full(360, 5.0, dtype=np.float32)
    ranges[170:190] = 2.0  # straight ahead
    scan = LaserScan(0.0, -math.pi, math.tau / 360, 0.05, 25.0, ranges, Pose2D(0.0, 0.0, 0.0))
    places = np.array([[0.0, 3.0], [2.0, 0.0], [4.0, 0.0]])
    assert seen(scan, places, 0.3) == [Sight.FREE, Sight.TAKEN, Sight.HIDDEN]


def test_prediction_moves_along_and_grows_less_sure() -> None:
    mean, covariance = np.array([1.0, 2.0, 0.5, -1.0]), np.eye(4) * 0.01
    later, wider = predicted(mean, covariance, 2.0, 1.0)
    assert later == pytest.approx([2.0, 0.0, 0.5, -1.0])
    assert np.all(np.diag(wider) > np.diag(covariance))
    assert np.linalg.eigvalsh(wider).min() > 0.0
