"""A panel over a link double, and people to use it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from panel_link_double import LinkDouble

from or_robot.config.panel import PanelConfig
from or_robot.panel.app import create_app

PASSWORD = "a password of tests"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

LogIn = Callable[[str], FlaskClient]


@pytest.fixture
def link() -> LinkDouble:
    return LinkDouble()


@pytest.fixture
def app(tmp_path: Path, link: LinkDouble) -> Flask:
    app = create_app(PanelConfig(logins_per_minute=5), tmp_path, link, CHEAP)
    app.testing = True
    app.config["WTF_CSRF_ENABLED"] = False  # tests of forgery turn it on
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def log_in(app: Flask) -> LogIn:
    """A client of somebody with the role."""

    def as_role(role: str) -> FlaskClient:
        app.extensions["or_robot"].users.add(f"a {role}", role, PASSWORD)
        client = app.test_client()
        forgery_protection = app.config["WTF_CSRF_ENABLED"]
        app.config["WTF_CSRF_ENABLED"] = False
        answer = client.post("/login", data={"name": f"a {role}", "password": PASSWORD})
        app.config["WTF_CSRF_ENABLED"] = forgery_protection
        assert answer.status_code == 303
        return client

    return as_role
