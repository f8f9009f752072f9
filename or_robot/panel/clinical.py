"""The patient in the room: banner, proton card, image, curves. The info process audits looks."""

from __future__ import annotations

import urllib.parse
import uuid
from typing import TypeVar

import msgspec
from flask import Blueprint, Response, abort, request

from or_robot.link.payloads import (
    DvhRequest,
    ImageRequest,
    PatientRequest,
    PlanRequest,
    RoomAdmit,
    RoomRequest,
)
from or_robot.panel.case_copies import Copy, Versioned
from or_robot.panel.context import actor, context, json_response
from or_robot.panel.roles import Permission, needs
from or_robot.types.chart import PatientChart, RoomSchedule
from or_robot.types.clinical import (
    PREPARED_STYLE,
    DvhSet,
    FractionStrip,
    ImageStyle,
    KeyImage,
    PlanGeometry,
    RoomCase,
)

blueprint = Blueprint("clinical", __name__, url_prefix="/api/case")

WHY = "room display"
LONGEST_IDENTIFIER = 64
"""DICOM LO, the longest that a patient ID may be."""

V = TypeVar("V", bound=Versioned)
R = TypeVar("R")


@blueprint.before_request
def _only_this_room() -> None:
    if request.args.get("room", context().config.room) != context().config.room:
        abort(404)


@blueprint.get("")
@needs(Permission.VIEW_PATIENT)
def case() -> Response:
    """RoomCase of the room the panel is bound to."""
    c = context()

    def fetch() -> RoomCase:
        asked = RoomRequest(actor(), c.config.room, WHY)
        return c.link.request(
            "case.get", asked, timeout_s=c.config.request_timeout_s, reply=RoomCase
        )

    who = actor()  # each person's first look is asked for, and so audited, in their own name
    return json_response(c.copies.get(("case", who), fetch))


@blueprint.get("/dvh")
@needs(Permission.VIEW_PATIENT)
def dvh() -> Response:
    """DvhSet of a plan; arguments patient, plan, view, version."""
    c, args = context(), request.args
    patient, plan, view = args["patient"], args["plan"], args["view"]

    def fetch() -> DvhSet:
        asked = DvhRequest(actor(), c.config.room, WHY, patient, plan, view)
        return c.link.request("dvh.get", asked, timeout_s=c.config.request_timeout_s, reply=DvhSet)

    return json_response(c.copies.get(("dvh", patient, plan, view), fetch, args["version"]))


@blueprint.get("/image")
@needs(Permission.VIEW_PATIENT)
def image() -> Response:
    """The picture itself; what belongs to it is JSON, percent-encoded, in the header X-Image."""
    c, args = context(), request.args
    patient, plan, view = args["patient"], args["plan"], args["view"]
    orientation, index = args["orientation"], args.get("index", type=int)
    if index is None:
        abort(400)
    style = _style()

    def fetch() -> KeyImage:
        asked = ImageRequest(
            actor(), c.config.room, WHY, patient, plan, view, orientation, index, style
        )
        return c.link.request(
            "image.get", asked, timeout_s=c.config.request_timeout_s, reply=KeyImage
        )

    key = ("image", patient, plan, view, orientation, index, style)
    return _picture(c.copies.get(key, fetch, args["version"]))


def _style() -> ImageStyle:
    """Arguments window, structures (names with a line break between; empty: none), reference."""
    args = request.args
    structures = None
    if "structures" in args:
        structures = tuple(sorted(filter(None, args["structures"].split("\n"))))
    return ImageStyle(
        window=args.get("window", PREPARED_STYLE.window),
        structures=structures,
        reference_gy=args.get("reference", type=float),
    )


@blueprint.get("/chart")
@needs(Permission.VIEW_PATIENT)
def chart() -> Response:
    """PatientChart; arguments patient, version."""
    c, args = context(), request.args
    asked = PatientRequest(actor(), c.config.room, WHY, args["patient"])
    return _versioned("chart.get", asked, PatientChart, ("chart", args["patient"]))


@blueprint.get("/fractions")
@needs(Permission.VIEW_PATIENT)
def fractions() -> Response:
    """FractionStrip of a plan; arguments patient, plan, version."""
    asked = _of_plan()
    return _versioned("fractions.get", asked, FractionStrip, ("fractions", asked.plan_uid))


@blueprint.get("/geometry")
@needs(Permission.VIEW_PATIENT)
def geometry() -> Response:
    """PlanGeometry of a plan; arguments patient, plan, version."""
    asked = _of_plan()
    return _versioned("geometry.get", asked, PlanGeometry, ("geometry", asked.plan_uid))


@blueprint.get("/schedule")
@needs(Permission.VIEW_PATIENT)
def schedule() -> Response:
    """RoomSchedule; names nobody but the patient in the room."""
    return json_response(_ask("schedule.get", _room_request(WHY), RoomSchedule))


@blueprint.post("/admit")
@needs(Permission.ADMIT_PATIENT)
def admit() -> Response:
    """JSON {"patient_id", "birth_date"}, as read from the wristband → RoomSchedule."""
    given = request.get_json()
    if not isinstance(given, dict):
        abort(400)
    identifiers = [str(given.get(name, "")).strip() for name in ("patient_id", "birth_date")]
    if not all(identifiers) or max(map(len, identifiers)) > LONGEST_IDENTIFIER:
        abort(400)
    asked = RoomAdmit(actor(), context().config.room, "two identifiers confirmed", *identifiers)
    return json_response(_ask("room.admit", asked, RoomSchedule))


@blueprint.post("/clear")
@needs(Permission.ADMIT_PATIENT)
def clear() -> Response:
    """The patient has left the room → RoomSchedule."""
    asked = _room_request("patient has left the room")
    return json_response(_ask("room.clear", asked, RoomSchedule))


def _room_request(why: str) -> RoomRequest:
    return RoomRequest(actor(), context().config.room, why)


def _of_plan() -> PlanRequest:
    args = request.args
    return PlanRequest(actor(), context().config.room, WHY, args["patient"], args["plan"])


def _versioned(name: str, asked: object, reply: type[V], key: object) -> Response:
    def fetch() -> V:
        return _ask(name, asked, reply)

    return json_response(context().copies.get(key, fetch, request.args["version"]))


def _ask(name: str, asked: object, reply: type[R]) -> R:
    c = context()
    return c.link.request(
        name,
        asked,
        timeout_s=c.config.request_timeout_s,
        reply=reply,
        id=f"{name}-{uuid.uuid4()}",
    )


def _picture(copy: Copy[KeyImage]) -> Response:
    facts = msgspec.to_builtins(copy.value)
    del facts["data"]
    facts.update(live=copy.live, fetched_s=copy.fetched_s)
    response = Response(copy.value.data, mimetype=copy.value.media_type)
    response.headers["X-Image"] = urllib.parse.quote(msgspec.json.encode(facts))
    return response
