"""`or-robot perception`: train the leg classifier."""

from __future__ import annotations

import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from or_robot.bench.leg_training import FIT, SIMULATED_SCANS, SampleStore, fit
from or_robot.bench.people_bags import bags, read_bag
from or_robot.bench.perception_pictures import depth_layer, roc, tracked_scene
from or_robot.errors import OrRobotError
from or_robot.home import home
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
    store = SampleStore(home() / "bench" / "people-samples", seed)
    console = Console(stderr=True)
    parts, known = [], {}
    for file in track(bags(scans), "reading", console=console, disable=not console.is_terminal):
        bag = read_bag(file)
        known[bag.name] = bag.sha256
        parts.append(store.of(bag))
    parts.append(store.simulated())
    everything = sum(len(part.legs) for part in parts)
    legs = sum(int(part.legs.sum()) for part in parts)
    print(f"{everything} clusters, {legs} of them legs; boosting …", flush=True)
    provenance = {
        "command": f"or-robot perception train --scans DIR --seed {seed}",
        "commit": commit(),
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


def commit() -> str:
    """Of the source tree this runs from; "-dirty" when it was changed since.

    Raises OrRobotError where there is none: weights of unknown origin are of no use.
    """
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise OrRobotError(
            "the weights' origin cannot be told", "train in a git checkout of the source"
        ) from error
    return done.stdout.strip()


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
