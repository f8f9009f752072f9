"""Yardstick `localization`: error while driving among six people, and recovery from kidnapping."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from or_robot.bench.localization_figures import draw, figures_of, told
from or_robot.bench.localization_runs import (
    Job,
    KidnapRun,
    TrackRun,
    read_run,
    run_job,
    source_mark,
)
from or_robot.home import home
from or_robot.scenario.series import run_series

app = typer.Typer(add_completion=False)


@app.command()
def localization(
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    seeds: Annotated[int, typer.Option(min=0, help="drives of a minute")] = 12,
    kidnaps: Annotated[int, typer.Option(min=0, help="times the robot is put elsewhere")] = 100,
    first_seed: Annotated[int, typer.Option(min=0)] = 1,
    plots: Annotated[Path | None, typer.Option(help="folder for the pictures")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="runs at once; 0: one a core")] = 0,
    fresh: Annotated[bool, typer.Option("--fresh", help="forget runs already made")] = False,
) -> None:
    """Truth against estimate in the operating wing; runs made with the same files are kept.

    After a kidnap the robot stands as soon as it says that it is lost, and goes on standing.
    """
    wanted = [Job("track", n) for n in range(first_seed, first_seed + seeds)]
    wanted += [Job("kidnap", n) for n in range(first_seed, first_seed + kidnaps)]
    log = home() / "bench" / f"localization-{source_mark()}.jsonl"
    if fresh:
        log.unlink(missing_ok=True)
    done = _kept(log)
    missing = [job for job in wanted if job not in done]
    for job, run in _run(missing, jobs or os.cpu_count() or 1):
        _keep(log, job, run)
        done[job] = run
    found = [done[job] for job in wanted]
    tracks = [run for run in found if isinstance(run, TrackRun)]
    lifted = [run for run in found if isinstance(run, KidnapRun)]
    figures: dict[str, Any] = figures_of(tracks, lifted) | {"first_seed": first_seed}
    print(told(figures))
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if plots is not None:
        draw(tracks, lifted, plots)


def _run(missing: Sequence[Job], workers: int) -> Any:
    """Every missing job with its run, as they end."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, disable=not missing) as progress:
        bar = progress.add_task(f"{len(missing)} runs", total=1.0)
        work = functools.partial(run_job, tuple(missing))
        for index, run in run_series(
            work,
            range(len(missing)),
            workers,
            lambda part: progress.update(bar, completed=part),
        ):
            yield missing[index], run


def _kept(log: Path) -> dict[Job, TrackRun | KidnapRun]:
    """Runs already made; a line that an interruption left torn is passed over."""
    found = {}
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
        with contextlib.suppress(json.JSONDecodeError):
            job, run = read_run(json.loads(line))
            found[job] = run
    return found


def _keep(log: Path, job: Job, run: TrackRun | KidnapRun) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    torn = log.exists() and not log.read_bytes().endswith(b"\n")
    with log.open("a", encoding="utf-8") as file:
        file.write(
            "\n" * torn
            + json.dumps({"kind": job.kind, "seed": job.seed, "run": run.__dict__})
            + "\n"
        )
