import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.perception.clusters import cluster
from or_robot.perception.evidence import EvidenceGrid
from or_robot.perception.features import NAMES, LegFeatures
from or_robot.perception.leg_classifier import LegClassifier, committed_weights
from or_robot.perception.scan_matching import ScanOdometry
from or_robot.perception.trees import Trees
from or_robot.types.motion import LaserScan

HERE = Pose2D(0.0, 0.0, 0.0)
BEAMS = 720


def scan(discs: list[tuple[float, float, float]], stamp_s: float = 0.0, at: Pose2D = HERE):
    """Exact rays in a square room of 8 m with discs x, y, radius."""
    bearings = -math.pi + math.tau / BEAMS * np.arange(BEAMS)
    angles = bearings + at.yaw
    along = np.stack((np.cos(angles), np.sin(angles)), axis=-1)
    place = np.array([at.x, at.y])
    with np.errstate(all="ignore"):
        ranges = np.nanmin((np.sign(along) * 4.0 - place) / along, axis=1)
    for x, y, radius in discs:
        offset = np.array([x, y]) - place
        middle = along @ offset
        inside = middle**2 - offset @ offset + radius**2
        near = middle - np.sqrt(np.maximum(inside, 0.0))
        ranges = np.where((inside > 0.0) & (middle > 0.0), np.minimum(ranges, near), ranges)
    return LaserScan(
        stamp_s, -math.pi, math.tau / BEAMS, 0.05, 25.0, ranges.astype(np.float32), HERE
    )


def test_clusters_split_at_gaps_and_close_the_circle() -> None:
    found = cluster(scan([(-2.0, 0.0, 0.06), (2.0, 0.5, 0.06)]), 0.13, 3, 11.0)
    centres = found.centres()
    gaps = np.hypot(*(centres - (-1.95, 0.0)).T)
    assert gaps.min() < 0.03  # the leg behind, where the circle of beams closes, is one
    assert np.hypot(*(centres - (1.95, 0.49)).T).min() < 0.03
    sizes = found.stops - found.starts
    assert sizes.min() >= 3
    assert sizes.sum() <= len(found.points)


def test_nothing_hit_is_no_cluster() -> None:
    empty = dataclasses.replace(scan([]), ranges=np.full(BEAMS, np.inf, dtype=np.float32))
    assert len(cluster(empty, 0.13, 3, 11.0)) == 0
    assert len(cluster(empty, 0.13, 3, 11.0).centres()) == 0


def test_a_wall_was_hit_and_the_air_before_it_passed() -> None:
    grid = EvidenceGrid()
    for n in range(10):
        grid.add(scan([], 0.1 * n), HERE, 11.0)
    wall, air = grid.at(np.array([[3.99, 0.02], [2.0, 0.02]]))
    assert wall[1] > 0.8
    assert air[0] == 0.0
    assert air[3] > 1.0
    grid.clear()
    assert not grid.at(np.array([[4.0, 0.02]])).any()


def test_evidence_stays_in_place_while_the_grid_follows() -> None:
    grid = EvidenceGrid()
    for n in range(8):
        grid.add(scan([], 0.1 * n), HERE, 11.0)
    before = grid.at(np.array([[3.99, 0.02]]))
    grid.add(scan([], 1.0, Pose2D(3.5, 0.0, 0.0)), Pose2D(3.5, 0.0, 0.0), 11.0)
    assert grid.at(np.array([[3.99, 0.02]]))[0, 1] == pytest.approx(before[0, 1], abs=0.15)


@given(st.floats(-math.pi, math.pi))
def test_features_do_not_turn_with_the_sensor(yaw: float) -> None:
    legs = [(1.5, 0.2, 0.06), (1.5, -0.1, 0.06)]
    rows = [LegFeatures()(scan(legs, at=at), at)[1] for at in (HERE, Pose2D(0.0, 0.0, yaw))]
    shape = [NAMES.index(name) for name in ("width", "circle_error", "neighbour_2")]
    near = [row[np.argmin(np.abs(row[:, 1] - 1.47))][shape] for row in rows]
    assert near[0] == pytest.approx(near[1], abs=0.04)


def test_a_walking_pair_scores_above_the_walls() -> None:
    classify = LegClassifier()
    for n in range(15):
        x = 2.5 - 0.06 * n
        legs = [(x + 0.1, 0.15, 0.06), (x, -0.15, 0.06)]
        scored = classify(scan(legs, 0.1 * n), HERE)
    gaps = np.hypot(*(scored.centres[:, None] - np.array(legs)[None, :, :2]).transpose(2, 0, 1))
    own = gaps.min(axis=1) < 0.1
    assert own.sum() == 2
    assert scored.probabilities[own].min() > 0.7
    assert scored.probabilities[~own].max() < 0.3


def test_weights_survive_a_round_trip_and_carry_their_provenance(tmp_path: Path) -> None:
    weights = committed_weights()
    weights.save(tmp_path / "copy.npz")
    again = Trees.load(tmp_path / "copy.npz")
    rows = np.random.default_rng(0).normal(0.5, 1.0, (50, len(NAMES)))
    assert np.array_equal(weights.scores(rows), again.scores(rows))
    assert {"command", "licence", "bags", "versions"} <= set(again.provenance)


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_weights_that_are_none_are_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "weights.npz"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(OrRobotError, match="perception train"):
        Trees.load(file)


def test_weights_that_would_walk_in_circles_are_refused(tmp_path: Path) -> None:
    weights = committed_weights()
    dataclasses.replace(weights, left=np.zeros_like(weights.left)).save(tmp_path / "bad.npz")
    with pytest.raises(OrRobotError, match="damaged"):
        Trees.load(tmp_path / "bad.npz")


def test_weights_of_other_features_are_refused() -> None:
    with pytest.raises(OrRobotError, match="other features"):
        LegClassifier(dataclasses.replace(committed_weights(), names=("one",)))


@given(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_scan_odometry_finds_the_motion(x: float, y: float, yaw: float) -> None:
    things = [(2.0, 1.0, 0.3), (-1.0, 2.5, 0.4), (0.5, -2.0, 0.2)]
    odometry = ScanOdometry()
    odometry.update(scan(things))
    found = odometry.update(scan(things, 0.1, Pose2D(x, y, yaw)))
    assert math.hypot(found.x - x, found.y - y) < 0.02
    assert abs(found.yaw - yaw) < 0.01
