"""Laboratory results of several sources as series over time."""

from __future__ import annotations

from collections.abc import Iterable

from or_robot.clinical.times import instant
from or_robot.types.chart import LabSeries, LabValue, Origin
from or_robot.types.record import LabResult, PatientRecord


def lab_series(records: Iterable[PatientRecord]) -> tuple[LabSeries, ...]:
    """One a code and unit, in order of name: values in different units are never one curve."""
    found: dict[tuple[str, str | None], dict[object, tuple[LabResult, Origin]]] = {}
    for record in records:
        for result in record.labs:
            series = found.setdefault((result.code, result.unit), {})
            origin = Origin(record.source, result.taken or record.source_time)
            series[(result.taken, result.text)] = (result, origin)  # sent again: once
    return tuple(
        sorted(
            (_series(list(results.values())) for results in found.values()),
            key=lambda one: (one.name.casefold(), one.unit or ""),
        )
    )


def _series(results: list[tuple[LabResult, Origin]]) -> LabSeries:
    results.sort(key=lambda pair: instant(pair[0].taken))
    newest, _ = results[-1]
    return LabSeries(
        code=newest.code,
        name=newest.name,
        unit=newest.unit,
        low=newest.low,
        high=newest.high,
        values=tuple(
            LabValue(one.taken, one.value, one.text, one.flag or by_range(one), origin)
            for one, origin in results
        ),
    )


def by_range(result: LabResult) -> str | None:
    """Above the range of reference "H", below "L"; None inside, or when that cannot be said."""
    if result.value is None:
        return None
    if result.high is not None and result.value > result.high:
        return "H"
    if result.low is not None and result.value < result.low:
        return "L"
    return None
