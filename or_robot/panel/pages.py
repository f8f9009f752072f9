"""Rendering in the reader's language."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_login import current_user

from or_robot.panel.context import context
from or_robot.panel.roles import Permission, permissions_of

SCREENS = {
    "home": None,
    "proton": Permission.VIEW_PATIENT,
    "patient": Permission.VIEW_PATIENT,
    "robot": Permission.VIEW_ROBOT,
    "checklist": Permission.SET_PHASE,
    "engineer": Permission.VIEW_DIAGNOSTICS,
    "accounts": Permission.MANAGE_ACCOUNTS,
}
"""Screen → permission that shows its button; None: everybody logged in."""

NOTICES = frozenset({"stop.confirmed", "stop.failed"})


def language() -> str:
    c = context()
    chosen = request.cookies.get("language", c.config.language)
    return chosen if chosen in c.texts else c.config.language


def text(key: str) -> str:
    """Text of a key in the reader's language; an unknown key is a programming error."""
    return context().texts[language()][key]


def page(template: str, **values: Any) -> str:
    return render_template(template, t=text, language=language(), **values)


def room_page(**values: Any) -> str:
    """The room's screen for whoever asks: the team, or nobody (then login, robot state, stop)."""
    notice = request.args.get("notice")
    permissions = permissions_of(current_user)
    return page(
        "room.html",
        room=context().config.room,
        user=current_user if current_user.is_authenticated else None,
        permissions=permissions,
        screens=[
            (name, f"screen.{name}")
            for name, needed in SCREENS.items()
            if needed is None or needed in permissions
        ],
        viewer=context().config.viewer_url,
        notice=notice if notice in NOTICES else None,
        **values,
    )
