"""`or-robot scenario run --ros`: judged as in process, and nothing is left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

ENTRY = [sys.executable, "-c", "from or_robot.cli.main import main; main()", "scenario", "run"]
PATIENCE_S = 240.0


def run(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ENTRY, *options],
        env=os.environ | {"OR_ROBOT_HOME": str(home), "TMPDIR": str(home)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def left_over(folder: Path) -> list[psutil.Process]:
    """Processes whose state lies in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("OR_ROBOT_HOME", "").startswith(f"{folder}/"):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def test_a_robot_stopped_at_the_panel_goes_on_and_arrives(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = run(tmp_path, "stop_pressed", "--ros", "--json", str(figures))
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(figures.read_text())
    (found,) = summary["runs"]
    assert summary["scenario"] == "stop_pressed"
    assert (found["ended"], found["contacts"], found["zone_entries"]) == ("delivered", 0, 0)
    assert 3.5 < found["path_length_m"] < 8.0
    assert "refused" not in found["said"], "phase, reset and resume were obeyed"
    log = (tmp_path / "scenarios" / "stop_pressed-1.suite.log").read_text()
    for word in ("STOP ROBOT from panel-OR-1", "reset by operator", "resume by operator"):
        assert word in log
    assert left_over(tmp_path) == []


def test_bad_use_and_unknown_scenarios_end_before_anything_starts(tmp_path: Path) -> None:
    assert run(tmp_path, "stop_pressed", "--ros", "--jobs", "2").returncode == 2
    unknown = run(tmp_path, "nowhere", "--ros")
    assert unknown.returncode == 1
    assert "deliver_tray" in unknown.stderr
    assert not list(tmp_path.glob("or_robot_*"))


def test_a_run_ended_from_outside_leaves_nothing_running(tmp_path: Path) -> None:
    runner = subprocess.Popen(
        [*ENTRY, "stop_pressed", "--ros"],
        env=os.environ | {"OR_ROBOT_HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
    )
    log = tmp_path / "scenarios" / "stop_pressed-1.suite.log"
    ends_s = time.monotonic() + PATIENCE_S
    try:
        while not (log.is_file() and "READY" in log.read_text()):
            assert runner.poll() is None
            assert time.monotonic() < ends_s
            time.sleep(0.1)
        assert left_over(tmp_path)
        runner.terminate()
        assert runner.wait(PATIENCE_S) == 128 + signal.SIGTERM
        assert left_over(tmp_path) == []
    finally:
        for process in [runner, *left_over(tmp_path)]:
            process.kill()
