"""`python -m or_robot.panel`: the panel behind gunicorn, one worker process with many threads."""

from __future__ import annotations

import argparse
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from or_robot.config.link import LinkConfig
from or_robot.config.panel import PanelConfig
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.link.client import LinkClient
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
    given = parser.parse_args(argv)
    try:
        config = PanelConfig(room=given.room, key_name=given.key or f"panel-{given.room}")
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
    }
    PanelServer(options, config, link).run()


if __name__ == "__main__":
    main()
