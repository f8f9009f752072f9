"""Contenders of the yardstick `link`: each serves the same two answers its own way."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import flask
import msgspec
import zmq
from gunicorn.app.base import BaseApplication

from or_robot.config.link import LinkConfig
from or_robot.info.service import InformationService
from or_robot.link.client import LinkClient
from or_robot.link.keys import SERVER_KEY, KeyFolder, KeyPair
from or_robot.link.payloads import ImageRequest, RoomRequest
from or_robot.link.running import short_turns
from or_robot.link.servant import Handler
from or_robot.link.server import LinkServer
from or_robot.types.clinical import KeyImage, ProtonCard, RoomCase

ROOM, PATIENT, PANEL = "OR-1", "SIM0001", "panel-OR-1"
VIEW, ORIENTATION = "planned", "axial"

Answer = tuple[ProtonCard, KeyImage]
Ask = Callable[[], Answer]


@dataclass(frozen=True)
class Bench:
    """What a peer needs to know; goes to its process."""

    home: Path
    port: int
    same_work: bool
    """Draw the image for each request; else both answers are ready in memory."""


class Answers:
    """The two answers, from the committed case."""

    def __init__(self, bench: Bench) -> None:
        self._service = InformationService(bench.home / "info")
        self._same_work = bench.same_work
        card = self._service.case(ROOM).plans[0]
        ready = self._service.image(PATIENT, card.plan_uid, VIEW, ORIENTATION, 0)
        self._plan, self._index = card.plan_uid, ready.prepared_range[1] + 1
        self._ready = (self._only_card(), ready)
        self._draw()  # loads the volumes

    def card(self) -> RoomCase:
        return self._only_card() if self._same_work else self._ready[0]

    def image(self) -> KeyImage:
        return self._draw() if self._same_work else self._ready[1]

    def _only_card(self) -> RoomCase:
        return replace(self._service.case(ROOM), patient=None)

    def _draw(self) -> KeyImage:
        """One slice beyond those prepared, so that it is drawn now."""
        return self._service.image(PATIENT, self._plan, VIEW, ORIENTATION, self._index)


@dataclass(frozen=True)
class Peer:
    """One contender."""

    name: str
    transport: str
    """What protects the bytes, so that rows can be compared."""
    serve: Callable[[Bench, Event], None]
    """Runs in a process of its own until that is ended; sets the event when it listens."""
    dial: Callable[[Bench], AbstractContextManager[Ask]]
    """Gives the function that asks for card and image and returns both decoded."""


Makers = dict[str, Callable[[], bytes]]


def makers_of(bench: Bench, encode: Callable[[object], bytes]) -> Makers:
    """Makers of both answers as bytes; in `prepared` the bytes exist already."""
    answers = Answers(bench)
    if bench.same_work:
        return {"card": lambda: encode(answers.card()), "image": lambda: encode(answers.image())}
    card, image = encode(answers.card()), encode(answers.image())
    return {"card": lambda: card, "image": lambda: image}


def ask_both(ask: Callable[[str], bytes], decode: Callable[..., Any]) -> Answer:
    case: RoomCase = decode(ask("card"), type=RoomCase)
    return case.plans[0], decode(ask("image"), type=KeyImage)


# Raw ZeroMQ: one REP socket in one thread, CURVE, no checks of any kind. It answers the two
# questions (the floor); whatever else it gets it sends back (the echo that the yardstick names)


def serve_raw(bench: Bench, ready: Event) -> None:
    makers = makers_of(bench, msgspec.msgpack.encode)
    socket = zmq.Context().socket(zmq.REP)
    socket.curve_server = True
    socket.curve_secretkey = _pair(bench, SERVER_KEY).secret.encode()
    socket.bind(f"tcp://127.0.0.1:{bench.port}")
    ready.set()
    questions = {name.encode(): make for name, make in makers.items()}
    while True:
        message = socket.recv()
        socket.send(questions[message]() if message in questions else message)


@contextmanager
def _raw_client(bench: Bench) -> Iterator[Callable[[bytes], bytes]]:
    mine, server = _pair(bench, PANEL), _pair(bench, SERVER_KEY)
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.curve_publickey, socket.curve_secretkey = mine.public.encode(), mine.secret.encode()
        socket.curve_serverkey = server.public.encode()
        socket.connect(f"tcp://127.0.0.1:{bench.port}")

        def exchange(message: bytes) -> bytes:
            socket.send(message)
            return bytes(socket.recv())

        yield exchange


@contextmanager
def dial_raw(bench: Bench) -> Iterator[Ask]:
    with _raw_client(bench) as exchange:
        yield lambda: ask_both(lambda what: exchange(what.encode()), msgspec.msgpack.decode)


@contextmanager
def dial_echo(bench: Bench) -> Iterator[Ask]:
    """The two answers go there and back."""
    with _raw_client(bench) as exchange:
        answers = {what: exchange(what.encode()) for what in ("card", "image")}
        yield lambda: ask_both(lambda what: exchange(answers[what]), msgspec.msgpack.decode)


def _pair(bench: Bench, name: str) -> KeyPair:
    return KeyFolder(bench.home / "keys").pair(name)


# Our link


def serve_link(bench: Bench, ready: Event) -> None:
    answers = Answers(bench)
    handlers: dict[str, Handler] = {
        "case.get": lambda _request, _caller: answers.card(),
        "image.get": lambda _request, _caller: answers.image(),
    }
    short_turns()  # as the information process does
    with LinkServer(_link_config(bench), handlers):
        ready.set()
        threading.Event().wait()


@contextmanager
def dial_link(bench: Bench) -> Iterator[Ask]:
    room = RoomRequest("device", ROOM, "bench")
    image = ImageRequest("device", ROOM, "bench", PATIENT, "", VIEW, ORIENTATION, 0)
    with LinkClient(_link_config(bench), PANEL) as client:
        yield lambda: (
            client.request("case.get", room, reply=RoomCase).plans[0],
            client.request("image.get", image, reply=KeyImage),
        )


def _link_config(bench: Bench) -> LinkConfig:
    return LinkConfig(keys_folder=bench.home / "keys", port=bench.port)


# Flask behind gunicorn, as the panel is; JSON with the image in base64; the connection is kept


class _Gunicorn(BaseApplication):
    def __init__(self, bench: Bench, ready: Event) -> None:
        self._bench, self._ready = bench, ready
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"127.0.0.1:{self._bench.port}",
            "worker_class": "gthread",
            "threads": 4,
            "keepalive": 600,
            "loglevel": "error",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> flask.Flask:
        makers = makers_of(self._bench, msgspec.json.encode)
        app = flask.Flask(__name__)

        @app.get("/<what>")
        def answer(what: str) -> flask.Response:
            return flask.Response(makers[what](), mimetype="application/json")

        self._ready.set()
        return app


def serve_flask(bench: Bench, ready: Event) -> None:
    _Gunicorn(bench, ready).run()


@contextmanager
def dial_flask(bench: Bench) -> Iterator[Ask]:
    with closing(http.client.HTTPConnection("127.0.0.1", bench.port)) as connection:

        def ask(what: str) -> bytes:
            connection.request("GET", f"/{what}")
            return connection.getresponse().read()

        yield lambda: ask_both(ask, msgspec.json.decode)


ECHO, RAW, OURS = "raw_zmq_curve_echo", "raw_zmq_curve", "or_robot_link"

PEERS = (
    Peer(ECHO, "CURVE", serve_raw, dial_echo),
    Peer(RAW, "CURVE", serve_raw, dial_raw),
    Peer(OURS, "CURVE", serve_link, dial_link),
    Peer("flask_http_json", "none", serve_flask, dial_flask),
)
