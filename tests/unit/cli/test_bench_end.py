"""A bench that is told to end leaves nothing running."""

from __future__ import annotations

import os
import signal
import sys
import types

import pytest

from or_robot.cli import bench


def test_sigterm_lets_a_bench_end_what_it_started(monkeypatch):
    ended = []

    def run(args: list[str], prog_name: str) -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            ended.append(prog_name)

    monkeypatch.setitem(bench.BENCHES, "endless", "")
    module = types.ModuleType("or_robot.bench.endless")
    module.app = run
    monkeypatch.setitem(sys.modules, module.__name__, module)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as end:
            bench.app(["endless"], "or-robot bench")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert end.value.code == 128 + signal.SIGTERM
    assert ended == ["or-robot bench endless"]
