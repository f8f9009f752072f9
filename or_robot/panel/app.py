"""The panel as a Flask app."""

from __future__ import annotations

import os
import secrets
import threading
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask
from flask_login import LoginManager
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

from or_robot.config.panel import PanelConfig
from or_robot.link.client import LinkClient
from or_robot.panel import (
    accounts,
    auth,
    checklist,
    clinical,
    health,
    live,
    problems,
    robot,
    room,
    session,
    vendor,
)
from or_robot.panel.case_copies import CaseCopies
from or_robot.panel.context import Context
from or_robot.panel.database import open_database
from or_robot.panel.hub import Hub
from or_robot.panel.texts import load_texts
from or_robot.panel.users import Users
from or_robot.share import share

MAX_BODY_BYTES = 64 * 1024
FEATURES = (
    auth,
    room,
    robot,
    clinical,
    checklist,
    session,
    accounts,
    health,
    live,
    vendor,
)
"""One blueprint each."""
CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self' blob:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def create_app(
    config: PanelConfig, home: Path, link: LinkClient, hasher: PasswordHasher | None = None
) -> Flask:
    """`link`: not yet started; who made it starts and closes it. `hasher`: argon2's defaults."""
    web = share("web").resolve()
    app = Flask(__name__, template_folder=str(web / "templates"), static_folder=str(web / "static"))
    app.config.update(
        SECRET_KEY=_secret_key(home),
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        SESSION_COOKIE_NAME="or_robot_session",
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        SOCK_SERVER_OPTIONS={"ping_interval": 10, "max_message_size": 1024},
    )
    hub = Hub(link, config)
    app.extensions["or_robot"] = Context(
        config=config,
        link=link,
        hub=hub,
        copies=CaseCopies(hub.case_version),
        users=Users(open_database(home), hasher, config.lock_after_min * 60.0),
        texts=load_texts(web / "static" / "i18n"),
        seats=threading.BoundedSemaphore(config.live_viewers),
    )
    _protect(app, config)
    for feature in (
        auth,
        room,
        robot,
        clinical,
        checklist,
        session,
        accounts,
        health,
        live,
        vendor,
    ):
        app.register_blueprint(feature.blueprint)
    problems.register(app)
    return app


def _protect(app: Flask, config: PanelConfig) -> None:
    """Sessions, forgery, headers, rates."""
    context: Context = app.extensions["or_robot"]
    login_manager = LoginManager(app)
    login_manager.user_loader(context.users.of_session)
    csrf = CSRFProtect(app)
    csrf.exempt(robot.stop)  # must work without a session; refuses other sites by origin instead
    auth.limiter.init_app(app)
    Talisman(
        app,
        force_https=config.secure_cookies,
        session_cookie_secure=config.secure_cookies,
        session_cookie_http_only=True,
        session_cookie_samesite="Strict",
        strict_transport_security=config.secure_cookies,
        content_security_policy=CONTENT_SECURITY_POLICY,
        frame_options="DENY",
        referrer_policy="same-origin",  # with no-referrer the form of STOP has the origin "null"
    )

    @app.after_request
    def keep_nothing(response):  # type: ignore[no-untyped-def]
        """Patients' data must not stay in the browser's disk cache."""
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _secret_key(home: Path) -> bytes:
    """Signs cookies; made once, readable by the owner only."""
    path = home / "panel" / "secret_key"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(32)
        file.write(key)
    return key
