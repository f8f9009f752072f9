"""`or-robot perception`: train the leg classifier."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from or_robot.bench.leg_training import (
    FIT,
    SIMULATED_SCANS,
    fit,
    simulated_samples,
    training_samples,
)
from or_robot.bench.people_bags import bags, read_bag
from or_robot.bench.perception_pictures import depth_layer, roc, tracked_scene
from or_robot.perception.leg_classifier import WEIGHTS

app = typer.Typer(help="What the robot sees.", no_args_is_help=True, add_completion=False)
LICENCE = "recordings: BSD-3-Clause (leg_tracker); simulation: of this package"


@app.callback()
def perception() -> None:
    """What the robot sees."""


@app.command()
def train(
    scans: Annotated[Path, typer.Option(help="folder of the recordings (.bag)")],
    out: Annotated[Path, typer.Option(help="file to write")] = WEIGHTS,
    seed: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Train the leg classifier on labelled recordings and the simulated wing (some minutes)."""
    rng = np.random.default_rng(seed)
    console = Console(stderr=True)
    parts, known = [], {}
    for file in track(bags(scans), "reading", console=console, disable=not console.is_terminal):
        bag = read_bag(file)
        known[bag.name] = bag.sha256
        parts.append(training_samples(bag, rng))
    parts.append(simulated_samples(seed, rng))
    everything = sum(len(part.legs) for part in parts)
    legs = sum(int(part.legs.sum()) for part in parts)
    print(f"{everything} clusters, {legs} of them legs; boosting …", flush=True)
    provenance = {
        "command": f"or-robot perception train --scans DIR --seed {seed}",
        "licence": LICENCE,
        "bags": known,
        "simulated_scans": SIMULATED_SCANS,
        "clusters": everything,
        "legs": legs,
        "settings": FIT,
        "versions": {name: version(name) for name in ("or_robot", "scikit-learn", "numpy")},
    }
    fit(parts, seed, provenance).save(out)
    print(out)


@app.command()
def pictures(
    out: Annotated[Path, typer.Option(help="folder to write")] = Path("docs/images"),
    scans: Annotated[
        Path | None, typer.Option(help="folder of the recordings; without it, no ROC")
    ] = None,
    seed: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Make the pictures of docs/perception.md."""
    depth_layer(out / "perception-depth.png", seed)
    tracked_scene(out / "perception-people.png", seed)
    if scans is not None:
        roc(scans, out / "perception-roc.png", seed)
