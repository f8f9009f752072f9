"""One question, one answer, on a borrowed socket."""

from __future__ import annotations

import math
import time

import msgspec
import zmq

from or_robot.link.codec import Frame, Kind, decode_frame, encode_frame, refusal_in
from or_robot.link.sockets import SocketPool, takes_more


def exchange(pool: SocketPool, frame: Frame, patience_s: float, resend_s: float | None) -> Frame:
    """Send, resend every `resend_s` (None: never), return the answer to this id.

    Raises TimeoutError after `patience_s`, LinkRefused when the answer is a refusal. A late answer
    to an earlier question on the same socket is skipped.
    """
    deadline_s = time.monotonic() + patience_s
    answer = None
    while answer is None:
        with pool.borrow() as socket:
            answer = _ask(socket, frame, deadline_s, resend_s)
    if answer.kind is Kind.REFUSED:
        raise refusal_in(answer)
    return answer


def _ask(
    socket: zmq.Socket, frame: Frame, deadline_s: float, resend_s: float | None
) -> Frame | None:
    """The answer; None when the socket turns out to be dead and another one must be used."""
    send(socket, msgspec.structs.replace(frame, age_s=deadline_s - time.monotonic()))
    resend_at_s = math.inf if resend_s is None else time.monotonic() + resend_s
    while (now_s := time.monotonic()) < deadline_s:
        if resend_s is not None and now_s >= resend_at_s:
            if not takes_more(socket):
                return None
            send(socket, msgspec.structs.replace(frame, age_s=deadline_s - now_s))
            resend_at_s = now_s + resend_s
        message = _receive(socket)
        if message is not None:
            answer = decode_frame(message)
            if answer.id == frame.id and answer.kind in (Kind.REPLY, Kind.REFUSED):
                return answer
    raise TimeoutError


def _receive(socket: zmq.Socket) -> bytes | None:
    """None when nothing comes within the socket's own patience; a poll would cost as much again."""
    try:
        return socket.recv()
    except zmq.Again:
        return None


def send(socket: zmq.Socket, frame: Frame) -> None:
    """Never waits; a full queue means the server is away, and the deadline tells."""
    try:
        socket.send(encode_frame(frame), zmq.DONTWAIT)
    except zmq.Again:
        return
