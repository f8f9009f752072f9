"""The figures of a series of runs: the JSON that people and continuous integration read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np
from scipy import stats

from or_robot.scenario.description import Scenario
from or_robot.scenario.runner import Run

METRICS = (
    "time_s",
    "path_length_m",
    "path_efficiency",
    "min_separation_m",
    "intimate_s",
    "personal_s",
    "longest_stall_s",
    "jerk_rms",
)
"""Keys of a run's row of which mean, percentiles and confidence are told."""


def summary(scenario: Scenario, runs: Sequence[Run]) -> dict[str, Any]:
    """All runs of one scenario: worst of what must not happen, mean of the time."""
    rows = [row(run) for run in runs]
    gaps = [found["min_separation_m"] for found in rows if found["min_separation_m"] is not None]
    return {
        "scenario": scenario.name,
        "seed": runs[0].seed,
        "delivered": all(run.verdict.delivered for run in runs),
        "contacts": sum(len(run.verdict.contacts) for run in runs),
        "zone_entries": sum(len(run.verdict.zone_entries) for run in runs),
        "min_separation_m": min(gaps) if gaps else None,
        "time_s": round(fmean(run.verdict.time_s for run in runs), 3),
        "passed": proportion([run.passed for run in runs]),
        "statistics": {
            key: spread([found[key] for found in rows if found[key] is not None]) for key in METRICS
        },
        "runs": rows,
    }


def row(run: Run) -> dict[str, Any]:
    """One run. Lengths in m, times in s, jerk in m/s³."""
    verdict = run.verdict
    return {
        "seed": run.seed,
        "passed": run.passed,
        "ended": run.ended,
        "delivered": verdict.delivered,
        "contacts": len(verdict.contacts),
        "touched": [
            {
                "time_s": round(touch.stamp_s, 3),
                "what": touch.other,
                "speed": round(touch.robot_speed, 4),
            }
            for touch in verdict.contacts
        ],
        "contacts_by_others": verdict.contacts_by_others,
        "zone_entries": len(verdict.zone_entries),
        "zones_entered": [entry.zone for entry in verdict.zone_entries],
        "zone_entries_by_phase": dict(Counter(e.phase or "none" for e in verdict.zone_entries)),
        "min_separation_m": _rounded(verdict.min_separation),
        "intimate_s": round(verdict.intimate_s, 2),
        "personal_s": round(verdict.personal_s, 2),
        "time_s": round(verdict.time_s, 3),
        "path_length_m": round(verdict.path_length, 3),
        "path_efficiency": _rounded(verdict.path_efficiency),
        "longest_stall_s": round(verdict.longest_stall_s, 2),
        "jerk_rms": round(verdict.jerk_rms, 3),
        "door_openings": verdict.door_openings,
        "said": run.said,
        "wall_s": round(run.wall_s, 3),
        "real_time_factor": round(run.real_time_factor, 2),
    }


def spread(values: Sequence[float]) -> dict[str, Any] | None:
    """Mean, 5th and 95th percentile, 95 % confidence interval of the mean (Student's t).

    None without values; of a single one there is no interval.
    """
    if not values:
        return None
    mean, count = fmean(values), len(values)
    half = None
    if count > 1:
        error = float(np.std(values, ddof=1)) / math.sqrt(count)
        half = float(stats.t.ppf(0.975, count - 1)) * error
    return {
        "n": count,
        "mean": round(mean, 4),
        "p5": round(float(np.percentile(values, 5)), 4),
        "p95": round(float(np.percentile(values, 95)), 4),
        "ci95": None if half is None else [round(mean - half, 4), round(mean + half, 4)],
    }


def proportion(flags: Sequence[bool]) -> dict[str, Any]:
    """How many of how many, with Wilson's 95 % confidence interval (Wilson 1927)."""
    count, n, z = sum(flags), len(flags), 1.959964
    share = count / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    interval = [round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)]
    return {"n": n, "count": count, "share": round(share, 4), "ci95": interval}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
