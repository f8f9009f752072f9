"""`/healthz`: is everything behind this panel alive?"""

from __future__ import annotations

from flask import Blueprint, Response

from or_robot.panel.context import context, json_response
from or_robot.panel.state import LiveState
from or_robot.types.safety import SafetyMode

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 when all is ok, else 503. No login, nothing of patients."""
    state = context().hub.state()
    health = {"panel": "ok", "info": "ok" if state.link_up else "down", "robot": _robot(state)}
    well = all(value == "ok" for value in health.values())
    return json_response({**health, "ages_s": _ages(state)}, 200 if well else 503)


def _robot(state: LiveState) -> str:
    if state.robot is None:
        return "down"
    if state.robot.stale:
        return "stale"
    if state.robot.value.pose is None or state.robot.value.lost:
        return "lost"
    if state.robot.value.safety_mode is SafetyMode.INIT:
        return "waiting"  # the gate has not all its inputs
    return "ok"


def _ages(state: LiveState) -> dict[str, float | None]:
    """Age in s of what has been heard; None: never heard."""
    ages = {
        "link": state.link_age_s,
        "robot.status": state.robot.age_s if state.robot else None,
        "tasks.queue": state.tasks.age_s if state.tasks else None,
        "case.version": state.case.age_s if state.case else None,
    }
    if state.robot:
        ages |= {f"robot.{name}": age for name, age in state.robot.value.ages_s.items()}
    return {name: None if age is None else round(age, 3) for name, age in ages.items()}
