import numpy as np
import pytest
from kinematic_plant import Plant, Walker, room

from or_robot.config.perception import PeopleConfig
from or_robot.geometry.pose import Pose2D
from or_robot.perception.clusters import clusters
from or_robot.perception.people import PeopleTracker
from or_robot.types.motion import PoseEstimate, Tracks

SITE = room(8.0, 6.0, [(3.0, 0.0, 3.3, 1.5)])
POSE = Pose2D(1.0, 3.0, 0.0)


def follow(plant: Plant, tracker: PeopleTracker, scans: int, lost: bool = False) -> list[Tracks]:
    seen = []
    for _ in range(scans):
        plant.step(plant.time_s + 0.1)
        pose = PoseEstimate(plant.time_s, plant.pose, np.eye(3) * 1e-4, lost)
        seen.append(tracker.update(plant.scan(), pose))
    return seen


def walker(speed: float = 0.8) -> Walker:
    return Walker(np.array([5.0, 1.5]), np.array([5.0, 5.0]), speed)


def test_one_walker_is_one_track_with_the_right_velocity() -> None:
    plant = Plant(SITE, POSE, walkers=[walker()])
    tracker = PeopleTracker(PeopleConfig(), SITE.map)
    seen = follow(plant, tracker, 30)
    assert len({track.id for tracks in seen for track in tracks.tracks}) == 1
    (track,) = seen[-1].tracks
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
    seen = follow(plant, PeopleTracker(PeopleConfig(), SITE.map), 30)
    assert len(seen[-1].tracks) == 2
    assert len({track.id for tracks in seen for track in tracks.tracks}) == 2


def test_lost_or_time_going_back_forgets_everybody() -> None:
    plant = Plant(SITE, POSE, walkers=[walker()])
    tracker = PeopleTracker(PeopleConfig(), SITE.map)
    follow(plant, tracker, 10)
    assert not follow(plant, tracker, 1, lost=True)[0].tracks
    assert follow(plant, tracker, 10)[-1].tracks
    plant.time_s -= 1.0
    assert not follow(plant, tracker, 1)[0].tracks


def test_clusters_split_at_gaps_and_close_the_circle() -> None:
    points = np.array([[1.0, 0.0], [1.05, 0.0], [2.0, 0.0], [2.05, 0.0], [0.95, 0.0]])
    groups = clusters(points, 0.13)
    assert [len(group) for group in groups] == [3, 2]
    assert clusters(np.empty((0, 2)), 0.13) == []
