"""Records of several sources merged into one chart; nothing is dropped or settled silently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from or_robot.clinical.labs import lab_series
from or_robot.clinical.times import instant
from or_robot.types.chart import ChartItem, Items, Origin, PatientChart, TimelineEvent
from or_robot.types.clinical import FractionStrip, ProtonCard
from or_robot.types.record import Noted, PatientRecord

LISTS = (
    "allergies",
    "problems",
    "implants",
    "medications",
    "procedures",
    "laterality",
    "team",
    "consents",
)
"""Categories of a record. The newest list of each source counts; the sources' lists are joined."""

KINDS = {"problems": "problem", "procedures": "procedure", "consents": "consent"}
"""Categories whose dated items belong on the timeline."""


def patient_chart(
    patient_id: str,
    version: str,
    records: Sequence[PatientRecord],
    cards: Sequence[ProtonCard] = (),
    strips: Sequence[FractionStrip] = (),
) -> PatientChart:
    """`records`: in the order they were imported."""
    ordered = sorted(records, key=lambda record: instant(record.source_time))  # stable
    merged = {name: _merged(name, ordered) for name in LISTS}
    return PatientChart(
        patient_id=patient_id,
        version=version,
        **merged,
        labs=lab_series(ordered),
        timeline=tuple(
            sorted(_events(ordered, merged, cards, strips), key=lambda one: instant(one.when))
        ),
        conflicts=tuple(_conflicts(ordered, merged)),
    )


def _merged(name: str, records: Iterable[PatientRecord]) -> Items:
    newest: dict[str, tuple[PatientRecord, tuple[Noted, ...]]] = {}
    for record in records:
        noted = getattr(record, name)
        if noted is not None:
            newest.pop(record.source, None)
            newest[record.source] = (record, noted)
    if not newest:
        return None
    items: dict[str, ChartItem] = {}
    for record, noted in newest.values():
        for one in noted:
            _join(items, one, Origin(record.source, one.recorded or record.source_time))
    return tuple(items.values())


def _join(items: dict[str, ChartItem], one: Noted, origin: Origin) -> None:
    """The same text from two sources is one item of two origins; the newer details stand."""
    key = " ".join(one.text.casefold().split())
    known = items.get(key)
    origins = (*known.origins, origin) if known else (origin,)
    items[key] = ChartItem(
        known.text if known else one.text,
        one.detail or (known.detail if known else None),
        one.level or (known.level if known else None),
        origins,
    )


def _events(
    records: Iterable[PatientRecord],
    merged: dict[str, Items],
    cards: Iterable[ProtonCard],
    strips: Iterable[FractionStrip],
) -> Iterator[TimelineEvent]:
    for record in records:
        for event in record.events:
            if when := event.recorded or record.source_time:
                yield TimelineEvent(when, "admission", event.text, record.source)
        for booking in record.bookings or ():
            if booking.start:
                text = " — ".join(part for part in (booking.room, booking.text) if part)
                yield TimelineEvent(booking.start, "booking", text, record.source)
    for name, kind in KINDS.items():
        for item in merged[name] or ():
            first = item.origins[0]
            if first.recorded:
                yield TimelineEvent(first.recorded, kind, item.text, first.source)
    labels = {card.plan_uid: card.label for card in cards}
    for strip in strips:
        label = labels.get(strip.plan_uid, "plan")
        for day in strip.days:
            if day.date:
                number = "" if day.number is None else f" {day.number}"
                text = f"{label}: fraction{number} {day.state}"
                yield TimelineEvent(day.date, "fraction", text, "DICOM")


def _conflicts(records: Sequence[PatientRecord], merged: dict[str, Items]) -> Iterator[str]:
    sides = merged["laterality"] or ()
    if len(sides) > 1:
        said = "; ".join(f"{one.text} ({one.origins[-1].source})" for one in sides)
        yield f"Laterality differs: {said}"
    for what, values in (
        ("Sex", [(one.identity.sex, one.source) for one in records]),
        ("Birth date", [(one.identity.birth_date, one.source) for one in records]),
        ("Name", [(one.identity.name.get("alphabetic"), one.source) for one in records]),
    ):
        newest = {source: value for value, source in values if value}
        if len({value.casefold() for value in newest.values()}) > 1:
            said = "; ".join(f"{value} ({source})" for source, value in newest.items())
            yield f"{what} differs: {said}"
    allergies = merged["allergies"]
    if allergies and _somebody_says_none(records):
        yield "One source records allergies, another that none are known"


def _somebody_says_none(records: Iterable[PatientRecord]) -> bool:
    newest = {one.source: one.allergies for one in records if one.allergies is not None}
    return any(not noted for noted in newest.values())
