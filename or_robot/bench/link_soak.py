"""`or-robot bench soak --part link`: questions and commands through a bad network, servers killed.

A message is one frame through the proxy: a look or a phase has two (question, answer), a task four
(panel to server to gateway and back). Every effect is noted where it happens, in a file that
outlives the server: `lost` is what was acknowledged and is not there, `duplicated_effects` what is
there twice.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from or_robot.bench.link_ports import free_ports
from or_robot.config.link import PORTS, LinkConfig
from or_robot.config.link_profile import LINK_PROFILES
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.link.client import LinkClient
from or_robot.link.codec import Caller
from or_robot.link.errors import LinkDown, LinkRefused, LinkTimeout
from or_robot.link.keys import ensure_default_keys, new_allowed_key
from or_robot.link.payloads import PhaseChange, RoomRequest, TaskSubmit
from or_robot.link.proxy import Proxy
from or_robot.link.servant import Handler
from or_robot.link.server import LinkServer
from or_robot.link.topics import Role
from or_robot.types.clinical import RoomCase
from or_robot.types.procedure import Phase, ProcedurePhase
from or_robot.types.tasks import Task, TaskKind, TaskRequest, TaskState

app = typer.Typer(add_completion=False)

ROOMS = ("OR-1", "OR-2", "OR-3")
ASKERS = 8
"""Threads a room."""
PHASES, TASKS = 0.05, 0.20
"""Shares of commands to the server and to the robot; the rest are looks."""
FRAMES = {"look": 2, "phase": 2, "task": 4}
AGAIN = frozenset({"busy", "expired", "no_robot"})
SAVE_S = 2.0
WAIT_S = 0.05


@dataclass
class Tally:
    """What is kept between the sessions of one soak."""

    messages: int = 0
    restarts: int = 0
    interrupted: int = 0
    """Begun by a killed server: refused, looked up, and asked anew where nothing had happened."""
    asked_again: int = 0
    seconds: float = 0.0


class Ledger:
    """Lines on disk, from any thread or process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, tag: str) -> None:
        os.write(self._file, f"{tag}\n".encode())


def serve(config: LinkConfig, folder: Path) -> None:
    """The process that is killed."""
    ledger = Ledger(folder / "phases")

    def case(request: RoomRequest, _caller: Caller) -> RoomCase:
        return RoomCase(request.room, "v1", None, (), None)

    def phase(request: PhaseChange, _caller: Caller) -> ProcedurePhase:
        ledger.note(request.why)
        return ProcedurePhase(time.time(), request.room, request.phase)

    handlers: dict[str, Handler] = {"case.get": case, "phase.set": phase}
    with LinkServer(config, handlers, folder / "answers.journal"):
        threading.Event().wait()


class Soak:
    """One session: askers, robot, proxy and the server that is killed now and then."""

    def __init__(self, folder: Path, profile: str, seed: int) -> None:
        self._folder, self._seed = folder, seed
        self._near = LinkConfig(keys_folder=folder / "keys", port=free_ports())
        self._far = replace(self._near, port=self._near.port + PORTS)
        self._profile = LINK_PROFILES[profile]
        self._state = folder / "state.json"
        kept = json.loads(self._state.read_text()) if self._state.exists() else {}
        self.tally = Tally(**kept)
        self._acknowledged = Ledger(folder / "acknowledged")
        self._robot = Ledger(folder / "tasks")
        self._session = os.urandom(4).hex()
        self._trouble: OrRobotError | None = None
        self._lock, self._done = threading.Lock(), threading.Event()

    def run(self, messages: int, kills: int, advance: Callable[[int], None]) -> None:
        ensure_default_keys(self._folder)
        begun = time.monotonic() - self.tally.seconds
        with Proxy(self._profile, listen=self._far.port, to=self._near.port, seed=self._seed):
            server = self._serve()
            gateway = LinkClient(self._far, "gateway")
            gateway.serve("task.submit", self._submit)
            with gateway:
                askers = self._start_askers()
                try:
                    while self.tally.messages < messages and not self._done.wait(SAVE_S):
                        if not server.is_alive():
                            raise OrRobotError("the server ended by itself", "its output says why")
                        due = kills * self.tally.messages // messages
                        if due > self.tally.restarts:
                            server = self._kill(server)
                        self.tally.seconds = round(time.monotonic() - begun, 1)
                        self._state.write_text(json.dumps(asdict(self.tally)))
                        advance(self.tally.messages)
                finally:
                    self._done.set()
                    for asker in askers:
                        asker.join()
                    server.kill()
                    self._state.write_text(json.dumps(asdict(self.tally)))
        if self._trouble is not None:
            raise self._trouble

    def _serve(self) -> SpawnProcess:
        process = get_context("spawn").Process(target=serve, args=(self._near, self._folder))
        process.start()
        return process

    def _kill(self, server: SpawnProcess) -> SpawnProcess:
        server.kill()
        server.join()
        self.tally.restarts += 1
        return self._serve()

    def _submit(self, request: TaskSubmit, _caller: Caller) -> Task:
        self._robot.note(request.why)
        return Task(request.task, TaskState.QUEUED, "", time.time(), None, None)

    def _start_askers(self) -> list[threading.Thread]:
        keys = ensure_default_keys(self._folder)
        for room in ROOMS[1:]:
            if not keys.secret_file(f"panel-{room}").exists():
                new_allowed_key(keys, f"panel-{room}", Role.PANEL, room)
        threads = [threading.Thread(target=self._ask_for, args=(room,)) for room in ROOMS]
        for thread in threads:
            thread.start()
        return threads

    def _ask_for(self, room: str) -> None:
        with LinkClient(self._far, f"panel-{room}") as client:
            threads = [
                threading.Thread(target=self._keep_asking, args=(client, room, n))
                for n in range(ASKERS)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def _keep_asking(self, client: LinkClient, room: str, number: int) -> None:
        chance = random.Random(f"{self._seed} {self._session} {room} {number}")  # noqa: S311
        count = 0
        while not self._done.is_set():
            count += 1
            tag = f"{self._session}-{room}-{number}-{count}"
            draw = chance.random()
            kind = "phase" if draw < PHASES else "task" if draw < PHASES + TASKS else "look"
            try:
                self._until_acknowledged(client, kind, room, tag)
            except OrRobotError as error:
                self._trouble = error
                self._done.set()

    def _until_acknowledged(self, client: LinkClient, kind: str, room: str, tag: str) -> None:
        """As a client should: the same id until there is an answer; after `interrupted`, look."""
        id_ = tag
        while not self._done.is_set():
            try:
                _ask(client, kind, room, tag, id_)
            except (LinkDown, LinkTimeout):
                self._count(asked_again=1)
                self._done.wait(WAIT_S)
            except LinkRefused as refusal:
                if refusal.code in AGAIN:
                    self._count(asked_again=1)
                    self._done.wait(WAIT_S)
                elif refusal.code != "interrupted":
                    raise
                else:
                    self._count(interrupted=1)
                    if tag in (self._folder / "phases").read_text().split():
                        return
                    id_ += "+"
            else:
                if kind != "look":
                    self._acknowledged.note(f"{kind} {tag}")
                self._count(messages=FRAMES[kind])
                return

    def _count(self, **more: int) -> None:
        with self._lock:
            for name, number in more.items():
                setattr(self.tally, name, getattr(self.tally, name) + number)


def _ask(client: LinkClient, kind: str, room: str, tag: str, id_: str) -> None:
    match kind:
        case "look":
            client.request("case.get", RoomRequest("soak", room, tag), reply=RoomCase, id=id_)
        case "phase":
            change = PhaseChange("soak", room, tag, Phase.OPERATING)
            client.request("phase.set", change, reply=ProcedurePhase, id=id_)
        case _:
            task = TaskRequest(tag, TaskKind.DELIVER, "soak", "", "or_1", room)
            submit = TaskSubmit("soak", room, tag, task)
            client.request("task.submit", submit, reply=Task, id=id_)


def judged(folder: Path) -> tuple[int, int]:
    """Acknowledged and not there; there more than once."""
    effects = {"phase": _lines(folder / "phases"), "task": _lines(folder / "tasks")}
    lost = sum(
        tag not in effects[kind]
        for kind, tag in map(str.split, (folder / "acknowledged").read_text().splitlines())
    )
    duplicated = sum(n - 1 for counts in effects.values() for n in counts.values())
    return lost, duplicated


def _lines(file: Path) -> Counter[str]:
    return Counter(file.read_text().split() if file.exists() else ())


@app.command()
def soak(
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    messages: Annotated[int, typer.Option(min=1, help="frames through the proxy")] = 1_000_000,
    kills: Annotated[int, typer.Option(min=0, help="how often the server is killed")] = 10,
    profile: Annotated[str, typer.Option(help="one of lan, wifi, 5g")] = "5g",
    seed: Annotated[int, typer.Option()] = 1,
    folder: Annotated[
        Path | None, typer.Option(help="state; a soak that was ended goes on from there")
    ] = None,
) -> None:
    """None lost, nothing executed twice, whatever is killed."""
    if profile not in LINK_PROFILES:
        raise OrRobotError(f"no profile {profile!r}", f"one of {', '.join(LINK_PROFILES)}")
    place = folder or home() / "soak" / "link"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    run = Soak(place, profile, seed)
    columns = ("link soak", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task("", total=messages, completed=run.tally.messages)
        run.run(messages, kills, lambda done: bar.update(shown, completed=done))
    lost, duplicated = judged(place)
    figures: dict[str, Any] = asdict(run.tally)
    figures |= {"lost": lost, "duplicated_effects": duplicated, "profile": profile, "seed": seed}
    print(json.dumps(figures, indent=2))
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if lost or duplicated:
        raise typer.Exit(1)
