"""A session left alone locks its commands; the PIN opens it; the stop never asks."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from panel_link_double import LinkDouble

from or_robot.config.panel import PanelConfig
from or_robot.panel.app import create_app
from or_robot.panel.roles import COMMANDS, ROLES

PIN = "2580"
ERRAND = {"errand": "deliver_tray", "id": "00000000-0000-4000-8000-000000000000"}


@pytest.fixture
def nurse(log_in):
    nurse = log_in("nurse")
    assert nurse.post("/api/session/pin", json={"pin": PIN}).status_code == 200
    nurse.post("/api/session/lock")
    return nurse


def session_of(client):
    return client.get("/api/live").json["session"]


def test_locked_looks_go_on_and_commands_wait(nurse, link):
    assert session_of(nurse)["locked"] is True
    assert nurse.get("/api/case").status_code == 200
    for path in ("/api/robot/errands", "/api/robot/reset", "/api/robot/resume"):
        assert nurse.post(path, json=ERRAND).status_code == 423
    assert [name for name, _ in link.asked] == ["case.get"]


def test_locked_the_stop_still_stops(nurse, link):
    answer = nurse.post("/api/robot/stop", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert link.stops == ["OR-1"]


def test_the_pin_opens_it_again(nurse):
    assert nurse.post("/api/session/unlock", json={"pin": PIN}).status_code == 200
    assert session_of(nurse)["locked"] is False
    assert nurse.post("/api/robot/errands", json=ERRAND).status_code == 200


def test_a_press_does_not_open_a_locked_session(nurse):
    nurse.post("/api/session/touch")
    assert session_of(nurse)["locked"] is True


def test_a_locked_session_cannot_choose_another_pin(nurse):
    assert nurse.post("/api/session/pin", json={"pin": "9173"}).status_code == 423
    assert nurse.post("/api/session/unlock", json={"pin": "9173"}).status_code == 423


def test_five_wrong_pins_end_the_session(nurse):
    for _ in range(5):
        assert nurse.post("/api/session/unlock", json={"pin": "1357"}).status_code == 423
    assert nurse.post("/api/session/unlock", json={"pin": PIN}).status_code == 401
    assert session_of(nurse) is None


@pytest.mark.parametrize("pin", ["", "123", "1234", "0000", "8765", "12a4", "123456789", None])
def test_what_is_no_pin_or_easily_guessed_is_refused(log_in, pin):
    assert log_in("nurse").post("/api/session/pin", json={"pin": pin}).status_code == 422


def test_left_alone_it_locks_by_itself(tmp_path):
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    app = create_app(PanelConfig(lock_after_min=0.05), tmp_path, LinkDouble(), hasher)
    users = app.extensions["or_robot"].users
    users.add("anna", "nurse", "a password of tests")
    token = users.log_in("anna", "a password of tests", 1.0).token
    assert users.of_session(token).locked is False
    users._lock_after_s = -1.0  # as if that long had passed
    assert users.of_session(token).locked is True


def test_every_permission_that_changes_something_waits_for_the_pin():
    looks = {permission for permissions in ROLES.values() for permission in permissions} - COMMANDS
    assert all(permission.startswith("view_") for permission in looks)
