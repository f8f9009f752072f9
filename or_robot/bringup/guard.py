"""Ends everything of a run that outlives its supervisor, however that died.

The supervisor starts `python guard.py RUN` with a pipe as its standard input, never written to.
When the pipe ends, the supervisor is gone: whoever carries the run in its environment is
killed, grandchildren and re-parented ones included. Uses the standard library only, so that it
starts at once and needs nothing that could be broken.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

RUN_VARIABLE = "OR_ROBOT_RUN"
SWEEP_S = 5.0
"""Bound of the sweep; processes that fork meanwhile are found by the next look."""
LOOK_EVERY_S = 0.02


def members(run: str) -> list[int]:
    """Live processes of this user with the run in their environment, except this one."""
    mark = f"{RUN_VARIABLE}={run}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):  # ended meanwhile, or another user's
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def sweep(run: str) -> bool:
    """Kill every member until there is none; False when some could not be ended in time."""
    end_s = time.monotonic() + SWEEP_S
    while time.monotonic() < end_s:
        found = members(run)
        if not found:
            return True
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(LOOK_EVERY_S)
    return False


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    sys.exit(0 if sweep(sys.argv[1]) else 1)


if __name__ == "__main__":
    main()
