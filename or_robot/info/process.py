"""The information process: answers from the store, audits every look, tells which versions hold."""

from __future__ import annotations

import logging
import threading

from or_robot.config.link import LinkConfig
from or_robot.errors import OrRobotError
from or_robot.info.service import InformationService
from or_robot.link.codec import Caller
from or_robot.link.errors import LinkRefused
from or_robot.link.keys import KeyFolder
from or_robot.link.payloads import (
    ChecklistAdvance,
    ChecklistConfirm,
    DvhRequest,
    ImageRequest,
    PhaseChange,
    RoomRequest,
)
from or_robot.link.servant import Handler
from or_robot.link.server import LinkServer
from or_robot.types.checklist import Checklist
from or_robot.types.clinical import CaseVersion, DvhSet, KeyImage, RoomCase
from or_robot.types.procedure import STRICTEST_PHASE, ProcedurePhase

_log = logging.getLogger(__name__)

PUBLISH_PERIOD_S = 1.0
"""Of case.version and procedure.phase, as the topics table has it."""


_Audited = (
    RoomRequest | DvhRequest | ImageRequest | PhaseChange | ChecklistConfirm | ChecklistAdvance
)


class InformationDesk:
    """Use cases of the service as handlers of the link: authorised by room, audited, answered."""

    def __init__(self, service: InformationService) -> None:
        self._service = service

    def handlers(self) -> dict[str, Handler]:
        return {
            "case.get": self.case,
            "dvh.get": self.dvh,
            "image.get": self.image,
            "phase.get": self.phase,
            "phase.set": self.set_phase,
            "checklist.get": self.checklist,
            "checklist.confirm": self.confirm,
            "checklist.advance": self.advance,
        }

    def case(self, request: RoomRequest, caller: Caller) -> RoomCase:
        case = self._service.case(request.room)
        if case.patient is not None:
            self._audit(request, caller, "case.get", case.patient.patient_id)
        return case

    def dvh(self, request: DvhRequest, caller: Caller) -> DvhSet:
        self._check_in_room(request.room, request.patient_id)
        dvh = self._service.dvh(request.patient_id, request.plan_uid, request.view)
        self._audit(request, caller, "dvh.get", request.patient_id)
        return dvh

    def image(self, request: ImageRequest, caller: Caller) -> KeyImage:
        self._check_in_room(request.room, request.patient_id)
        image = self._service.image(
            request.patient_id,
            request.plan_uid,
            request.view,
            request.orientation,
            request.index,
        )
        self._audit(request, caller, "image.get", request.patient_id)
        return image

    def phase(self, request: RoomRequest, caller: Caller) -> ProcedurePhase:  # noqa: ARG002
        return self._service.phase(request.room) or ProcedurePhase(
            0.0, request.room, STRICTEST_PHASE
        )

    def set_phase(self, request: PhaseChange, caller: Caller) -> ProcedurePhase:
        self._audit(request, caller, f"phase.set {request.phase}", None)
        return self._service.set_phase(request.room, request.phase)

    def checklist(self, request: RoomRequest, caller: Caller) -> Checklist:
        checklist = self._service.checklists.get(request.room)
        self._audit(request, caller, "checklist.get", checklist.patient_id)
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
        self._audit(request, caller, action[:80], self._service.occupant(request.room))

    def _check_in_room(self, room: str, patient_id: str) -> None:
        if self._service.occupant(room) != patient_id:
            raise LinkRefused("room", f"this patient is not in {room}", "ask for the case again")

    def _audit(
        self,
        request: _Audited,
        caller: Caller,
        action: str,
        patient_id: str | None,
    ) -> None:
        """Before the answer leaves; when it cannot be written, there is no answer."""
        self._service.record_access(
            actor=f"{request.actor}@{caller.name}",
            room=request.room,
            action=action,
            patient_id=patient_id,
            why=request.why,
        )


class Announcer:
    """Publishes version and phase of each room; a room that becomes empty is told too."""

    def __init__(self, service: InformationService, server: LinkServer, keys: KeyFolder) -> None:
        self._service, self._server, self._keys = service, server, keys
        self._rooms: set[str] = set()
        self._trouble = ""

    def announce(self) -> None:
        """Once a period. Trouble and recovery are logged once each."""
        try:
            self._publish()
        except OrRobotError as error:
            if str(error) != self._trouble:
                _log.error("cannot tell versions: %s", error)
            self._trouble = str(error)
            return
        if self._trouble:
            _log.info("versions are told again")
        self._trouble = ""

    def _publish(self) -> None:
        versions = {version.room: version for version in self._service.versions()}
        self._rooms |= versions.keys() | {key.room for key in self._keys.allowed() if key.room}
        for room in sorted(self._rooms):
            self._server.publish("case.version", versions.get(room, CaseVersion(room, "")))
            self._server.publish("procedure.checklist", self._service.checklists.get(room))
            phase = self._service.phase(room)
            if phase is not None:
                self._server.publish("procedure.phase", phase)


def serve(config: LinkConfig, service: InformationService, stopping: threading.Event) -> None:
    """Answer until `stopping`. OrRobotError: a port is taken, a key is missing, a thread died."""
    with LinkServer(config, InformationDesk(service).handlers()) as server:
        _log.info("listening on %s:%d to %d", config.host, config.port + 1, config.port + 3)
        announcer = Announcer(service, server, KeyFolder(config.keys_folder))
        announcer.announce()
        while not stopping.wait(PUBLISH_PERIOD_S):
            if server.failed:
                raise OrRobotError("a thread of the link server died", "its log says why")
            announcer.announce()
    _log.info("stopped")
