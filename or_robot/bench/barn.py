"""Yardstick `barn`: to a goal through unknown clutter with scan and odometry alone."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import multiprocessing
import os
import statistics
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from or_robot.bench.barn_plant import Conditions, World
from or_robot.bench.barn_plot import plot_world
from or_robot.bench.barn_run import ROWS, Result, load_worlds, run_world
from or_robot.bench.barn_worlds import make_worlds
from or_robot.errors import OrRobotError
from or_robot.home import home

app = typer.Typer(add_completion=False)

Job = tuple[World, Conditions, int, bool]
Key = tuple[str, int, int]
"""Row, world, seed."""


@app.command()
def barn(
    worlds: Annotated[Path | None, typer.Option(help="file of BARN worlds")] = None,
    made: Annotated[int, typer.Option(min=0, help="instead: so many worlds made alike")] = 0,
    only: Annotated[str, typer.Option(help="numbers of worlds; all unless given")] = "",
    rows: Annotated[str, typer.Option(help=f"of {', '.join(ROWS)}")] = ",".join(ROWS),
    seeds: Annotated[int, typer.Option(min=1, help="runs of each world")] = 5,
    max_speed: Annotated[float, typer.Option(min=0.1, max=2.0, help="m/s, of every row")] = 2.0,
    plot: Annotated[Path | None, typer.Option(help="folder for a picture of each world")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="runs at once; 0: one a core")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="keep runs that the log has of the same software")
    ] = False,
) -> None:
    """A kinematic proxy on public worlds: no rank in the challenge follows from it.

    Exit 1 when a run touched something. An interrupted bench goes on with --resume.
    """
    found = _chosen(_worlds(worlds, made), only)
    conditions = [_limited(row, max_speed) for row in _rows(rows)]
    log = _Log(home() / "bench" / "barn.jsonl", _fingerprint(found))
    results = log.read() if resume else {}
    wanted = [(w, c, s) for s in range(seeds) for c in conditions for w in found]
    missing = [(*job, plot is not None) for job in wanted if plot or _key(job) not in results]
    for result in track(
        _run(missing, jobs or os.cpu_count() or 1),
        "barn",
        total=len(missing),
        console=Console(stderr=True),
        disable=not Console(stderr=True).is_terminal,
    ):
        trace = result.pop("trace", None)
        log.append(result)
        results[result["row"], result["world"], result["seed"]] = result
        if plot is not None:
            world = next(w for w in found if w.number == result["world"])
            row = next(c for c in conditions if _name(c) == result["row"])
            plot_world(plot, world, row, result, np.array(trace))
    figures = [_figures(c.name, [results[_key(job)] for job in wanted if job[1] == c])
               for c in conditions]  # fmt: skip
    _print(figures)
    if json_file is not None:
        json_file.write_text(json.dumps({"rows": figures}, indent=2) + "\n", encoding="utf-8")
    raise typer.Exit(1 if any(row["collision"] for row in figures) else 0)


def _worlds(file: Path | None, made: int) -> list[World]:
    if (file is None) == (made == 0):
        raise typer.BadParameter("give either --worlds FILE or --made N")
    return make_worlds(made) if file is None else load_worlds(file)


def _chosen(worlds: list[World], numbers: str) -> list[World]:
    if not numbers:
        return worlds
    known = {str(world.number): world for world in worlds}
    unknown = [number for number in numbers.split(",") if number not in known]
    if unknown:
        raise OrRobotError(f"no world {unknown[0]!r}", f"one of {', '.join(known)}")
    return [known[number] for number in numbers.split(",")]


def _rows(names: str) -> list[Conditions]:
    unknown = [name for name in names.split(",") if name not in ROWS]
    if unknown:
        raise OrRobotError(f"no row {unknown[0]!r}", f"one of {', '.join(ROWS)}")
    return [ROWS[name] for name in names.split(",")]


def _limited(row: Conditions, max_speed: float) -> Conditions:
    return dataclasses.replace(row, max_speed=min(row.max_speed, max_speed))


def _key(job: tuple[World, Conditions, int]) -> Key:
    world, conditions, seed = job
    return _name(conditions), world.number, seed


def _name(conditions: Conditions) -> str:
    """Of a row in the log, which may hold it at several speeds."""
    return f"{conditions.name}@{conditions.max_speed:g}"


def _run(missing: list[Job], workers: int) -> Iterator[Result]:
    """Results as they come."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        for done in as_completed([pool.submit(_work, job) for job in missing]):
            yield done.result()


def _work(job: Job) -> Result:
    world, conditions, seed, trace = job
    result = run_world(world, conditions, seed, trace)
    result["row"] = _name(conditions)
    return result


def _figures(name: str, results: list[Result]) -> dict[str, Any]:
    """One row of the yardstick's keys."""
    solved = [result for result in results if result["success"]]
    cycles = np.concatenate([result["cycles_ms"] for result in results])
    return {
        "name": name,
        "score": _mean(result["score"] for result in results),
        "success": _mean(result["success"] for result in results),
        "collision": sum(result["collision"] for result in results),
        "timeout": sum(result["timeout"] for result in results),
        "mean_time_s": _mean(result["time_s"] for result in solved),
        "time_over_shortest": _mean(result["time_s"] / result["shortest_s"] for result in solved),
        "min_clearance_m": round(min(result["clearance_m"] for result in results), 4),
        "worlds": len({result["world"] for result in results}),
        "seeds": len({result["seed"] for result in results}),
        "cycle_mean_ms": round(float(cycles.mean()), 2),
        "cycle_p99_ms": round(float(np.percentile(cycles, 99)), 2),
    }


def _mean(values: Iterable[float]) -> float | None:
    collected = list(values)
    return round(statistics.fmean(collected), 4) if collected else None


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


SOFTWARE = (
    "autonomy/mapless.py", "autonomy/progress.py", "bench/barn_plant.py", "bench/barn_run.py",
    "config/control.py", "config/robot.py", "config/setting.py", "control/*.py",
    "geometry/heap.py", "geometry/pose.py", "types/motion.py", "world/point_memory.py",
)  # fmt: skip
"""What a run is made with."""


class _Log:
    """Finished runs, one JSON line each."""

    def __init__(self, file: Path, fingerprint: str) -> None:
        self._file = file
        self._fingerprint = fingerprint

    def read(self) -> dict[Key, Result]:
        """Those of the same software and worlds; a torn line is no run."""
        found: dict[Key, Result] = {}
        lines = self._file.read_text(encoding="utf-8").splitlines() if self._file.is_file() else []
        for line in lines:
            try:
                result = json.loads(line)
            except json.JSONDecodeError:
                continue
            if result.pop("fingerprint", "") == self._fingerprint:
                found[result["row"], result["world"], result["seed"]] = result
        return found

    def append(self, result: Result) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        torn = self._file.is_file() and not self._file.read_bytes().endswith(b"\n")
        line = json.dumps(result | {"fingerprint": self._fingerprint})
        with self._file.open("a", encoding="utf-8") as file:
            file.write(("\n" if torn else "") + line + "\n")


def _fingerprint(worlds: list[World]) -> str:
    """Changes with the worlds and with the software that drives."""
    software = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for world in worlds:
        digest.update(world.cylinders.tobytes() + str(world.number).encode())
    for file in sorted(file for part in SOFTWARE for file in software.glob(part)):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
