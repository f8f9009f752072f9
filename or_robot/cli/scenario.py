"""`or-robot scenario`: list scenarios, run one under the referee."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from or_robot.config.robot import RobotConfig
from or_robot.scenario.description import Scenario, load_scenario, scenario_files
from or_robot.scenario.pilot import AutonomyPilot
from or_robot.scenario.report import plot_run, summary
from or_robot.scenario.runner import Run, run_scenario
from or_robot.sim.world import SimWorld

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
    report: Annotated[
        Path | None, typer.Option(help="folder for a plot of each run and the figures")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
) -> None:
    """Run a scenario in process, faster than real time. Exit 1 unless every run passes."""
    scenario = load_scenario(name)
    robot = RobotConfig()
    runs = []
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        for number in range(seed, seed + repeat):
            bar = progress.add_task(f"seed {number}", total=1.0)

            def advance(fraction: float, bar=bar) -> None:  # type: ignore[no-untyped-def]
                progress.update(bar, completed=fraction)

            done = _run_once(scenario, robot, number, advance)
            runs.append(done)
            if report is not None:
                report.mkdir(parents=True, exist_ok=True)
                plot_run(scenario, done, robot.footprint, report / f"{name}_{number}.png")
    figures = json.dumps(summary(scenario, runs), indent=2)
    for file in (json_file, report / f"{name}.json" if report else None):
        if file is not None:
            file.write_text(figures + "\n", encoding="utf-8")
    raise typer.Exit(0 if all(run.passed for run in runs) else 1)


def _run_once(
    scenario: Scenario, robot: RobotConfig, seed: int, progress: Callable[[float], None]
) -> Run:
    world = SimWorld(
        scenario.site.name,
        seed=seed,
        robot=robot,
        people=scenario.people,
        objects=scenario.objects,
        start=scenario.start,
    )
    with tempfile.TemporaryDirectory() as folder:
        pilot = AutonomyPilot(scenario, robot, seed, Path(folder) / "queue.sqlite")
        done = run_scenario(scenario, world, pilot, robot, seed, progress)
        words = pilot.last_words()
        pilot.close()
    print(_line(done))
    if not done.passed:
        print(f"  {words}")
    return done


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
