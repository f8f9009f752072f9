"""A real server and real clients on loopback, at free ports."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace

from or_robot.config.link import PORTS, LinkConfig
from or_robot.link.client import LinkClient
from or_robot.link.keys import ensure_default_keys, new_allowed_key
from or_robot.link.payloads import Acknowledged, ObjectChunk
from or_robot.link.server import LinkServer
from or_robot.link.stop_server import StopServer
from or_robot.link.topics import Role
from or_robot.types.clinical import KeyImage, RoomCase
from or_robot.types.procedure import ProcedurePhase
from or_robot.types.safety import SafetyMode, SafetyState

PATIENCE_S = 20.0


def until(condition, what="the condition", patience_s=PATIENCE_S):
    """Wait for something that other threads bring about."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        threading.Event().wait(0.005)


def free_ports():
    """First of a lane each, free, in a row; each of pytest's workers looks at its own thousands."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    lowest = 21000 + 2000 * (worker % 5)
    for first in range(lowest, lowest + 2000, PORTS):
        try:
            for port in range(first, first + PORTS):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


class Desk:
    """Handlers of the server that note what they did."""

    def __init__(self):
        self.done = []
        self.gate = threading.Event()
        self.gate.set()
        self.image_bytes = 26_000
        self.object = random.Random(1).randbytes(700_001)

    def handlers(self):
        return {"case.get": self.case, "image.get": self.image, "phase.set": self.set_phase} | {
            "object.get": self.part
        }

    def case(self, request, caller):
        self.done.append(("case.get", caller.name))
        self.gate.wait(PATIENCE_S)
        return RoomCase(request.room, "v1", None, (), None)

    def image(self, request, caller):
        return KeyImage(
            patient_id=request.patient_id,
            version="v1",
            view=request.view,
            view_label="PLANNED",
            orientation=request.orientation,
            index=request.index,
            index_range=(0, 0),
            prepared_range=(0, 0),
            slice_position_mm=0.0,
            media_type="image/jpeg",
            data=bytes(self.image_bytes),
            caption="",
        )

    def part(self, request, caller):
        self.done.append(("object.get", request.offset))
        self.gate.wait(PATIENCE_S)
        end = request.offset + request.length
        return ObjectChunk(len(self.object), self.object[request.offset : end])

    def set_phase(self, request, caller):
        self.done.append(("phase.set", request.phase))
        self.gate.wait(PATIENCE_S)
        return ProcedurePhase(1.0, request.room, request.phase)


class Robot:
    """What a gateway does, noted."""

    def __init__(self):
        self.stops = []
        self.resets = []
        self.fail = False

    def stop(self, request):
        if self.fail:
            raise RuntimeError("ROS is away")
        self.stops.append(request)

    def reset(self, request, caller):
        self.resets.append((request, caller))
        return SafetyState(1.0, SafetyMode.READY, "", "", 1.0, False, False)

    def resume(self, request, caller):
        return Acknowledged("going on")


class Servers:
    """The stop desk and the server of everything else."""

    def __init__(self, config, handlers, journal):
        self.parts = (StopServer(config), LinkServer(config, handlers, journal))

    def start(self):
        with ExitStack() as started:
            for part in self.parts:
                part.start()
                started.callback(part.close)
            self._started = started.pop_all()

    def close(self):
        self._started.close()

    def publish(self, topic, payload):
        self.parts[1].publish(topic, payload)

    def refusals(self):
        return sum((Counter(part.refusals()) for part in self.parts), Counter())

    @property
    def failed(self):
        return any(part.failed for part in self.parts)


class Link:
    """Starts servers and clients and closes them all."""

    def __init__(self, home):
        self.keys = ensure_default_keys(home)
        self.config = LinkConfig(keys_folder=home / "keys", port=free_ports())
        self.desk, self.robot = Desk(), Robot()
        self.journal = home / "answers.journal"
        self._open = []

    def server(self, **settings):
        """Both servers, as one."""
        return self._started(
            Servers(replace(self.config, **settings), self.desk.handlers(), self.journal)
        )

    def stop_server(self):
        return self._started(StopServer(self.config))

    def panel(self, name="panel-OR-1", *topics, callback=None):
        client = LinkClient(self.config, name)
        for topic in topics:
            client.subscribe(topic, callback)
        return self._started(client)

    def gateway(self, name="gateway"):
        client = LinkClient(self.config, name)
        client.serve("safety.reset", self.robot.reset)
        client.serve("task.resume", self.robot.resume)
        client.serve_stop(self.robot.stop)
        return self._started(client)

    def key(self, name, role, room=""):
        new_allowed_key(self.keys, name, Role(role), room)
        return name

    def _started(self, thing):
        thing.start()
        self._open.append(thing)
        return thing

    def stop(self, thing):
        self._open.remove(thing)
        thing.close()

    def close(self):
        self.desk.gate.set()
        while self._open:
            self._open.pop().close()
