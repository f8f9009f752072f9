"""The doctor names what is missing and says what to do."""

from __future__ import annotations

import json
import socket

import pytest

from or_robot import doctor
from or_robot.cli import main as cli
from or_robot.doctor import Finding

FINE = Finding("Python", True, "3.12.1")


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path / "home"))


def run(
    monkeypatch, capsys, *findings: Finding, arguments: tuple[str, ...] = ()
) -> tuple[int, str]:
    monkeypatch.setattr(doctor, "CHECKS", tuple((lambda f=f: f) for f in findings))
    with pytest.raises(SystemExit) as stopped:
        cli.main(["doctor", *arguments])
    return int(stopped.value.code or 0), capsys.readouterr().out


def test_a_missing_library_is_named_with_its_remedy() -> None:
    finding = doctor.module("MuJoCo", ("no_such_module",), "run `make setup`")
    assert not finding.present
    assert "no_such_module" in finding.detail
    assert finding.remedy == "run `make setup`"


def test_a_library_that_does_not_load_is_missing(tmp_path, monkeypatch) -> None:
    (tmp_path / "broken_library.py").write_text("raise OSError('libfoo.so: cannot open')")
    monkeypatch.syspath_prepend(tmp_path)
    finding = doctor.module("broken", ("broken_library",), "")
    assert not finding.present
    assert "libfoo.so" in finding.detail


def test_exit_1_and_the_name_when_something_required_is_missing(monkeypatch, capsys) -> None:
    missing = Finding("rclpy", False, "No module named 'rclpy'", "source ROS 2")
    status, shown = run(monkeypatch, capsys, FINE, missing)
    assert status == 1
    assert "rclpy" in shown
    assert "source ROS 2" in shown


def test_exit_0_when_only_something_optional_is_missing(monkeypatch, capsys) -> None:
    optional = Finding("Chromium", False, "not found", "apt-get install", required=False)
    status, shown = run(monkeypatch, capsys, FINE, optional)
    assert status == 0
    assert "not there" in shown


def test_json_holds_every_finding(monkeypatch, capsys, tmp_path) -> None:
    file = tmp_path / "doctor.json"
    missing = Finding("rclpy", False, "", "source ROS 2")
    run(monkeypatch, capsys, FINE, missing, arguments=("--json", str(file)))
    written = json.loads(file.read_text())
    assert written["healthy"] is False
    assert [row["name"] for row in written["findings"]] == ["Python", "rclpy"]


def test_a_state_folder_open_to_others_is_refused(tmp_path) -> None:
    assert doctor.state_folder().present
    (tmp_path / "home").chmod(0o755)
    finding = doctor.state_folder()
    assert not finding.present
    assert finding.remedy.startswith("`chmod 700")


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path / "file" / "home"))
    assert not doctor.state_folder().present
    assert not doctor.disk_space().present


def test_a_taken_port_is_told(monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        monkeypatch.setattr(doctor, "PANEL_PORT", port)
        finding = doctor.ports()
    assert not finding.present
    assert str(port) in finding.detail


def test_front_end_packages_that_were_not_fetched_are_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "share", lambda *_: tmp_path)
    finding = doctor.front_end()
    assert not finding.present
    assert "uplot" in finding.detail


def test_every_check_looks_without_failing_here() -> None:
    findings = doctor.examine()
    assert len({finding.name for finding in findings}) == len(doctor.CHECKS)
    assert all(finding.remedy or finding.present for finding in findings)
