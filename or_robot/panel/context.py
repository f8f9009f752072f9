"""What the views of one app share."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from flask import Response, current_app
from flask_login import current_user

from or_robot.config.panel import PanelConfig
from or_robot.link.client import LinkClient
from or_robot.panel.case_copies import CaseCopies
from or_robot.panel.hub import Hub
from or_robot.panel.texts import Texts
from or_robot.panel.users import Users

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    config: PanelConfig
    link: LinkClient
    hub: Hub
    copies: CaseCopies
    users: Users
    texts: Texts
    seats: threading.BoundedSemaphore
    """One for each WebSocket that may be open."""


def context() -> Context:
    """Of the app that handles this request."""
    found: Context = current_app.extensions["or_robot"]
    return found


def actor() -> str:
    """Name for the audit."""
    return current_user.name if current_user.is_authenticated else "device"


def json_response(value: Any, status: int = 200) -> Response:
    """Dataclasses, enums and bytes to JSON; NaN and infinity become null."""
    return Response(msgspec.json.encode(value), status, mimetype="application/json")
