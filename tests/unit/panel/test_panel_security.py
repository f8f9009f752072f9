"""Forgery, sessions, headers, rates, input."""

from __future__ import annotations

import re
import stat
import time

import pytest
from panel_link_double import room_case

from or_robot.errors import OrRobotError
from or_robot.panel.database import open_database
from or_robot.panel.users import Users, fresh_login

PASSWORD = "a password of tests"


def token_in(page: str) -> str:
    return re.search(r'name="csrf-token" content="([^"]+)"', page)[1]


@pytest.mark.parametrize(
    "path", ["errands", "reset", "resume", "tasks/00000000-0000-4000-8000-000000000000/cancel"]
)
def test_a_command_without_the_pages_token_is_refused(app, log_in, link, path):
    nurse = log_in("nurse")
    app.config["WTF_CSRF_ENABLED"] = True
    body = {"errand": "deliver_tray", "id": "00000000-0000-4000-8000-000000000000"}
    assert nurse.post(f"/api/robot/{path}", json=body).status_code == 400
    assert link.asked == []
    if path == "errands":
        headers = {"X-CSRFToken": token_in(nurse.get("/room/OR-1").text)}
        assert nurse.post(f"/api/robot/{path}", json=body, headers=headers).status_code == 200


def test_logging_in_and_out_need_a_token_too(app, client):
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post("/login", data={"name": "x", "password": "y"}).status_code == 400
    assert client.post("/logout").status_code == 400


def test_headers_allow_no_inline_script_and_no_framing(client):
    headers = client.get("/room/OR-1").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"


def test_the_pages_hold_no_inline_script_or_style(log_in):
    page = log_in("nurse").get("/room/OR-1").text
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page)


def test_patient_data_is_not_kept_by_the_browser(log_in):
    nurse = log_in("nurse")
    assert nurse.get("/api/case").headers["Cache-Control"] == "no-store"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(app, log_in):
    users = app.extensions["or_robot"].users
    users.add("somebody", "nurse", PASSWORD)
    answer = app.test_client().post("/login", data={"name": "somebody", "password": PASSWORD})
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if "or_robot_session" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_a_cookie_is_worthless_after_logging_out(app, log_in):
    nurse = log_in("nurse")
    kept = nurse.get_cookie("or_robot_session").value
    nurse.post("/logout")
    thief = app.test_client()
    thief.set_cookie("or_robot_session", kept)
    assert thief.get("/api/case").status_code == 401


def test_a_session_ends_by_itself(app, client, monkeypatch):
    users = app.extensions["or_robot"].users
    users.add("somebody", "nurse", PASSWORD)
    user = users.log_in("somebody", PASSWORD, hours=1.0)
    assert users.of_session(user.token) == user
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3601.0)
    assert users.of_session(user.token) is None


def test_wrong_name_and_wrong_password_look_the_same(app, client):
    app.extensions["or_robot"].users.add("somebody", "nurse", PASSWORD)
    answers = [
        client.post("/login", data={"name": name, "password": "wrong"})
        for name in ("somebody", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    pages = {re.sub(r'(content|value)="[\w.-]{40,}"', "token", answer.text) for answer in answers}
    assert len(pages) == 1  # but for the token against forgery, which tells the second


def test_guessing_passwords_is_slowed_down(client):
    answers = [client.post("/login", data={"name": "x", "password": "y"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


def test_a_large_body_is_refused(log_in):
    nurse = log_in("nurse")
    assert nurse.post("/login", data={"name": "x" * 10_000_000}).status_code == 413


@pytest.mark.parametrize(
    "name", ["../package.json", "%2e%2e/package.json", "../../../../pyproject.toml"]
)
def test_vendor_files_cannot_be_left_by_path_tricks(client, name):
    assert client.get(f"/vendor/uplot/{name}").status_code == 404


def test_script_in_a_patients_name_stays_text(log_in, link):
    link.case = room_case(name="<script>alert(1)</script>^<img src=x onerror=alert(2)>")
    link.hear_all()
    nurse = log_in("nurse")
    assert "alert(" not in nurse.get("/room/OR-1").text
    answer = nurse.get("/api/case")
    assert answer.mimetype == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_files_of_the_panel_are_for_their_owner_only(app, tmp_path):
    for name in ("panel.sqlite", "secret_key"):
        assert stat.S_IMODE((tmp_path / "panel" / name).stat().st_mode) == 0o600


def test_a_fresh_login_works_and_replaces_the_last_one(app, tmp_path):
    first = fresh_login(tmp_path)
    users = Users(open_database(tmp_path))
    session = users.log_in(*first, hours=1.0)
    second = fresh_login(tmp_path)
    assert users.log_in(*first, hours=1.0) is None
    assert users.of_session(session.token) is None
    assert users.log_in(*second, hours=1.0).role == "nurse"


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [
        ("", "nurse", PASSWORD),
        ("a\nb", "nurse", PASSWORD),
        ("a", "king", PASSWORD),
        ("a", "nurse", "short"),
    ],
)
def test_bad_accounts_are_refused(app, name, role, password):
    with pytest.raises(OrRobotError):
        app.extensions["or_robot"].users.add(name, role, password)


def test_a_name_is_given_once(app):
    users = app.extensions["or_robot"].users
    users.add("somebody", "nurse", PASSWORD)
    with pytest.raises(OrRobotError, match="exists"):
        users.add("somebody", "admin", PASSWORD)
