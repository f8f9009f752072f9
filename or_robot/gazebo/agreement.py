"""The same commands in both simulators: how far apart the robot ends."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from or_robot.errors import OrRobotError
from or_robot.geometry.pose import wrap_angle
from or_robot.scenario.truth import GroundTruth
from or_robot.types.motion import Twist2D
from or_robot.types.sensing import SensorFrame

PERIOD_S = 0.02


class Driven(Protocol):
    """What a replay needs of a simulator."""

    @property
    def time_s(self) -> float: ...
    def command(self, twist: Twist2D, /) -> None: ...
    def step(self, until_s: float, /) -> SensorFrame: ...
    def truth(self) -> GroundTruth: ...


@dataclass(frozen=True, slots=True)
class Agreement:
    end_m: float
    """Between where the robots stand in the end."""
    end_rad: float
    worst_m: float
    """Between them at the same simulated time, at any time."""
    seconds: float


def read_log(file: Path) -> NDArray[np.float64]:
    """(n, 3) time s, forward m/s, turn rad/s; each holds until the next. Raises OrRobotError."""
    with file.open(newline="", encoding="utf-8") as text:
        rows = list(csv.reader(line for line in text if not line.startswith("#")))
    try:
        log = np.array(rows[1:], dtype=np.float64).reshape(-1, 3)
    except ValueError as error:
        raise OrRobotError(f"{file}: {error}", "columns: t_s, linear, angular") from error
    if not len(log) or np.any(np.diff(log[:, 0]) <= 0.0) or not np.all(np.isfinite(log)):
        raise OrRobotError(f"{file}: times must rise and everything be finite")
    return log


def at(log: NDArray[np.float64], now_s: float) -> Twist2D:
    """The command that holds."""
    row = log[max(0, int(np.searchsorted(log[:, 0], now_s, side="right")) - 1)]
    return Twist2D(float(row[1]), float(row[2]))


def replay(log: NDArray[np.float64], world: Driven) -> NDArray[np.float64]:
    """(n, 4) time from the beginning, x, y, yaw of ground truth while a world drives by a log."""
    begin, end = world.time_s, log[-1, 0]
    trace = []
    while (now := world.time_s - begin) < end:
        world.command(at(log, now))
        pose = world.truth().robot
        trace.append((now, pose.x, pose.y, pose.yaw))
        world.step(world.time_s + PERIOD_S)
    return np.array(trace)


def compare(first: NDArray[np.float64], second: NDArray[np.float64]) -> Agreement:
    """Two traces of the same log."""
    end = min(first[-1, 0], second[-1, 0])
    times = np.arange(0.0, end, PERIOD_S)
    ways = [
        np.stack([np.interp(times, trace[:, 0], trace[:, i]) for i in (1, 2)], axis=1)
        for trace in (first, second)
    ]
    apart = np.hypot(*(ways[0] - ways[1]).T)
    return Agreement(
        float(np.hypot(*(first[-1, 1:3] - second[-1, 1:3]))),
        abs(wrap_angle(float(first[-1, 3] - second[-1, 3]))),
        float(apart.max()),
        float(end),
    )


def plot(traces: dict[str, NDArray[np.float64]], found: Agreement, file: Path) -> None:
    figure = Figure(figsize=(9.0, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (name, trace), line in zip(traces.items(), ("-", "--"), strict=True):
        left.plot(trace[:, 1], trace[:, 2], line, label=name)
        right.plot(trace[:, 0], np.degrees(np.unwrap(trace[:, 3])), line, label=name)
    left.set(xlabel="x, m", ylabel="y, m", aspect="equal", title="way")
    right.set(xlabel="simulated time, s", ylabel="heading, degrees", title="heading")
    left.legend()
    figure.suptitle(
        f"one command log, after {found.seconds:.0f} s: {100 * found.end_m:.1f} cm, "
        f"{np.degrees(found.end_rad):.1f}° apart; at worst {100 * found.worst_m:.1f} cm"
    )
    FigureCanvasAgg(figure).print_png(file)
