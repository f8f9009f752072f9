"""The server of the stop lane: alone in its process, so that nothing else can take stops along."""

from __future__ import annotations

from collections.abc import Iterable

import zmq

from or_robot.link.listening import Listening, Loop
from or_robot.link.sockets import POLL_S, Lane
from or_robot.link.stop_desk import StopDesk


class StopServer(Listening):
    """Binds the stop port; panels and gateways dial in."""

    def _open(self, context: zmq.Context) -> Iterable[tuple[str, Loop]]:
        self._gate = self._listen(context, Lane.STOP)
        self._desk = StopDesk(self._config, self._gate)
        return (("link-stop", self._serve),)

    def _serve(self) -> None:
        while not self._closing.is_set():
            if self._gate.socket.poll(int(POLL_S * 1000)):
                self._desk.receive()
