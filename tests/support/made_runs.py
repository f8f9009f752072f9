"""Runs that nobody ran, for tests of what is done with runs."""

from collections.abc import Callable

import numpy as np

from or_robot.scenario.referee import Verdict, ZoneEntry
from or_robot.scenario.runner import Run, Trace
from or_robot.scenario.truth import Contact


def made_run(seed: int, passed: bool = True, time_s: float = 60.0) -> Run:
    """A straight way along the corridor with one person; one that failed touched a cart."""
    time = np.arange(0.1, 10.0, 0.1)
    robot = np.stack([time, 3 + time, 8 + 0 * time, 0 * time, 1 + 0 * time, 0 * time], axis=1)
    people = np.stack([20 - time, 8.5 + 0 * time], axis=1)[:, None, :].repeat(2, axis=1)
    touches = () if passed else (Contact(5.0, "cart <1>", 0.4),)
    verdict = Verdict(
        delivered=passed,
        contacts=touches,
        contacts_by_others=0,
        zone_entries=() if passed else (ZoneEntry(6.0, "or_1_sterile_field", "operating"),),
        min_separation=0.5 + 0.01 * seed,
        intimate_s=0.0,
        personal_s=2.0,
        time_s=time_s,
        path_length=10.0,
        path_efficiency=0.9 if passed else None,
        longest_stall_s=1.5,
        jerk_rms=0.4,
        door_openings={"OR-1": 1},
    )
    ended = "delivered" if passed else "timeout"
    return Run(seed, verdict, passed, ended, "all well", Trace(robot, people), 2.0)


def made_by_seed(seed: int, progress: Callable[[float], None]) -> Run:
    """Even seeds pass; seed 13 breaks."""
    if seed == 13:
        raise RuntimeError("bad luck")
    progress(0.5)
    return made_run(seed, passed=seed % 2 == 0, time_s=50.0 + seed)
