"""C-STORE and C-ECHO (DICOM PS3.4): objects that others send to us."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)
from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.transport import ThreadedAssociationServer

from or_robot.config.sources import DicomReceiverConfig
from or_robot.errors import OrRobotError
from or_robot.sources.dicom import READERS

Sink = Callable[[bytes], None]
"""Takes one object as bytes: durable when it returns. Raises OrRobotError."""

# Its messages quote data sets: none of them may reach a log.
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)

VERIFICATION = UID("1.2.840.10008.1.1")
TRANSFER_SYNTAXES = [
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
]

SUCCESS, OUT_OF_RESOURCES, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xC000
"""C-STORE statuses, PS3.4 table B.2-1."""

MAX_ASSOCIATIONS = 8
TIMEOUT_S = 30.0


class TryAgain(OrRobotError):
    """Nothing was kept, through no fault of the object: send it again later."""


class DicomReceiver:
    """Success is answered only once the object is durable."""

    def __init__(self, config: DicomReceiverConfig, sink: Sink, heard: Callable[[], None]) -> None:
        """`sink` raises TryAgain when its store fails. `heard`: somebody echoed."""
        self._config = config
        self._sink = sink
        self._heard = heard
        self._server: ThreadedAssociationServer | None = None

    def start(self) -> None:
        """Raises OrRobotError when the port is taken."""
        entity = AE(ae_title=self._config.ae_title)
        entity.require_called_aet = True
        entity.require_calling_aet = list(self._config.callers)
        entity.maximum_associations = MAX_ASSOCIATIONS
        entity.network_timeout = entity.dimse_timeout = entity.acse_timeout = TIMEOUT_S
        entity.add_supported_context(VERIFICATION)
        for sop_class in READERS:
            entity.add_supported_context(sop_class, TRANSFER_SYNTAXES)
        handlers: list[Any] = [(evt.EVT_C_STORE, self._store), (evt.EVT_C_ECHO, self._echo)]
        try:
            self._server = entity.start_server(
                (self._config.host, self._config.port), block=False, evt_handlers=handlers
            )
        except OSError as error:
            raise OrRobotError(
                f"DICOM cannot listen on {self._config.host}:{self._config.port}",
                "end what uses the port, or choose another in sources.yaml",
            ) from error

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()

    def _store(self, event: Event) -> int:
        try:
            self._sink(event.encoded_dataset())
        except TryAgain:
            return OUT_OF_RESOURCES
        except OrRobotError:
            return CANNOT_UNDERSTAND  # it is in quarantine, with the reason
        return SUCCESS

    def _echo(self, event: Event) -> int:  # noqa: ARG002
        self._heard()
        return SUCCESS
