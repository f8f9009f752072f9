"""Everything of one patient version; last good copies only when nothing newer is known."""

from __future__ import annotations

import dataclasses
import json
import urllib.parse

import pytest
from panel_link_double import ROOM, room_case

from or_robot.config.panel import PanelConfig
from or_robot.errors import OrRobotError
from or_robot.types.clinical import PREPARED_STYLE, CaseVersion, ImageStyle

PLAN = {"patient": "SIM0001", "plan": "1.2.3", "view": "planned", "version": "v1"}
IMAGE = PLAN | {"orientation": "axial", "index": "0"}


def test_the_case_comes_with_its_version(log_in):
    copy = log_in("nurse").get("/api/case").json
    assert copy["live"] is True
    assert copy["value"]["version"] == "v1"
    assert copy["value"]["patient"]["patient_id"] == "SIM0001"
    assert copy["value"]["plans"][0]["approval"] is None


def test_the_image_carries_what_belongs_to_it(log_in):
    answer = log_in("nurse").get("/api/case/image", query_string=IMAGE)
    facts = json.loads(urllib.parse.unquote(answer.headers["X-Image"]))
    assert answer.mimetype == "image/jpeg"
    assert answer.data[:2] == b"\xff\xd8"
    assert (facts["version"], facts["patient_id"], facts["index_range"]) == (
        "v1",
        "SIM0001",
        [-20, 25],
    )


def test_a_copy_of_the_current_version_is_not_asked_for_again(log_in, link):
    nurse = log_in("nurse")
    for _ in range(3):
        assert nurse.get("/api/case/dvh", query_string=PLAN).status_code == 200
    assert [name for name, _ in link.asked] == ["dvh.get"]


def test_each_person_is_audited_by_name(log_in, link):
    for role in ("nurse", "surgeon"):
        log_in(role).get("/api/case")
    assert [payload.actor for _, payload in link.asked] == ["a nurse", "a surgeon"]


@pytest.mark.parametrize(("path", "query"), [("dvh", PLAN), ("image", IMAGE)])
def test_another_version_than_the_pages_is_never_given(log_in, link, path, query):
    nurse = log_in("nurse")
    nurse.get(f"/api/case/{path}", query_string=query)
    link.case = room_case("v2")
    link.hear("case.version", CaseVersion(ROOM, "v2"), ROOM)
    assert nurse.get(f"/api/case/{path}", query_string=query).status_code == 409
    assert nurse.get(f"/api/case/{path}", query_string=query | {"version": "v2"}).status_code == 200


def test_without_a_link_the_last_good_copy_is_given_and_marked(log_in, link):
    nurse = log_in("nurse")
    nurse.get("/api/case")
    link.connected = False
    copy = nurse.get("/api/case").json
    assert copy["live"] is False
    assert copy["value"]["version"] == "v1"
    assert nurse.get("/api/case/dvh", query_string=PLAN).status_code == 503  # never asked before


def test_a_copy_known_to_be_old_is_not_given_even_when_the_answer_fails(log_in, link):
    nurse = log_in("nurse")
    nurse.get("/api/case")
    link.hear("case.version", CaseVersion(ROOM, "v2"), ROOM)
    app_link_request = link.request

    def times_out(*args, **kwargs):
        link.connected = False
        try:
            return app_link_request(*args, **kwargs)
        finally:
            link.connected = True

    link.request = times_out
    assert nurse.get("/api/case").status_code == 503


def test_arguments_are_required(log_in):
    nurse = log_in("nurse")
    assert nurse.get("/api/case/dvh").status_code == 400
    assert nurse.get("/api/case/image", query_string=IMAGE | {"index": "x"}).status_code == 400


WHAT = "patient=SIM0001&plan=1.2.3&version=v1"


@pytest.mark.parametrize("part", ["chart", "fractions", "geometry"])
def test_every_part_is_of_the_version_on_screen(log_in, link, part):
    nurse = log_in("nurse")
    assert nurse.get(f"/api/case/{part}?{WHAT}").json["value"]["version"] == "v1"
    link.case = room_case("v2")
    link.hear_all()
    assert nurse.get(f"/api/case/{part}?{WHAT}").status_code == 409


def test_a_picture_is_drawn_in_the_style_asked_for(log_in, link):
    picture = f"/api/case/image?{WHAT}&view=planned&orientation=axial&index=0"
    nurse = log_in("nurse")
    for style in ("", "&window=bone", "&structures=CTV_70%0ABrainstem", "&structures="):
        assert nurse.get(picture + style).status_code == 200
    styles = [payload.style for _, payload in link.asked]
    assert styles == [
        PREPARED_STYLE,
        ImageStyle(window="bone"),
        ImageStyle(structures=("Brainstem", "CTV_70")),
        ImageStyle(structures=()),
    ]


def test_a_patient_enters_by_two_identifiers(log_in, link):
    given = {"patient_id": " SIM0001 ", "birth_date": "1961-03-04"}
    assert log_in("nurse").post("/api/case/admit", json=given).status_code == 200
    name, payload = link.asked[-1]
    assert (name, payload.patient_id, payload.birth_date) == ("room.admit", "SIM0001", "1961-03-04")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"patient_id": "SIM0001"},
        {"patient_id": "SIM0001", "birth_date": " "},
        {"patient_id": "x" * 65, "birth_date": "1961-03-04"},
        ["SIM0001", "1961-03-04"],
    ],
)
def test_one_identifier_is_not_enough(log_in, link, given):
    assert log_in("nurse").post("/api/case/admit", json=given).status_code == 400
    assert link.asked == []


VIEWER = "https://pacs.example/ohif/?mrn={patient}"


def test_a_viewer_is_linked_only_where_one_is_configured(app, log_in):
    nurse = log_in("nurse")
    assert 'id="viewer"' not in nurse.get("/room/OR-1").text
    context = app.extensions["or_robot"]
    config = dataclasses.replace(context.config, viewer_url=VIEWER)
    app.extensions["or_robot"] = dataclasses.replace(context, config=config)
    page = nurse.get("/room/OR-1").text
    assert f'data-address="{VIEWER}"' in page
    assert 'href="https:' not in page  # the script adds the patient; nothing is opened by itself


@pytest.mark.parametrize("address", ["javascript:alert('{patient}')", "https://pacs.example/"])
def test_what_is_no_viewers_address_is_refused(address):
    with pytest.raises(OrRobotError, match="mrn="):
        PanelConfig(viewer_url=address)
