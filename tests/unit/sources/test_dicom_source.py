import contextlib
import io

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit

from or_robot.errors import OrRobotError
from or_robot.share import share
from or_robot.sources.dicom import read_dicom, same_dicom
from or_robot.sources.dicom_values import name_groups
from or_robot.sources.errors import UnreadableObject, UnsupportedObject
from or_robot.types.radiotherapy import CtSlice, DoseVolume, IonPlan, StructureSet, TreatmentRecord

CASE = share("simulation", "cases", "skull_base_pbs")


def data(name: str) -> bytes:
    return (CASE / name).read_bytes()


def changed(name: str, change) -> bytes:
    """The file after `change(dataset)`."""
    dataset = pydicom.dcmread(io.BytesIO(data(name)))
    if dataset.file_meta.TransferSyntaxUID.is_deflated:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    change(dataset)
    stream = io.BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def test_plan_is_read_with_all_its_oddities():
    plan = read_dicom(data("plan.dcm"))
    assert isinstance(plan, IonPlan)
    assert plan.label == "SkullBase_PBS"
    assert [beam.number for beam in plan.beams] == [0, 1, 2]
    assert [beam.gantry_deg for beam in plan.beams] == [90.0, 270.0, 180.0]
    assert [len(beam.layers) for beam in plan.beams] == [11, 11, 9]
    assert [beam.snout_position_mm for beam in plan.beams] == [0.0, 0.0, 0.0]
    assert plan.beams[0].range_shifters[0].water_equivalent_mm == pytest.approx(74.1)
    assert plan.beams[0].isocenter_mm == (0.0, 10.0, -24.0)
    assert plan.beams[0].meterset_mu == pytest.approx(85.27714733)
    assert (plan.approval, plan.intent, plan.patient_position) == (None, None, None)
    assert plan.prescriptions == ()
    assert plan.fractions_planned == 35
    assert plan.header.identity.name == {"alphabetic": "exported_PHANTOM, PROTON"}


def test_energy_holds_until_a_control_point_changes_it():
    def drop_second_energy(dataset):
        del dataset.IonBeamSequence[0].IonControlPointSequence[1].NominalBeamEnergy

    layers = read_dicom(changed("plan.dcm", drop_second_energy)).beams[0].layers
    assert layers[1].energy_mev == layers[0].energy_mev


def test_dose_of_other_kinds_is_refused():
    def relative(dataset):
        dataset.DoseUnits = "RELATIVE"

    with pytest.raises(UnsupportedObject, match="RELATIVE"):
        read_dicom(changed("dose.dcm", relative))


def test_dose_is_in_gray():
    dose = read_dicom(data("dose.dcm"))
    assert isinstance(dose, DoseVolume)
    assert (dose.dose_type, dose.summation_type) == ("EFFECTIVE", "PLAN")
    assert dose.grid.shape == dose.dose_gy.shape == (60, 100, 100)
    assert dose.grid.spacing_mm == (2.5, 2.5, 3.0)
    assert float(dose.dose_gy.max()) == pytest.approx(77.804, abs=1e-3)


@pytest.mark.parametrize("name", ["CT_030.dcm", "dose.dcm"])
@pytest.mark.parametrize(("column", "row"), [(-1, 1), (1, -1), (-1, -1)])
def test_the_same_volume_stored_the_other_way_round_is_the_same(name, column, row):
    """Mirrored pixels with mirrored direction cosines are the same anatomy."""

    def mirror(dataset):
        flip = (..., slice(None, None, row), slice(None, None, column))
        pixels = dataset.pixel_array[flip]
        x, y, z = (float(value) for value in dataset.ImagePositionPatient)
        height, width = (float(value) for value in dataset.PixelSpacing)
        x += width * (dataset.Columns - 1) if column < 0 else 0.0
        y += height * (dataset.Rows - 1) if row < 0 else 0.0
        dataset.ImagePositionPatient = [f"{x:.6f}", f"{y:.6f}", z]
        dataset.ImageOrientationPatient = [column, 0, 0, 0, row, 0]
        dataset.PixelData = np.ascontiguousarray(pixels).tobytes()

    straight, mirrored = read_dicom(data(name)), read_dicom(changed(name, mirror))
    values = "hounsfield" if isinstance(straight, CtSlice) else "dose_gy"
    np.testing.assert_array_equal(getattr(straight, values), getattr(mirrored, values))
    np.testing.assert_allclose(straight.grid.origin_mm, mirrored.grid.origin_mm, atol=1e-3)


def test_oblique_planes_are_refused():
    def tilt(dataset):
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 0.94, 0.34]

    with pytest.raises(UnsupportedObject, match="axial"):
        read_dicom(changed("CT_030.dcm", tilt))


def test_structures_have_names_colours_and_closed_contours():
    found = read_dicom(data("struct.dcm"))
    assert isinstance(found, StructureSet)
    assert [one.name for one in found.structures] == [
        "CTV_70",
        "Brainstem",
        "OpticChiasm",
        "External",
    ]
    assert found.structures[0].color == (255, 0, 0)
    assert all(one.contours for one in found.structures)
    assert found.header.frame_of_reference_uid is not None


def test_records_name_plan_fraction_and_day():
    record = read_dicom(data("rec_12.dcm"))
    assert isinstance(record, TreatmentRecord)
    assert record.date == "2026-01-22"
    assert {beam.fraction for beam in record.beams} == {12}
    assert record.plan_uid == read_dicom(data("plan.dcm")).header.sop_instance_uid


def test_a_missing_patient_id_is_named():
    def anonymous(dataset):
        del dataset.PatientID

    with pytest.raises(UnreadableObject, match="PatientID"):
        read_dicom(changed("rec_01.dcm", anonymous))


def test_another_kind_of_object_is_named():
    def secondary_capture(dataset):
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"

    with pytest.raises(UnsupportedObject, match="RT Ion Plan"):
        read_dicom(changed("rec_01.dcm", secondary_capture))


def test_name_groups():
    name = pydicom.valuerep.PersonName("HONG^GILDONG=洪^吉洞=홍^길동")
    assert name_groups(name) == {
        "alphabetic": "HONG, GILDONG",
        "ideographic": "洪, 吉洞",
        "phonetic": "홍, 길동",
    }
    assert name_groups(None) == {}


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(["plan.dcm", "rec_01.dcm", "CT_000.dcm", "struct.dcm"]), st.data())
def test_truncated_files_are_an_expected_error_or_still_sound(name, draw):
    whole = data(name)
    cut = draw.draw(st.integers(0, len(whole) - 1))
    with contextlib.suppress(OrRobotError):
        read_dicom(whole[:cut])


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(["plan.dcm", "rec_01.dcm", "CT_000.dcm"]), st.data())
def test_damaged_files_are_an_expected_error_or_still_sound(name, draw):
    broken = bytearray(data(name))
    for place in draw.draw(st.lists(st.integers(0, len(broken) - 1), min_size=1, max_size=20)):
        broken[place] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(OrRobotError):
        read_dicom(bytes(broken))


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_what_is_not_dicom_is_said_so(noise):
    with pytest.raises(UnreadableObject):
        read_dicom(noise)


def test_korean_names_in_iso_2022_ir_149():
    def korean(dataset):
        dataset.SpecificCharacterSet = ["", "ISO 2022 IR 149"]
        dataset.PatientName = "Hong^Gildong=洪^吉洞=홍^길동"

    written = changed("rec_01.dcm", korean)
    assert b"\x1b$)C" in written
    assert read_dicom(written).header.identity.name == {
        "alphabetic": "Hong, Gildong",
        "ideographic": "洪, 吉洞",
        "phonetic": "홍, 길동",
    }


def test_private_tags_do_no_harm():
    def private(dataset):
        dataset.add_new((0x0099, 0x0010), "LO", "SOMEBODY")
        dataset.add_new((0x0099, 0x1001), "UN", b"\x00\xff" * 40)

    assert read_dicom(changed("plan.dcm", private)).label == "SkullBase_PBS"


def test_a_transfer_syntax_that_is_not_read_is_named():
    def jpeg(dataset):
        dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
        dataset.PixelData = encapsulate([b"\xff\xd8\xff\xd9"])
        dataset["PixelData"].VR = "OB"

    with pytest.raises(UnsupportedObject, match="JPEG Baseline"):
        read_dicom(changed("CT_000.dcm", jpeg))


def test_an_object_that_unpacks_to_far_more_is_refused_before_it_does(monkeypatch):
    monkeypatch.setattr("or_robot.sources.dicom.MAX_BYTES", 100_000)
    with pytest.raises(UnsupportedObject, match="unpacks to over"):
        read_dicom(data("CT_030.dcm"))


@pytest.mark.parametrize(
    ("name", "changes", "named"),
    [
        ("CT_030.dcm", {"PixelSpacing": [1e-9, 1e-9]}, "impossible spacing"),
        ("CT_030.dcm", {"ImagePositionPatient": [1e9, 0, 0]}, "impossible spacing or position"),
        ("CT_030.dcm", {"SliceThickness": 1e9}, "thickness"),
        ("CT_030.dcm", {"Rows": 60_000, "Columns": 60_000}, "60000 × 60000"),
        ("CT_030.dcm", {"RescaleSlope": None}, "rescale"),
        ("dose.dcm", {"DoseGridScaling": 1e9}, "scaling"),
        ("dose.dcm", {"GridFrameOffsetVector": [0.0]}, "offsets"),
    ],
)
def test_volumes_that_cannot_be_are_named(name, changes, named):
    def change(dataset):
        for keyword, value in changes.items():
            setattr(dataset, keyword, value)

    with pytest.raises(OrRobotError, match=named) as caught:
        read_dicom(changed(name, change))
    assert caught.value.remedy


def test_a_contour_far_from_any_patient_is_named():
    def far(dataset):
        dataset.ROIContourSequence[0].ContourSequence[0].ContourData = [0, 0, 0, 1e7, 0, 0, 0, 1, 0]

    with pytest.raises(UnreadableObject, match="metres away"):
        read_dicom(changed("struct.dcm", far))


def test_beam_figures_that_are_none_are_named():
    def nan(dataset):
        dataset.IonBeamSequence[0].IonControlPointSequence[0].GantryAngle = "NaN"

    with pytest.raises(UnreadableObject):
        read_dicom(changed("plan.dcm", nan))


def test_groups_references_and_parts_of_doses_are_read():
    def related(dataset):
        reference = pydicom.Dataset()
        reference.ReferencedSOPInstanceUID = "1.2.3"
        reference.RTPlanRelationship = "PRIOR"
        dataset.ReferencedRTPlanSequence = [reference]

    plan = read_dicom(changed("plan.dcm", related))
    assert [(one.uid, one.relationship) for one in plan.references] == [("1.2.3", "PRIOR")]
    (group,) = plan.fraction_groups
    assert (group.number, group.fractions, group.beam_numbers) == (0, 35, (0, 1, 2))

    def of_a_beam(dataset):
        beam, group = pydicom.Dataset(), pydicom.Dataset()
        beam.ReferencedBeamNumber = 2
        group.ReferencedFractionGroupNumber = 1
        group.ReferencedBeamSequence = [beam]
        dataset.DoseSummationType = "BEAM"
        dataset.ReferencedRTPlanSequence[0].ReferencedFractionGroupSequence = [group]

    dose = read_dicom(changed("dose.dcm", of_a_beam))
    assert (dose.summation_type, dose.beam_numbers, dose.fraction_group) == ("BEAM", (2,), 1)


def test_an_object_written_down_another_way_is_the_same():
    inflated = changed("CT_000.dcm", lambda _: None)
    assert inflated != data("CT_000.dcm")
    assert same_dicom(data("CT_000.dcm"), inflated)
    assert not same_dicom(data("rec_01.dcm"), data("rec_02.dcm"))
