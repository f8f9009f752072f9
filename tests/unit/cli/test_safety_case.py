"""The safety case: complete for every fault, zone rule and command, and strict about results."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from or_robot.cli.safety_case import DISCLAIMER, app, problems, read_hazards
from or_robot.errors import OrRobotError
from or_robot.share import share

HAZARDS = share("docs", "safety", "hazards.yaml")
ROWS = read_hazards(HAZARDS)
ROOT = share("docs").parent

ONE = """hazards:
- id: one
  hazard: something
  harm: somebody
  cause: because
  control: {control}
  residual: none known
  tests: {tests}
"""


def run(folder: Path, outcome: str, control: str = "a gate", tests: str = "[t::a]"):  # type: ignore[no-untyped-def]
    hazards, results = folder / "hazards.yaml", folder / "results.json"
    hazards.write_text(ONE.format(control=control, tests=tests))
    results.write_text(json.dumps({"t::a": {"outcome": outcome, "at": "now"}}))
    return CliRunner().invoke(app, ["--hazards", str(hazards), "--results", str(results)])


def test_a_hazard_with_control_and_passing_test_is_fine(tmp_path: Path) -> None:
    done = run(tmp_path, "passed")
    assert done.exit_code == 0, done.output
    assert "not a certification" in done.output
    assert "t::a: passed" in done.output
    assert "not a certification" in DISCLAIMER


@pytest.mark.parametrize(
    ("outcome", "control", "tests", "says"),
    [
        ("failed", "a gate", "[t::a]", "t::a: failed"),
        ("skipped", "a gate", "[t::a]", "t::a: skipped"),
        ("passed", "a gate", "[t::b]", "t::b: no result"),
        ("passed", "a gate", "[]", "no test"),
    ],
)
def test_what_is_missing_or_failed_fails(  # type: ignore[no-untyped-def]
    tmp_path: Path, outcome, control, tests, says
) -> None:
    done = run(tmp_path, outcome, control, tests)
    assert done.exit_code == 1
    assert says in done.output


def test_a_hazard_without_control_is_refused_by_line(tmp_path: Path) -> None:
    done = run(tmp_path, "passed", control='""')
    assert isinstance(done.exception, OrRobotError)
    assert "hazards.yaml:6" in str(done.exception)
    assert "control" in str(done.exception)


def test_a_fault_that_was_not_ok_fails() -> None:
    row = next(row for row in ROWS if row.faults)
    passed = dict.fromkeys(row.tests, "passed")
    assert problems(row, passed, {}) == []
    assert problems(row, passed, {row.faults[0]: "not ok"}) != []


def test_without_results_it_says_what_to_do(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["--results", str(tmp_path / "none.json")])
    assert isinstance(done.exception, OrRobotError)
    assert "make test" in str(done.exception)


def test_every_linked_test_exists() -> None:
    for test in {test for row in ROWS for test in row.tests}:
        file, name = test.split("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), test


def test_every_fault_of_the_bench_has_a_hazard() -> None:
    pytest.importorskip("rclpy")
    from or_robot.bench.fault_table import faults

    named = {name for row in ROWS for name in row.faults}
    assert named == {fault.name for fault in faults()}
    assert len(named) >= 25


def test_every_zone_rule_and_wrong_information_has_a_hazard() -> None:
    ids = {row.id for row in ROWS}
    rules = {"sterile", "keep-out", "phase", "phase-unknown", "caught-leave", "caught-stay"}
    assert {f"zone-{rule}" for rule in rules | {"room", "slow"}} <= ids
    assert len([id_ for id_ in ids if id_.startswith("wrong-")]) >= 10
