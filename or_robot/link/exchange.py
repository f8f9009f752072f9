"""One question, one answer, on a borrowed socket."""

from __future__ import annotations

import math
import os
import time
from typing import NamedTuple

import msgspec
import zmq

from or_robot.link.codec import (
    SCHEMA_VERSION,
    Frame,
    Kind,
    decode_frame,
    encode_frame,
    refusal_in,
)
from or_robot.link.sockets import NOW, DeadSocket, SocketPool

AWAKE_S = 0.0006
"""An answer that is ready comes within this time. To sleep for it and be woken costs more than the
answer: two requests on an idle virtual machine took 1.4 ms so, and take 1.0 ms awake."""


class Question(NamedTuple):
    """What is asked; becomes a frame each time it is sent, with the time left then."""

    name: str
    id: str
    body: msgspec.Raw


def exchange(
    pool: SocketPool, question: Question, patience_s: float, resend_s: float | None
) -> Frame:
    """Send, resend every `resend_s` (None: never), return the answer to this id.

    Raises TimeoutError after `patience_s`, LinkRefused when the answer is a refusal. A late answer
    to an earlier question on the same socket is skipped.
    """
    deadline_s = time.monotonic() + patience_s
    while True:
        socket = pool.take()
        try:
            answer = _ask(socket, question, deadline_s, resend_s)
        except DeadSocket:
            pool.discard(socket)
            continue  # nothing was sent on it
        except BaseException:
            pool.discard(socket)
            raise
        pool.give_back(socket)
        if answer.kind is Kind.REFUSED:
            raise refusal_in(answer)
        return answer


def _ask(
    socket: zmq.Socket, question: Question, deadline_s: float, resend_s: float | None
) -> Frame:
    name, id_, body = question
    send_at_s = 0.0
    while (now_s := time.monotonic()) < deadline_s:
        if now_s >= send_at_s:
            left_s = deadline_s - now_s
            send(
                socket,
                Frame(SCHEMA_VERSION, Kind.REQUEST, name, id_, time.time(), left_s, body=body),
            )
            send_at_s = math.inf if resend_s is None else now_s + resend_s
        message = receive(socket)
        if message is not None:
            answer = decode_frame(message)
            if answer.id == id_ and answer.kind in (Kind.REPLY, Kind.REFUSED):
                return answer
    raise TimeoutError


def receive(socket: zmq.Socket) -> bytes | None:
    """The next message; None when none comes in the socket's own patience (a poll is slower)."""
    asleep_from_s = time.monotonic() + AWAKE_S
    while time.monotonic() < asleep_from_s:
        try:
            return socket.recv(NOW)
        except zmq.Again:
            os.sched_yield()
    try:
        return socket.recv()
    except zmq.Again:
        return None


def tell(pool: SocketPool, frame: Frame) -> None:
    """Send what has no answer."""
    while True:
        try:
            with pool.borrow() as socket:
                return send(socket, frame)
        except DeadSocket:
            continue


def send(socket: zmq.Socket, frame: Frame) -> None:
    """Without waiting. Raises DeadSocket, and then nothing was sent."""
    try:
        socket.send(encode_frame(frame), NOW)
    except zmq.Again:
        raise DeadSocket from None
