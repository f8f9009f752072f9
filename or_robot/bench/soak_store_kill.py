"""kill -9 while objects come in: what was acknowledged must be there, whole, and audited."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from or_robot.share import share
from or_robot.store.store import Store

CHILD = """
import pathlib, sys
from or_robot.info.service import InformationService
from or_robot.store.objects import digest
service = InformationService(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
for file in sorted(pathlib.Path(sys.argv[2]).glob("*")):
    data = file.read_bytes()
    patient_id = service.take(data, "soak")
    service.record_access(
        actor="soak", room="", action="take", patient_id=patient_id, why=digest(data)
    )
    print(digest(data), flush=True)
service.prepare(patient_id)
print("prepared", flush=True)
"""
"""Takes the committed case object by object and tells each one that is acknowledged."""

LONGEST_S = 6.0


def kill_series(kills: int, seed: int) -> dict[str, Any]:
    """Acknowledged objects and audit entries over all rounds, and those lost (none may be)."""
    drawn = np.random.default_rng(seed)
    told = {"kills": kills, "acknowledged": 0, "lost_objects": 0, "lost_audit_entries": 0}
    told |= {"broken": 0, "finished_after": 0}
    for _ in track(range(kills), "kill -9", console=Console(stderr=True), transient=True):
        with tempfile.TemporaryDirectory() as scratch:
            acknowledged = _killed(Path(scratch), float(drawn.uniform(0.0, LONGEST_S)))
            _judge(Path(scratch), acknowledged, told)
    return told


def _killed(folder: Path, after_s: float) -> list[str]:
    """Run the child, kill it some time after it is ready; what it had told by then."""
    with subprocess.Popen(_command(folder), stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError("the import did not start")
        time.sleep(after_s)
        process.kill()
        lines = process.stdout.read().split("\n")[:-1]  # the last one may be cut
    return [line for line in lines if line != "prepared"]


def _command(folder: Path) -> list[str]:
    case = share("simulation", "cases", "skull_base_pbs")
    return [sys.executable, "-c", CHILD, str(folder), str(case)]


def _judge(folder: Path, acknowledged: list[str], told: dict[str, Any]) -> None:
    store = Store(folder)
    try:
        told["acknowledged"] += len(acknowledged)
        for sha256 in acknowledged:
            told["lost_objects"] += store.owner(sha256) is None
        for one in store.instances("SIM0001"):
            store.objects.get(one.sha256)  # whole, or an error
        told["lost_audit_entries"] += max(0, len(acknowledged) - store.audit.verify().entries)
    finally:
        store.close()
    again = subprocess.run(_command(folder), capture_output=True, text=True, check=False)
    told["broken"] += again.returncode != 0
    told["finished_after"] += again.stdout.endswith("prepared\n")
