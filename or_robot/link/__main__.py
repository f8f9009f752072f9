"""`python -m or_robot.link`: the stop desk, which carries STOP ROBOT from panels to robots.

A process of its own and next to nothing in it: information may die, stops still arrive.
"""

from __future__ import annotations

import argparse
import logging
import signal
import threading

from or_robot.config.link import LinkConfig
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.link.keys import ensure_default_keys
from or_robot.link.running import short_turns
from or_robot.link.stop_server import StopServer

LOOK_S = 0.5
"""How soon a dead thread is noticed."""


def main(argv: list[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Exit status: 0 stopped, 1 failed, 2 bad use."""
    parser = argparse.ArgumentParser(prog="python -m or_robot.link", description=__doc__)
    parser.add_argument("--host", default=LinkConfig.host, help="address to listen on")
    parser.add_argument("--port", type=int, default=LinkConfig().port, help="the stop port")
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    short_turns()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        ensure_default_keys(home())
        _serve(LinkConfig(host=given.host, port=given.port), stopping)
    except OrRobotError as error:
        parser.exit(1, f"stop desk: {error}\n")


def _serve(config: LinkConfig, stopping: threading.Event) -> None:
    with StopServer(config) as server:
        logging.info("stops are taken on %s:%d", config.host, config.port)
        while not stopping.wait(LOOK_S):
            if server.failed:
                raise OrRobotError("a thread of the stop desk died", "its log says why")


if __name__ == "__main__":
    main()
