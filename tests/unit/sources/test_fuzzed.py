"""A few cases of scripts/fuzz_parsers.py, and that it notices what it looks for."""

import random

import fuzz_parsers
import pytest

from or_robot.errors import OrRobotError


def test_damaged_objects_are_read_or_refused_by_name():
    rng = random.Random(20260122)
    found = {fuzz_parsers.judge(fuzz_parsers.mutated(rng)) for _ in range(60)}
    assert found == {"read", "refused"}


@pytest.mark.parametrize(
    ("error", "finding"),
    [
        (ValueError("x"), "raised ValueError"),
        (MemoryError(), "raised MemoryError"),
        (OrRobotError("x"), "no remedy"),
        (OrRobotError("x", "y"), "refused"),
    ],
)
def test_other_outcomes_are_findings(monkeypatch, error, finding):
    def parse(_data):
        raise error

    monkeypatch.setattr(fuzz_parsers, "_parse", parse)
    assert fuzz_parsers.judge(b"") == finding
