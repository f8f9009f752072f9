"""`or-robot scenario`: list scenarios, run one under the referee."""

from __future__ import annotations

import functools
import importlib
import json
import os
from collections.abc import Callable
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.scenario.description import load_scenario, scenario_files
from or_robot.scenario.figures import summary
from or_robot.scenario.report import html_report
from or_robot.scenario.run_log import RunLog, fingerprint
from or_robot.scenario.runner import Run
from or_robot.scenario.series import Progress as Tell
from or_robot.scenario.series import run_series
from or_robot.sim.embedded import simulate_named


class Simulator(StrEnum):
    MUJOCO = "mujoco"
    GAZEBO = "gazebo"


Simulate = Callable[[int, Tell], Run]
"""Runs one seed; tells how far it is."""

app = typer.Typer(help="Scenarios and their referee.", no_args_is_help=True, add_completion=False)


@app.command("list")
def list_() -> None:
    """Name and description of every scenario."""
    names = scenario_files()
    width = max(map(len, names), default=0)
    for name in names:
        print(f"{name:<{width}}  {load_scenario(name).description}")


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="a name from `or-robot scenario list`")],
    seed: Annotated[int, typer.Option(min=0, help="of the first run; the next takes the next")] = 1,
    repeat: Annotated[int, typer.Option(min=1, help="how many runs")] = 1,
    jobs: Annotated[int, typer.Option(min=0, help="runs at once; 0: one a core")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="keep runs that the log has of the same files")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="folder for NAME.html, NAME.json and the run log")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    ros: Annotated[
        bool, typer.Option("--ros", help="through the whole suite, in real time, one at a time")
    ] = False,
    sim: Annotated[
        Simulator, typer.Option(help="with --ros: which simulator; gazebo after `make gazebo`")
    ] = Simulator.MUJOCO,
) -> None:
    """Run a scenario in process, faster than real time. Exit 1 unless every run passes."""
    if ros and jobs > 1:
        raise typer.BadParameter("with --ros one suite runs at a time", param_hint="--jobs")
    if sim is not Simulator.MUJOCO and not ros:
        raise typer.BadParameter("needs --ros: it runs beside the suite", param_hint="--sim")
    scenario = load_scenario(name)
    seeds = range(seed, seed + repeat)
    mark = fingerprint(scenario, whole_suite=ros) + (f"-ros-{sim.value}" if ros else "")
    folder = report or home() / "scenarios"
    log = RunLog(folder / f"{name}.jsonl", mark)
    runs = {s: run for s, run in log.read().items() if s in seeds} if resume else {}
    for done in runs.values():
        print(f"{_line(done)}, kept")
    simulate = _in_graph(name, folder, sim) if ros else functools.partial(simulate_named, name)
    workers = 1 if ros else jobs or os.cpu_count() or 1
    _run_missing(simulate, [s for s in seeds if s not in runs], workers, log, runs)
    ordered = [runs[s] for s in seeds]
    figures = json.dumps(summary(scenario, ordered), indent=2) + "\n"
    if json_file is not None:
        json_file.write_text(figures, encoding="utf-8")
    if report is not None:
        made = f"or_robot {version('or_robot')}, MuJoCo {version('mujoco')}, files {mark}"
        page = html_report(scenario, ordered, RobotConfig(), made)
        (report / f"{name}.html").write_text(page, encoding="utf-8")
        (report / f"{name}.json").write_text(figures, encoding="utf-8")
        print(report / f"{name}.html")
    raise typer.Exit(0 if all(run.passed for run in ordered) else 1)


def _in_graph(name: str, logs: Path, sim: Simulator) -> Simulate:
    """Loaded only here: in process nothing needs ROS."""
    try:
        graph = importlib.import_module("or_robot.cli.scenario_graph")
    except ModuleNotFoundError as error:
        raise OrRobotError(f"--ros: {error}", "`make setup` brings ROS 2") from error
    return functools.partial(graph.simulate_in_graph, name, logs, sim.value)


def _run_missing(
    simulate: Simulate, seeds: list[int], workers: int, log: RunLog, runs: dict[int, Run]
) -> None:
    """Run the seeds; each finished one goes into the log and into `runs`."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("running", total=1.0)
        for done in run_series(
            simulate, seeds, workers, lambda part: progress.update(bar, completed=part)
        ):
            log.append(done)
            runs[done.seed] = done
            print(_line(done), flush=True)
            if not done.passed:
                print(f"  {done.said}")


def _line(run: Run) -> str:
    verdict = run.verdict
    gap = "no people" if verdict.min_separation is None else f"{verdict.min_separation:.2f} m"
    touched = ", ".join(touch.other for touch in verdict.contacts)
    return (
        f"seed {run.seed}: {'passed' if run.passed else 'FAILED'} ({run.ended}), "
        f"{len(verdict.contacts)} contacts{f' ({touched})' if touched else ''}, "
        f"{len(verdict.zone_entries)} zone entries, nearest person {gap}, "
        f"{verdict.time_s:.1f} s, {verdict.path_length:.1f} m, "
        f"{run.real_time_factor:.1f} × real time"
    )
