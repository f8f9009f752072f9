"""Runs the long commands: one line a step on the screen, everything else in a log."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TAIL_LINES = 12
REPORT_EVERY_S = 30.0
"""How often a screen that is no terminal hears that a step is still going on."""


class SetUpError(Exception):
    """Set-up cannot go on; the message says why and what to do."""


class Console:
    """The screen and the log of one set-up."""

    def __init__(self, log: Path) -> None:
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("")

    def say(self, text: str) -> None:
        print(text, flush=True)

    def run(
        self,
        label: str,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        remedy: str = "",
    ) -> None:
        """Run a command to its end; raise SetUpError with the end of its output when it fails."""
        self._append(f"\n$ {' '.join(map(str, command))}\n")
        started = time.monotonic()
        with self.log.open("a") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            self._wait(process, label, started)
        if process.returncode:
            raise SetUpError(self._failure(label, process.returncode, remedy))
        self._line(f"  {label}: {time.monotonic() - started:.0f} s\n")

    def _wait(self, process: subprocess.Popen[bytes], label: str, started: float) -> None:
        period = 1.0 if sys.stdout.isatty() else REPORT_EVERY_S
        if sys.stdout.isatty():
            self._line(f"  {label} …")
        try:
            while True:
                try:
                    process.wait(period)
                except subprocess.TimeoutExpired:
                    self._progress(f"  {label} … {time.monotonic() - started:.0f} s")
                else:
                    return
        except BaseException:
            process.terminate()
            process.wait()
            raise

    def _progress(self, text: str) -> None:
        self._line(text if sys.stdout.isatty() else f"{text}\n")

    def _line(self, text: str) -> None:
        sys.stdout.write(f"\r\033[K{text}" if sys.stdout.isatty() else text)
        sys.stdout.flush()

    def _append(self, text: str) -> None:
        with self.log.open("a") as output:
            output.write(text)

    def _failure(self, label: str, status: int, remedy: str) -> str:
        tail = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        lines = ["", *(f"    {line}" for line in tail), ""]
        problem = f"{label} failed with status {status}, the whole output is in {self.log}"
        return "\n".join(lines) + f"\nset-up: {problem}" + (f" — {remedy}" if remedy else "")
