"""The answering side of a gateway: requests on worker threads, stops on their own thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import zmq

from or_robot.config.link import LinkConfig
from or_robot.errors import OrRobotError
from or_robot.link.codec import (
    SCHEMA_VERSION,
    Caller,
    Frame,
    Hello,
    Kind,
    decode_payload,
    encode_payload,
    refused_frame,
)
from or_robot.link.errors import LinkRefused
from or_robot.link.exchange import send, tell
from or_robot.link.memory import AnswerMemory
from or_robot.link.payloads import Acknowledged, StopRequest
from or_robot.link.received import read_frame, say_hello
from or_robot.link.sockets import POLL_S, SocketPool
from or_robot.link.topics import Request, request_named

Handler = Callable[[Any, Caller], object]

_log = logging.getLogger(__name__)


def execute(row: Request, handler: Handler, frame: Frame, payload: object, caller: Caller) -> Frame:
    """Run a handler; its answer, or why there is none, as the frame to send back."""
    try:
        reply = handler(payload, caller)
        if not isinstance(reply, row.reply):
            raise TypeError(f"{row.name} gives {row.reply.__name__}, not {type(reply).__name__}")
        return _reply_frame(frame, reply)
    except LinkRefused as refusal:
        return refused_frame(frame.name, frame.id, time.time(), refusal)
    except OrRobotError as error:
        declined = LinkRefused("declined", error.problem, error.remedy)
        return refused_frame(frame.name, frame.id, time.time(), declined)
    except Exception:  # whatever it was, the asker must not wait and the others must go on
        _log.exception("handler of %s failed", row.name)
        failed = LinkRefused("failed", f"{row.name} failed on the other side", "see its log")
        return refused_frame(frame.name, frame.id, time.time(), failed)


def _reply_frame(frame: Frame, reply: object) -> Frame:
    body = encode_payload(reply)
    return Frame(SCHEMA_VERSION, Kind.REPLY, frame.name, frame.id, time.time(), body=body)


class Servant:
    """Answers the requests that the server forwards to this gateway."""

    def __init__(self, config: LinkConfig, replies: SocketPool) -> None:
        self._config, self._replies = config, replies
        self._handlers: dict[str, Handler] = {}
        self._memory = AnswerMemory[None](config.remembered_answers)
        self._workers = ThreadPoolExecutor(config.workers, thread_name_prefix="link-worker")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._handlers)

    def add(self, row: Request, handler: Handler) -> None:
        self._handlers[row.name] = handler

    def close(self) -> None:
        self._workers.shutdown(cancel_futures=True)

    def run(self, socket: zmq.Socket, closing: threading.Event) -> None:
        """Until `closing`, or until the socket is dead and must be dialled again."""
        next_hello_s = 0.0
        while not closing.is_set():
            if time.monotonic() >= next_hello_s:
                if not say_hello(socket, Hello(serve=self.names)):
                    return
                next_hello_s = time.monotonic() + self._config.hello_s
            if socket.poll(int(POLL_S * 1000)):
                self._accept(read_frame(socket))

    def _accept(self, frame: Frame | None) -> None:
        if frame and frame.kind is Kind.REQUEST and frame.caller and frame.name in self._handlers:
            answered = self._workers.submit(self._answer, frame, frame.caller, time.monotonic())
            answered.add_done_callback(_log_failure)

    def _answer(self, frame: Frame, caller: Caller, received_s: float) -> None:
        key = ("", frame.id)  # the server has put the asker's name into the id
        row = request_named(frame.name)
        try:
            payload: Any = decode_payload(frame.body, row.payload)
            new, answer = self._memory.claim(key, bytes(frame.body), None)
        except LinkRefused as refusal:
            new, answer = False, refused_frame(frame.name, frame.id, time.time(), refusal)
        if new and time.monotonic() - received_s > frame.age_s:
            self._memory.forget(key)
            expired = LinkRefused("expired", f"{frame.name} waited too long at the gateway")
            answer = refused_frame(frame.name, frame.id, time.time(), expired)
        elif new:
            answer = execute(row, self._handlers[frame.name], frame, payload, caller)
            self._memory.finish(key, answer, keep=row.changes)
        if answer is not None:
            tell(self._replies, answer)


def _log_failure(answered: Future[None]) -> None:
    if not answered.cancelled() and (error := answered.exception()) is not None:
        _log.error("an answer could not be given", exc_info=error)


class StopServant:
    """Hands stop requests to the gateway's handler and acknowledges them."""

    def __init__(self, config: LinkConfig, welcomed: Callable[[Frame], None]) -> None:
        self._config, self._welcomed = config, welcomed
        self.handler: Callable[[StopRequest], None] | None = None

    def run(self, socket: zmq.Socket, closing: threading.Event) -> None:
        """Until `closing`, or until the socket is dead and must be dialled again."""
        next_hello_s = 0.0
        while not closing.is_set():
            if time.monotonic() >= next_hello_s:
                if not say_hello(socket, Hello()):
                    return
                next_hello_s = time.monotonic() + self._config.hello_s
            if socket.poll(int(POLL_S * 1000)):
                frame = read_frame(socket)
                if frame and frame.kind is Kind.REQUEST:
                    send(socket, self._stop(frame))
                elif frame:
                    self._welcomed(frame)

    def _stop(self, frame: Frame) -> Frame:
        try:
            if self.handler is None:
                raise LinkRefused("no_robot", "this gateway cannot stop its robot")
            self.handler(decode_payload(frame.body, StopRequest))
            return _reply_frame(frame, Acknowledged("published"))
        except LinkRefused as refusal:
            return refused_frame(frame.name, frame.id, time.time(), refusal)
        except Exception:  # the panel must learn at once that the stop did not go through
            _log.exception("stop could not be published")
            failed = LinkRefused("failed", "the gateway could not publish the stop")
            return refused_frame(frame.name, frame.id, time.time(), failed)
