"""A program in a network of its own: reachable through sockets handed out, gone with its owner."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from or_robot.errors import OrRobotError
from or_robot.gazebo import server as module
from or_robot.gazebo.server import GazeboServer

WAIT_S = 20.0
ECHO = """
import socket
with socket.create_server(("127.0.0.1", 11345)) as server:
    while True:
        other, _ = server.accept()
        other.sendall(b"gazebo")
"""


def start(code: str, folder: Path) -> GazeboServer:
    try:
        return GazeboServer([sys.executable, "-S", "-c", code], {"PATH": ""}, folder / "log")
    except OrRobotError as error:
        pytest.skip(str(error))


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[GazeboServer]:
    server = start(ECHO, tmp_path)
    yield server
    server.close()


async def greeting(server: GazeboServer) -> bytes:
    for _ in range(100):
        try:
            opened = await server.connect("127.0.0.1", 11345)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        reader, writer = await asyncio.open_connection(sock=opened)
        found = await reader.readexactly(6)
        writer.close()
        return found
    raise AssertionError("nobody listens")


def members(of: GazeboServer) -> list[psutil.Process]:
    process = psutil.Process(of._process.pid)
    return [process, *process.children(recursive=True)]


def test_it_is_reached_inside_and_not_from_outside(echo: GazeboServer) -> None:
    async def live() -> None:
        assert await greeting(echo) == b"gazebo"
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", 11345)
        with await echo.listen() as listening:
            assert listening.getsockname()[0] == "127.0.0.1"
        with pytest.raises(ConnectionError, match="refused"):
            await echo.connect("127.0.0.1", 9)

    asyncio.run(live())
    assert echo.ended == ""


def test_closing_leaves_nothing(tmp_path: Path) -> None:
    server = start(ECHO, tmp_path)
    asyncio.run(greeting(server))
    family = members(server)
    assert len(family) >= 2
    server.close()
    assert psutil.wait_procs(family, WAIT_S)[1] == []


def test_killing_the_helper_kills_the_program(tmp_path: Path) -> None:
    server = start(ECHO, tmp_path)
    asyncio.run(greeting(server))
    helper, *rest = members(server)
    helper.kill()
    assert psutil.wait_procs(rest, WAIT_S)[1] == []
    server.close()


def test_an_owner_that_dies_takes_it_along(tmp_path: Path) -> None:
    code = f"""
import sys, time, asyncio
from pathlib import Path
from or_robot.gazebo.server import GazeboServer
command, log = [sys.executable, "-S", "-c", {ECHO!r}], Path({str(tmp_path / "log")!r})
server = GazeboServer(command, {{"PATH": ""}}, log)
print(server._process.pid, flush=True)
time.sleep(60)
"""
    start("pass", tmp_path).close()
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    helper = psutil.Process(int(owner.stdout.readline()))
    owner.kill()
    owner.wait()
    assert psutil.wait_procs([helper, *helper.children(recursive=True)], WAIT_S)[1] == []


def test_why_it_ended_is_its_last_line(tmp_path: Path) -> None:
    server = start("print('first', flush=True); raise SystemExit('no library')", tmp_path)
    server._process.wait(WAIT_S)
    assert server.ended.endswith("no library")
    server.close()


def test_without_permission_for_a_network_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = tmp_path / "unshare"
    refusing.write_text("#!/bin/sh\necho 'unshare failed: Operation not permitted' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setattr(module.shutil, "which", lambda _name: str(refusing))
    with pytest.raises(OrRobotError, match="Operation not permitted — run as root"):
        GazeboServer(["true"], {}, tmp_path / "log")


def test_what_runs_beside_it_ends_with_it(tmp_path: Path) -> None:
    """A display, whose name the program gets, and a viewer on the display of who started it."""
    display = tmp_path / "display"
    display.write_text(f"""#!{sys.executable} -S
import os, sys, time
os.write(int(sys.argv[sys.argv.index("-displayfd") + 1]), b"7\\n")
time.sleep(60)
""")
    display.chmod(0o755)
    told = [tmp_path / "server_display", tmp_path / "viewer_display"]
    code = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text("
    code += "os.environ['DISPLAY']); time.sleep(60)"
    command = [sys.executable, "-S", "-c", code]
    server = GazeboServer(
        [*command, str(told[0])],
        {"PATH": "", "DISPLAY": ":3"},
        tmp_path / "log",
        display=[str(display)],
        viewer=[*command, str(told[1])],
    )
    end_s = time.monotonic() + WAIT_S
    while not all(file.exists() and file.read_text() for file in told):
        assert time.monotonic() < end_s, (tmp_path / "log").read_text()
        time.sleep(0.05)
    assert [file.read_text() for file in told] == ["127.0.0.1:7", ":3"]
    family = members(server)
    assert len(family) >= 4
    server.close()
    assert psutil.wait_procs(family, WAIT_S)[1] == []
