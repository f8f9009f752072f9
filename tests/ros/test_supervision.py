"""`or-robot up` from outside: how it refuses, how it ends, what it leaves behind (nothing)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from or_robot.bringup.environment import free_port
from tests.ros.suite import END_S, START_S, Suite

ENTRY = [sys.executable, "-c", "from or_robot.cli.main import main; main()", "up"]


def up(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to end by itself."""
    return subprocess.run(
        [*ENTRY, *options],
        env=os.environ | {"OR_ROBOT_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )


def one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_one_line_before_anything_starts(tmp_path: Path, busy_port: int) -> None:
    done = up(tmp_path, "--port", str(busy_port), "--link-port", "0")
    one_line(done, str(busy_port), "--port")
    assert not (tmp_path / "log").exists()


def test_an_unknown_scenario_is_one_line_with_the_known_ones(tmp_path: Path) -> None:
    one_line(up(tmp_path, "--scenario", "nowhere"), "nowhere", "deliver_tray")


def test_bad_use_is_two(tmp_path: Path) -> None:
    assert up(tmp_path, "--sim", "unreal").returncode == 2


def test_a_second_one_is_refused_and_sigterm_ends_the_first(tmp_path: Path, domain: int) -> None:
    suite = Suite(tmp_path, ("--no-panel",), domain + 1)
    try:
        suite.await_line("ROS domain")
        one_line(up(tmp_path, "--port", "0", "--link-port", "0"), str(suite.process.pid))
        assert suite.end(signal.SIGTERM) == 0, suite.lines
        assert suite.members() == []
    finally:
        suite.kill()


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path, domain: int) -> None:
    """Not even the workers of gunicorn, which are no children of the supervisor."""
    port = free_port("127.0.0.1")
    suite = Suite(tmp_path, ("--port", str(port)), domain + 1)
    try:
        suite.await_line("Booting worker")
        members = suite.members()
        assert len(members) >= 10
        suite.process.kill()
        _, alive = psutil.wait_procs(members, END_S)
        assert not alive
        assert suite.members() == []
    finally:
        suite.kill()


def test_it_ends_by_itself_when_told_so(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "case_imported").touch()
    done = up(tmp_path, "--for", "0", "--no-panel", "--link-port", "0")
    assert done.returncode == 0, done
    assert done.stdout.splitlines()[-1] == "stopped"
