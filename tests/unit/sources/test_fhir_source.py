import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from or_robot.errors import OrRobotError
from or_robot.share import share
from or_robot.sources.errors import UnreadableObject, UnsupportedObject
from or_robot.sources.fhir import read_fhir

BUNDLE = share("simulation", "cases", "skull_base_pbs", "patient.fhir.json").read_bytes()


def changed(change) -> bytes:
    bundle = json.loads(BUNDLE)
    resources = {}
    for entry in bundle["entry"]:
        resources.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    change(bundle, resources)
    return json.dumps(bundle).encode()


def without(bundle, kind: str) -> None:
    bundle["entry"] = [e for e in bundle["entry"] if e["resource"]["resourceType"] != kind]


def test_the_committed_patient_is_read():
    record = read_fhir(BUNDLE)
    assert record.identity.patient_id == "SIM0001"
    assert record.identity.birth_date == "1960-01-01"
    assert record.identity.name == {"alphabetic": "PHANTOM, PROTON"}
    assert [(one.substance, one.severity) for one in record.allergies] == [
        ("Penicillin", "high"),
        ("Latex", "low"),
    ]
    assert record.laterality == "left"
    assert record.conditions == ("Chordoma of the skull base", "Hypertension")
    assert len(record.medications) == 2
    assert [booking.room for booking in record.rooms] == ["OR-1"]


def test_no_allergy_recorded_is_not_none_known():
    assert read_fhir(changed(lambda b, _: without(b, "AllergyIntolerance"))).allergies is None


def test_none_known_is_recorded_as_such():
    def none_known(bundle, resources):
        first, second = resources["AllergyIntolerance"]
        first["code"] = {"coding": [{"code": "716186003"}]}
        second["verificationStatus"] = {"coding": [{"code": "entered-in-error"}]}

    assert read_fhir(changed(none_known)).allergies == ()


def test_a_refuted_allergy_alone_leaves_it_unrecorded():
    def refuted(bundle, resources):
        for allergy in resources["AllergyIntolerance"]:
            allergy["verificationStatus"] = {"coding": [{"code": "refuted"}]}

    assert read_fhir(changed(refuted)).allergies is None


def test_resolved_conditions_and_cancelled_bookings_are_left_out():
    def over(bundle, resources):
        resources["Condition"][0]["clinicalStatus"] = {"coding": [{"code": "resolved"}]}
        resources["Appointment"][0]["status"] = "cancelled"

    record = read_fhir(changed(over))
    assert record.conditions == ("Hypertension",)
    assert record.rooms == ()


def test_sides_that_disagree_are_both_shown():
    def other_side(bundle, resources):
        resources["ServiceRequest"][0]["bodySite"][0]["coding"][0]["code"] = "24028007"

    assert read_fhir(changed(other_side)).laterality == "left / right"


def test_two_patients_are_refused():
    def twin(bundle, resources):
        bundle["entry"].append({"resource": {**resources["Patient"][0], "id": "other"}})

    with pytest.raises(UnsupportedObject, match="2 patients"):
        read_fhir(changed(twin))


def test_errors_quote_no_values():
    def wrong(bundle, resources):
        resources["Patient"][0]["birthDate"] = "SECRET"

    with pytest.raises(UnreadableObject) as caught:
        read_fhir(changed(wrong))
    assert "SECRET" not in str(caught.value)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, len(BUNDLE) - 2))
def test_truncated_bundles_are_an_expected_error(cut):
    with pytest.raises(OrRobotError):
        read_fhir(BUNDLE[:cut])


values = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
documents = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.sampled_from(["resourceType", "type", "entry", "x"]), documents))
def test_other_json_is_an_expected_error(document):
    with pytest.raises(OrRobotError):
        read_fhir(json.dumps(document).encode())
