"""Who may do what: every route, every role, generated from the tables."""

from __future__ import annotations

import pytest
from panel_link_double import sign_in

from or_robot.panel.roles import ROLES, Permission

TASK = "00000000-0000-4000-8000-000000000000"
ERRAND = {"errand": "deliver_tray", "id": TASK}
BODIES = {
    "/api/case/admit": {"patient_id": "SIM0001", "birth_date": "1961-03-04"},
    "/api/accounts": {"name": "somebody", "role": "nurse"},
    "/api/accounts/somebody/role": {"role": "surgeon"},
    "/api/checklist/confirm": {
        "revision": 1,
        "item": "allergy",
        "answer": "done",
        "initials": "AB",
    },
    "/api/checklist/advance": {"revision": 1, "phase": "set_up"},
}
IMAGE = "patient=SIM0001&plan=1.2.3&view=planned&version=v1&orientation=axial&index=0"

ROUTES = [
    ("GET", "/api/case", Permission.VIEW_PATIENT),
    ("GET", f"/api/case/dvh?{IMAGE}", Permission.VIEW_PATIENT),
    ("GET", f"/api/case/image?{IMAGE}", Permission.VIEW_PATIENT),
    ("GET", f"/api/case/chart?{IMAGE}", Permission.VIEW_PATIENT),
    ("GET", f"/api/case/fractions?{IMAGE}", Permission.VIEW_PATIENT),
    ("GET", f"/api/case/geometry?{IMAGE}", Permission.VIEW_PATIENT),
    ("GET", "/api/case/schedule", Permission.VIEW_PATIENT),
    ("POST", "/api/case/admit", Permission.ADMIT_PATIENT),
    ("POST", "/api/case/clear", Permission.ADMIT_PATIENT),
    ("GET", "/api/robot/site", Permission.VIEW_ROBOT),
    ("GET", "/api/robot/camera", Permission.COMMAND_ROBOT),
    ("GET", "/api/robot/map.png", Permission.VIEW_ROBOT),
    ("POST", "/api/robot/errands", Permission.COMMAND_ROBOT),
    ("POST", f"/api/robot/tasks/{TASK}/cancel", Permission.COMMAND_ROBOT),
    ("GET", "/api/checklist", Permission.SET_PHASE),
    ("POST", "/api/checklist/confirm", Permission.SET_PHASE),
    ("POST", "/api/checklist/advance", Permission.SET_PHASE),
    ("GET", "/api/accounts", Permission.MANAGE_ACCOUNTS),
    ("POST", "/api/accounts", Permission.MANAGE_ACCOUNTS),
    ("POST", "/api/accounts/somebody/role", Permission.MANAGE_ACCOUNTS),
    ("POST", "/api/accounts/somebody/password", Permission.MANAGE_ACCOUNTS),
    ("POST", "/api/accounts/somebody/remove", Permission.MANAGE_ACCOUNTS),
    ("POST", "/api/robot/reset", Permission.RESET_STOP),
    ("POST", "/api/robot/resume", Permission.RESUME_ROBOT),
]
SESSION = {"/api/session/touch", "/api/session/lock", "/api/session/unlock", "/api/session/pin"}
"""One's own session: whoever is logged in, see test_panel_lock.py."""
OPEN = SESSION | {
    "/", "/room/<name>", "/login", "/logout", "/healthz", "/api/live", "/live", "/api/robot/stop",
    "/static/<path:filename>", "/vendor/<package>/<path:name>",
}  # fmt: skip


def rule_of(path):
    return path.split("?")[0].replace(TASK, "<uuid:task_id>").replace("somebody", "<name>")


def call(client, method, path):
    return client.open(
        path, method=method, json=BODIES.get(path, ERRAND) if method == "POST" else None
    )


@pytest.mark.parametrize("role", [*ROLES, None])
def test_each_role_may_do_what_the_table_says_and_nothing_else(app, client, link, log_in, role):
    caller = log_in(role) if role else client
    allowed = ROLES.get(role, frozenset())
    for method, path, permission in ROUTES:
        link.asked.clear()
        link.checklist = sign_in()
        status = call(caller, method, path).status_code
        if permission in allowed:
            assert status == 200, (role, path)
        else:
            assert status == (403 if role else 401), (role, path)
            assert link.asked == []


def test_every_route_is_in_the_matrix_or_open_on_purpose(app):
    covered = {rule_of(path) for _, path, _ in ROUTES}
    assert {rule.rule for rule in app.url_map.iter_rules()} == covered | OPEN


def test_the_table_is_checked_where_it_is_declared(app):
    for rule in app.url_map.iter_rules():
        declared = getattr(app.view_functions[rule.endpoint], "permission", None)
        expected = {permission for _, path, permission in ROUTES if rule_of(path) == rule.rule}
        assert {declared} == (expected or {None})


def test_who_mends_the_robot_sees_no_patient(log_in):
    for role in ("engineer", "admin"):
        page = log_in(role).get("/room/OR-1").text
        assert "patient-name" not in page
        assert "STOP ROBOT" in page


@pytest.mark.parametrize("name", ["touch", "lock", "unlock", "pin"])
def test_nobody_has_no_session_to_touch(client, name):
    assert client.post(f"/api/session/{name}", json={"pin": "2580"}).status_code == 401
