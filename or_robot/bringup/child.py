"""One supervised process: started, its lines passed on, ended in steps, started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from or_robot.bringup.description import Process

GROWTH, LONGEST_DELAY_S = 5.0, 10.0
"""1, 5, 10 s: a node that came back 3 to 4 s after its death, just when DDS forgets the dead one
(launch/fastdds.xml), was seen to hear nothing for good."""
STEADY_LIFE_S = 30.0
"""Whoever lived this long begins with the shortest delay again."""
QUICK_ENDS = 5
"""So many short lives in a row: it keeps failing."""
GRACE_S: tuple[tuple[signal.Signals, float], ...] = (
    (signal.SIGINT, 6.0),
    (signal.SIGTERM, 3.0),
    (signal.SIGKILL, 3.0),
)

Say = Callable[[str, str], None]
"""Called with the process's name and one line."""


class Child:
    """Its own process group, so that helpers it starts end with it."""

    def __init__(self, process: Process, environment: Mapping[str, str], log: Path, say: Say):
        self.process = process
        self._environment, self._log, self._say = dict(environment), log, say
        self._popen: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._started_s = 0.0
        self._due_s = 0.0
        self._delay_s = process.respawn_delay_s
        self._short_lives = 0

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def keeps_failing(self) -> bool:
        return self._short_lives >= QUICK_ENDS

    def start(self) -> None:
        self._popen = subprocess.Popen(
            self.process.command(),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if self.process.nice:
            _prioritise(self._popen.pid, self.process.nice)
        self._started_s = time.monotonic()
        self._reader = threading.Thread(target=self._read, args=(self._popen,), daemon=True)
        self._reader.start()

    def look_after(self, now_s: float) -> None:
        """Notice an end once, and start again when it is time."""
        if self._popen is not None and self._popen.poll() is not None:
            self._note_end(self._popen.returncode, now_s)
            self._popen = None
        if self._popen is None and self.process.respawn and now_s >= self._due_s:
            self.start()

    def signal(self, number: signal.Signals) -> None:
        """To the whole group; also when only helpers of an ended process are left in it."""
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, number)

    def finish(self) -> None:
        """After the end: the last lines, and nothing left in the group."""
        self.signal(signal.SIGKILL)
        if self._popen is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(1.0)
        if self._reader is not None:
            self._reader.join(1.0)

    def _note_end(self, status: int, now_s: float) -> None:
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended: {status}"
        if now_s - self._started_s >= STEADY_LIFE_S:
            self._delay_s, self._short_lives = self.process.respawn_delay_s, 0
        self._short_lives += 1
        self.finish()
        again = f"; again in {self._delay_s:g} s" if self.process.respawn else ""
        self._say(self.process.name, f"{how}{again}")
        self._due_s = now_s + self._delay_s
        self._delay_s = min(GROWTH * self._delay_s, LONGEST_DELAY_S)

    def _read(self, popen: subprocess.Popen[bytes]) -> None:
        assert popen.stdout is not None
        with self._log.open("ab") as log:
            for line in popen.stdout:
                log.write(line)
                log.flush()
                self._say(self.process.name, line.decode(errors="replace").rstrip())


def _prioritise(pid: int, nice: int) -> None:
    """For the process, and for its session where Linux shares time among sessions (autogroup).

    Only root, or a user with a nice limit, may go first; for others all run as equals.
    """
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    with contextlib.suppress(OSError):  # no permission, or a kernel without autogroup
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))


def end_all(children: list[Child]) -> None:
    """SIGINT, then SIGTERM, then SIGKILL, each with its time; returns when all have ended."""
    for number, patience_s in GRACE_S:
        for child in children:
            if child.running:
                child.signal(number)
        end_s = time.monotonic() + patience_s
        while any(child.running for child in children) and time.monotonic() < end_s:
            time.sleep(0.02)
    for child in children:
        child.finish()
