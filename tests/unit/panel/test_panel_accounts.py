"""Accounts: made, changed and removed by the admin alone; never without an admin left."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from or_robot.panel.database import open_database


@pytest.fixture
def admin(log_in):
    return log_in("admin")


def names(admin):
    return [account["name"] for account in admin.get("/api/accounts").json["accounts"]]


def log_in_as(app, name, password):
    client = app.test_client()
    return client, client.post("/login", data={"name": name, "password": password}).status_code


def test_a_new_account_logs_in_with_the_password_shown_once(admin, app):
    made = admin.post("/api/accounts", json={"name": "mina", "role": "surgeon"}).json
    assert log_in_as(app, "mina", made["password"])[1] == 303
    assert made["password"] not in admin.get("/api/accounts").text


def test_a_new_password_ends_the_old_one_and_its_sessions(admin, app, log_in):
    nurse = log_in("nurse")
    new = admin.post("/api/accounts/a nurse/password").json["password"]
    assert nurse.get("/api/case").status_code == 401
    assert log_in_as(app, "a nurse", "a password of tests")[1] == 401
    assert log_in_as(app, "a nurse", new)[1] == 303


def test_another_role_ends_what_was_open_under_the_old_one(admin, log_in):
    nurse = log_in("nurse")
    assert admin.post("/api/accounts/a nurse/role", json={"role": "engineer"}).status_code == 200
    assert nurse.get("/api/case").status_code == 401


def test_a_removed_account_is_gone_with_its_sessions(admin, log_in):
    nurse = log_in("nurse")
    assert admin.post("/api/accounts/a nurse/remove").status_code == 200
    assert nurse.get("/api/case").status_code == 401
    assert names(admin) == ["a admin"]


def test_nobody_removes_or_demotes_themselves(admin):
    assert admin.post("/api/accounts/a admin/remove").status_code == 409
    assert admin.post("/api/accounts/a admin/role", json={"role": "nurse"}).status_code == 409
    assert names(admin) == ["a admin"]


def test_an_admin_is_left(app):
    users = app.extensions["or_robot"].users
    users.add("last", "admin", "a password of tests")
    for change in (lambda: users.remove("last"), lambda: users.set_role("last", "nurse")):
        with pytest.raises(Exception, match="last admin"):
            change()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "", "role": "nurse"}, 422),
        ({"name": "x" * 65, "role": "nurse"}, 422),
        ({"name": "mina", "role": "king"}, 422),
        ({"name": "a admin", "role": "nurse"}, 422),
        (["mina"], 400),
    ],
)
def test_what_makes_no_account_is_refused_by_name(admin, body, status):
    assert admin.post("/api/accounts", json=body).status_code == status
    assert names(admin) == ["a admin"]


@pytest.mark.parametrize("what", ["role", "password", "remove"])
def test_an_unknown_account_is_named(admin, what):
    answer = admin.post(f"/api/accounts/nobody/{what}", json={"role": "nurse"})
    assert answer.status_code == 422
    assert "nobody" in answer.json["problem"]


def test_a_database_of_an_earlier_version_is_taken_over(tmp_path):
    folder = tmp_path / "panel"
    folder.mkdir()
    engine = create_engine(f"sqlite:///{folder / 'panel.sqlite'}")
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE user (name VARCHAR PRIMARY KEY, role VARCHAR NOT NULL,"
                " password_hash VARCHAR NOT NULL, generated BOOLEAN NOT NULL)"
            )
        )
        connection.execute(text("INSERT INTO user VALUES ('anna', 'nurse', 'x', 0)"))
    with open_database(tmp_path).connect() as connection:
        row = connection.execute(text("SELECT name, pin_hash FROM user")).one()
    assert tuple(row) == ("anna", None)
