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
    assert [(one.text, one.level) for one in record.allergies] == [
        ("Penicillin", "high"),
        ("Latex", "low"),
    ]
    assert [one.text for one in record.laterality] == ["left"]
    assert [(one.text, one.recorded) for one in record.problems] == [
        ("Chordoma of the skull base", "2025-11-18"),
        ("Hypertension", "2019-04-02"),
    ]
    assert len(record.medications) == 2
    assert [one.text for one in record.procedures] == ["Endoscopic biopsy of skull base tumour"]
    assert [one.text for one in record.team] == ["SURGEON, Sample"]
    assert len(record.labs) == 12
    (implant,) = record.implants
    assert (implant.text, implant.detail) == (
        "Ventriculoperitoneal shunt, MR conditional",
        "Head, right",
    )
    assert [one.text for one in record.consents] == ["Operation", "Anaesthesia"]
    (booking,) = record.bookings
    assert (booking.room, booking.start) == ("OR-1", "2026-01-23T08:30:00+09:00")
    assert booking.text == "Endoscopic biopsy of skull base tumour"


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
    assert [one.text for one in record.problems] == ["Hypertension"]
    assert record.bookings == ()


def test_sides_that_disagree_are_both_shown():
    def other_side(bundle, resources):
        resources["ServiceRequest"][0]["bodySite"][0]["coding"][0]["code"] = "24028007"

    assert [one.text for one in read_fhir(changed(other_side)).laterality] == ["left", "right"]


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


def resource(**fields):
    """A bundle with one resource more, about the patient."""

    def add(bundle, resources):
        for kind in ABOUT:
            without(bundle, kind)
        bundle["entry"].append({"resource": {**fields, **ABOUT.get(fields["resourceType"], {})}})

    return read_fhir(changed(add))


PATIENT = {"reference": "Patient/sim0001"}
ABOUT = {
    "Observation": {"subject": PATIENT, "status": "final"},
    "MedicationRequest": {"subject": PATIENT, "status": "active", "intent": "order"},
    "DeviceUseStatement": {"subject": PATIENT, "status": "active"},
    "Device": {"patient": PATIENT},
    "Consent": {"patient": PATIENT, "status": "active", "scope": {"text": "treatment"}},
    "Encounter": {"subject": PATIENT, "status": "in-progress", "class": {"code": "IMP"}},
}
LAB = {"category": [{"coding": [{"code": "laboratory"}]}]}


def test_a_result_has_its_range_and_time():
    record = resource(
        resourceType="Observation",
        **LAB,
        code={"text": "Haemoglobin", "coding": [{"code": "718-7"}]},
        valueQuantity={"value": 13.20, "unit": "g/dL"},
        referenceRange=[{"low": {"value": 13}, "high": {"value": 17}}],
        interpretation=[{"coding": [{"code": "N"}]}],
        effectiveDateTime="2026-01-21T08:00:00+09:00",
    )
    (lab,) = record.labs
    assert (lab.code, lab.value, lab.text, lab.unit) == ("718-7", 13.2, "13.2", "g/dL")
    assert (lab.low, lab.high, lab.flag) == (13.0, 17.0, None)
    assert lab.taken == "2026-01-21T08:00:00+09:00"


def test_a_result_below_detection_is_no_number():
    record = resource(
        resourceType="Observation",
        **LAB,
        code={"text": "CRP"},
        valueQuantity={"value": 0.5, "comparator": "<", "unit": "mg/dL"},
    )
    assert (record.labs[0].value, record.labs[0].text) == (None, "<0.5")


def test_panels_are_their_components_and_other_observations_are_left_out():
    parts = [{"code": {"text": "Na"}, "valueQuantity": {"value": 140, "unit": "mmol/L"}}]
    panel = {"resourceType": "Observation", "code": {"text": "Panel"}, "component": parts}
    assert [one.name for one in resource(**panel, **LAB).labs] == ["Na"]
    vital = {"category": [{"coding": [{"code": "vital-signs"}]}]}
    assert resource(**panel, **vital).labs == ()


def test_implants_consents_orders_and_encounters():
    assert resource(resourceType="Device", type={"text": "Pacemaker"}).implants[0].text == (
        "Pacemaker"
    )
    used = resource(
        resourceType="DeviceUseStatement",
        device={"display": "Titanium plate"},
        bodySite={"text": "Skull"},
    )
    assert (used.implants[0].text, used.implants[0].detail) == ("Titanium plate", "Skull")
    consent = resource(
        resourceType="Consent",
        category=[{"text": "Anaesthesia"}],
        dateTime="2026-01-20",
        policyRule={"text": "hospital"},
    )
    assert (consent.consents[0].text, consent.consents[0].level) == ("Anaesthesia", "active")
    order = resource(
        resourceType="MedicationRequest",
        medicationCodeableConcept={"text": "Cefazolin"},
        dosageInstruction=[{"text": "2 g before incision"}],
    )
    assert ("Cefazolin", "2 g before incision") in [(m.text, m.detail) for m in order.medications]
    stay = resource(
        resourceType="Encounter",
        type=[{"text": "Inpatient"}],
        period={"start": "2026-01-22"},
        location=[{"location": {"reference": "Location/or-1"}}],
    )
    assert [one.text for one in stay.events] == ["Inpatient"]
    assert [one.room for one in stay.bookings] == ["OR-1", "OR-1"]


def test_a_procedure_that_is_over_is_not_todays():
    def over(bundle, resources):
        resources["Procedure"][0].update(status="completed", code={"text": "Appendectomy"})
        resources["Procedure"][0]["bodySite"][0]["coding"][0]["code"] = "24028007"

    record = read_fhir(changed(over))
    assert [one.text for one in record.procedures][-1] == "Appendectomy"
    assert [one.text for one in record.laterality] == ["left"]


def test_korean_names_in_all_groups():
    def korean(bundle, resources):
        resources["Patient"][0]["name"] = [
            {
                "use": "official",
                "family": family,
                "given": [given],
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",
                        "valueCode": code,
                    }
                ],
            }
            for code, family, given in (
                ("ABC", "HONG", "Gildong"),
                ("IDE", "洪", "吉洞"),
                ("SYL", "홍", "길동"),
            )
        ]

    assert read_fhir(changed(korean)).identity.name == {
        "alphabetic": "HONG, Gildong",
        "ideographic": "洪, 吉洞",
        "phonetic": "홍, 길동",
    }


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
