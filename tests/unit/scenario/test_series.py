"""Many runs: over processes, into the log and back, into figures and the page."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_runs import made_by_seed, made_run

from or_robot.config.robot import RobotConfig
from or_robot.scenario.description import load_scenario
from or_robot.scenario.figures import METRICS, proportion, spread, summary
from or_robot.scenario.report import STATISTIC_NAMES, html_report
from or_robot.scenario.run_log import PARTS, RunLog, fingerprint
from or_robot.scenario.series import run_series

SCENARIO = load_scenario("deliver_tray")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_seed_is_run_once_wherever(workers: int) -> None:
    told: list[float] = []
    runs = list(run_series(made_by_seed, [4, 5, 6], workers, told.append))
    assert sorted(run.seed for run in runs) == [4, 5, 6]
    assert {run.seed: run.passed for run in runs} == {4: True, 5: False, 6: True}
    assert told
    assert 0.0 <= min(told) <= max(told) <= 1.0


def test_an_error_in_a_run_is_not_lost() -> None:
    with pytest.raises(RuntimeError, match="bad luck"):
        list(run_series(made_by_seed, [12, 13], 1, lambda _part: None))


def test_the_log_gives_back_what_it_was_given(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "new" / "runs.jsonl", "mark")
    assert log.read() == {}
    runs = [made_run(1), made_run(2, passed=False)]
    for run in runs:
        log.append(run)
    again = log.read()
    assert list(again) == [1, 2]
    for run in runs:
        found = again[run.seed]
        assert found.verdict == run.verdict
        assert np.allclose(found.trace.robot, run.trace.robot, atol=1e-4)
        assert found.trace.people.shape == run.trace.people.shape


def test_runs_of_other_files_and_torn_lines_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    RunLog(file, "yesterday").append(made_run(1))
    log = RunLog(file, "today")
    log.append(made_run(2))
    file.write_bytes(file.read_bytes()[:-40])  # the power failed
    log.append(made_run(3))
    assert list(log.read()) == [3]


def test_the_fingerprint_covers_all_that_a_run_in_process_is_made_with() -> None:
    """Else a series goes on with runs of other software."""
    code = "import sys, or_robot.sim.embedded; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    parts = {name.split(".")[1] for name in names.stdout.split() if name.startswith("or_robot.")}
    assert parts - {"errors", "home", "share"} == set(PARTS)


def test_the_fingerprint_follows_the_scenario() -> None:
    other = dataclasses.replace(SCENARIO, name="fetch_specimen")
    assert fingerprint(SCENARIO) == fingerprint(SCENARIO) != fingerprint(other)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0.0, 1e3), min_size=2, max_size=30))
def test_the_mean_lies_in_its_interval_and_percentiles_in_the_data(values: list[float]) -> None:
    found = spread(values)
    assert found is not None
    low, high = found["ci95"]
    assert low - 1e-3 <= found["mean"] <= high + 1e-3
    assert min(values) - 1e-3 <= found["p5"] <= found["p95"] <= max(values) + 1e-3


def test_figures_known_from_tables() -> None:
    found = spread([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found is not None
    # t(0.975, 4) = 2.7764, s = 1.5811: half width 1.9632
    assert found["ci95"] == pytest.approx([1.0368, 4.9632], abs=1e-3)
    assert spread([2.0]) == {"n": 1, "mean": 2.0, "p5": 2.0, "p95": 2.0, "ci95": None}
    assert spread([]) is None
    # Wilson's interval of 8 in 10
    assert proportion([True] * 8 + [False] * 2)["ci95"] == pytest.approx([0.4902, 0.9433], abs=1e-3)
    assert proportion([True] * 10)["ci95"][1] == 1.0


def test_the_summary_tells_the_worst_and_the_mean() -> None:
    figures = summary(SCENARIO, [made_by_seed(s, lambda _part: None) for s in (4, 5)])
    assert figures["delivered"] is False
    assert figures["contacts"] == figures["zone_entries"] == 1
    assert figures["min_separation_m"] == 0.54
    assert figures["time_s"] == 54.5
    assert figures["passed"]["count"] == 1
    assert set(figures["statistics"]) == set(METRICS) == set(STATISTIC_NAMES)
    assert figures["statistics"]["path_efficiency"]["n"] == 1
    assert figures["runs"][1]["zone_entries_by_phase"] == {"operating": 1}
    assert json.loads(json.dumps(figures)) == figures


def test_the_page_has_everything_in_it() -> None:
    runs = [made_run(1), made_run(2, passed=False)]
    page = html_report(SCENARIO, runs, RobotConfig(), "made by a test")
    assert "1 of 2 runs passed" in page
    assert page.count("data:image/png;base64,") == 3
    assert "cart &lt;1&gt; at 5.0 s" in page
    assert "cart <1>" not in page
    assert not re.findall(r"""(?:src|href)\s*=\s*["\']?(?!["\']?data:)""", page)
