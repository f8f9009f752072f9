"""Live state: pushed over a WebSocket, or polled by pages that have none."""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec
from flask import Blueprint, Response, abort
from flask_login import current_user
from flask_sock import Sock
from simple_websocket import Server

from or_robot.panel.context import Context, context, json_response
from or_robot.panel.origin import from_elsewhere
from or_robot.panel.roles import permissions_of
from or_robot.panel.state import LiveState, visible
from or_robot.panel.users import User

blueprint = Blueprint("live", __name__)
sock = Sock(blueprint)

SESSION_CHECK_S = 0.5
"""How often an open WebSocket asks whether its login still holds."""
TRY_AGAIN_LATER = 1013
"""WebSocket close code (IANA registry): the page polls instead."""


@blueprint.before_request
def _refuse_other_sites() -> None:
    if from_elsewhere():
        abort(403)


@blueprint.get("/api/live")
def poll() -> Response:
    user = current_user if current_user.is_authenticated else None
    return json_response(_message(context().hub.state(), user))


@sock.route("/live")
def live(socket: Server) -> None:
    c = context()
    seats: threading.BoundedSemaphore = c.seats
    if not seats.acquire(blocking=False):  # threads are left for others: STOP ROBOT needs one
        socket.close(TRY_AGAIN_LATER, "too many viewers")
        return
    try:
        _push(socket, c, current_user.token if current_user.is_authenticated else None)
    finally:  # ConnectionClosed, the usual end, is flask-sock's
        seats.release()


def _push(socket: Server, c: Context, token: str | None) -> None:
    """State whenever it is new, until the page goes away. A login that ends is noticed here."""
    seen, user, checked_s, changes = -1, None, float("-inf"), -1
    while True:
        old = time.monotonic() - checked_s > SESSION_CHECK_S or changes != c.users.changes
        if token is not None and old:
            checked_s, changes = time.monotonic(), c.users.changes
            user = c.users.of_session(token)
        socket.send(msgspec.json.encode(_message(c.hub.state(), user)).decode())
        seen = c.hub.wait(seen)


def _message(state: LiveState, user: User | None) -> dict[str, Any]:
    permissions = permissions_of(user) if user else frozenset()
    session = user and {
        "name": user.name,
        "role": user.role,
        "permissions": sorted(permissions),
        "locked": user.locked,
        "has_pin": user.has_pin,
    }
    return {"session": session, "state": visible(state, permissions)}
