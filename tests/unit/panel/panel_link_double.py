"""A link without sockets that answers like the suite: for tests of the panel alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np

from or_robot.clinical import checklist as checklist_rules
from or_robot.geometry.pose import Pose2D
from or_robot.link.errors import LinkDown, LinkRefused
from or_robot.link.payloads import Acknowledged, LinkHeartbeat, StopReply
from or_robot.link.received import Received
from or_robot.types.chart import (
    ChartItem,
    LabSeries,
    LabValue,
    Origin,
    PatientChart,
    RoomSchedule,
    ScheduleEntry,
    SourcesStatus,
    SourceState,
    TimelineEvent,
)
from or_robot.types.checklist import Checklist, Confirmation
from or_robot.types.clinical import (
    Allergy,
    BeamPath,
    BeamSummary,
    CaseVersion,
    DoseView,
    DvhCurve,
    DvhSet,
    FractionDay,
    FractionStrip,
    KeyImage,
    Outline,
    PatientBanner,
    PlanGeometry,
    ProtonCard,
    RoomCase,
)
from or_robot.types.procedure import Phase, ProcedurePhase
from or_robot.types.safety import SafetyMode, SafetyState
from or_robot.types.status import (
    CameraPicture,
    DiagnosticsStatus,
    DoorLine,
    PersonStatus,
    ProcessStatus,
    RobotStatus,
    SiteStatus,
    StationStatus,
    ZoneStatus,
)
from or_robot.types.tasks import Task, TaskQueue, TaskState

ROOM = "OR-1"
VIEWS = (
    DoseView("planned", "PLANNED (35 fx)", 1.0),
    DoseView("delivered", "DELIVERED ESTIMATE (12/35)", 12 / 35),
)


def room_case(version: str = "v1", name: str = "Simulated^Patient") -> RoomCase:
    beams = tuple(
        BeamSummary(
            number=n,
            name=f"Field {n}",
            radiation_type="PROTON",
            gantry_deg=gantry,
            couch_deg=0.0,
            isocenter_mm=(0.0, -12.5, 40.0),
            snout_position_mm=0.0,
            snout_position_suspect=True,
            range_shifters=("RS",),
            energy_min_mev=130.8,
            energy_max_mev=166.8,
            energies=energies,
            layers=energies,
            spots=spots,
            meterset_mu=100.0,
        )
        for n, gantry, energies, spots in (
            (1, 90.0, 11, 239),
            (2, 270.0, 11, 244),
            (3, 180.0, 9, 267),
        )
    )
    card = ProtonCard(
        patient_id="SIM0001",
        version=version,
        plan_uid="1.2.3",
        label="SkullBase_PBS",
        name=None,
        approval=None,
        intent=None,
        machine=None,
        patient_position=None,
        prescription=None,
        fractions_planned=35,
        fractions_delivered=12,
        last_fraction_date="2026-01-22",
        beams=beams,
        structures=("CTV_70", "Brainstem", "OpticChiasm", "External"),
        dose_type="EFFECTIVE",
        dose_unit="Gy(RBE)",
        max_dose_gy=74.8,
        dose_views=VIEWS,
        warnings=("Snout position is exactly 0.0 in all beams",),
    )
    patient = PatientBanner(
        patient_id="SIM0001",
        issuer=None,
        name={"alphabetic": name, "ideographic": "", "phonetic": ""},
        birth_date="1961-03-04",
        sex="F",
        allergies=(Allergy("Latex", None, "high"), Allergy("Penicillin", None, "low")),
        procedure="Proton therapy of skull base chordoma",
        laterality="midline",
        conditions=(),
        medications=(),
    )
    return RoomCase(ROOM, version, patient, (card,), time.time())


def chart(version: str) -> PatientChart:
    def noted(text: str, detail: str | None = None) -> ChartItem:
        return ChartItem(text, detail, None, (Origin("FHIR", "2026-01-05"),))

    sodium = tuple(
        LabValue(f"2026-01-{n:02}", value, f"{value:g}", None, Origin("FHIR", f"2026-01-{n:02}"))
        for n, value in ((3, 138.0), (9, 141.0), (15, 136.0))
    )
    return PatientChart(
        patient_id="SIM0001",
        version=version,
        allergies=(noted("Latex", "anaphylaxis"), noted("Penicillin")),
        problems=(noted("Skull base chordoma"), noted("Hypertension")),
        implants=(),
        medications=(noted("Dexamethasone", "4 mg twice a day"),),
        procedures=None,
        laterality=None,
        team=(noted("Dr Kim", "surgeon"),),
        consents=None,
        labs=(LabSeries("2951-2", "Sodium", "mmol/l", 135.0, 145.0, sodium),),
        timeline=(
            TimelineEvent("2026-01-05", "admission", "Ward 3", "HL7v2"),
            TimelineEvent("2026-01-11", "fraction", "Fraction 1", "DICOM"),
        ),
        conflicts=("Sex differs: DICOM O, FHIR F",),
    )


def site() -> SiteStatus:
    picture = np.full((200, 300), 205, np.uint8)
    picture[20:180, 20:280] = 254
    picture[100:104, 20:200] = 0
    for edge in (
        np.s_[18:22, 18:282],
        np.s_[178:182, 18:282],
        np.s_[18:182, 18:22],
        np.s_[18:182, 278:282],
    ):
        picture[edge] = 0
    stations = tuple(
        StationStatus(name, {"en": en, "ko": ko}, x, y, 0.0, kind, room)
        for name, en, ko, x, y, kind, room in (
            ("dock", "Dock", "충전소", 2.0, 1.8, "dock", ""),
            ("sterile_store", "Sterile store", "멸균실", 12.5, 2.0, "supply", ""),
            ("or_1", "OR-1", "1번 수술실", 3.5, 7.0, "room", "OR-1"),
            ("pathology", "Pathology", "병리과", 12.4, 7.6, "pathology", ""),
        )
    )
    zone = ZoneStatus(
        "or_1_sterile", "sterile", "OR-1", ((4.5, 6.0), (7.0, 6.0), (7.0, 8.5), (4.5, 8.5))
    )
    return SiteStatus(
        "operating_wing",
        cv2.imencode(".png", picture)[1].tobytes(),
        0.0,
        0.0,
        0.05,
        200,
        300,
        stations,
        (zone,),
        (DoorLine("or_1_door", "OR-1", ((8.0, 4.0), (9.4, 4.0))),),
    )


def robot_status(**changes: Any) -> RobotStatus:
    status = RobotStatus(
        stamp_s=time.time(),
        pose=Pose2D(6.0, 3.0, 0.4),
        lost=False,
        speed=0.0,
        commanded_speed=0.0,
        safety_mode=SafetyMode.READY,
        safety_reason_code="",
        safety_reason="",
        speed_limit=1.0,
        reset_required=False,
        resume_required=False,
        battery=0.83,
        path=(),
        people=(PersonStatus(1, 9.0, 3.5, -0.6, 0.2),),
        footprint=((0.33, 0.28), (-0.33, 0.28), (-0.33, -0.28), (0.33, -0.28)),
        ages_s={"scan": 0.05, "odom": 0.02},
    )
    return replace(status, **changes)


def sign_in() -> Checklist:
    return Checklist(ROOM, 1, "SIM0001", Phase.SIGN_IN, ())


@dataclass
class LinkDouble:
    """Same calls as LinkClient; what it was asked is in `asked` and `stops`."""

    connected: bool = True
    stop_stations: tuple[str, ...] = ("panel-OR-1",)
    stop_ready: bool = True
    case: RoomCase = field(default_factory=room_case)
    refuse: LinkRefused | None = None
    checklist: Checklist = field(default_factory=sign_in)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    callbacks: list[Callable[[Any], None]] = field(default_factory=list)
    received: dict[str, Received[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hear("robot.site", site())
        self.hear_all()

    def hear_all(self) -> None:
        self.hear("robot.status", robot_status())
        self.hear("tasks.queue", TaskQueue(time.time(), False, tuple(self.tasks.values())))
        self.hear("case.version", CaseVersion(ROOM, self.case.version), ROOM)
        processes = tuple(
            ProcessStatus(name, name != "perception", "", {"loop_mean_ms": "3.10"}, 0.4)
            for name in ("gateway", "navigation", "perception", "safety")
        )
        self.hear("robot.diagnostics", DiagnosticsStatus(time.time(), processes))
        fhir = SourceState("HIS", "fhir", True, "", time.time() - 12.0, 3, 0)
        self.hear("info.sources", SourcesStatus(time.time(), (fhir,)))
        self.hear("link.heartbeat", LinkHeartbeat(time.time(), "boot", {"stale": 2}))
        self.hear("procedure.checklist", self.checklist, ROOM)
        self.hear("procedure.phase", ProcedurePhase(time.time(), ROOM, self.checklist.phase), ROOM)

    def hear(self, topic: str, payload: object, key: str = "", age_s: float = 0.0) -> None:
        born_s = time.monotonic() - age_s
        self.received[topic] = Received(topic, key, payload, time.time() - age_s, born_s)
        for callback in self.callbacks:
            callback(self.received[topic])

    @property
    def link_age_s(self) -> float:
        return 0.05 if self.connected else 42.0

    def subscribe(self, topic: str, callback: Callable[[Any], None] | None = None) -> None:
        if callback:
            self.callbacks.append(callback)

    def last(self, topic: str, key: str | None = None) -> Received[Any] | None:
        return self.received.get(topic)

    def stop(self, reason: str, *, room: str = "", timeout_s: float = 1.0) -> StopReply:
        if not self.connected:
            raise LinkDown("the information server is not reached", "check that it runs")
        self.stops.append(room)
        self.hear(
            "robot.status",
            robot_status(
                safety_mode=SafetyMode.STOPPED_BY_PERSON, reset_required=True, speed_limit=0.0
            ),
        )
        return StopReply("stop", ("gateway",))

    def request(
        self,
        name: str,
        payload: Any,
        *,
        reply: type,
        timeout_s: float | None = None,
        id: str | None = None,
    ) -> Any:
        if not self.connected:
            raise LinkDown("the information server is not reached", "check that it runs")
        if self.refuse:
            raise self.refuse
        self.asked.append((name, payload))
        answer = getattr(self, "_" + name.replace(".", "_"))(payload)
        assert isinstance(answer, reply)
        return answer

    def _case_get(self, _payload: Any) -> RoomCase:
        return self.case

    def _dvh_get(self, payload: Any) -> DvhSet:
        view = next(view for view in VIEWS if view.key == payload.view)
        dose = np.linspace(0.0, 76.0, 120)
        curves = tuple(
            DvhCurve(
                name,
                color,
                volume,
                tuple((dose * view.scale).tolist()),
                tuple((100.0 / (1.0 + np.exp((dose - middle) / width))).tolist()),
                middle * view.scale * 0.95,
                middle * view.scale * 1.06,
                middle * view.scale,
            )
            for name, color, volume, middle, width in (
                ("CTV_70", "#ff5a5a", 60.0, 70.0, 0.8),
                ("Brainstem", "#49c6ff", 28.0, 28.0, 7.0),
                ("OpticChiasm", "#ffd24a", 0.8, 38.0, 4.0),
            )
        )
        return DvhSet("SIM0001", self.case.version, view.key, view.label, "Gy(RBE)", curves)

    def _image_get(self, payload: Any) -> KeyImage:
        y, x = np.mgrid[-1:1:512j, -1:1:512j]
        shape = np.hypot(x / 0.75, y / 0.9)
        grey = np.where(shape < 1, 90 + 40 * np.cos(6 * shape + payload.index), 0)
        picture = np.repeat(grey[..., None], 3, axis=2)
        picture[np.hypot(x - 0.1, y) < 0.3] += (0, 30, 110)
        data = cv2.imencode(".jpg", np.clip(picture, 0, 255).astype(np.uint8))[1].tobytes()
        view = next(view for view in VIEWS if view.key == payload.view)
        return KeyImage(
            patient_id="SIM0001",
            version=self.case.version,
            view=view.key,
            view_label=view.label,
            orientation=payload.orientation,
            index=payload.index,
            index_range=(-20, 25),
            prepared_range=(-3, 3),
            slice_position_mm=36.0 + 3.0 * payload.index,
            media_type="image/jpeg",
            data=data,
            caption=f"{view.label}, levels 20 to 95 %, window 40/400",
        )

    def _checklist_get(self, _payload: Any) -> Checklist:
        return self.checklist

    def _checklist_confirm(self, payload: Any) -> Checklist:
        if payload.revision != self.checklist.revision:
            raise LinkRefused("refused", "somebody else has changed the checklist", "look again")
        one = Confirmation(
            payload.item, payload.answer, payload.initials, payload.actor, time.time()
        )
        self.checklist = checklist_rules.confirm(self.checklist, one)
        return self.checklist

    def _checklist_advance(self, payload: Any) -> Checklist:
        self.checklist = checklist_rules.advance(self.checklist, payload.phase)
        return self.checklist

    def _chart_get(self, _payload: Any) -> PatientChart:
        return chart(self.case.version)

    def _fractions_get(self, payload: Any) -> FractionStrip:
        days = tuple(
            FractionDay(n, 1, f"2026-01-{10 + n:02}", "delivered", 3, 3, 300.0)
            for n in range(1, 13)
        )
        return FractionStrip("SIM0001", self.case.version, payload.plan_uid, 35, 12, days)

    def _geometry_get(self, payload: Any) -> PlanGeometry:
        turn = np.linspace(0.0, 2.0 * np.pi, 60)
        ring = np.column_stack([np.cos(turn), np.sin(turn)])
        outlines = tuple(
            Outline(name, 0.0, tuple(map(tuple, (ring * size).tolist())))
            for name, size in (("External", (75.0, 95.0)), ("CTV_70", (22.0, 18.0)))
        )
        beams = tuple(
            BeamPath(n, f"Field {n}", gantry, 0.0, (0.0, 0.0, 0.0), direction)
            for n, gantry, direction in (
                (1, 90.0, (-1.0, 0.0, 0.0)),
                (2, 270.0, (1.0, 0.0, 0.0)),
                (3, 180.0, (0.0, -1.0, 0.0)),
            )
        )
        return PlanGeometry(
            "SIM0001", self.case.version, payload.plan_uid, None, "CT", beams, outlines
        )

    def _schedule_get(self, _payload: Any) -> RoomSchedule:
        return RoomSchedule(
            ROOM,
            (
                ScheduleEntry("2026-01-23T08:00", None, "Biopsy", "in room", "SIM0001", "FHIR"),
                ScheduleEntry("2026-01-23T11:30", None, "Craniotomy", "next", None, "HL7v2"),
            ),
        )

    def _room_admit(self, payload: Any) -> RoomSchedule:
        return self._schedule_get(payload)

    def _room_clear(self, payload: Any) -> RoomSchedule:
        return RoomSchedule(ROOM, ())

    def _robot_camera(self, _payload: Any) -> CameraPicture:
        picture = np.zeros((120, 160, 3), np.uint8)
        picture[60:] = 90
        data = cv2.imencode(".jpg", picture)[1].tobytes()
        return CameraPicture(time.time(), 160, 120, "image/jpeg", data)

    def _task_submit(self, payload: Any) -> Task:
        task = Task(payload.task, TaskState.TO_PICKUP, "", time.time(), 23.4, 95.0)
        return self.tasks.setdefault(payload.task.id, task)

    def _task_cancel(self, payload: Any) -> Acknowledged:
        self.tasks[payload.id] = replace(self.tasks[payload.id], state=TaskState.CANCELLED)
        return Acknowledged("cancelled")

    def _task_resume(self, _payload: Any) -> Acknowledged:
        return Acknowledged("resumed")

    def _safety_reset(self, _payload: Any) -> SafetyState:
        return SafetyState(time.time(), SafetyMode.READY, "", "", 1.0, False, True)
