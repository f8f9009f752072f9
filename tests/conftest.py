"""For all tests: no deadlines of single examples (machines are busy), and the results that the
safety case reads."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("or_robot", deadline=None)
settings.load_profile("or_robot")

RESULTS = Path(__file__).resolve().parent.parent / "build" / "test_results.json"
"""Where `or-robot safety-case` looks for the last result of every test."""

_outcomes: dict[str, dict[str, str]] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """The worst of set-up, call and tear-down counts; parameters of one test count together."""
    if report.when != "call" and report.outcome == "passed":
        return
    name = report.nodeid.split("[", 1)[0]
    order = ("passed", "skipped", "failed")
    before = _outcomes.get(name, {}).get("outcome", "passed")
    worst = max(before, report.outcome, key=order.index)
    _outcomes[name] = {"outcome": worst, "at": datetime.now(UTC).isoformat(timespec="seconds")}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Results of tests that did not run this time are kept."""
    if not _outcomes:
        return
    RESULTS.parent.mkdir(exist_ok=True)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    new = RESULTS.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(known | _outcomes, indent=1, sort_keys=True))
    new.replace(RESULTS)
