"""Every configured source, joined to the store: receivers that listen, pollers that ask."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from or_robot.config.sources import FolderConfig, ServerConfig, SourcesConfig
from or_robot.errors import OrRobotError
from or_robot.info.board import SourceBoard
from or_robot.info.importer import Refused, find_files
from or_robot.info.poller import Poller
from or_robot.info.preparer import Preparer
from or_robot.info.service import InformationService
from or_robot.sources.dicom_receiver import DicomReceiver, TryAgain
from or_robot.sources.dicomweb import DicomWeb
from or_robot.sources.fhir_server import FhirServer
from or_robot.sources.mllp import MllpReceiver
from or_robot.store.database import StoreUnavailable
from or_robot.types.chart import SourcesStatus

DAYS_AHEAD = 2
"""How far into the schedule a FHIR server is asked."""


class SourceNetwork:
    """Starts on entry, ends on exit. Raises OrRobotError when a port is taken."""

    def __init__(self, service: InformationService, config: SourcesConfig) -> None:
        self._service, self._config = service, config
        self._board = SourceBoard()
        self._preparer = Preparer(service)
        self._running = ExitStack()

    def __enter__(self) -> SourceNetwork:
        with ExitStack() as starting:
            starting.callback(self._preparer.close)
            self._preparer.start()
            for receiver in self._receivers():
                receiver.start()
                starting.callback(receiver.close)
            for poller in self._pollers():
                poller.start()
                starting.callback(poller.close)
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def status(self) -> SourcesStatus:
        return self._board.status()

    def _receivers(self) -> list[DicomReceiver | MllpReceiver]:
        found: list[DicomReceiver | MllpReceiver] = []
        if self._config.dicom_receiver is not None:
            self._board.add("dicom_receiver", "dicom")
            take = partial(self._take, "dicom_receiver")
            heard = partial(self._board.heard, "dicom_receiver")
            found.append(DicomReceiver(self._config.dicom_receiver, take, heard))
        if self._config.hl7v2_receiver is not None:
            self._board.add("hl7v2_receiver", "hl7v2")
            take = partial(self._take, "hl7v2_receiver")
            found.append(MllpReceiver(self._config.hl7v2_receiver, take))
        return found

    def _pollers(self) -> list[Poller]:
        rows: list[tuple[str, str, float, Callable[[], None]]] = [
            *((c.name, "dicomweb", c.period_s, self._archive(c)) for c in self._config.dicomweb),
            *((c.name, "fhir", c.period_s, self._records(c)) for c in self._config.fhir),
            *((c.name, "folder", c.period_s, self._folder(c)) for c in self._config.folders),
        ]
        pollers = []
        for name, kind, period_s, poll in rows:
            self._board.add(name, kind)
            pollers.append(Poller(name, self._board, poll, period_s))
        return pollers

    def _take(self, name: str, data: bytes) -> None:
        """Into the store. Raises TryAgain or Refused."""
        try:
            patient_id = self._service.take(data, name)
        except StoreUnavailable as error:
            raise TryAgain(error.problem, error.remedy) from error
        except Refused as refused:
            self._board.heard(name, refused=1)
            if refused.patient_id is not None:
                self._preparer.touch(refused.patient_id)
            raise
        self._board.heard(name, received=1)
        self._preparer.touch(patient_id)

    def _archive(self, config: ServerConfig) -> Callable[[], None]:
        """Objects of whoever is expected that are not stored yet."""
        archive = DicomWeb(config)
        refused: set[str] = set()

        def poll() -> None:
            for patient_id in self._service.expected():
                for one in archive.instances(patient_id):
                    known = self._service.knows_uid(patient_id, one.modality, one.instance_uid)
                    if known or one.instance_uid in refused:
                        continue
                    data = archive.fetch(one)
                    try:
                        self._take(config.name, data)
                    except Refused:
                        refused.add(one.instance_uid)

        return poll

    def _records(self, config: ServerConfig) -> Callable[[], None]:
        """Records of whoever is booked in the next days or expected in a room."""
        server = FhirServer(config)

        def poll() -> None:
            today = datetime.date.today()
            last = today + datetime.timedelta(days=DAYS_AHEAD)
            wanted = server.booked(today.isoformat(), last.isoformat())
            for patient_id in self._service.expected():
                wanted += server.with_identifier(patient_id)
            for logical_id in dict.fromkeys(wanted):
                with suppress(Refused):  # named in the list of refusals, others go on
                    self._take_new(config.name, server.bundle(logical_id))

        return poll

    def _folder(self, config: FolderConfig) -> Callable[[], None]:
        """Files that came or changed since the last look; nobody's files are removed."""
        seen: dict[Path, tuple[float, int]] = {}

        def poll() -> None:
            for path in find_files([Path(config.path)]):
                try:
                    about = path.stat()
                    state = (about.st_mtime, about.st_size)
                    if seen.get(path) == state:
                        continue
                    data = path.read_bytes()
                except OSError as error:
                    raise OrRobotError(
                        "a file in the folder cannot be read", "check its rights"
                    ) from error
                with suppress(Refused):
                    self._take_new(config.name, data)
                seen[path] = state

        return poll

    def _take_new(self, name: str, data: bytes) -> None:
        if not self._service.knows(data):
            self._take(name, data)
