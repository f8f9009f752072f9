"""A suite that does not come up ends the run in one line and leaves nothing."""

from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from or_robot.cli import scenario_graph
from or_robot.errors import OrRobotError


def test_why_the_suite_ended_is_said_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenario_graph, "ENTRY", "raise SystemExit('the simulation keeps failing')")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(OrRobotError, match="ended: the simulation keeps failing") as caught:
        scenario_graph.simulate_in_graph(
            "stop_pressed", tmp_path / "logs", "mujoco", 1, lambda _part: None
        )
    assert "stop_pressed-1.suite.log" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["logs"], "its state is gone"
