"""The information process: answers from the store, audits every look, tells which versions hold."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from or_robot.config.link import PORTS, LinkConfig
from or_robot.config.sources import SourcesConfig
from or_robot.errors import OrRobotError
from or_robot.info.desk import InformationDesk
from or_robot.info.network import SourceNetwork
from or_robot.info.service import InformationService
from or_robot.link.keys import KeyFolder
from or_robot.link.server import LinkServer
from or_robot.types.clinical import CaseVersion

_log = logging.getLogger(__name__)

PUBLISH_PERIOD_S = 1.0
"""Of case.version and procedure.phase, as the topics table has it."""


class Announcer:
    """Publishes version and phase of each room; a room that becomes empty is told too."""

    def __init__(self, service: InformationService, server: LinkServer, keys: KeyFolder) -> None:
        self._service, self._server, self._keys = service, server, keys
        self._rooms: set[str] = set()
        self._trouble = ""

    def announce(self) -> None:
        """Once a period. Trouble and recovery are logged once each."""
        try:
            self._publish()
        except OrRobotError as error:
            if str(error) != self._trouble:
                _log.error("cannot tell versions: %s", error)
            self._trouble = str(error)
            return
        if self._trouble:
            _log.info("versions are told again")
        self._trouble = ""

    def _publish(self) -> None:
        versions = {version.room: version for version in self._service.versions()}
        self._rooms |= versions.keys() | {key.room for key in self._keys.allowed() if key.room}
        for room in sorted(self._rooms):
            self._server.publish("case.version", versions.get(room, CaseVersion(room, "")))
            self._server.publish("procedure.checklist", self._service.checklists.get(room))
            phase = self._service.phase(room)
            if phase is not None:
                self._server.publish("procedure.phase", phase)


def serve(
    config: LinkConfig,
    service: InformationService,
    sources: SourcesConfig,
    stopping: threading.Event,
    journal: Path,
) -> None:
    """Answer until `stopping`. OrRobotError: a port is taken, a key is missing, a thread died."""
    handlers = InformationDesk(service).handlers()
    with (
        LinkServer(config, handlers, journal) as server,
        SourceNetwork(service, sources) as network,
    ):
        last = config.port + PORTS - 1
        _log.info("listening on %s:%d to %d", config.host, config.port + 1, last)
        announcer = Announcer(service, server, KeyFolder(config.keys_folder))
        announcer.announce()
        server.publish("info.sources", network.status())
        while not stopping.wait(PUBLISH_PERIOD_S):
            if server.failed:
                raise OrRobotError("a thread of the link server died", "its log says why")
            announcer.announce()
            server.publish("info.sources", network.status())
    _log.info("stopped")
