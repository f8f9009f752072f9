"""Figures and pictures of the yardstick `localization`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from or_robot.bench.localization_runs import AFTER_S, TRACK_S, KidnapRun, TrackRun

WITHIN_S = 10.0


def figures_of(tracks: Sequence[TrackRun], kidnaps: Sequence[KidnapRun]) -> dict[str, Any]:
    """Keys in the order they are shown; percentiles over all samples of all runs."""
    found: dict[str, Any] = {"drives": len(tracks), "drive_s": TRACK_S, "people": 6}
    if tracks:
        position = np.concatenate([run.position_m for run in tracks])
        heading = np.concatenate([run.heading_deg for run in tracks])
        lost = np.concatenate([run.lost for run in tracks])
        found |= {
            "position_p50_m": _percentile(position, 50),
            "position_p95_m": _percentile(position, 95),
            "position_max_m": _percentile(position, 100),
            "heading_p50_deg": _percentile(heading, 50),
            "heading_p95_deg": _percentile(heading, 95),
            "heading_max_deg": _percentile(heading, 100),
            "driven_s": round(0.1 * len(position), 1),
            "lost_share": round(float(lost.mean()), 4),
        }
    found["kidnaps"] = len(kidnaps)
    if kidnaps:
        times = [run.recovered_s for run in kidnaps if run.recovered_s is not None]
        noticed = [run.noticed_s for run in kidnaps if run.noticed_s is not None]
        found |= {
            "recovered_in_10_s": sum(time <= WITHIN_S for time in times),
            "recovered_in_20_s": len(times),
            "recovery_p50_s": _percentile(times, 50),
            "recovery_p95_s": _percentile(times, 95),
            "noticed": len(noticed),
            "noticed_p50_s": _percentile(noticed, 50),
            "noticed_p95_s": _percentile(noticed, 95),
            "wrong_claims": sum(run.wrong_s > 0.0 for run in kidnaps),
        }
    updates = [ms for times in _update_times(tracks, kidnaps) for ms in times]
    found |= {"update_p50_ms": _percentile(updates, 50), "update_p99_ms": _percentile(updates, 99)}
    return found


def told(figures: dict[str, Any]) -> str:
    """One figure a line."""
    width = max(map(len, figures))
    return "\n".join(f"{key:<{width}}  {value}" for key, value in figures.items())


def draw(tracks: Sequence[TrackRun], kidnaps: Sequence[KidnapRun], folder: Path) -> None:
    """Write localization-error.png and localization-kidnaps.png."""
    folder.mkdir(parents=True, exist_ok=True)
    if tracks:
        _errors(tracks).savefig(folder / "localization-error.png", dpi=80)
    if kidnaps:
        _recoveries(kidnaps).savefig(folder / "localization-kidnaps.png", dpi=80)


def _errors(tracks: Sequence[TrackRun]) -> Figure:
    figure = Figure(figsize=(10, 5), layout="constrained")
    above, below = figure.subplots(2, sharex=True)
    for run in tracks:
        seconds = 0.1 * np.arange(len(run.position_m))
        above.plot(seconds, 100.0 * np.array(run.position_m), lw=0.6)
        below.plot(seconds, run.heading_deg, lw=0.6)
    for axes, bar, label in ((above, 5.0, "position, cm"), (below, 1.5, "heading, degrees")):
        axes.axhline(bar, color="k", ls="--", lw=1.0)
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0.0)
    above.set_title(f"Error of {len(tracks)} drives among six people (dashed: bar for 95 %)")
    below.set_xlabel("s")
    return figure


def _recoveries(kidnaps: Sequence[KidnapRun]) -> Figure:
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots()
    bins = np.arange(0.0, AFTER_S + 0.5, 0.5).tolist()
    noticed = [run.noticed_s for run in kidnaps if run.noticed_s is not None]
    recovered = [run.recovered_s for run in kidnaps if run.recovered_s is not None]
    axes.hist(noticed, bins, label="says lost", color="tab:orange", alpha=0.7)
    axes.hist(recovered, bins, label="knows where it is", color="tab:blue", alpha=0.7)
    axes.axvline(WITHIN_S, color="k", ls="--", lw=1.0)
    axes.set_title(f"{len(kidnaps)} kidnaps, the robot standing; {len(recovered)} recovered")
    axes.set_xlabel("s after the robot was put down elsewhere")
    axes.set_ylabel("kidnaps")
    axes.legend()
    return figure


def _update_times(
    tracks: Sequence[TrackRun], kidnaps: Sequence[KidnapRun]
) -> Iterator[Sequence[float]]:
    yield from (run.update_ms for run in tracks)
    yield from (run.update_ms for run in kidnaps)


def _percentile(values: Any, share: float) -> float:
    return round(float(np.percentile(values, share)), 3) if len(values) else float("nan")
