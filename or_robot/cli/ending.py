"""Commands that start others, ended from outside."""

from __future__ import annotations

import signal
import sys
from types import FrameType


def end_as_by_ctrl_c() -> None:
    """SIGTERM and SIGHUP unwind like Ctrl-C: what a command has started is ended by it."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup`
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)  # as shells give it
