"""Large objects in chunks, pulled: the reader's credit is how many chunks it has asked for.

A server never has more of an object under way than its reader can take, so that a slow reader costs
it nothing and a fast one fills the line (credit-based flow control; ZeroMQ guide, chapter 7).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator

import msgspec
import zmq

from or_robot.link.codec import Frame, Kind, decode_frame, decode_payload, refusal_in
from or_robot.link.errors import LinkRefused
from or_robot.link.exchange import receive, send
from or_robot.link.payloads import ObjectChunk, ObjectRequest
from or_robot.link.sockets import DeadSocket, SocketPool

CHUNK_BYTES = 1 << 17
"""Encrypted in less than a millisecond, so that other answers hardly wait behind it."""
CREDIT = 8
"""Chunks asked for and not yet given on: 1 MiB, which fills 50 MB/s at 20 ms round trip."""

AGAIN = frozenset({"busy", "expired"})
"""Refusals after which a chunk is asked for again."""


@dataclasses.dataclass(slots=True)
class _Asked:
    frame: Frame
    offset: int
    sent_s: float


class Transfer:
    """One object on its way to this client. Raises TimeoutError when nothing comes for too long."""

    def __init__(
        self,
        frame_of: Callable[[ObjectRequest, float], Frame],
        wanted: ObjectRequest,
        patience_s: float,
        resend_s: float,
    ) -> None:
        """`frame_of` makes the request frame of one chunk, given seconds until its deadline."""
        self._frame_of, self._wanted = frame_of, wanted
        self._patience_s, self._resend_s = patience_s, resend_s
        self._asked: dict[str, _Asked] = {}
        self._arrived: dict[int, bytes] = {}
        self._next = self._given = 0
        """Offsets: first byte not asked for; first byte not given on."""
        self._size: int | None = None
        self._heard_s = time.monotonic()

    def chunks(self, pool: SocketPool) -> Iterator[bytes]:
        """In order. Survives a restarted server: what was under way is asked for again."""
        while not self._done:
            try:
                with pool.borrow() as socket:
                    yield from self._pull(socket)
            except DeadSocket:
                self._heard_in_time()

    @property
    def _done(self) -> bool:
        return self._size is not None and self._given >= self._size

    def _pull(self, socket: zmq.Socket) -> Iterator[bytes]:
        while not self._done:
            self._ask(socket)
            message = receive(socket)
            if message is None:
                self._heard_in_time()
            else:
                self._take(decode_frame(message))
            while (data := self._arrived.pop(self._given, None)) is not None:
                self._given += len(data)
                yield data
                self._heard_s = time.monotonic()  # the taker may have been slow, not the server

    def _ask(self, socket: zmq.Socket) -> None:
        now_s = time.monotonic()
        for asked in self._asked.values():
            if now_s - asked.sent_s > self._resend_s:
                asked.sent_s = now_s
                send(socket, msgspec.structs.replace(asked.frame, age_s=self._patience_s))
        while self._credit():
            part = dataclasses.replace(self._wanted, offset=self._next, length=CHUNK_BYTES)
            frame = self._frame_of(part, self._patience_s)
            send(socket, frame)
            self._asked[frame.id] = _Asked(frame, self._next, now_s)
            self._next += CHUNK_BYTES

    def _credit(self) -> bool:
        """The first chunk tells the size, so nothing is asked for before it is there."""
        if self._size is None:
            return self._next == 0
        return self._next < self._size and len(self._asked) + len(self._arrived) < CREDIT

    def _take(self, frame: Frame) -> None:
        asked = self._asked.get(frame.id)
        if asked is None:
            return  # of an earlier use of the socket, or a second answer
        if frame.kind is Kind.REFUSED:
            refusal = refusal_in(frame)
            if refusal.code not in AGAIN:
                raise refusal
            return
        chunk = decode_payload(frame.body, ObjectChunk)
        del self._asked[frame.id]
        expected = min(CHUNK_BYTES, chunk.size - asked.offset)
        if len(chunk.data) != expected or self._size not in (None, chunk.size):
            raise LinkRefused("garbage", "the object changed while it was sent", "fetch it again")
        self._size = chunk.size
        self._arrived[asked.offset] = chunk.data
        self._heard_s = time.monotonic()

    def _heard_in_time(self) -> None:
        if time.monotonic() - self._heard_s > self._patience_s:
            raise TimeoutError
