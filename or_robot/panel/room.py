"""The room's screen."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from or_robot.panel.context import context
from or_robot.panel.pages import NOTICES, page, room_page, text

blueprint = Blueprint("room", __name__)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    notice = request.args.get("notice")
    notice = notice if notice in NOTICES else None
    return redirect(url_for("room.room", name=context().config.room, notice=notice))


@blueprint.get("/room/<name>")
def room(name: str) -> ResponseReturnValue:
    """A panel shows the room it hangs in and no other."""
    bound = context().config.room
    if name != bound:
        message = text("message.other_room").replace("{room}", bound)
        return page("message.html", status=name, text=message), 404
    return room_page()
