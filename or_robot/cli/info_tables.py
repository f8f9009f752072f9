"""What `or-robot info show` prints."""

from __future__ import annotations

import datetime

from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table
from rich.text import Text

from or_robot.info.prepare import PreparedCase
from or_robot.store.refusals import Refusal
from or_robot.types.chart import PatientChart, RoomSchedule
from or_robot.types.clinical import Allergy, DvhSet, PatientBanner, ProtonCard

NOT_RECORDED = Text("not recorded", "bold yellow")


def rendered(case: PreparedCase, dvhs: list[DvhSet], chart: PatientChart) -> Group:
    """Patient, cards, beams, DVH figures, then every warning and alarm."""
    tables = [_banner(case.patient)]
    if chart.labs:
        tables.append(_labs(chart))
    for plan in case.plans:
        tables += [_card(plan), _beams(plan)]
    tables += [_figures(one) for one in dvhs]
    warnings = [
        Text(f"! {plan.label}: {line}", "yellow") for plan in case.plans for line in plan.warnings
    ]
    notes = [Text(f"! {line}", "yellow") for line in case.notes]
    alarms = [Text(f"ALARM {line}", "bold red") for line in case.alarms]
    return Group(*tables, *warnings, *notes, *alarms)


def schedule_table(schedules: list[RoomSchedule]) -> Table:
    table = Table("Room", "Start", "What", "State", "Patient", "Source", box=SIMPLE)
    for schedule in schedules:
        for one in schedule.entries:
            table.add_row(
                schedule.room,
                one.start or "",
                one.text or "",
                one.state,
                one.patient_id or "",
                one.source,
            )
    return table


def refusal_table(refusals: tuple[Refusal, ...]) -> Table:
    table = Table("", "When", "Source", "Patient", "Problem", "Remedy", "State", box=SIMPLE)
    for one in refusals:
        when = datetime.datetime.fromtimestamp(one.stamp_s).isoformat(" ", "minutes")
        state = f"settled by {one.settled_by}" if one.settled_by else "ALARM" if one.alarm else ""
        table.add_row(
            str(one.number),
            when,
            one.source,
            one.patient_id or "unknown",
            one.problem,
            one.remedy,
            state,
        )
    return table


def _labs(chart: PatientChart) -> Table:
    """The newest of each series, with the values before it."""
    table = Table("Laboratory", "", "Range", "Taken", "Before", box=SIMPLE)
    for series in chart.labs:
        newest = series.values[-1]
        low, high = ("" if one is None else f"{one:g}" for one in (series.low, series.high))
        table.add_row(
            series.name,
            " ".join(part for part in (newest.text, series.unit, newest.flag) if part),
            f"{low}–{high}" if low or high else "",
            newest.taken or "",
            ", ".join(one.text for one in series.values[-4:-1]),
        )
    return table


def _facts(title: str, rows: list[tuple[str, str | None]]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None)
    for name, value in rows:
        table.add_row(Text(name, "dim"), NOT_RECORDED if value is None else Text(value))
    return table


def _banner(patient: PatientBanner) -> Table:
    procedure = " — ".join(part for part in (patient.procedure, patient.laterality) if part)
    return _facts(
        "Patient",
        [
            ("Name", patient.name.get("alphabetic")),
            ("ID", patient.patient_id),
            ("Birth date", patient.birth_date),
            ("Sex", patient.sex),
            ("Allergies", _allergies(patient.allergies)),
            ("Procedure", procedure or None),
            ("Conditions", ", ".join(patient.conditions) or None),
            ("Medications", ", ".join(patient.medications) or None),
        ],
    )


def _allergies(allergies: tuple[Allergy, ...] | None) -> str | None:
    if allergies is None:
        return None
    return ", ".join(_allergy(one) for one in allergies) or "none known"


def _allergy(allergy: Allergy) -> str:
    risk = f"{allergy.severity} risk" if allergy.severity else None
    details = ", ".join(part for part in (allergy.reaction, risk) if part)
    return f"{allergy.substance} ({details})" if details else allergy.substance


def _card(plan: ProtonCard) -> Table:
    prescription = plan.prescription
    planned = "not recorded" if plan.fractions_planned is None else plan.fractions_planned
    return _facts(
        f"\nPlan {plan.label}",
        [
            ("Role", " — ".join(part for part in (plan.role, plan.relation) if part)),
            ("Approval", plan.approval),
            ("Intent", plan.intent),
            ("Prescription", f"{prescription.dose_gy:g} Gy to {prescription.target}")
            if prescription
            else ("Prescription", None),
            ("Fractions", f"{plan.fractions_delivered} of {planned} delivered"),
            ("Last fraction", plan.last_fraction_date),
            ("Machine", plan.machine),
            ("Structures", ", ".join(plan.structures) or None),
            ("Maximum dose", f"{plan.max_dose_gy:.1f} {plan.dose_unit}")
            if plan.max_dose_gy is not None
            else ("Maximum dose", None),
            ("Version", plan.version),
        ],
    )


def _beams(plan: ProtonCard) -> Table:
    table = Table(
        "Beam", "Gantry °", "Couch °", "Energies", "MeV", "Layers", "Spots", "MU", box=SIMPLE
    )
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_column("Range shifter")
    for beam in plan.beams:
        table.add_row(
            f"{beam.number} {beam.name}",
            _number(beam.gantry_deg, "g"),
            _number(beam.couch_deg, "g"),
            str(beam.energies),
            f"{_number(beam.energy_min_mev, '.1f')}–{_number(beam.energy_max_mev, '.1f')}",
            str(beam.layers),
            str(beam.spots),
            _number(beam.meterset_mu, ".1f"),
            ", ".join(beam.range_shifters) or "none",
        )
    return table


def _number(value: float | None, form: str) -> str:
    return "?" if value is None else f"{value:{form}}"


def _figures(dvh: DvhSet) -> Table:
    unit = dvh.dose_unit
    table = Table("Structure", "cm³", f"D95 {unit}", f"D2 {unit}", f"Mean {unit}", box=SIMPLE)
    table.title, table.title_justify = dvh.view_label, "left"
    for column in table.columns[1:]:
        column.justify = "right"
    for curve in dvh.curves:
        figures = (curve.volume_cm3, curve.d95_gy, curve.d2_gy, curve.mean_gy)
        table.add_row(curve.structure, *(f"{value:.1f}" for value in figures))
    return table
