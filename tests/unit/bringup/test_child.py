"""Supervised processes: their lines, their ends, their helpers."""

import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from or_robot.bringup import child as module
from or_robot.bringup.child import Child, end_all
from or_robot.bringup.description import Process

STUBBORN = """
import signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""
WITH_HELPER = """
import subprocess, sys, time
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(helper.pid, flush=True)
time.sleep(60)
"""


class Script(Process):
    """A process that runs a piece of Python."""

    def command(self) -> list[str]:
        return [sys.executable, "-S", "-c", self.module]


def script(code: str, respawn: bool = True) -> Script:
    return Script("it", code, "", False, (), {}, (), {}, respawn, 2.5, False, 0)


class Lines:
    """What was said, awaited as events."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, name: str, line: str) -> None:
        with self._changed:
            self.said.append(f"{name}: {line}")
            self._changed.notify_all()

    def wait(self, condition: Callable[[list[str]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self.said), 20.0), self.said


@pytest.fixture
def lines() -> Lines:
    return Lines()


def make(code: str, lines: Lines, folder: Path, respawn: bool = True) -> Child:
    return Child(script(code, respawn), {}, folder / "it.log", lines)


def until(condition: Callable[[], bool], do: Callable[[], None] = lambda: None) -> None:
    end_s = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < end_s
        do()
        threading.Event().wait(0.01)


def test_lines_are_passed_on_with_the_name_and_kept(lines: Lines, tmp_path: Path) -> None:
    child = make("print('hello'); print('world')", lines, tmp_path, respawn=False)
    child.start()
    lines.wait(lambda said: said == ["it: hello", "it: world"])
    until(lambda: not child.running)
    end_all([child])
    assert (tmp_path / "it.log").read_text() == "hello\nworld\n"


def test_who_ends_starts_again_later_each_time(lines: Lines, tmp_path: Path) -> None:
    child = make("raise SystemExit(3)", lines, tmp_path)
    child.start()
    now = 0.0
    for delay in (2.5, 10, 10, 10, 10):
        until(lambda: not child.running)
        child.look_after(now)
        assert lines.said[-1] == f"it: ended: 3; again in {delay:g} s"
        child.look_after(now + 0.9 * delay)
        assert child._popen is None
        now += delay
        child.look_after(now)
        assert child._popen is not None
    assert child.keeps_failing
    end_all([child])


def test_who_ignores_signals_is_killed(
    lines: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        module, "GRACE_S", ((signal.SIGINT, 0.1), (signal.SIGTERM, 0.1), (signal.SIGKILL, 5.0))
    )
    child = make(STUBBORN, lines, tmp_path)
    child.start()
    lines.wait(lambda said: bool(said))
    end_all([child])
    assert not child.running


def test_helpers_end_with_the_process_that_started_them(lines: Lines, tmp_path: Path) -> None:
    child = make(WITH_HELPER, lines, tmp_path)
    child.start()
    lines.wait(lambda said: bool(said))
    helper = int(lines.said[0].split()[-1])
    assert psutil.pid_exists(helper)
    end_all([child])
    until(lambda: not _lives(helper))


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
