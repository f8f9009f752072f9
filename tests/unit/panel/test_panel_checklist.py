"""The checklist on the panel: form, confirmations, phase."""

from __future__ import annotations

import pytest

CONFIRM = {"revision": 1, "item": "allergy", "answer": "done", "initials": "AB"}


def test_the_form_and_what_is_filled_in(log_in):
    given = log_in("nurse").get("/api/checklist").json
    assert given["phases"][2] == "sign_in"
    assert "allergy" in given["items"]["sign_in"]
    assert given["checklist"]["confirmations"] == []


def test_a_confirmation_carries_who_and_is_seen_by_the_others(log_in, link):
    nurse = log_in("nurse")
    assert nurse.post("/api/checklist/confirm", json=CONFIRM).status_code == 200
    link.hear_all()
    state = log_in("surgeon").get("/api/live").json["state"]
    (one,) = state["checklist"]["value"]["confirmations"]
    assert (one["item"], one["initials"], one["actor"]) == ("allergy", "AB", "a nurse")


def test_who_saw_an_older_checklist_is_refused(log_in):
    nurse = log_in("nurse")
    nurse.post("/api/checklist/confirm", json=CONFIRM)
    late = nurse.post("/api/checklist/confirm", json=CONFIRM | {"item": "site_marked"})
    assert late.status_code == 409
    assert "somebody else" in late.json["problem"]


def test_those_who_see_no_patient_see_no_checklist(log_in):
    assert log_in("engineer").get("/api/live").json["state"]["checklist"] is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("confirm", {}),
        ("confirm", CONFIRM | {"answer": "maybe"}),
        ("confirm", CONFIRM | {"revision": "new"}),
        ("confirm", ["allergy"]),
        ("advance", {"revision": 1}),
        ("advance", {"revision": 1, "phase": "lunch"}),
    ],
)
def test_what_cannot_be_read_reaches_nobody(log_in, link, path, body):
    assert log_in("nurse").post(f"/api/checklist/{path}", json=body).status_code == 400
    assert link.asked == []
