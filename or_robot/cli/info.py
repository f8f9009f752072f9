"""`or-robot info`: import patient data, look at it, set a phase, verify the audit."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console, RenderableType
from rich.progress import Progress

from or_robot.cli.info_tables import refusal_table, rendered, schedule_table
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.info.prepare import PreparedCase
from or_robot.info.service import ImportReport, InformationService
from or_robot.types.chart import PatientChart
from or_robot.types.clinical import DvhSet
from or_robot.types.procedure import STRICTEST_PHASE, Phase

app = typer.Typer(no_args_is_help=True, help="Patient information: DICOM, FHIR, HL7v2, audit.")
audit = typer.Typer(no_args_is_help=True, help="Who looked at which patient.")
app.add_typer(audit, name="audit")

PROGRESS_AFTER_S = 2.0
PLAIN_WIDTH = 120
"""Columns when the output is a file or a pipe."""


@contextmanager
def _service() -> Iterator[InformationService]:
    service = InformationService(home() / "info")
    try:
        yield service
    finally:
        service.close()


def _record(
    service: InformationService, action: str, room: str = "", patient_id: str | None = None
) -> None:
    """Audit before the answer is given."""
    service.record_access(
        actor=f"cli:uid {os.getuid()}",
        room=room,
        action=action,
        patient_id=patient_id,
        why="command line",
    )


class _LateProgress:
    """A progress bar that appears only when the work takes long, and only on a terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bar = Progress(console=console, transient=True, disable=not console.is_terminal)
        self._begin = time.monotonic()
        self._task = self._bar.add_task("", total=None)

    def __call__(self, what: str, done: int, total: int) -> None:
        if time.monotonic() - self._begin > PROGRESS_AFTER_S:
            self._bar.start()
        self._bar.update(self._task, description=what, completed=done, total=total)

    def close(self) -> None:
        self._bar.stop()


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: DICOM, FHIR R4B, HL7v2.")],
) -> None:
    """Import objects, then prepare what panels may ask. Repeating an import changes nothing."""
    progress = _LateProgress()
    try:
        with _service() as service:
            report = service.import_paths(paths, progress)
    finally:
        progress.close()
    _print_report(report)
    if report.failures:
        raise typer.Exit(1)


def _print_report(report: ImportReport) -> None:
    typer.echo(
        f"{report.imported} imported, {report.already_known} known already, "
        f"{len(report.failures)} refused — {', '.join(report.patients) or 'no patient'} "
        f"({report.import_s:.1f} s import, {report.prepare_s:.1f} s preparation)"
    )
    for failure in report.failures:
        kept = f" (copy: {failure.quarantined})" if failure.quarantined else ""
        typer.echo(f"refused {failure.path}: {failure.problem} — {failure.remedy}{kept}", err=True)


@app.command()
def show(
    patient_id: Annotated[str, typer.Argument(help="The hospital's patient ID.")],
    json: Annotated[
        Path | None, typer.Option(help="Write everything to this file instead of printing.")
    ] = None,
) -> None:
    """Show the patient, every plan's card and DVH figures. The look is audited."""
    with _service() as service:
        _record(service, "info show", patient_id=patient_id)
        case = service.patient_case(patient_id)
        dvhs = [
            service.dvh(patient_id, plan.plan_uid, view.key)
            for plan in case.plans
            for view in plan.dose_views
        ]
        chart = service.chart(patient_id)
    if json is None:
        _print(rendered(case, dvhs, chart))
    else:
        _write_json(json, case, dvhs, chart)


def _print(what: RenderableType) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    console.print(what)


def _write_json(path: Path, case: PreparedCase, dvhs: list[DvhSet], chart: PatientChart) -> None:
    document = {
        **msgspec.to_builtins(case),
        "dvh": msgspec.to_builtins(dvhs),
        "chart": msgspec.to_builtins(chart),
    }
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
    except OSError as error:
        raise OrRobotError(f"{path} cannot be written", "give a file in a folder of yours") from (
            error
        )


@app.command()
def phase(
    room: Annotated[str, typer.Argument(help="Room, for example OR-1.")],
    phase: Annotated[Phase | None, typer.Argument(help="New phase; none: show it.")] = None,
) -> None:
    """Show or set the phase of the procedure in a room."""
    with _service() as service:
        if phase is not None:
            _record(service, f"phase {phase}", room=room)
            service.set_phase(room, phase)
        current = service.phase(room)
    if current is None:
        typer.echo(f"{room}: not recorded (counts as {STRICTEST_PHASE})")
    else:
        typer.echo(f"{room}: {current.phase}")


@app.command()
def schedule(
    room: Annotated[str | None, typer.Argument(help="Room, for example OR-1; none: all.")] = None,
) -> None:
    """Show who is in a room, who is next, and what is booked."""
    with _service() as service:
        schedules = [service.schedule(one) for one in ([room] if room else service.rooms())]
        for one in schedules:
            _record(service, "info schedule", one.room, service.occupant(one.room))
    _print(schedule_table(schedules))


@app.command()
def assign(
    room: Annotated[str, typer.Argument(help="Room, for example OR-1.")],
    patient_id: Annotated[
        str | None, typer.Argument(help="The hospital's patient ID; none: empty the room.")
    ] = None,
) -> None:
    """Put a patient into a room, or empty it. Bookings never move anybody out of one."""
    with _service() as service:
        _record(service, "info assign" if patient_id else "info empty", room, patient_id)
        service.assign(room, patient_id)
        if patient_id is not None:
            service.prepare(patient_id)
    typer.echo(f"{room}: {patient_id or 'empty'}")


@app.command()
def delete(
    patient_id: Annotated[str, typer.Argument(help="The hospital's patient ID.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete everything stored of a patient. The audit keeps who looked, and this."""
    if not yes:
        typer.confirm(f"delete everything of patient {patient_id}?", abort=True)
    with _service() as service:
        _record(service, "info delete", patient_id=patient_id)
        objects = service.delete_patient(patient_id)
    typer.echo(f"{patient_id}: {objects} objects deleted")


@app.command()
def refused() -> None:
    """List what was not taken in, with reason and remedy. Copies are in quarantine."""
    with _service() as service:
        refusals = service.refusals()
        for patient_id in sorted({one.patient_id for one in refusals if one.patient_id}):
            _record(service, "info refused", patient_id=patient_id)
    _print(refusal_table(refusals))


@app.command()
def settle(
    number: Annotated[int, typer.Argument(help="As `or-robot info refused` lists it.")],
) -> None:
    """Say that a refusal has been dealt with: it is no alarm any more."""
    with _service() as service:
        refusal = service.settle(number, f"cli:uid {os.getuid()}")
        _record(service, f"info settle {number}", patient_id=refusal.patient_id)
    typer.echo(f"refusal {number} settled")


@audit.command()
def verify() -> None:
    """Check the chain of every entry. Note the head elsewhere: it shows entries cut off later."""
    with _service() as service:
        check = service.verify_audit()
    typer.echo(f"audit sound: {check.entries} entries, head {check.head}")
