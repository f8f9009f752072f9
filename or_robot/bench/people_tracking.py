"""Tracked people against the truth of a simulated scenario (CLEAR MOT, Bernardin 2008; IDF1)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import motmetrics
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from or_robot.autonomy.autonomy import AutonomyOutput
from or_robot.scenario.description import load_scenario
from or_robot.scenario.runner import Moment
from or_robot.scenario.truth import PersonTruth
from or_robot.sim.embedded import simulate
from or_robot.types.motion import LaserScan, Tracks

GATE = 0.75
"""m between a track and the person it is."""
RANGE = 8.0
"""m within which people are to be tracked."""
LEG_MARGIN = 0.06
"""m around a leg's surface in which a beam that ends has seen it."""
SEEN_BEAMS = 3
"""On one leg: as many as the yardstick's clusters have; less is noise."""
ABSENT_S = 2.0
"""Who was out of sight for longer comes back as somebody new: a lidar sees shins, no faces."""
METRICS = ["mota", "idf1", "num_switches", "num_false_positives", "num_misses", "num_objects"]


@dataclasses.dataclass
class Score:
    """Accumulates the frames of one run."""

    accumulator: Any = dataclasses.field(
        default_factory=lambda: motmetrics.MOTAccumulator(auto_id=True)
    )
    seen: dict[str, tuple[int, float]] = dataclasses.field(default_factory=dict)
    """Of people by name: the number of their present visit, and when they were last in sight."""
    visits: int = 0
    first_s: float = np.inf
    last_s: float = 0.0

    def frame(
        self, scan: LaserScan, people: tuple[PersonTruth, ...], moment: Moment, tracks: Tracks
    ) -> None:
        """One scan. Who cannot be seen need not be tracked, and may be."""
        robot = moment.truth.robot
        ends = robot.transform(scan.points())
        centres = np.array([person.discs[1:, :2].mean(axis=0) for person in people]).reshape(-1, 2)
        visible = np.array([_visible(person, ends) for person in people], dtype=np.bool_)
        visible &= np.hypot(*(centres - (robot.x, robot.y)).T) <= RANGE
        found = np.array([track.position for track in tracks.tracks]).reshape(-1, 2)
        gaps = np.hypot(*(centres[:, None] - found[None]).transpose(2, 0, 1))
        keep = _not_hidden(gaps, visible)
        cost = np.where(gaps <= GATE, gaps, np.nan)[visible][:, keep]
        seen = [
            self._visit(person.name, scan.stamp_s)
            for person, sees in zip(people, visible, strict=True)
            if sees
        ]
        ids = [track.id for track, kept in zip(tracks.tracks, keep, strict=True) if kept]
        self.accumulator.update(seen, ids, cost)
        self.first_s = min(self.first_s, scan.stamp_s)
        self.last_s = max(self.last_s, scan.stamp_s)

    def _visit(self, name: str, stamp_s: float) -> int:
        number, last_s = self.seen.get(name, (0, -np.inf))
        if stamp_s - last_s > ABSENT_S:
            self.visits += 1
            number = self.visits
        self.seen[name] = number, stamp_s
        return number

    def figures(self) -> dict[str, float]:
        summary = motmetrics.metrics.create().compute(self.accumulator, metrics=METRICS)
        row = {name: float(summary[name].iloc[0]) for name in METRICS}
        minutes = max(self.last_s - self.first_s, 0.0) / 60.0
        return {
            "mota": round(row["mota"], 4),
            "idf1": round(row["idf1"], 4),
            "id_switches": int(row["num_switches"]),
            "id_switches_per_min": round(row["num_switches"] / minutes, 3) if minutes else 0.0,
            "false_positives": int(row["num_false_positives"]),
            "misses": int(row["num_misses"]),
            "objects": int(row["num_objects"]),
            "minutes": round(minutes, 3),
        }


def _visible(person: PersonTruth, ends: NDArray[np.float64]) -> bool:
    """Whether enough beams ended on one of the legs."""
    legs = person.discs[1:]
    gaps = np.hypot(*(ends[:, None] - legs[None, :, :2]).transpose(2, 0, 1)) - legs[:, 2]
    return bool(np.any(np.count_nonzero(gaps < LEG_MARGIN, axis=0) >= SEEN_BEAMS))


def _not_hidden(gaps: NDArray[np.float64], visible: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(tracks,) all but those that belong to people who cannot be seen."""
    keep = np.ones(gaps.shape[1], dtype=np.bool_)
    far = 1e3
    for person, track in zip(
        *linear_sum_assignment(np.where(gaps <= GATE, gaps, far)), strict=True
    ):
        if gaps[person, track] <= GATE and not visible[person]:
            keep[track] = False
    return keep


def track_scenario(
    name: str, seed: int, seconds: float, progress: Callable[[float], None]
) -> dict[str, Any]:
    """Figures of one run of a scenario, cut after so many simulated seconds."""
    scenario = load_scenario(name)
    scenario = dataclasses.replace(scenario, timeout_s=min(scenario.timeout_s, seconds))
    score = Score()
    simulate(scenario, seed, progress, _Frames(score))
    return score.figures()


class _Frames:
    """Brings each scan's tracks, which come a step later, together with its truth."""

    def __init__(self, score: Score) -> None:
        self._score = score
        self._waiting: list[tuple[LaserScan, Moment]] = []

    def __call__(self, moment: Moment, said: AutonomyOutput | None) -> None:
        self._waiting += [(scan, moment) for scan in moment.frame.scans]
        tracks = said.tracks if said is not None else None
        for scan, then in self._due(tracks):
            assert tracks is not None
            self._score.frame(scan, then.truth.people, then, tracks)

    def _due(self, tracks: Tracks | None) -> Iterator[tuple[LaserScan, Moment]]:
        if tracks is None:
            return
        same = [w for w in self._waiting if w[0].stamp_s == tracks.stamp_s]
        self._waiting = [w for w in self._waiting if w[0].stamp_s > tracks.stamp_s]
        yield from same
