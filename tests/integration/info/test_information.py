"""The committed case through import, store, preparation and command line."""

import errno
import json
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pydicom
import pytest

from or_robot.cli.main import main
from or_robot.errors import OrRobotError
from or_robot.info.service import InformationService, UnknownCase
from or_robot.share import share
from or_robot.store.database import StoreUnavailable
from or_robot.types.clinical import ImageStyle
from or_robot.types.procedure import Phase

CASE = share("simulation", "cases", "skull_base_pbs")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("info")


@pytest.fixture(scope="module")
def service(folder):
    service = InformationService(folder)
    yield service
    service.close()


@pytest.fixture(scope="module")
def report(service):
    return service.import_paths([CASE])


@pytest.fixture(scope="module")
def plan(service, report):
    return service.case("OR-1").plans[0]


def test_everything_is_imported_and_the_booked_room_has_the_patient(service, report):
    assert (report.imported, report.failures, report.patients) == (76, (), ("SIM0001",))
    case = service.case("OR-1")
    assert case.patient.patient_id == "SIM0001"
    assert case.patient.birth_date == "1960-01-01"
    assert case.patient.allergies[0].substance == "Penicillin"
    assert case.imported_s is not None


def test_an_empty_room_has_no_patient(service, report):
    case = service.case("OR-2")
    assert (case.patient, case.plans, case.version) == (None, (), "")


def test_the_card_has_the_plans_figures(plan):
    assert plan.label == "SkullBase_PBS"
    assert [beam.gantry_deg for beam in plan.beams] == [90.0, 270.0, 180.0]
    assert [beam.energies for beam in plan.beams] == [11, 11, 9]
    assert [beam.spots for beam in plan.beams] == [239, 244, 267]
    assert all(beam.snout_position_suspect for beam in plan.beams)
    energies = [beam.energy_min_mev for beam in plan.beams]
    assert min(energies) == pytest.approx(130.8, abs=0.05)
    assert max(beam.energy_max_mev for beam in plan.beams) == pytest.approx(166.8, abs=0.05)
    assert (plan.fractions_delivered, plan.fractions_planned) == (12, 35)
    assert plan.last_fraction_date == "2026-01-22"
    assert plan.structures == ("CTV_70", "Brainstem", "OpticChiasm", "External")
    assert (plan.dose_type, plan.dose_unit) == ("EFFECTIVE", "Gy(RBE)")
    assert (plan.approval, plan.intent, plan.prescription) == (None, None, None)


def test_the_oddities_of_the_export_are_said(plan):
    said = "\n".join(plan.warnings)
    for part in (
        "Approval not recorded",
        "Prescription not recorded",
        "Snout position is given as 0.0",
        "SOP Class UID",
        "“Unknown”",
        "Patient name differs",
        "other images",
        "outside the body",
    ):
        assert part in said


def test_target_gets_its_dose_and_the_views_agree(service, plan):
    planned = service.dvh("SIM0001", plan.plan_uid, "planned")
    delivered = service.dvh("SIM0001", plan.plan_uid, "delivered")
    by_name = {curve.structure: curve for curve in planned.curves}
    assert set(by_name) == set(plan.structures)
    assert by_name["CTV_70"].d95_gy == pytest.approx(68.1, abs=0.3)
    assert by_name["CTV_70"].mean_gy > by_name["Brainstem"].mean_gy
    for one, part in zip(planned.curves, delivered.curves, strict=True):
        assert part.mean_gy == pytest.approx(one.mean_gy * 12 / 35, abs=0.01)


def test_everything_carries_one_version(service, plan):
    versions = {
        service.case("OR-1").version,
        plan.version,
        service.dvh("SIM0001", plan.plan_uid, "planned").version,
        service.image("SIM0001", plan.plan_uid, "planned", "axial", 0).version,
        service.image("SIM0001", plan.plan_uid, "planned", "axial", 20).version,
        service.versions()[0].version,
    }
    assert len(versions) == 1


@pytest.mark.parametrize("view", ["planned", "delivered"])
@pytest.mark.parametrize("orientation", ["axial", "coronal", "sagittal"])
def test_prepared_pictures_are_small_pictures(service, plan, view, orientation):
    picture = service.image("SIM0001", plan.plan_uid, view, orientation, 0)
    assert picture.media_type == "image/jpeg"
    assert len(picture.data) < 60_000
    decoded = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == (600, 840, 3)
    assert picture.view_label in picture.caption


def test_a_picture_drawn_on_demand_equals_the_prepared_one(service, plan):
    prepared = service.image("SIM0001", plan.plan_uid, "planned", "axial", 1)
    drawn = service._drawable("SIM0001", plan.plan_uid, plan.version).draw("axial", 1)
    assert drawn[0] == prepared


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (("NOBODY", "1", "planned", "axial", 0), "NOBODY"),
        (("SIM0001", "9.9", "planned", "axial", 0), "plan"),
        (("SIM0001", None, "tomorrow", "axial", 0), "planned, delivered"),
        (("SIM0001", None, "planned", "oblique", 0), "axial, coronal, sagittal"),
        (("SIM0001", None, "planned", "axial", 999), "slice 999"),
    ],
)
def test_what_is_not_there_is_named(service, plan, request_, named):
    patient_id, plan_uid, *rest = request_
    with pytest.raises(UnknownCase, match=named):
        service.image(patient_id, plan_uid or plan.plan_uid, *rest)


def test_a_picture_of_another_style_is_drawn_when_asked_for(service, plan):
    style = ImageStyle(window="bone", structures=("CTV_70",), reference_gy=70.0)
    picture = service.image("SIM0001", plan.plan_uid, "planned", "axial", 0, style)
    assert "W 2000 L 350" in picture.caption
    assert "100 % = 70 Gy(RBE) as stated by the reader" in picture.caption
    with pytest.raises(OrRobotError, match="CTV_70, Brainstem"):
        service.image(
            "SIM0001", plan.plan_uid, "planned", "axial", 0, ImageStyle(structures=("Heart",))
        )


def test_record_fractions_and_beams_are_prepared(service, plan):
    chart = service.chart("SIM0001")
    assert [one.text for one in chart.laterality] == ["left"]
    assert {one.source for item in chart.allergies for one in item.origins} == {"FHIR"}
    assert [one.kind for one in chart.timeline].count("fraction") == 12
    creatinine = next(one for one in chart.labs if one.name == "Creatinine")
    assert [(one.value, one.flag) for one in creatinine.values] == [
        (0.9, None),
        (0.9, None),
        (1.3, "H"),
    ]
    strip = service.fractions("SIM0001", plan.plan_uid)
    assert (strip.planned, strip.delivered, len(strip.days)) == (35, 12, 12)
    geometry = service.geometry("SIM0001", plan.plan_uid)
    assert geometry.patient_position_of == "CT"
    assert [beam.direction for beam in geometry.beams] == [(-1, 0, 0), (1, 0, 0), (0, -1, 0)]
    assert {one.version for one in (chart, strip, geometry)} == {plan.version}


def test_dose_of_a_beam_is_a_view_of_its_own(service, report, tmp_path):
    dose = pydicom.dcmread(CASE / "dose.dcm")
    dose.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.99"
    dose.DoseSummationType = "BEAM"
    beam, group = pydicom.Dataset(), pydicom.Dataset()
    beam.ReferencedBeamNumber = 1
    group.ReferencedBeamSequence = [beam]
    dose.ReferencedRTPlanSequence[0].ReferencedFractionGroupSequence = [group]
    dose.save_as(tmp_path / "beam.dcm")
    fresh = InformationService(tmp_path / "info")
    names = ("plan.dcm", "struct.dcm", *(f"CT_{n:03d}.dcm" for n in range(20, 40)))
    fresh.import_paths([*(CASE / name for name in names), tmp_path / "beam.dcm"])
    plan = fresh.patient_case("SIM0001").plans[0]
    assert [view.label for view in plan.dose_views] == ["BEAM F2_RLat PLANNED (35 fx)"]
    assert plan.max_dose_gy is None
    picture = fresh.image("SIM0001", plan.plan_uid, "beam-1", "axial", 0)
    assert "BEAM F2_RLat" in picture.caption
    curves = fresh.dvh("SIM0001", plan.plan_uid, "beam-1").curves
    assert curves[0].d95_gy == pytest.approx(68.1, abs=0.3)
    fresh.close()


def test_a_conflict_is_an_alarm_until_settled(tmp_path):
    bundle = json.loads((CASE / "patient.fhir.json").read_bytes())
    bundle["entry"][0]["resource"]["birthDate"] = "1961-01-01"
    stranger = tmp_path / "stranger.json"
    stranger.write_text(json.dumps(bundle))
    service = InformationService(tmp_path / "info")
    service.import_paths([CASE / "patient.fhir.json", stranger])
    case = service.case("OR-1")
    assert "another birth date" in case.alarms[0]
    service.settle(service.refusals()[0].number, "anna")
    assert service.case("OR-1").alarms == ()
    assert service.case("OR-1").version != case.version
    service.close()


def test_a_room_is_entered_by_two_identifiers(tmp_path):
    service = InformationService(tmp_path / "info")
    service.import_paths([CASE / "patient.fhir.json"])
    for wrong in (("SIM0001", "1960-01-02"), ("SIM0002", "1960-01-01")):
        with pytest.raises(UnknownCase, match="ID and birth date"):
            service.admit("OR-2", *wrong)
    service.admit("OR-2", "SIM0001", "1960-01-01")
    assert service.occupant("OR-2") == "SIM0001"
    service.close()


def test_importing_again_changes_nothing(service, report):
    before = service.versions()
    again = service.import_paths([CASE])
    assert (again.imported, again.already_known, again.failures) == (0, 76, ())
    assert service.versions() == before


def test_a_room_that_was_emptied_is_not_filled_again_by_the_same_record(tmp_path):
    service = InformationService(tmp_path)
    service.import_paths([CASE / "patient.fhir.json"])
    service.assign("OR-1", None)
    service.import_paths([CASE / "patient.fhir.json"])
    assert service.case("OR-1").patient is None
    service.close()


def test_phase_round_trip(service):
    assert service.phase("OR-7") is None
    assert service.set_phase("OR-7", Phase.CLOSING) == service.phase("OR-7")


def test_damaged_files_are_quarantined_and_the_rest_imported(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(CASE / "plan.dcm", source / "good.dcm")
    whole = (CASE / "dose.dcm").read_bytes()
    (source / "cut.dcm").write_bytes(whole[: len(whole) // 2])
    (source / "note.txt").write_text("not an object")
    service = InformationService(tmp_path / "info")
    report = service.import_paths([source])
    assert report.imported == 1
    assert {failure.path.name for failure in report.failures} == {"cut.dcm", "note.txt"}
    for failure in report.failures:
        assert failure.remedy
        assert failure.quarantined.read_bytes() == failure.path.read_bytes()
    case = service.patient_case("SIM0001")
    assert case.plans[0].dose_views == ()
    service.close()


def test_another_birth_date_under_the_same_id_is_never_merged(tmp_path):
    bundle = json.loads((CASE / "patient.fhir.json").read_bytes())
    bundle["entry"][0]["resource"]["birthDate"] = "1961-01-01"
    stranger = tmp_path / "stranger.json"
    stranger.write_text(json.dumps(bundle))
    service = InformationService(tmp_path / "info")
    service.import_paths([CASE / "plan.dcm"])
    report = service.import_paths([stranger])
    assert "birth date" in report.failures[0].problem
    assert service.patient_case("SIM0001").patient.allergies is None
    service.close()


def test_one_uid_with_two_contents_is_refused(tmp_path):
    data = (CASE / "rec_01.dcm").read_bytes()
    (tmp_path / "other.dcm").write_bytes(data.replace(b"0930", b"0931"))
    service = InformationService(tmp_path / "info")
    report = service.import_paths([CASE / "rec_01.dcm", tmp_path / "other.dcm"])
    assert report.imported == 1
    assert "same SOP Instance UID" in report.failures[0].problem
    service.close()


def test_a_booking_moves_nobody_out_of_a_room(tmp_path):
    bundle = (CASE / "patient.fhir.json").read_text().replace("SIM0001", "SIM0002")
    second = tmp_path / "second.json"
    second.write_text(bundle)
    service = InformationService(tmp_path / "info")
    service.import_paths([CASE / "patient.fhir.json"])
    service.import_paths([second])
    assert service.case("OR-1").patient.patient_id == "SIM0001"
    service.assign("OR-1", "SIM0002")
    assert service.case("OR-1").patient.patient_id == "SIM0002"
    with pytest.raises(OrRobotError, match="NOBODY"):
        service.assign("OR-1", "NOBODY")
    service.close()


def test_an_import_killed_half_way_is_finished_by_the_next(tmp_path):
    code = (
        "import pathlib, sys; from or_robot.info.service import InformationService as S; "
        "S(pathlib.Path(sys.argv[1])).import_paths([pathlib.Path(sys.argv[2])], "
        "lambda what, done, total: print(what, done, flush=True))"
    )
    source = tmp_path / "source"
    few = shutil.ignore_patterns("dose.dcm", "CT_0[1-5]?.dcm")
    shutil.copytree(CASE, source, ignore=few)
    command = [sys.executable, "-c", code, str(tmp_path / "info"), str(source)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        reached = next(line for line in process.stdout if line == "import 12\n")
        process.kill()
    assert reached
    service = InformationService(tmp_path / "info")
    assert service.import_paths([source]).imported == 25
    assert service.case("OR-1").plans[0].fractions_delivered == 12
    service.close()


def test_what_was_imported_but_not_prepared_is_prepared_by_refresh(tmp_path, service, report):
    fresh = InformationService(tmp_path / "info")
    fresh.import_paths([CASE / "patient.fhir.json", CASE / "rec_01.dcm"])
    before = fresh.case("OR-1")
    store = fresh._store
    store.put_prepared("SIM0001", "outdated", {})
    fresh.refresh()
    assert fresh.case("OR-1") == before
    fresh.close()


def test_a_store_that_cannot_be_written_says_so(tmp_path, monkeypatch):
    service = InformationService(tmp_path / "info")

    def full(*_):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr("or_robot.store.objects.write_durably", full)
    with pytest.raises(StoreUnavailable, match="free space"):
        service.import_paths([CASE / "plan.dcm"])
    assert service._store.patient("SIM0001") is None
    service.close()


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["info", *arguments])
    return int(caught.value.code or 0)


def test_command_line(tmp_path, folder, report, monkeypatch, capsys):
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path))
    shutil.copytree(folder, tmp_path / "info")
    assert run("import", str(CASE)) == 0
    assert "0 imported, 76 known already, 0 refused — SIM0001" in capsys.readouterr().out
    assert run("show", "SIM0001") == 0
    shown = capsys.readouterr().out
    for part in ("SkullBase_PBS", "12 of 35 delivered", "2026-01-22", "239", "Penicillin"):
        assert part in shown
    out = tmp_path / "card.json"
    assert run("show", "SIM0001", "--json", str(out)) == 0
    plan = json.loads(out.read_text())["plans"][0]
    assert [beam["spots"] for beam in plan["beams"]] == [239, 244, 267]
    assert run("phase", "OR-1", "closing") == 0
    assert run("phase", "OR-1") == 0
    assert "OR-1: closing" in capsys.readouterr().out
    assert run("assign", "OR-2", "SIM0001") == 0
    assert run("schedule") == 0
    shown = capsys.readouterr().out
    assert shown.count("in room") == 2
    assert run("assign", "OR-2") == 0
    note = tmp_path / "note.txt"
    note.write_text("no object")
    assert run("import", str(note)) == 1
    assert run("refused") == 0
    assert "not a DICOM file" in " ".join(capsys.readouterr().out.split())
    assert run("settle", "1") == 0
    assert run("settle", "7") == 1
    assert run("delete", "SIM0001", "--yes") == 0
    assert run("show", "SIM0001") == 1
    assert run("audit", "verify") == 0
    assert "10 entries" in capsys.readouterr().out


def test_command_line_errors(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path / "home"))
    assert run("show", "NOBODY") == 1
    assert "or-robot info import" in capsys.readouterr().err
    assert run("import", str(tmp_path / "missing")) == 1
    assert run("phase", "OR-1", "lunch") == 2
    note = tmp_path / "note.txt"
    note.write_text("no object")
    assert run("import", str(note)) == 1
    assert "not a DICOM file" in capsys.readouterr().err
