"""Soak of the store: does a look stay as quick with 10,000 patients, does kill -9 lose anything?"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from sqlalchemy import insert

from or_robot.bench.soak_store_kill import kill_series
from or_robot.home import home
from or_robot.info.prepare import CASE, PreparedCase
from or_robot.info.service import InformationService
from or_robot.share import share
from or_robot.store.database import writing
from or_robot.store.schema import instance, patient, prepared
from or_robot.store.store import Store

app = typer.Typer(add_completion=False)

FEW = 10
BATCH = 200
OBJECTS = 76
"""Rows a patient has in the list of objects, as the committed case."""


@app.command()
def store(
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    patients: Annotated[int, typer.Option(min=FEW, help="in the large store")] = 10_000,
    looks: Annotated[int, typer.Option(min=100, help="at each store")] = 4000,
    kills: Annotated[int, typer.Option(min=0, help="times an import is killed")] = 20,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="where the stores are filled, and kept for the next run")
    ] = None,
) -> None:
    """Looks alternate between a store of 10 patients and a large one; each look is audited.

    Filling goes on where an earlier run was interrupted.
    """
    work = folder or home() / "bench" / "soak_store"
    payloads = _payloads()
    small, large = _filled(work / "few", FEW, payloads), _filled(work / "many", patients, payloads)
    try:
        times = _looks((small, FEW), (large, patients), looks, seed)
    finally:
        small.close()
        large.close()
    p50, p99 = 1e3 * np.percentile(times, [50, 99], axis=0)
    figures: dict[str, Any] = {
        "patients": patients,
        "looks": looks,
        "seed": seed,
        "card_p50_ms": {"few": round(p50[0], 4), "many": round(p50[1], 4)},
        "card_p99_ms": {"few": round(p99[0], 4), "many": round(p99[1], 4)},
        "ratio_p99": round(p99[1] / p99[0], 3),
        "store_mb": round((work / "many" / "store.sqlite").stat().st_size / 1e6, 1),
        "kill": kill_series(kills, seed),
        "versions": {"sqlite": sqlite3.sqlite_version, "SQLAlchemy": version("SQLAlchemy")},
    }
    print(json.dumps(figures, indent=2))
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _payloads() -> dict[str, bytes]:
    """Everything prepared of the committed case but its pictures, which only rooms have."""
    with tempfile.TemporaryDirectory() as scratch:
        service = InformationService(Path(scratch))
        try:
            report = service.import_paths([share("simulation", "cases", "skull_base_pbs")])
            patient_id = report.patients[0]
            case = service.patient_case(patient_id)
            found = {CASE: msgspec.msgpack.encode(case)}
            found["chart"] = msgspec.msgpack.encode(service.chart(patient_id))
            for plan in case.plans:
                for view in plan.dose_views:
                    dvh = service.dvh(patient_id, plan.plan_uid, view.key)
                    found[f"dvh/{plan.plan_uid}/{view.key}"] = msgspec.msgpack.encode(dvh)
        finally:
            service.close()
    return found


def _filled(folder: Path, patients: int, payloads: dict[str, bytes]) -> Store:
    store = Store(folder)
    template = msgspec.msgpack.decode(payloads[CASE], type=PreparedCase)
    have = [n for n in range(0, patients, BATCH) if store.patient(_id(n)) is None]
    for begin in track(have, f"fill {patients}", console=Console(stderr=True), transient=True):
        numbers = range(begin, min(begin + BATCH, patients))
        with writing(store._engine) as connection:
            connection.execute(insert(patient), [{"patient_id": _id(n)} for n in numbers])
            connection.execute(
                insert(instance),
                [
                    {
                        "sha256": f"{n:032x}{k:032x}",
                        "patient_id": _id(n),
                        "kind": "CT",
                        "uid": f"1.2.{n}.{k}",
                        "imported_s": float(n),
                    }
                    for n in numbers
                    for k in range(OBJECTS)
                ],
            )
            rows = []
            for n in numbers:
                banner = replace(template.patient, patient_id=_id(n))
                own = {**payloads, CASE: msgspec.msgpack.encode(replace(template, patient=banner))}
                rows += [
                    {"patient_id": _id(n), "key": key, "version": "v", "payload": data}
                    for key, data in own.items()
                ]
            connection.execute(insert(prepared), rows)
    return store


def _id(number: int) -> str:
    return f"SIM{number:07d}"


def _looks(small: tuple[Store, int], large: tuple[Store, int], looks: int, seed: int) -> np.ndarray:
    """(looks, 2) seconds of a card read from the store, decoded and audited; order alternates."""
    drawn = np.random.default_rng(seed)
    times = np.zeros((looks, 2))
    for turn in track(range(looks), "looks", console=Console(stderr=True), transient=True):
        for at in ((0, 1), (1, 0))[turn % 2]:
            store, patients = (small, large)[at]
            patient_id = _id(int(drawn.integers(patients)))
            begin = time.perf_counter()
            payload = store.prepared(patient_id, CASE)
            if payload is None:
                raise RuntimeError(f"{patient_id} is missing in the store")
            msgspec.msgpack.decode(payload.data, type=PreparedCase)
            store.audit.append(
                actor="soak", room="", action="case.get", patient_id=patient_id, why="soak"
            )
            times[turn, at] = time.perf_counter() - begin
    return times
