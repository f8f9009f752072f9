"""Logging in and out."""

from __future__ import annotations

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_required, login_user, logout_user

from or_robot.panel.context import context
from or_robot.panel.pages import room_page

blueprint = Blueprint("auth", __name__)

limiter = Limiter(get_remote_address, storage_uri="memory://")
"""Only views that ask for it are limited: logging in. STOP ROBOT never is."""


def _limit() -> str:
    return f"{context().config.logins_per_minute} per minute"


@blueprint.post("/login")
@limiter.limit(_limit)
def login() -> ResponseReturnValue:
    c, form = context(), request.form
    name, password = form.get("name", "")[:64], form.get("password", "")[:256]
    user = c.users.log_in(name, password, c.config.session_hours)
    if user is None:
        return room_page(problem="login.wrong"), 401
    session.clear()  # nothing of the time before the login survives it
    login_user(user)
    return redirect(url_for("room.home"), 303)


@blueprint.post("/logout")
@login_required
def logout() -> ResponseReturnValue:
    context().users.log_out(current_user.token)
    logout_user()
    session.clear()
    return redirect(url_for("room.home"), 303)
