"""Errors as a page or a script can show them: {"error", "problem", "remedy"}."""

from __future__ import annotations

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequestKeyError, HTTPException

from or_robot.errors import OrRobotError
from or_robot.link.errors import LinkDown, LinkRefused, LinkTimeout
from or_robot.panel.case_copies import VersionChanged
from or_robot.panel.context import json_response
from or_robot.panel.pages import page, text

_STATUS: tuple[tuple[type[OrRobotError], int], ...] = (
    (LinkDown, 503),
    (LinkTimeout, 504),
    (LinkRefused, 409),
    (VersionChanged, 409),
)
_PAGE_TEXTS = {code: f"message.{code}" for code in (400, 401, 403, 404, 423, 429)}


def register(app: Flask) -> None:
    app.register_error_handler(OrRobotError, _expected)
    app.register_error_handler(HTTPException, _http)


def _expected(error: OrRobotError) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 422)
    answer = {"error": str(error), "problem": error.problem, "remedy": error.remedy}
    return json_response(answer, status)


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if request.path.startswith("/api/"):
        return json_response(_plain(error), status)
    if isinstance(error, CSRFError):
        message = text("message.csrf")
    else:
        message = text(_PAGE_TEXTS.get(status, "message.other"))
    return page("message.html", status=status, text=message), status


def _plain(error: HTTPException) -> dict[str, str]:
    problem = error.description or error.name
    if isinstance(error, BadRequestKeyError):
        problem = f"argument {error.args[0]!r} is missing"
    return {"error": problem, "problem": problem, "remedy": ""}
