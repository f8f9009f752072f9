"""Yardstick `link`: proton card and key image, from question to decoded objects in the client."""

from __future__ import annotations

import importlib
import importlib.util
import json
import multiprocessing
import platform
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import typer
import zmq
from rich.console import Console
from rich.progress import track
from rich.table import Table

from or_robot.bench import link_load, link_orthanc
from or_robot.bench.link_orthanc import ORTHANC, ORTHANC_PLAN
from or_robot.bench.link_peers import ECHO, OURS, PEERS, RAW, Ask, Bench, Peer
from or_robot.bench.link_plot import plot
from or_robot.bench.link_ports import free_ports
from or_robot.errors import OrRobotError
from or_robot.info.service import InformationService
from or_robot.link.keys import ensure_default_keys
from or_robot.share import share

app = typer.Typer(add_completion=False)

WARM_UP = 20
START_S = 120.0
"""A peer loads volumes before it listens."""

Row = dict[str, Any]


@app.command()
def link(
    json_file: Annotated[Path | None, typer.Option("--json", help="file for the figures")] = None,
    prepared: Annotated[int, typer.Option(min=10, help="rounds, answers ready")] = 2000,
    same_work: Annotated[int, typer.Option(min=10, help="rounds, image drawn each time")] = 200,
    stops: Annotated[
        int,
        typer.Option(min=0, help="stops alone and beside a transfer, 200 clients; 0: none"),
    ] = 300,
    pixels: Annotated[
        int, typer.Option("--pixels", min=0, help="clicks a row, painted in Chromium; 0: none")
    ] = 0,
    picture: Annotated[Path | None, typer.Option("--plot", help="picture of the latencies")] = None,
) -> None:
    """Two requests a round, as the panel makes them; contenders take turns in one run.

    Orthanc and gRPC take part where they are installed.
    """
    peers = _peers()
    with TemporaryDirectory() as folder:
        home = Path(folder)
        ensure_default_keys(home)
        _import_case(home)
        figures: dict[str, Any] = {
            "prepared": _block(peers, home, False, prepared),
            "same_work": _block(peers, home, True, same_work),
        }
        if pixels:
            module = importlib.import_module("or_robot.bench.link_pixels")
            figures["pixels"] = module.measure(home, pixels)
        if stops:
            figures["load"] = link_load.measure(home, stops)
    figures["ratio_raw"] = _over(figures["prepared"], ECHO, OURS)
    figures["ratio_raw_answer"] = _over(figures["prepared"], RAW, OURS)
    for key, peer in (("ratio_orthanc", ORTHANC), ("ratio_orthanc_plan_only", ORTHANC_PLAN)):
        figures[key] = {
            block: _over(figures[block], OURS, peer.name) for block in ("prepared", "same_work")
        }
    figures["versions"] = _versions()
    _print(figures)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if picture is not None:
        plot(figures, picture)


def _peers() -> tuple[Peer, ...]:
    """gRPC and Orthanc only where they are installed."""
    peers = list(PEERS)
    if importlib.util.find_spec("grpc") is not None:
        peers.append(importlib.import_module("or_robot.bench.link_grpc").GRPC)
    if link_orthanc.version() is not None:
        peers += [ORTHANC, ORTHANC_PLAN]
    return tuple(peers)


def _versions() -> dict[str, str]:
    """Of whatever took part."""
    packages = ["pyzmq", "msgspec", "flask", "gunicorn"]
    if importlib.util.find_spec("grpc") is not None:
        packages.append("grpcio")
    versions = {name: version(name) for name in packages}
    versions |= {"libzmq": zmq.zmq_version(), "python": platform.python_version()}
    orthanc = link_orthanc.version()
    return versions | ({"orthanc": orthanc} if orthanc else {})


def _import_case(home: Path) -> None:
    service = InformationService(home / "info")
    try:
        service.import_paths([share("simulation", "cases", "skull_base_pbs")])
    finally:
        service.close()


def _block(peers: tuple[Peer, ...], home: Path, same_work: bool, rounds: int) -> list[Row]:
    name = "same_work" if same_work else "prepared"
    peers = tuple(peer for peer in peers if not (same_work and peer.name == ECHO))  # it draws none
    with ExitStack() as stack:
        asks = [stack.enter_context(_running(peer, home, same_work)) for peer in peers]
        for ask in asks:
            for _ in range(WARM_UP):
                ask()
        times = np.zeros((rounds, len(asks)))
        for turn in track(range(rounds), name, console=Console(stderr=True), transient=True):
            for at in np.roll(np.arange(len(asks)), turn):
                begun = time.perf_counter()
                asks[at]()
                times[turn, at] = time.perf_counter() - begun
    p50, p99 = 1e3 * np.percentile(times, [50, 99], axis=0)
    return [
        {
            "name": peer.name,
            "transport": peer.transport,
            "p50_ms": round(float(p50[at]), 4),
            "p99_ms": round(float(p99[at]), 4),
            "rounds": rounds,
        }
        for at, peer in enumerate(peers)
    ]


@contextmanager
def _running(peer: Peer, home: Path, same_work: bool) -> Iterator[Ask]:
    """The peer's server in a process of its own, and a client that it has answered."""
    spawn = multiprocessing.get_context("spawn")
    bench, ready = Bench(home, free_ports(), same_work), spawn.Event()
    process = spawn.Process(target=peer.serve, args=(bench, ready), name=peer.name)
    process.start()
    try:
        if not ready.wait(START_S):
            raise OrRobotError(f"{peer.name} does not listen", f"ended with {process.exitcode}")
        with peer.dial(bench) as ask:
            yield ask
    finally:
        process.terminate()
        process.join()


def _over(rows: list[Row], name: str, other: str) -> float | None:
    """How many times as long the other's p50 is; None when it took no part."""
    p50 = {row["name"]: row["p50_ms"] for row in rows}
    return round(p50[other] / p50[name], 3) if other in p50 else None


def _print(figures: dict[str, Any]) -> None:
    table = Table("block", "contender", "protected by", "p50 ms", "p99 ms")
    for block in ("prepared", "same_work", "pixels"):
        for row in figures.get(block, ()):
            numbers = (f"{row['p50_ms']:.3f}", f"{row['p99_ms']:.3f}")
            table.add_row(block, row["name"], row.get("transport", ""), *numbers)
    console = Console()
    console.print(table)
    console.print(f"ours over the raw echo: {figures['ratio_raw']:.2f}")
    console.print(f"ours over a raw answer: {figures['ratio_raw_answer']:.2f}")
    if "load" in figures:
        console.print_json(json.dumps(figures["load"]))
    for key, what in (("ratio_orthanc", "Orthanc"), ("ratio_orthanc_plan_only", "its plan only")):
        for block, ratio in figures[key].items():
            if ratio is not None:
                console.print(f"{what} over ours, {block}: {ratio:.1f}")
