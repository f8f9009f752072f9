"""`python -m or_robot.panel`: the panel behind gunicorn, one worker process with many threads."""

from __future__ import annotations

import argparse
import ssl
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from or_robot.config.link import LinkConfig
from or_robot.config.panel import PanelConfig
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.link.client import LinkClient
from or_robot.link.running import short_turns
from or_robot.panel.app import create_app


class PanelServer(BaseApplication):
    """Everything is made in the worker: the link's sockets and threads do not survive a fork."""

    def __init__(self, options: dict[str, Any], config: PanelConfig, link: LinkConfig) -> None:
        self._options, self._config, self._link = options, config, link
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        short_turns()
        link = LinkClient(self._link, self._config.key_name)
        app = create_app(self._config, home(), link)
        link.start()
        return app


def main(argv: list[str] | None = None) -> None:
    defaults = PanelConfig()
    parser = argparse.ArgumentParser(prog="python -m or_robot.panel", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--room", default=defaults.room, help="room the panel hangs in")
    parser.add_argument("--key", default="", help="name of its key on the link (panel-ROOM)")
    parser.add_argument("--link-host", default=LinkConfig.host)
    parser.add_argument("--link-port", type=int, default=LinkConfig().port)
    parser.add_argument(
        "--viewer-url", default="", help='study viewer, with "{patient}" where the ID belongs'
    )
    parser.add_argument("--tls-cert", default="", help="hospital's certificate chain, PEM")
    parser.add_argument("--tls-key", default="", help="its private key, PEM")
    given = parser.parse_args(argv)
    try:
        tls = _tls_options(given.tls_cert, given.tls_key)
        config = PanelConfig(
            room=given.room,
            key_name=given.key or f"panel-{given.room}",
            viewer_url=given.viewer_url,
            secure_cookies=bool(tls),
        )
        link = LinkConfig(host=given.link_host, port=given.link_port)
        LinkClient(link, config.key_name).close()  # a missing key is told here, in one line
    except OrRobotError as error:
        parser.exit(1, f"panel: {error}\n")
    options = {
        "bind": f"{given.host}:{given.port}",
        "workers": 1,
        "worker_class": "gthread",
        "threads": config.threads,
        "timeout": 15,
        "graceful_timeout": 2,
        "keepalive": 30,
        "proc_name": "or_robot panel",
        "control_socket_disable": True,
        **tls,
    }
    PanelServer(options, config, link).run()


def _tls_options(certificate: str, key: str) -> dict[str, Any]:
    """Checked here, so that a wrong file is one line and not a restart loop."""
    if not certificate and not key:
        return {}
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        problem = f"certificate {certificate!r} with key {key!r}: {error}"
        raise OrRobotError(problem, "give the PEM files of one pair, readable here") from error
    return {"certfile": certificate, "keyfile": key or None, "ssl_context": _tls_1_2_or_newer}


def _tls_1_2_or_newer(_config: object, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


if __name__ == "__main__":
    main()
