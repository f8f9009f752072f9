"""One running `or-robot up`, as a test sees it."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from or_robot.bringup.environment import free_port
from or_robot.config.link import PORTS

START_S = 90.0
END_S = 25.0


@dataclass
class Suite:
    """One running `or-robot up`."""

    home: Path
    options: tuple[str, ...]
    domain: int
    link_port: int = field(default_factory=lambda: free_port("127.0.0.1", PORTS))
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # the patient case is no matter of these tests, and takes as long to import as all else
        (self.home / "run").mkdir(mode=0o700, exist_ok=True)
        (self.home / "run" / "case_imported").touch()
        command = [sys.executable, "-c", "from or_robot.cli.main import main; main()", "up"]
        environment = os.environ | {
            "OR_ROBOT_HOME": str(self.home),
            "ROS_DOMAIN_ID": str(self.domain),
        }
        self.process = subprocess.Popen(
            [*command, "--link-port", str(self.link_port), *self.options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._queue: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def await_line(self, text: str, timeout_s: float = START_S) -> str:
        """Next line that contains `text`."""
        end_s = time.monotonic() + timeout_s
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, end_s - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {text!r} in:\n" + "\n".join(self.lines)) from None
            assert line is not None, f"ended without {text!r}:\n" + "\n".join(self.lines)
            if text in line:
                return line

    def part(self, module: str) -> psutil.Process:
        """The live process that runs a module."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            if module in process.cmdline():
                return process
        raise AssertionError(f"{module} does not run")

    def members(self) -> list[psutil.Process]:
        """Every process that belongs to this home, the supervisor included."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("OR_ROBOT_HOME") == str(self.home):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(END_S)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(END_S)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            self._queue.put(line)
        self._queue.put(None)
