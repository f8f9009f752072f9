"""Finished runs on disk, one JSON line each, so that an interrupted series can go on."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from or_robot.scenario.description import Scenario
from or_robot.scenario.runner import Run
from or_robot.share import share

log = logging.getLogger(__name__)

TRACE_DECIMALS = 4


class _Line(msgspec.Struct):
    fingerprint: str
    run: Run


class RunLog:
    """Runs of one scenario. What was run with other files than today's is left out."""

    def __init__(self, file: Path, fingerprint: str) -> None:
        self._file = file
        self._fingerprint = fingerprint

    def read(self) -> dict[int, Run]:
        """Seed → run. A line that does not parse, as an interruption leaves it, is passed over."""
        found: dict[int, Run] = {}
        lines = self._file.read_bytes().splitlines() if self._file.is_file() else []
        for number, text in enumerate(lines, start=1):
            try:
                line = msgspec.json.decode(text, type=_Line, dec_hook=_to_array)
            except (msgspec.DecodeError, msgspec.ValidationError) as error:
                log.warning("%s:%d: passed over: %s", self._file.name, number, error)
                continue
            if line.fingerprint == self._fingerprint:
                found[line.run.seed] = line.run
        return found

    def append(self, run: Run) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        torn = self._file.is_file() and not self._file.read_bytes().endswith(b"\n")
        text = msgspec.json.encode(_Line(self._fingerprint, run), enc_hook=_to_lists)
        with self._file.open("ab") as file:
            file.write((b"\n" if torn else b"") + text + b"\n")


PARTS = (
    "autonomy", "config", "control", "geometry", "localization", "perception", "planning",
    "safety", "scenario", "sim", "tasks", "types", "world",
)  # fmt: skip
"""Packages that a run in process is made with."""


def fingerprint(scenario: Scenario, *, whole_suite: bool = False) -> str:
    """Changes with the scenario, the wing, its models and the software that runs in it."""
    simulation, root = share("simulation"), Path(__file__).resolve().parent.parent
    software = [root] if whole_suite else [root / part for part in PARTS]
    files = [
        simulation / "scenarios" / f"{scenario.name}.yaml",
        *simulation.glob(f"worlds/{scenario.site.name}.*"),
        *simulation.glob(f"maps/{scenario.site.name}/map.*"),
        *simulation.glob("models/*/*.sdf"),
        *(file for folder in software for kind in ("*.py", "*.npz") for file in folder.rglob(kind)),
    ]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _to_lists(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return np.round(value, TRACE_DECIMALS).tolist()
    raise TypeError(f"a {type(value).__name__} has no place in a run log")


def _to_array(_kind: Any, value: Any) -> Any:
    return np.array(value, dtype=np.float64)
