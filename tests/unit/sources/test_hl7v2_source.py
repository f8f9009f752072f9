import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.errors import OrRobotError
from or_robot.sources.errors import UnreadableObject, UnsupportedObject
from or_robot.sources.hl7v2 import MergeRequested, read_hl7v2
from or_robot.sources.hl7v2_labs import reference_range
from or_robot.sources.hl7v2_message import acknowledgement, iso, parse

SEGMENTS = (
    "EVN|A01|20260122175900",
    "PID|1||99^^^X^NI~SIM0001^^^HOSP^MR||HONG^GILDONG^^^^^L^A~홍^길동^^^^^L^P~洪^吉洞^^^^^L^I"
    "||19600101|M",
    "PV1|1|I|OR^OR-1^1||||7^KIM^Min||9^LEE^Ja",
    "AL1|1|DA|70618^Penicillin|SV|Anaphylaxis|20200101",
    "DG1|1||C41.0^Chordoma^I10||20251118",
    "OBR|1||||||20260121080000",
    "OBX|1|NM|718-7^Hemoglobin^LN||13.2|g/dL|13-17|N|||F",
    "OBX|2|SN|1988-5^CRP^LN||<^0.5|mg/dL|<0.5||||F",
    "OBX|3|ST|X^Wrong^L||9||||||W",
)


def message(*segments, kind="ADT^A01", charset="UNICODE UTF-8", codec="utf-8") -> bytes:
    header = f"MSH|^~\\&|HIS|HOSP|OR|R|20260122180000+0900||{kind}|42|P|2.5||||||{charset}"
    return ("\r".join([header, *(segments or SEGMENTS)]) + "\r").encode(codec)


WHOLE = message()


def test_an_admission_is_read():
    record = read_hl7v2(WHOLE)
    assert record.identity.patient_id == "SIM0001"  # the record number, not the first one
    assert (record.identity.issuer, record.identity.birth_date) == ("HOSP", "1960-01-01")
    assert record.identity.name == {
        "alphabetic": "HONG, GILDONG",
        "phonetic": "홍, 길동",
        "ideographic": "洪, 吉洞",
    }
    assert (record.source, record.source_time) == ("HL7v2 HIS", "2026-01-22T18:00:00+09:00")
    (allergy,) = record.allergies
    assert (allergy.text, allergy.detail, allergy.level) == ("Penicillin", "Anaphylaxis", "high")
    assert record.problems[0].recorded == "2025-11-18"
    assert [(one.text, one.detail) for one in record.team] == [
        ("KIM, Min", "attending"),
        ("LEE, Ja", "consulting"),
    ]
    assert [one.room for one in record.bookings] == ["OR-1"]
    assert record.events[0].text == "Admitted — OR-1"
    hb, crp = record.labs
    assert (hb.value, hb.low, hb.high, hb.flag, hb.taken) == (
        13.2,
        13.0,
        17.0,
        None,
        "2026-01-21T08:00:00",
    )
    assert (crp.value, crp.text, crp.high) == (None, "<0.5", 0.5)


@pytest.mark.parametrize("charset", ["KS X 1001", "ISO IR149", "EUC-KR"])
def test_korean_character_sets(charset):
    korean = message(*SEGMENTS, charset=charset, codec="euc_kr")
    assert read_hl7v2(korean).identity.name["phonetic"] == "홍, 길동"


def test_own_separators_escapes_and_nulls():
    own = WHOLE.decode().translate(str.maketrans("|^~&", "#*!$"))
    assert read_hl7v2(own.encode()).identity == read_hl7v2(WHOLE).identity
    escaped = read_hl7v2(message(SEGMENTS[1].replace("HONG", r"O\T\HARA").replace("|M", '|""')))
    assert escaped.identity.name["alphabetic"] == "O&HARA, GILDONG"
    assert escaped.identity.sex is None


def test_a_message_without_allergies_says_nothing_of_them():
    assert read_hl7v2(message(SEGMENTS[1], kind="ADT^A08")).allergies is None


def test_a_discharge_ends_bookings_an_update_does_not():
    assert read_hl7v2(message(*SEGMENTS[1:3], kind="ADT^A03")).bookings == ()
    assert read_hl7v2(message(SEGMENTS[1], kind="ADT^A08")).bookings is None


@pytest.mark.parametrize(
    ("data", "kind", "named"),
    [
        (b"", UnreadableObject, "MSH"),
        (b"MSH|^^^^|a", UnreadableObject, "separators"),
        (WHOLE.replace(b"UNICODE UTF-8", b"KLINGON"), UnsupportedObject, "MSH-18"),
        (WHOLE.replace(b"UNICODE UTF-8", b"ASCII"), UnreadableObject, "ASCII"),
        (message(kind="ORM^O01"), UnsupportedObject, "ORM"),
        (message("EVN|A01"), UnsupportedObject, "0 patients"),
        (message(SEGMENTS[1], SEGMENTS[1]), UnsupportedObject, "2 patients"),
        (message("PID|1||^^^X"), UnreadableObject, "PID-3"),
        (message(*["NTE|1"] * 20_000), UnsupportedObject, "segments"),
        (WHOLE + b"x" * (5 << 20), UnsupportedObject, "MB"),
    ],
)
def test_what_is_wrong_is_named(data, kind, named):
    with pytest.raises(kind, match=named) as caught:
        read_hl7v2(data)
    assert caught.value.remedy
    assert "SIM0001" not in str(caught.value)


def test_a_merge_names_whom_it_concerns():
    with pytest.raises(MergeRequested) as caught:
        read_hl7v2(message(SEGMENTS[1], "MRG|SIM0002", kind="ADT^A40"))
    assert caught.value.patient_id == "SIM0001"


@pytest.mark.parametrize(
    ("stamp", "shown"),
    [
        ("20260122", "2026-01-22"),
        ("202601221830", "2026-01-22T18:30:00"),
        ("20260122183015.1234+0900", "2026-01-22T18:30:15+09:00"),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times(stamp, shown):
    assert iso(stamp) == shown


@given(st.floats(-999, 999).map(lambda x: round(x, 2)), st.floats(0, 99).map(lambda x: round(x, 2)))
def test_ranges(low, width):
    high = round(low + width, 2)
    assert reference_range(f"{low}-{high}") == (low, high)
    assert reference_range(f"<{high}") == (None, high)
    assert reference_range(f">={low}") == (low, None)
    assert reference_range("negative") == (None, None)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda t: f"MSH|^~\\&|{t}".encode()))
def test_every_message_is_acknowledged_in_one_line_of_ascii(data):
    answer = acknowledgement(data, "AR", "broken | and ^ mixed")
    parsed = parse(answer)
    assert (parsed.kind, parsed.all("MSA")[0].get(1)) == ("ACK", "AR")
    assert len(parsed.all("ERR")) == 1


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(WHOLE)), st.binary(max_size=4), st.integers(0, 4))
def test_damaged_messages_are_an_expected_error_or_still_sound(at, put, cut):
    try:
        read_hl7v2(WHOLE[:at] + put + WHOLE[at + cut :])
    except OrRobotError as error:
        assert error.remedy
