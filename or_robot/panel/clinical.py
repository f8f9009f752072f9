"""The patient in the room: banner, proton card, image, curves. The info process audits looks."""

from __future__ import annotations

import urllib.parse

import msgspec
from flask import Blueprint, Response, abort, request

from or_robot.link.payloads import DvhRequest, ImageRequest, RoomRequest
from or_robot.panel.case_copies import Copy
from or_robot.panel.context import actor, context, json_response
from or_robot.panel.roles import Permission, needs
from or_robot.types.clinical import DvhSet, KeyImage, RoomCase

blueprint = Blueprint("clinical", __name__, url_prefix="/api/case")

WHY = "room display"


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

    def fetch() -> KeyImage:
        asked = ImageRequest(actor(), c.config.room, WHY, patient, plan, view, orientation, index)
        return c.link.request(
            "image.get", asked, timeout_s=c.config.request_timeout_s, reply=KeyImage
        )

    key = ("image", patient, plan, view, orientation, index)
    return _picture(c.copies.get(key, fetch, args["version"]))


def _picture(copy: Copy[KeyImage]) -> Response:
    facts = msgspec.to_builtins(copy.value)
    del facts["data"]
    facts.update(live=copy.live, fetched_s=copy.fetched_s)
    response = Response(copy.value.data, mimetype=copy.value.media_type)
    response.headers["X-Image"] = urllib.parse.quote(msgspec.json.encode(facts))
    return response
