"""Who may do what: one table, checked on every route."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar

from flask import abort, request
from flask_login import current_user

View = TypeVar("View", bound=Callable[..., Any])


class Permission(StrEnum):
    VIEW_PATIENT = "view_patient"
    VIEW_ROBOT = "view_robot"
    COMMAND_ROBOT = "command_robot"
    RESET_STOP = "reset_stop"
    RESUME_ROBOT = "resume_robot"
    SET_PHASE = "set_phase"
    ADMIT_PATIENT = "admit_patient"
    VIEW_DIAGNOSTICS = "view_diagnostics"
    MANAGE_ACCOUNTS = "manage_accounts"


_P = Permission
_ROBOT = frozenset({_P.VIEW_ROBOT, _P.COMMAND_ROBOT, _P.RESET_STOP, _P.RESUME_ROBOT})
_TEAM = _ROBOT | {_P.VIEW_PATIENT, _P.SET_PHASE, _P.ADMIT_PATIENT}

ROLES: dict[str, frozenset[Permission]] = {
    "surgeon": _TEAM,
    "nurse": _TEAM,
    "physicist": frozenset({_P.VIEW_PATIENT, _P.VIEW_ROBOT}),
    "engineer": _ROBOT | {_P.VIEW_DIAGNOSTICS},
    "admin": frozenset({_P.VIEW_ROBOT, _P.VIEW_DIAGNOSTICS, _P.MANAGE_ACCOUNTS}),
}
"""Role → permissions. Who mends the robot or keeps the accounts does not see patients.

STOP ROBOT is not in the table: it needs nobody's permission.
"""


COMMANDS = frozenset(
    {
        _P.COMMAND_ROBOT,
        _P.RESET_STOP,
        _P.RESUME_ROBOT,
        _P.SET_PHASE,
        _P.ADMIT_PATIENT,
        _P.MANAGE_ACCOUNTS,
    }
)
"""What a locked session may not do until its PIN is given."""
LOCKED = 423


def permissions_of(user: Any) -> frozenset[Permission]:
    """Of a logged-in user, or of nobody: then none."""
    return ROLES[user.role] if user.is_authenticated else frozenset()


def needs(permission: Permission) -> Callable[[View], View]:
    """Answer 401 to nobody, 403 to somebody without the permission, 423 to a locked session that
    commands; all before the view runs.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                abort(401)
            if permission not in permissions_of(current_user):
                abort(403)
            if permission in COMMANDS and current_user.locked and request.method != "GET":
                abort(LOCKED)
            return view(*args, **kwargs)

        checked.permission = permission  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return decorate
