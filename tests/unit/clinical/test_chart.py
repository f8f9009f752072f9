"""Merging of records: every item keeps its sources, nothing is settled silently."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.clinical.banner import patient_banner, shown_name
from or_robot.clinical.chart import patient_chart
from or_robot.clinical.labs import by_range
from or_robot.types.chart import Origin
from or_robot.types.clinical import FractionDay, FractionStrip
from or_robot.types.radiotherapy import Identity
from or_robot.types.record import LabResult, Noted, PatientRecord, RoomBooking

JANE = Identity("P1", None, "1970-01-02", {"alphabetic": "DOE, JANE"}, "F")
DAY = "2026-01-22T08:00:00+00:00"


def record(source="FHIR", time=DAY, identity=JANE, **lists):
    return PatientRecord(identity, source, time, **lists)


def chart(*records):
    return patient_chart("P1", "v1", records)


def texts(items):
    return [one.text for one in items]


def test_nothing_recorded_stays_none():
    merged = chart(record())
    assert (merged.allergies, merged.problems, merged.implants) == (None, None, None)
    assert (merged.labs, merged.timeline, merged.conflicts) == ((), (), ())


def test_what_two_sources_say_is_one_item_of_two_origins():
    merged = chart(
        record("FHIR", "2026-01-01", allergies=(Noted("Penicillin", "Rash", None, "2020-01-01"),)),
        record("HIS", "2026-01-02", allergies=(Noted("PENICILLIN ", None, "high"),)),
    )
    (item,) = merged.allergies
    assert (item.text, item.detail, item.level) == ("Penicillin", "Rash", "high")
    assert item.origins == (Origin("FHIR", "2020-01-01"), Origin("HIS", "2026-01-02"))


def test_a_newer_record_of_a_source_replaces_its_list_whatever_order_they_come_in():
    old = record(time="2026-01-01", medications=(Noted("Aspirin"),))
    new = record(time="2026-01-02", medications=(Noted("Heparin"),))
    for order in ((old, new), (new, old)):
        assert texts(chart(*order).medications) == ["Heparin"]


def test_a_record_that_says_nothing_of_a_list_leaves_it():
    merged = chart(
        record("HIS", "2026-01-01", allergies=(Noted("Latex"),)), record("HIS", "2026-01-02")
    )
    assert texts(merged.allergies) == ["Latex"]


def test_none_known_from_one_source_never_empties_the_list_of_another():
    merged = chart(record("FHIR", allergies=(Noted("Latex"),)), record("HIS", allergies=()))
    assert texts(merged.allergies) == ["Latex"]
    assert any("none are known" in line for line in merged.conflicts)
    assert chart(record(allergies=())).allergies == ()


def test_sources_that_disagree_are_named():
    other = dataclasses.replace(JANE, sex="M", name={"alphabetic": "DOE, JOAN"})
    merged = chart(
        record("FHIR", laterality=(Noted("left"),)),
        record("HIS", identity=other, laterality=(Noted("right"),)),
    )
    said = "\n".join(merged.conflicts)
    for part in ("Laterality differs: left (FHIR); right (HIS)", "Sex differs", "Name differs"):
        assert part in said
    assert patient_banner([JANE], merged).laterality == "left / right"


def lab(value, taken, unit="g/dL", **changes):
    return LabResult("718-7", "Hb", value, f"{value:g}", unit, 13.0, 17.0, None, taken, **changes)


def test_labs_are_series_in_order_of_time_sent_twice_shown_once():
    merged = chart(
        record("FHIR", labs=(lab(12.0, "2026-01-03"), lab(14.0, "2026-01-01"))),
        record("HIS", labs=(lab(14.0, "2026-01-01"), lab(18.0, "2026-01-02"))),
    )
    (series,) = merged.labs
    assert [(one.value, one.flag) for one in series.values] == [
        (14.0, None),
        (18.0, "H"),
        (12.0, "L"),
    ]
    assert (series.low, series.high) == (13.0, 17.0)


def test_units_are_never_mixed_in_a_curve():
    merged = chart(record(labs=(lab(13.0, "2026-01-01"), lab(130.0, "2026-01-02", unit="g/L"))))
    assert [one.unit for one in merged.labs] == ["g/L", "g/dL"]


@given(st.floats(allow_nan=False), st.none() | st.floats(-9, 9), st.none() | st.floats(-9, 9))
def test_a_flag_says_which_end_was_passed(value, low, high):
    result = dataclasses.replace(lab(0.0, None), value=value, low=low, high=high)
    flag = by_range(result)
    assert (flag == "H") == (high is not None and value > high)
    assert (flag is None) or (flag == "H") or (low is not None and value < low)


def test_the_timeline_is_in_order_and_names_its_sources():
    strip = FractionStrip(
        "P1", "v1", "1.2", 35, 1, (FractionDay(1, 1, "2026-01-11", "delivered", 3, 3, None),)
    )
    merged = patient_chart(
        "P1",
        "v1",
        [
            record(
                problems=(Noted("Chordoma", recorded="2025-11-18"),),
                events=(Noted("Admitted", recorded="2026-01-10T07:00:00"),),
                bookings=(RoomBooking("OR-1", "2026-01-23T08:30:00+09:00", None, "Biopsy"),),
            )
        ],
        strips=[strip],
    )
    assert [(one.kind, one.source) for one in merged.timeline] == [
        ("problem", "FHIR"),
        ("admission", "FHIR"),
        ("fraction", "DICOM"),
        ("booking", "FHIR"),
    ]


def test_times_that_are_none_come_first_and_do_no_harm():
    merged = chart(record(time="not a time", problems=(Noted("A", recorded="soon"),)))
    assert [one.when for one in merged.timeline] == ["soon"]


def test_the_procedure_of_the_banner_is_one_that_is_not_over():
    merged = chart(
        record(procedures=(Noted("Biopsy", None, "completed"), Noted("Resection", None, "active")))
    )
    assert patient_banner([JANE], merged).procedure == "Resection"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ({"alphabetic": "HONG, Gildong", "phonetic": "홍, 길동"}, "HONG, Gildong 홍, 길동"),
        ({"alphabetic": "HONG, Gildong", "ideographic": "洪, 吉洞"}, "HONG, Gildong 洪, 吉洞"),
        ({}, ""),
    ],
)
def test_names_are_shown_as_written_abroad_and_at_home(name, shown):
    assert shown_name(name) == shown
