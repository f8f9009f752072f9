"""Commands to the robot. STOP ROBOT needs nobody's login: the panel's device key authorises it."""

from __future__ import annotations

import time
import uuid

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from or_robot.link.errors import LinkError
from or_robot.link.payloads import Acknowledged, RoomRequest, TaskCancel, TaskSubmit
from or_robot.panel.context import actor, context, json_response
from or_robot.panel.errands import possible_errands, task_request
from or_robot.panel.origin import from_elsewhere
from or_robot.panel.roles import Permission, needs
from or_robot.types.safety import SafetyState
from or_robot.types.status import CameraPicture
from or_robot.types.tasks import Task

blueprint = Blueprint("robot", __name__, url_prefix="/api/robot")


@blueprint.post("/stop")
def stop() -> ResponseReturnValue:
    """STOP ROBOT: works logged out and without script (then it answers with a page)."""
    if from_elsewhere():
        abort(403)
    c, begin_s = context(), time.monotonic()
    problem = ""
    try:
        c.link.stop(
            f"STOP ROBOT pressed in {c.config.room}",
            room=c.config.room,
            timeout_s=c.config.stop_timeout_s,
        )
    except LinkError as error:
        problem = str(error)
    if request.accept_mimetypes.best == "application/json":
        answer = {"stopped": not problem, "ms": (time.monotonic() - begin_s) * 1e3}
        return json_response(answer | {"error": problem}, 503 if problem else 200)
    notice = "stop.failed" if problem else "stop.confirmed"
    return redirect(url_for("room.home", notice=notice), 303)


@blueprint.post("/errands")
@needs(Permission.COMMAND_ROBOT)
def submit() -> Response:
    """JSON {"errand", "id"} → Task. The same id twice is one task."""
    c, asked = context(), request.get_json()
    if not isinstance(asked, dict):
        abort(400)
    task = task_request(str(asked.get("errand")), _id(asked), c.config.room, c.hub.site())
    payload = TaskSubmit(actor(), c.config.room, f"errand {asked['errand']}", task)
    return json_response(
        c.link.request(
            "task.submit",
            payload,
            timeout_s=c.config.request_timeout_s,
            reply=Task,
            id=f"submit-{task.id}",
        )
    )


@blueprint.post("/tasks/<uuid:task_id>/cancel")
@needs(Permission.COMMAND_ROBOT)
def cancel(task_id: uuid.UUID) -> Response:
    c = context()
    payload = TaskCancel(actor(), c.config.room, "cancelled on the panel", str(task_id))
    return json_response(
        c.link.request(
            "task.cancel", payload, timeout_s=c.config.request_timeout_s, reply=Acknowledged
        )
    )


@blueprint.post("/reset")
@needs(Permission.RESET_STOP)
def reset() -> Response:
    """First step after a stop: lift the latch. The robot stays where it is."""
    c = context()
    payload = RoomRequest(actor(), c.config.room, "reset on the panel")
    return json_response(
        c.link.request(
            "safety.reset", payload, timeout_s=c.config.request_timeout_s, reply=SafetyState
        )
    )


@blueprint.post("/resume")
@needs(Permission.RESUME_ROBOT)
def resume() -> Response:
    """Second step after a stop: let the task go on."""
    c = context()
    payload = RoomRequest(actor(), c.config.room, "resume on the panel")
    return json_response(
        c.link.request(
            "task.resume", payload, timeout_s=c.config.request_timeout_s, reply=Acknowledged
        )
    )


@blueprint.get("/camera")
@needs(Permission.COMMAND_ROBOT)
def camera() -> Response:
    """What the robot sees now; Unix time of the picture in the header X-Stamp."""
    c = context()
    asked = RoomRequest(actor(), c.config.room, "camera on the panel")
    picture = c.link.request(
        "robot.camera", asked, timeout_s=c.config.request_timeout_s, reply=CameraPicture
    )
    response = Response(picture.data, mimetype=picture.media_type)
    response.headers["X-Stamp"] = f"{picture.stamp_s:.3f}"
    return response


@blueprint.get("/site")
@needs(Permission.VIEW_ROBOT)
def site() -> Response:
    """Stations, zones, doors, where the map picture lies, and the errands this wing allows."""
    c = context()
    known = c.hub.site()
    if known is None:
        abort(404)
    return json_response(
        {
            "name": known.name,
            "origin_x": known.origin_x,
            "origin_y": known.origin_y,
            "resolution": known.resolution,
            "rows": known.rows,
            "columns": known.columns,
            "stations": known.stations,
            "zones": known.zones,
            "doors": known.doors,
            "errands": possible_errands(c.config.room, known),
        }
    )


@blueprint.get("/map.png")
@needs(Permission.VIEW_ROBOT)
def map_picture() -> Response:
    known = context().hub.site()
    if known is None:
        abort(404)
    return Response(known.map_png, mimetype="image/png")


def _id(asked: dict[str, object]) -> str:
    """A press's id as the page made it; anything but a UUID is refused."""
    try:
        return str(uuid.UUID(str(asked.get("id"))))
    except ValueError:
        abort(400)
