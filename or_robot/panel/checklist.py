"""The surgical safety checklist: who confirmed what, and the phase of the procedure."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, abort, request

from or_robot.link.payloads import ChecklistAdvance, ChecklistConfirm, RoomRequest
from or_robot.panel.context import actor, context, json_response
from or_robot.panel.roles import Permission, needs
from or_robot.types.checklist import ITEMS, MAY_NOT_APPLY, Checklist, ChecklistAnswer
from or_robot.types.procedure import Phase

blueprint = Blueprint("checklist", __name__, url_prefix="/api/checklist")


@blueprint.get("")
@needs(Permission.SET_PHASE)
def checklist() -> Response:
    """{"phases", "items", "may_not_apply", "checklist"}: the form, and what is filled in."""
    asked = RoomRequest(actor(), context().config.room, "checklist on the panel")
    return json_response(
        {
            "phases": list(Phase),
            "items": ITEMS,
            "may_not_apply": sorted(MAY_NOT_APPLY),
            "checklist": _ask("checklist.get", asked),
        }
    )


@blueprint.post("/confirm")
@needs(Permission.SET_PHASE)
def confirm() -> Response:
    """JSON {"revision", "item", "answer", "initials"} → Checklist."""
    given = _given()
    try:
        answer = ChecklistAnswer(given["answer"])
        revision, item, initials = int(given["revision"]), given["item"], given["initials"]
    except (KeyError, TypeError, ValueError):
        abort(400)
    why, room = "confirmed on the panel", context().config.room
    return json_response(
        _ask(
            "checklist.confirm",
            ChecklistConfirm(
                actor(), room, why, revision, str(item)[:64], answer, str(initials)[:8]
            ),
        )
    )


@blueprint.post("/advance")
@needs(Permission.SET_PHASE)
def advance() -> Response:
    """JSON {"revision", "phase"} → Checklist, with the room's phase moved."""
    given = _given()
    try:
        revision, phase = int(given["revision"]), Phase(given["phase"])
    except (KeyError, TypeError, ValueError):
        abort(400)
    why, room = "phase set on the panel", context().config.room
    asked = ChecklistAdvance(actor(), room, why, revision, phase)
    return json_response(_ask("checklist.advance", asked))


def _given() -> dict[str, Any]:
    given = request.get_json()
    if not isinstance(given, dict):
        abort(400)
    return given


def _ask(name: str, payload: object) -> Checklist:
    c = context()
    return c.link.request(
        name,
        payload,
        timeout_s=c.config.request_timeout_s,
        reply=Checklist,
        id=f"{name}-{uuid.uuid4()}",
    )
