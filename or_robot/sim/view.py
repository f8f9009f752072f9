"""Run a scenario at the pace of real time and show it live."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from or_robot.autonomy.autonomy import AutonomyOutput
from or_robot.config.robot import RobotConfig
from or_robot.scenario.description import Scenario
from or_robot.scenario.runner import Moment, Run
from or_robot.sim.embedded import simulate
from or_robot.sim.view_frames import map_png, moment_json, scene
from or_robot.sim.view_server import Feed, ViewServer

SHOWN_EVERY_S = 0.1
"""Simulated time between two moments that are shown: one revolution of the lidar."""


class Pace:
    """Holds a simulation back to `speed` × real time; 0: as fast as it goes."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._begun = time.monotonic()

    def wait(self, simulated_s: float) -> None:
        if self._speed > 0.0:
            due = self._begun + simulated_s / self._speed
            time.sleep(max(0.0, due - time.monotonic()))


class Shown:
    """Passes every fifth moment on to the feed, with the last scan seen."""

    def __init__(self, feed: Feed, pace: Pace) -> None:
        self._feed = feed
        self._pace = pace
        self._points: NDArray[np.float64] = np.empty((0, 2))
        self._next_s = 0.0

    def watch(self, moment: Moment, said: AutonomyOutput | None) -> None:
        truth = moment.truth
        self._pace.wait(truth.stamp_s)
        if moment.frame.scans:
            self._points = truth.robot.transform(moment.frame.scans[-1].points())
        if truth.stamp_s >= self._next_s - 1e-9:
            self._next_s = truth.stamp_s + SHOWN_EVERY_S
            self._feed.publish(moment_json(moment, self._points, said))


def show(
    scenario: Scenario, seed: int, speed: float, host: str, port: int, tell: Callable[[str], None]
) -> Run:
    """Serve the page while the run lasts, and the last moment of it until Ctrl-C."""
    feed = Feed()
    fixed = scene(scenario, seed, RobotConfig())
    with ViewServer(host, port, fixed, map_png(scenario.site.map), feed) as server:
        tell(server.address)
        shown = Shown(feed, Pace(speed))
        run = simulate(scenario, seed, watch=shown.watch)
        tell(f"{run.ended}: {run.said}")
        tell("Ctrl-C ends")
        try:
            while True:
                time.sleep(3600.0)
        except KeyboardInterrupt:
            return run
