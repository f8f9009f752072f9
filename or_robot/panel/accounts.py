"""Accounts, for the admin. A password is made here and shown once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, request
from flask_login import current_user

from or_robot.panel.context import context, json_response
from or_robot.panel.roles import ROLES, Permission, needs
from or_robot.panel.users import generate_password

blueprint = Blueprint("accounts", __name__, url_prefix="/api/accounts")


@blueprint.get("")
@needs(Permission.MANAGE_ACCOUNTS)
def accounts() -> Response:
    """{"accounts", "roles", "room", "key", "stations"}."""
    c = context()
    return json_response(
        {
            "accounts": c.users.accounts(),
            "roles": {role: sorted(permissions) for role, permissions in ROLES.items()},
            "room": c.config.room,
            "key": c.config.key_name,
            "stations": c.link.stop_stations,
        }
    )


@blueprint.post("")
@needs(Permission.MANAGE_ACCOUNTS)
def add() -> Response:
    """JSON {"name", "role"} → {"name", "password"}."""
    given = _given()
    name, password = str(given.get("name", "")).strip(), generate_password()
    context().users.add(name, str(given.get("role")), password)
    return json_response({"name": name, "password": password})


@blueprint.post("/<name>/role")
@needs(Permission.MANAGE_ACCOUNTS)
def set_role(name: str) -> Response:
    """JSON {"role"}."""
    _not_oneself(name)
    context().users.set_role(name, str(_given().get("role")))
    return json_response({})


@blueprint.post("/<name>/password")
@needs(Permission.MANAGE_ACCOUNTS)
def set_password(name: str) -> Response:
    """→ {"name", "password"}: the old one is worth nothing any more."""
    password = generate_password()
    context().users.set_password(name, password)
    return json_response({"name": name, "password": password})


@blueprint.post("/<name>/remove")
@needs(Permission.MANAGE_ACCOUNTS)
def remove(name: str) -> Response:
    _not_oneself(name)
    context().users.remove(name)
    return json_response({})


def _not_oneself(name: str) -> None:
    if name == current_user.name:
        abort(409, "this is your own account")


def _given() -> dict[str, Any]:
    given = request.get_json()
    if not isinstance(given, dict):
        abort(400)
    return given
