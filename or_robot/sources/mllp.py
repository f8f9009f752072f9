"""HL7v2 over MLLP: each message is answered AA (durable), AE (send it again) or AR (refused)."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator

from or_robot.config.sources import Hl7ReceiverConfig
from or_robot.errors import OrRobotError
from or_robot.sources.dicom_receiver import Sink, TryAgain
from or_robot.sources.hl7v2_message import MAX_BYTES, acknowledgement

START, END = b"\x0b", b"\x1c\r"
IDLE_S = 600.0
"""A sender that is silent so long is let go."""

MAX_SENDERS = 16


class MllpReceiver:
    def __init__(self, config: Hl7ReceiverConfig, sink: Sink) -> None:
        self._config = config
        self._sink = sink
        self._server: socketserver.ThreadingTCPServer | None = None

    def start(self) -> None:
        """Raises OrRobotError when the port is taken."""
        try:
            self._server = _Server((self._config.host, self._config.port), self._handler())
        except OSError as error:
            raise OrRobotError(
                f"HL7v2 cannot listen on {self._config.host}:{self._config.port}",
                "end what uses the port, or choose another in sources.yaml",
            ) from error
        threading.Thread(target=self._server.serve_forever, name="mllp", daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _handler(self) -> type[socketserver.BaseRequestHandler]:
        receiver, seats = self, threading.Semaphore(MAX_SENDERS)

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                if not receiver._may_send(self.client_address[0]) or not seats.acquire(False):
                    return
                try:
                    receiver._serve(self.request)
                finally:
                    seats.release()

        return Handler

    def _may_send(self, address: str) -> bool:
        return not self._config.senders or address in self._config.senders

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(IDLE_S)
        try:
            for message in frames(connection):
                connection.sendall(START + self._answer(message) + END)
        except OSError:
            return  # the sender is gone; what it did not hear acknowledged it sends again

    def _answer(self, message: bytes) -> bytes:
        try:
            self._sink(message)
        except TryAgain as error:
            return acknowledgement(message, "AE", error.problem)
        except OrRobotError as error:
            return acknowledgement(message, "AR", error.problem)
        return acknowledgement(message, "AA")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def frames(connection: socket.socket) -> Iterator[bytes]:
    """Messages between the frame marks, until the sender closes or sends over MAX_BYTES.

    Bytes outside frames are dropped. A message is handed over once its end has come.
    """
    waiting = bytearray()
    while True:
        begin = waiting.find(START)
        if begin < 0:
            waiting.clear()
        else:
            del waiting[:begin]
            end = waiting.find(END)
            if end >= 0:
                yield bytes(waiting[1:end])
                del waiting[: end + len(END)]
                continue
        if len(waiting) > MAX_BYTES + len(START):
            yield bytes(waiting[1:])  # too large: refused by name, then the line is cut
            return
        received = connection.recv(65536)
        if not received:
            return
        waiting += received
