"""How a look at a patient, or a change, enters the audit."""

from __future__ import annotations

from typing import Protocol

from or_robot.info.service import InformationService
from or_robot.link.codec import Caller


class Asked(Protocol):
    """What every request of the link says of itself."""

    @property
    def actor(self) -> str: ...
    @property
    def room(self) -> str: ...
    @property
    def why(self) -> str: ...


def record(
    service: InformationService,
    request: Asked,
    caller: Caller,
    action: str,
    patient_id: str | None,
) -> None:
    """Before the answer leaves; when it cannot be written, this raises and there is no answer."""
    service.record_access(
        actor=f"{request.actor}@{caller.name}",
        room=request.room,
        action=action,
        patient_id=patient_id,
        why=request.why,
    )
