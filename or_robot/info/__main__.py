"""`python -m or_robot.info`: the information process."""

from __future__ import annotations

import argparse
import logging
import signal
import threading

from or_robot.config.link import LinkConfig
from or_robot.config.sources import load_sources
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.info.process import serve
from or_robot.info.service import InformationService
from or_robot.link.keys import ensure_default_keys
from or_robot.link.running import short_turns


def main(argv: list[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Exit status: 0 stopped, 1 failed, 2 bad use."""
    parser = argparse.ArgumentParser(prog="python -m or_robot.info", description=__doc__)
    parser.add_argument("--host", default=LinkConfig.host, help="address to listen on")
    parser.add_argument("--port", type=int, default=LinkConfig().port, help="first of five ports")
    given = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    short_turns()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        _run(LinkConfig(host=given.host, port=given.port), stopping)
    except OrRobotError as error:
        parser.exit(1, f"info: {error}\n")


def _run(config: LinkConfig, stopping: threading.Event) -> None:
    ensure_default_keys(home())
    sources = load_sources(home() / "info" / "sources.yaml")
    service = InformationService(home() / "info")
    try:
        service.finish_deletions()
        service.refresh()
        serve(config, service, sources, stopping, home() / "info" / "answers.journal")
    finally:
        service.close()


if __name__ == "__main__":
    main()
