"""Trains the leg classifier on recordings, varied so that it serves other lidars too."""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier

from or_robot.bench import leg_simulation, people_bags
from or_robot.bench.leg_simulation import simulated_recordings
from or_robot.bench.people_bags import Bag, Recording
from or_robot.geometry.pose import Pose2D
from or_robot.perception import clusters, evidence, features, scan_matching, shape
from or_robot.perception.features import NAMES, LegFeatures
from or_robot.perception.leg_classifier import LegClassifier
from or_robot.perception.trees import Trees
from or_robot.types.motion import LaserScan

MATCH = 0.1
"""m: a cluster so near a labelled leg is that leg."""
NEGATIVES_KEPT = 0.2
"""Share of the clusters kept of a recording without people, which has far more of them."""
FORGET_EVERY = 60
"""Scans after which a varied recording starts anew, so that the first scans are learnt too."""
SIMULATED_SCANS = 500
SIMULATED_KEPT = 0.3
"""Share of the simulated clusters kept: the recordings are to weigh more."""
FIT: dict[str, Any] = {
    "n_estimators": 220,
    "max_depth": 5,
    "learning_rate": 0.07,
    "subsample": 0.3,
    "max_features": 10,
    "min_samples_leaf": 20,
}


RECIPE = (
    sys.modules[__name__],
    leg_simulation,
    people_bags,
    clusters,
    evidence,
    features,
    scan_matching,
    shape,
)
"""Modules whose code decides what the samples are."""


@dataclass(frozen=True)
class Samples:
    features: NDArray[np.float64]
    """(n, NAMES)."""
    legs: NDArray[np.bool_]
    """(n,)."""


def samples(recording: Recording, forget_every: int = 0) -> Samples:
    """All clusters of a recording in order; forgets earlier scans every so many, if given."""
    extract = LegFeatures()
    features, legs = [], []
    for n, (scan, pose) in enumerate(zip(recording.scans, recording.poses, strict=True)):
        if forget_every and n % forget_every == 0:
            extract.clear()
        clusters, rows, _ = extract(scan, pose)
        features.append(rows)
        legs.append(_near(clusters.centres(), recording.legs[n]))
    return Samples(np.concatenate(features), np.concatenate(legs))


def _near(centres: NDArray[np.float64], legs: NDArray[np.float64]) -> NDArray[np.bool_]:
    if not len(legs) or not len(centres):
        return np.zeros(len(centres), dtype=np.bool_)
    gaps = np.hypot(*(centres[:, None] - legs[None]).transpose(2, 0, 1))
    return np.asarray(gaps.min(axis=1) <= MATCH)


def training_samples(bag: Bag, rng: np.random.Generator) -> Samples:
    """A bag as it is, and varied: mirrored, coarser, finer, noisier, less sure of its motion."""
    parts = []
    for recording in bag.recordings:
        for forget, varied in _variants(recording, rng):
            part = samples(varied, forget)
            parts.append(part if bag.has_people else _some(part, NEGATIVES_KEPT, rng))
    return _together(parts)


class SampleStore:
    """Samples of bags and of the simulated wing, made once and kept in a folder."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._seed = folder, seed

    def of(self, bag: Bag) -> Samples:
        """Varied by draws of the bag's own, whatever other bags there are."""
        rng = np.random.default_rng([self._seed, int(bag.sha256[:8], 16)])
        return self._kept(bag.sha256[:16], lambda: training_samples(bag, rng))

    def simulated(self) -> Samples:
        rng = np.random.default_rng(self._seed)
        return self._kept("simulated", lambda: simulated_samples(self._seed, rng))

    def _kept(self, name: str, make: Callable[[], Samples]) -> Samples:
        """By seed and by the code that makes them."""
        code = hashlib.sha256()
        for module in RECIPE:
            code.update(Path(str(module.__file__)).read_bytes())
        file = self._folder / f"{name}-{self._seed}-{code.hexdigest()[:12]}.npz"
        if file.is_file():
            with np.load(file, allow_pickle=False) as stored:
                return Samples(stored["features"], stored["legs"])
        made = make()
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part.npz")
        np.savez(unfinished, features=made.features, legs=made.legs)
        unfinished.replace(file)
        return made


def simulated_samples(seed: int, rng: np.random.Generator) -> Samples:
    """Of the simulated wing, as it is and mirrored."""
    parts = []
    for recording in simulated_recordings(seed, SIMULATED_SCANS):
        for forget, varied in ((FORGET_EVERY, recording), (0, mirrored(recording))):
            parts.append(_some(samples(varied, forget), SIMULATED_KEPT, rng))
    return _together(parts)


def _some(part: Samples, share: float, rng: np.random.Generator) -> Samples:
    keep = rng.random(len(part.legs)) < share
    return Samples(part.features[keep], part.legs[keep])


def _together(parts: Sequence[Samples]) -> Samples:
    return Samples(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.legs for part in parts]),
    )


def _variants(recording: Recording, rng: np.random.Generator) -> Iterator[tuple[int, Recording]]:
    yield 0, recording
    yield FORGET_EVERY, _changed(mirrored(recording), rng, 0.005, 0.005, lambda scan: scan)
    yield FORGET_EVERY, _changed(recording, rng, 0.01, 0.01, coarser)
    yield 0, _changed(mirrored(recording), rng, 0.01, 0.01, finer)


def mirrored(recording: Recording) -> Recording:
    """As if left were right."""
    scans = tuple(
        dataclasses.replace(
            scan,
            angle_min=-(scan.angle_min + scan.angle_increment * (scan.ranges.size - 1)),
            ranges=scan.ranges[::-1],
        )
        for scan in recording.scans
    )
    poses = tuple(Pose2D(pose.x, -pose.y, -pose.yaw) for pose in recording.poses)
    legs = tuple(at * (1.0, -1.0) for at in recording.legs)
    return Recording(recording.name, scans, poses, legs)


def coarser(scan: LaserScan) -> LaserScan:
    """Every second beam."""
    return dataclasses.replace(
        scan, angle_increment=2.0 * scan.angle_increment, ranges=scan.ranges[::2]
    )


def finer(scan: LaserScan) -> LaserScan:
    """A beam more between every two: in the middle where both hit one thing, else as the first."""
    ranges = scan.ranges
    known = np.where(scan.valid, ranges, 0.0)
    one = scan.valid[:-1] & scan.valid[1:] & (np.abs(np.diff(known)) < MATCH)
    between = np.where(one, (known[:-1] + known[1:]) / 2.0, ranges[:-1])
    dense = np.empty(2 * ranges.size - 1, dtype=np.float32)
    dense[::2], dense[1::2] = ranges, between
    return dataclasses.replace(scan, angle_increment=scan.angle_increment / 2.0, ranges=dense)


def _changed(
    recording: Recording,
    rng: np.random.Generator,
    range_sigma: float,
    pose_sigma: float,
    resample: Callable[[LaserScan], LaserScan],
) -> Recording:
    """Other beams, noise on ranges (m) and poses (m; a third of it in rad)."""
    scans = []
    for scan in recording.scans:
        other = resample(scan)
        noise = rng.normal(0.0, range_sigma, other.ranges.size).astype(np.float32)
        scans.append(
            dataclasses.replace(
                other, ranges=np.where(other.valid, other.ranges + noise, other.ranges)
            )
        )
    errors = rng.normal(0.0, pose_sigma, (len(scans), 3)) * (1.0, 1.0, 1.0 / 3.0)
    poses = tuple(
        pose.compose(Pose2D(*error)) for pose, error in zip(recording.poses, errors, strict=True)
    )
    return Recording(recording.name, tuple(scans), poses, recording.legs)


def part_scores(
    weights: Trees, recording: Recording
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(n,) log-odds of every cluster of a recording, scan after scan, and whether it is a leg."""
    classifier = LegClassifier(weights)
    scores, legs = [], []
    for scan, pose, at in zip(recording.scans, recording.poses, recording.legs, strict=True):
        scored = classifier(scan, pose)
        scores.append(scored.scores)
        legs.append(_near(scored.clusters.centres(), at))
    return np.concatenate(scores), np.concatenate(legs)


def fit(parts: Iterable[Samples], seed: int, provenance: dict[str, Any]) -> Trees:
    """Gradient boosting on all samples together."""
    everything = _together(list(parts))
    model = GradientBoostingClassifier(**FIT, random_state=seed)
    rows = everything.features.astype(np.float32)
    model.fit(rows, everything.legs)
    return exported(model, rows[:1], provenance)


def exported(
    model: GradientBoostingClassifier, row: NDArray[np.float32], provenance: dict[str, Any]
) -> Trees:
    """The fitted trees as arrays. `row` (1, names) fixes the common offset."""
    columns: dict[str, list[NDArray[Any]]] = {key: [] for key in ("f", "t", "l", "r", "v")}
    roots, offset = [], 0
    for (regressor,) in model.estimators_:
        tree = regressor.tree_
        leaf = tree.children_left < 0
        roots.append(offset)
        columns["f"].append(np.where(leaf, -1, tree.feature))
        columns["t"].append(tree.threshold)
        columns["l"].append(np.where(leaf, 0, tree.children_left + offset))
        columns["r"].append(np.where(leaf, 0, tree.children_right + offset))
        columns["v"].append(tree.value[:, 0, 0] * model.learning_rate)
        offset += tree.node_count
    feature, left, right = (np.concatenate(columns[key]).astype(np.int32) for key in "flr")
    # scikit-learn compares float32 values with float64 thresholds: round the threshold down
    exact = np.concatenate(columns["t"])
    threshold = exact.astype(np.float32)
    threshold = np.where(threshold > exact, np.nextafter(threshold, np.float32(-np.inf)), threshold)
    value = np.concatenate(columns["v"]).astype(np.float32)
    starts = np.array(roots, dtype=np.int32)
    trees = Trees(0.0, feature, threshold, left, right, value, starts, NAMES, provenance)
    base = float(model.decision_function(row)[0] - trees.scores(row.astype(np.float64))[0])
    return dataclasses.replace(trees, base=base)
