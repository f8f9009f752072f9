"""Yardstick `faults`: every single fault in the full graph, while the robot drives at top speed."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from or_robot.bench.fault_table import Fault, faults
from or_robot.bench.rig import Rig, standing, zero
from or_robot.errors import OrRobotError
from or_robot.home import home

app = typer.Typer(add_completion=False)

WATCH_S = 4.0
"""A robot that may go on is watched so long."""
STAY_S = 1.5
"""A robot that must stand is watched so long, with the fault and after it is mended."""
STOP_S = 8.0
BRAKED = 0.05
"""m/s slower than before: the base brakes by itself."""
DRIVE_LAG_S = 0.075
"""s from a zero command until odometry shows that: ramp, wheels, its way here; the rows of
ordinary stops tell it as `drive_lag_ms`."""

Row = dict[str, Any]


@app.command(name="faults")
def run_faults(
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    only: Annotated[list[str] | None, typer.Option(help="this fault; may be repeated")] = None,
    limit: Annotated[int, typer.Option(min=1, help="at most so many this time")] = 1000,
    resume: Annotated[bool, typer.Option(help="keep what earlier runs found")] = True,
) -> None:
    """Zero command, distance, contacts, message and recovery of each fault.

    Goes on where it was interrupted; --no-resume begins anew. Exit status 1 when a fault is not ok.
    """
    known = {fault.name: fault for fault in faults()}
    unknown = [name for name in only or () if name not in known]
    if unknown:
        raise OrRobotError(f"no fault {unknown[0]!r}", f"one of {', '.join(known)}")
    log = home() / "bench" / "faults.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    if not resume:
        log.unlink(missing_ok=True)
    rows = _read(log)
    wanted = [known[name] for name in only or known if only or name not in rows][:limit]
    if wanted:
        _run(wanted, rows, log)
    found = [rows[name] for name in known if name in rows]
    bad = [row["fault"] for row in found if row["ok"] is False]
    print(f"{len(found)} of {len(known)} faults run, {len(found) - len(bad)} ok")
    if json_file is not None:
        json_file.write_text(json.dumps({"faults": found}, indent=2) + "\n", encoding="utf-8")
    if bad:
        print(f"not ok: {', '.join(bad)}")
        raise typer.Exit(1)


def _read(log: Path) -> dict[str, Row]:
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    rows = [json.loads(line) for line in lines]
    return {row["fault"]: row for row in rows}


def _run(wanted: list[Fault], rows: dict[str, Row], log: Path) -> None:
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="or_robot_faults") as folder:
        rig = Rig(Path(folder))
        try:
            for fault in track(wanted, "faults", console=console, disable=not console.is_terminal):
                row = _examine(rig, fault)
                rows[fault.name] = row
                with log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                print(_line(row), flush=True)
        finally:
            rig.close()


def _examine(rig: Rig, fault: Fault) -> Row:
    """One fault; whatever goes wrong with it is its row, not the end of the bench."""
    row: Row = {
        "fault": fault.name,
        "time_to_zero_ms": None,
        "distance_m": None,
        "contacts": 0,
        "message": "",
        "recovery": "",
        "ok": False,
    }
    if fault.name == "disk_full" and not rig.suite.small_disk:
        return row | {"message": "not run: no mount namespace here", "ok": None}
    try:
        rig.ready()
        rig.drive()
        _strike(rig, fault, row)
    except OrRobotError as error:
        row["recovery"] = f"{row['recovery']}; {error.problem}".strip("; ")
        row["ok"] = False
    return row


def _strike(rig: Rig, fault: Fault, row: Row) -> None:
    contacts, way, fast = rig.contacts, rig.path_m, rig.speed
    made_s = time.monotonic()
    fault.make(rig)
    try:
        stopped = _watch(rig, fault, made_s)
        zero_s = rig.first_zero_after(made_s)
        if fault.base:
            braked_s = _braked(rig, made_s, fast)
            zero_s = None if braked_s is None else braked_s - DRIVE_LAG_S
        elif zero_s is not None and (braked_s := _braked(rig, made_s, fast)) is not None:
            row["drive_lag_ms"] = round(1e3 * (braked_s - zero_s), 1)
        if stopped and zero_s is not None:
            since = fault.since(rig, zero_s) if fault.since is not None else made_s
            row["time_to_zero_ms"] = round(1e3 * (zero_s - since), 1)
            row["since_fault_ms"] = round(1e3 * (zero_s - made_s), 1)
        row["distance_m"] = round(rig.path_m - way, 3)
        still = not stopped or rig.holds_for(zero if fault.world else standing, STAY_S)
        state = rig.seen["safety"]
        row["message"] = state.reason if stopped else ""
        row["reason_code"] = state.reason_code if stopped else ""
    finally:
        fault.mend(rig)
    row["contacts"] = rig.contacts - contacts
    timely = fault.limit_s is None or (
        row["time_to_zero_ms"] is not None and row["time_to_zero_ms"] <= 1e3 * fault.limit_s
    )
    stood = _recover(rig, fault, stopped, row)
    row["ok"] = bool(
        (stopped or not fault.must_stop) and timely and still and stood and not row["contacts"]
    )


def _watch(rig: Rig, fault: Fault, made_s: float) -> bool:
    """Whether the robot came to a stand; one that may go on is given its time."""
    if not fault.must_stop:
        return not rig.holds_for(lambda _: not _latched(rig), WATCH_S)
    if fault.world:
        time.sleep(STAY_S)
        return rig.first_zero_after(made_s) is not None
    rig.wait("standstill", standing, STOP_S)
    return True


def _latched(rig: Rig) -> bool:
    return bool(rig.seen["safety"].reset_required)


def _braked(rig: Rig, made_s: float, fast: float) -> float | None:
    """When odometry of the base first shows it BRAKED slower."""
    slower = (at for at, speed in rig.speeds if at > made_s and abs(speed) < fast - BRAKED)
    return next(slower, None)


def _recover(rig: Rig, fault: Fault, stopped: bool, row: Row) -> bool:
    """Mended: nothing may move before a person resumes; then it must drive again."""
    if not stopped:
        row["recovery"] = "none needed"
        return True
    if fault.world:
        rig.wait("standstill when the world is back", standing)
    if fault.lost:
        rig.place_at_dock()
    rig.wait("state of the gate", lambda _: rig.gate_lives)
    stood = not fault.latches or rig.holds_for(standing, STAY_S)
    state = rig.seen["safety"]
    resume = state.resume_required or rig.seen["tasks"].resume_required
    needed = [word for word, due in (("reset", state.reset_required), ("resume", resume)) if due]
    row["recovery"] = " and ".join(needed) + " by a person" if needed else "by itself"
    row["moved_before_resume"] = not stood
    rig.ready()
    rig.drive()
    return stood and (bool(needed) or not fault.latches)


def _line(row: Row) -> str:
    verdict = {True: "ok", False: "NOT OK", None: "not run"}[row["ok"]]
    zero = "—" if row["time_to_zero_ms"] is None else f"{row['time_to_zero_ms']:.0f} ms"
    way = "—" if row["distance_m"] is None else f"{row['distance_m']:.2f} m"
    return (
        f"{row['fault']:<24} {verdict:<8} zero {zero:>8}  {way:>7}  "
        f"{row['message']} [{row['recovery']}]"
    )
