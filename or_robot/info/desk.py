"""The requests that the information process answers: authorised by room, audited, answered."""

from __future__ import annotations

from or_robot.info.audited import record
from or_robot.info.object_desk import ObjectDesk
from or_robot.info.service import InformationService
from or_robot.link.codec import Caller
from or_robot.link.errors import LinkRefused
from or_robot.link.payloads import (
    ChecklistAdvance,
    ChecklistConfirm,
    DvhRequest,
    ImageRequest,
    PatientRequest,
    PhaseChange,
    PlanRequest,
    RoomAdmit,
    RoomRequest,
)
from or_robot.link.servant import Handler
from or_robot.types.chart import PatientChart, RoomSchedule
from or_robot.types.checklist import Checklist
from or_robot.types.clinical import DvhSet, FractionStrip, KeyImage, PlanGeometry, RoomCase
from or_robot.types.procedure import STRICTEST_PHASE, ProcedurePhase


class InformationDesk:
    """Use cases of the service as handlers of the link: authorised by room, audited, answered."""

    def __init__(self, service: InformationService) -> None:
        self._service = service
        self._objects = ObjectDesk(service)

    def handlers(self) -> dict[str, Handler]:
        return self._objects.handlers() | {
            "case.get": self.case,
            "dvh.get": self.dvh,
            "image.get": self.image,
            "chart.get": self.chart,
            "fractions.get": self.fractions,
            "geometry.get": self.geometry,
            "schedule.get": self.schedule,
            "room.admit": self.admit,
            "room.clear": self.clear,
            "phase.get": self.phase,
            "phase.set": self.set_phase,
            "checklist.get": self.checklist,
            "checklist.confirm": self.confirm,
            "checklist.advance": self.advance,
        }

    def case(self, request: RoomRequest, caller: Caller) -> RoomCase:
        case = self._service.case(request.room)
        if case.patient is not None:
            record(self._service, request, caller, "case.get", case.patient.patient_id)
        return case

    def dvh(self, request: DvhRequest, caller: Caller) -> DvhSet:
        self._check_in_room(request.room, request.patient_id)
        dvh = self._service.dvh(request.patient_id, request.plan_uid, request.view)
        record(self._service, request, caller, "dvh.get", request.patient_id)
        return dvh

    def image(self, request: ImageRequest, caller: Caller) -> KeyImage:
        self._check_in_room(request.room, request.patient_id)
        image = self._service.image(
            request.patient_id,
            request.plan_uid,
            request.view,
            request.orientation,
            request.index,
            request.style,
        )
        record(self._service, request, caller, "image.get", request.patient_id)
        return image

    def chart(self, request: PatientRequest, caller: Caller) -> PatientChart:
        self._check_in_room(request.room, request.patient_id)
        chart = self._service.chart(request.patient_id)
        record(self._service, request, caller, "chart.get", request.patient_id)
        return chart

    def fractions(self, request: PlanRequest, caller: Caller) -> FractionStrip:
        self._check_in_room(request.room, request.patient_id)
        strip = self._service.fractions(request.patient_id, request.plan_uid)
        record(self._service, request, caller, "fractions.get", request.patient_id)
        return strip

    def geometry(self, request: PlanRequest, caller: Caller) -> PlanGeometry:
        self._check_in_room(request.room, request.patient_id)
        geometry = self._service.geometry(request.patient_id, request.plan_uid)
        record(self._service, request, caller, "geometry.get", request.patient_id)
        return geometry

    def schedule(self, request: RoomRequest, caller: Caller) -> RoomSchedule:
        schedule = self._service.schedule(request.room)
        named = next((one.patient_id for one in schedule.entries if one.patient_id), None)
        if named is not None:
            record(self._service, request, caller, "schedule.get", named)
        return schedule

    def admit(self, request: RoomAdmit, caller: Caller) -> RoomSchedule:
        record(self._service, request, caller, "room.admit", request.patient_id[:64])
        self._service.admit(request.room, request.patient_id, request.birth_date)
        return self._service.schedule(request.room)

    def clear(self, request: RoomRequest, caller: Caller) -> RoomSchedule:
        record(self._service, request, caller, "room.clear", self._service.occupant(request.room))
        self._service.assign(request.room, None)
        return self._service.schedule(request.room)

    def phase(self, request: RoomRequest, caller: Caller) -> ProcedurePhase:  # noqa: ARG002
        return self._service.phase(request.room) or ProcedurePhase(
            0.0, request.room, STRICTEST_PHASE
        )

    def set_phase(self, request: PhaseChange, caller: Caller) -> ProcedurePhase:
        record(self._service, request, caller, f"phase.set {request.phase}", None)
        return self._service.set_phase(request.room, request.phase)

    def checklist(self, request: RoomRequest, caller: Caller) -> Checklist:
        checklist = self._service.checklists.get(request.room)
        record(self._service, request, caller, "checklist.get", checklist.patient_id)
        return checklist

    def confirm(self, request: ChecklistConfirm, caller: Caller) -> Checklist:
        self._audit_checklist(request, caller, f"checklist.confirm {request.item}")
        return self._service.checklists.confirm(
            request.room,
            seen=request.revision,
            item=request.item,
            answer=request.answer,
            initials=request.initials,
            actor=request.actor,
        )

    def advance(self, request: ChecklistAdvance, caller: Caller) -> Checklist:
        self._audit_checklist(request, caller, f"checklist.advance {request.phase}")
        return self._service.checklists.advance(
            request.room, seen=request.revision, to=request.phase
        )

    def _audit_checklist(
        self, request: ChecklistConfirm | ChecklistAdvance, caller: Caller, action: str
    ) -> None:
        record(self._service, request, caller, action[:80], self._service.occupant(request.room))

    def _check_in_room(self, room: str, patient_id: str) -> None:
        if self._service.occupant(room) != patient_id:
            raise LinkRefused("room", f"this patient is not in {room}", "ask for the case again")
