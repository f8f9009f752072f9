"""The link under load: a stop beside a large transfer, and 200 clients at once."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import zmq
from rich.console import Console
from rich.progress import track

from or_robot.bench.link_ports import free_ports
from or_robot.config.link import LinkConfig
from or_robot.link.client import LinkClient
from or_robot.link.codec import (
    SCHEMA_VERSION,
    Frame,
    Kind,
    decode_frame,
    encode_frame,
    encode_payload,
)
from or_robot.link.keys import SERVER_KEY, KeyFolder
from or_robot.link.payloads import ObjectChunk, ObjectRequest, RoomRequest, StopRequest
from or_robot.link.running import short_turns
from or_robot.link.server import LinkServer
from or_robot.link.sockets import IO_THREADS, Lane, connect
from or_robot.link.stop_server import StopServer
from or_robot.types.clinical import RoomCase

START_S = 60.0
ROOM, PANEL = "OR-1", "panel-OR-1"
TRANSFER_BYTES = 100_000_000
CLIENTS, ROUNDS, PERIOD_S = 200, 20, 1.0
"""As many screens, each asking once a second at its own moment."""

Figures = dict[str, Any]


def measure(home: Path, stops: int) -> Figures:
    """Both figures; keys `stop` and `clients`."""
    with _servers(home) as config:
        return {"stop": _stop_beside_transfer(config, stops), "clients": _many_clients(config)}


def _stop_beside_transfer(config: LinkConfig, stops: int) -> Figures:
    """Press to acknowledgement, gateway included, alone and while 100 MB go to the same panel."""
    short_turns()  # as panel, gateway and both servers do
    robot = LinkClient(config, "gateway")
    robot.serve_stop(_published)
    alone, beside = np.zeros(stops), np.zeros(stops)
    moved = [0]
    with robot, LinkClient(config, PANEL) as panel:
        while not panel.stop_ready:
            time.sleep(0.05)
        for n in track(range(stops), "stop", console=Console(stderr=True), transient=True):
            alone[n] = _press(panel)
            with _transfer(panel, moved):
                beside[n] = _press(panel)
    p50, p99 = np.percentile(1e3 * np.stack([alone, beside]), [50, 99], axis=1)
    return {
        "stops": stops,
        "transferred_bytes": moved[0],
        "alone_ms": {"p50": round(p50[0], 3), "p99": round(p99[0], 3)},
        "beside_transfer_ms": {"p50": round(p50[1], 3), "p99": round(p99[1], 3)},
        "p99_more_ms": round(p99[1] - p99[0], 3),
    }


def _published(_request: StopRequest) -> None:
    """A gateway's stop handler that does nothing."""


def _press(panel: LinkClient) -> float:
    begun = time.perf_counter()
    panel.stop("bench", timeout_s=10.0)
    return time.perf_counter() - begun


@contextmanager
def _transfer(panel: LinkClient, moved: list[int]) -> Iterator[None]:
    """A large object is under way, before and while the body runs."""
    wanted = ObjectRequest("bench", ROOM, "bench", "SIM0001", "bench")
    under_way, enough = threading.Event(), threading.Event()

    def take() -> None:
        for chunk in panel.fetch(wanted, timeout_s=30.0):
            moved[0] += len(chunk)
            under_way.set()
            if enough.is_set():
                return

    taker = threading.Thread(target=take)
    taker.start()
    under_way.wait(START_S)
    try:
        yield
    finally:
        enough.set()
        taker.join()


def _many_clients(config: LinkConfig) -> Figures:
    """200 connections, each asks for a prepared answer of 26 kB once a second."""
    keys = KeyFolder(config.keys_folder)
    context = zmq.Context(io_threads=IO_THREADS)
    chance = random.Random(1)  # noqa: S311
    body = encode_payload(RoomRequest("bench", ROOM, "bench"))
    times: list[float] = []
    with ExitStack() as stack:
        stack.callback(context.term)
        poller, waiting = zmq.Poller(), {}
        due: list[tuple[float, zmq.Socket]] = []
        for _ in range(CLIENTS):
            socket = connect(
                context, config, Lane.REQUEST, keys.pair(PANEL), keys.public(SERVER_KEY)
            )
            stack.callback(socket.close)
            poller.register(socket, zmq.POLLIN)
            waiting[socket] = 0.0
        _round(poller, waiting, [(0.0, socket) for socket in waiting], body)  # connections
        for _ in track(range(ROUNDS), "clients", console=Console(stderr=True), transient=True):
            due = sorted(
                ((chance.uniform(0.0, PERIOD_S), socket) for socket in waiting),
                key=lambda one: one[0],
            )
            times += _round(poller, waiting, due, body)
    p50, p99 = np.percentile(1e3 * np.array(times), [50, 99])
    return {
        "clients": CLIENTS,
        "asked": len(times),
        "p50_ms": round(p50, 3),
        "p99_ms": round(p99, 3),
    }


def _round(
    poller: zmq.Poller,
    asked_s: dict[zmq.Socket, float],
    due: list[tuple[float, zmq.Socket]],
    body: msgspec.Raw,
) -> list[float]:
    """Every client asks once at its moment; seconds until each answer was decoded."""
    begun, at = time.perf_counter(), 0
    times: list[float] = []
    while len(times) < len(due):
        now = time.perf_counter() - begun
        while at < len(due) and due[at][0] <= now:
            socket = due[at][1]
            frame = Frame(
                SCHEMA_VERSION,
                Kind.REQUEST,
                "case.get",
                f"{begun}-{at}",
                time.time(),
                30.0,
                body=body,
            )
            asked_s[socket] = time.perf_counter()
            socket.send(encode_frame(frame))
            at += 1
        left_ms = 1e3 * (due[at][0] - now) if at < len(due) else 1e3
        for socket, _ in poller.poll(int(left_ms)):
            decode_frame(socket.recv())
            times.append(time.perf_counter() - asked_s[socket])
    return times


@contextmanager
def _servers(home: Path) -> Iterator[LinkConfig]:
    spawn = get_context("spawn")
    config = LinkConfig(keys_folder=home / "keys", port=free_ports())
    processes = []
    try:
        for target in (serve_information, serve_stops):
            ready = spawn.Event()
            process = spawn.Process(target=target, args=(config, ready))
            processes.append(process)
            process.start()
            ready.wait(START_S)
        yield config
    finally:
        for process in processes:
            process.terminate()
            process.join()


def serve_information(config: LinkConfig, ready: Event) -> None:
    short_turns()
    data = random.Random(1).randbytes(1 << 20)  # noqa: S311
    case = RoomCase(ROOM, "v" * 26_000, None, (), None)

    def part(request: ObjectRequest, _caller: object) -> ObjectChunk:
        length = min(request.length, TRANSFER_BYTES - request.offset)
        return ObjectChunk(TRANSFER_BYTES, data[:length])

    handlers = {"case.get": lambda _request, _caller: case, "object.get": part}
    with LinkServer(config, handlers):
        ready.set()
        threading.Event().wait()


def serve_stops(config: LinkConfig, ready: Event) -> None:
    short_turns()
    logging.disable(logging.WARNING)  # each stop is one
    with StopServer(config):
        ready.set()
        threading.Event().wait()
