"""The running session: still there, stepped away, back again with a PIN."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, abort, request
from flask_login import current_user, login_required

from or_robot.panel.auth import limiter
from or_robot.panel.context import context, json_response
from or_robot.panel.roles import LOCKED

blueprint = Blueprint("session", __name__, url_prefix="/api/session")


@blueprint.post("/touch")
@login_required
def touch() -> Response:
    """The person has pressed something."""
    context().users.touch(current_user.token)
    return _changed()


@blueprint.post("/lock")
@login_required
def lock() -> Response:
    context().users.lock(current_user.token)
    return _changed()


@blueprint.post("/unlock")
@login_required
@limiter.limit("20 per minute")
def unlock() -> Response:
    """JSON {"pin"}. 423 when it is wrong; too many of them end the session."""
    if not context().users.unlock(current_user.token, _pin()):
        abort(LOCKED)
    return _changed()


@blueprint.post("/pin")
@login_required
def set_pin() -> Response:
    """JSON {"pin"}: one's own, while unlocked."""
    if current_user.locked:
        abort(LOCKED)
    context().users.set_pin(current_user.token, _pin())
    return _changed()


def _changed() -> Response:
    """{"now_s"}: live messages older than this still tell of the session as it was."""
    context().hub.nudge()
    return json_response({"now_s": time.time()})


def _pin() -> str:
    given: Any = request.get_json()
    if not isinstance(given, dict):
        abort(400)
    return str(given.get("pin", ""))[:16]
