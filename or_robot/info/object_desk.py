"""Stored originals over the link, for a workstation that wants the files themselves."""

from __future__ import annotations

import threading

from or_robot.info.audited import record
from or_robot.info.service import InformationService
from or_robot.link.codec import Caller
from or_robot.link.errors import LinkRefused
from or_robot.link.payloads import (
    ObjectChunk,
    ObjectList,
    ObjectRequest,
    RoomRequest,
    StoredObject,
)
from or_robot.link.servant import Handler

MOST_LOOKS = 1024
"""Readings under way that are remembered as audited."""


class ObjectDesk:
    """Handlers. Each reading of an object is audited: at its first chunk, or wherever it begins."""

    def __init__(self, service: InformationService) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._audited: set[tuple[str, str, str]] = set()
        self._kept: tuple[tuple[str, str], bytes] = (("", ""), b"")
        """Patient, digest and bytes read last: chunks are asked for one after the other."""

    def handlers(self) -> dict[str, Handler]:
        return {"object.list": self.listed, "object.get": self.get}

    def listed(self, request: RoomRequest, caller: Caller) -> ObjectList:
        patient_id = self._service.occupant(request.room)
        if patient_id is None:
            return ObjectList("", ())
        record(self._service, request, caller, "object.list", patient_id)
        found = self._service.objects(patient_id)
        return ObjectList(
            patient_id, tuple(StoredObject(one.sha256, one.kind, one.uid) for one in found)
        )

    def get(self, request: ObjectRequest, caller: Caller) -> ObjectChunk:
        if self._service.occupant(request.room) != request.patient_id:
            problem = f"this patient is not in {request.room}"
            raise LinkRefused("room", problem, "ask for the list again")
        look = (caller.name, request.actor, request.digest)
        with self._lock:
            if request.offset <= 0 or look not in self._audited:
                action = f"object.get {request.digest[:12]}"
                record(self._service, request, caller, action, request.patient_id)
                if len(self._audited) >= MOST_LOOKS:
                    self._audited.clear()  # who goes on is audited once more
                self._audited.add(look)
            wanted = (request.patient_id, request.digest)
            if self._kept[0] != wanted:  # reading checks that the object is this patient's
                data = self._service.object_bytes(request.patient_id, request.digest)
                self._kept = (wanted, data)
            data = self._kept[1]
        first = max(0, request.offset)
        return ObjectChunk(len(data), data[first : first + max(0, request.length)])
