"""Yardstick `people`: legs in recorded lidar scans, and tracks in simulated scenarios."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from sklearn.metrics import roc_auc_score

from or_robot.bench.leg_training import SampleStore, fit, part_scores
from or_robot.bench.people_bags import Bag, bags, read_bag
from or_robot.bench.people_tracking import track_scenario
from or_robot.bench.resume import Log
from or_robot.home import home
from or_robot.perception.leg_classifier import committed_weights
from or_robot.perception.trees import Trees

app = typer.Typer(add_completion=False)
SCENARIO = "crowded_corridor"


@app.command()
def people(
    scans: Annotated[Path | None, typer.Option(help="folder of the recordings (.bag)")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of training and of the first run")] = 1,
    runs: Annotated[int, typer.Option(min=0, help="simulated runs, each with its own seed")] = 5,
    seconds: Annotated[float, typer.Option(min=5.0, help="simulated, of each run")] = 120.0,
    resume: Annotated[bool, typer.Option("--resume", help="keep what an earlier run did")] = False,
) -> None:
    """Area under ROC of legs (leave one bag out), then MOTA, IDF1 and identity switches."""
    if scans is None and not runs:
        raise typer.BadParameter("nothing to do: give --scans or --runs")
    console = Console(stderr=True)
    log = Log(home() / "bench" / "people.jsonl", resume)
    figures: dict[str, Any] = {"seed": seed, "auc": None, "per_bag": []}
    with Progress(console=console, disable=not console.is_terminal) as progress:
        if scans is not None:
            rows = classified(scans, seed, log, progress)
            figures["per_bag"] = rows
            areas = [row["auc"] for row in rows if row["auc"] is not None]
            figures["auc"] = round(float(np.mean(areas)), 4) if areas else None
            print(f"AUC {figures['auc']} (mean of {len(areas)} bags)", flush=True)
        if runs:
            figures |= tracked(seed, runs, seconds, log, progress)
    figures["versions"] = {
        name: version(name) for name in ("motmetrics", "rosbags", "scikit-learn", "numpy")
    }
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def classified(folder: Path, seed: int, log: Log, progress: Progress) -> list[dict[str, Any]]:
    """A row a bag. Bags that the committed weights learnt from are scored by weights trained now
    without them; all others by the committed weights."""
    read = [read_bag(file) for file in bags(folder)]
    learnt = set(committed_weights().provenance["bags"].values())
    known = [bag for bag in read if bag.sha256 in learnt]
    store = SampleStore(home() / "bench" / "people-samples", seed)
    bar = progress.add_task("legs", total=len(read))
    rows = []
    for bag in read:
        others = [other for other in known if other is not bag] if bag in known else []
        rows.append(log.done(f"{bag.name} seed {seed}", partial(_row, bag, others, store, seed)))
        progress.advance(bar)
        print(json.dumps(rows[-1]), flush=True)
    return rows


def _row(bag: Bag, others: list[Bag], store: SampleStore, seed: int) -> dict[str, Any]:
    weights, trained = committed_weights(), "committed"
    if any(other.has_people for other in others):
        parts = [store.of(other) for other in others]
        weights, trained = fit([*parts, store.simulated()], seed, {}), "without this bag"
    started = time.thread_time()
    scores, legs = _scores(bag, weights)
    elapsed = time.thread_time() - started
    count = sum(len(recording.scans) for recording in bag.recordings)
    return {
        "bag": bag.name,
        "auc": round(float(roc_auc_score(legs, scores)), 4) if legs.any() else None,
        "false_alarm": round(float(np.mean(scores[~legs] > 0.0)), 4),
        "clusters": len(legs),
        "legs": int(legs.sum()),
        "weights": trained,
        "ms_per_scan": round(1e3 * elapsed / count, 2),
    }


def _scores(bag: Bag, weights: Trees) -> tuple[np.ndarray, np.ndarray]:
    pairs = [part_scores(weights, recording) for recording in bag.recordings]
    return np.concatenate([s for s, _ in pairs]), np.concatenate([legs for _, legs in pairs])


def tracked(seed: int, runs: int, seconds: float, log: Log, progress: Progress) -> dict[str, Any]:
    """Mean figures of simulated runs; `id_switches` a minute."""
    bar = progress.add_task("tracks", total=float(runs))
    rows: list[dict[str, Any]] = []
    for n in range(runs):
        task = partial(track_scenario, SCENARIO, seed + n, seconds, _completes(progress, bar, n))
        row = log.done(f"{SCENARIO} seed {seed + n} {seconds:g} s", task)
        progress.update(bar, completed=n + 1)
        rows.append({"scenario": SCENARIO, "seed": seed + n, **row})
        print(json.dumps(rows[-1]), flush=True)
    minutes = sum(row["minutes"] for row in rows)
    return {
        "mota": round(float(np.mean([row["mota"] for row in rows])), 4),
        "idf1": round(float(np.mean([row["idf1"] for row in rows])), 4),
        "id_switches": round(sum(row["id_switches"] for row in rows) / minutes, 3),
        "id_switches_unit": "1/min",
        "tracking": rows,
    }


def _completes(progress: Progress, bar: TaskID, done: int) -> Callable[[float], None]:
    return lambda part: progress.update(bar, completed=done + part)
