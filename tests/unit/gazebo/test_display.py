"""Where Gazebo draws, and how a missing display is told before anything starts."""

from pathlib import Path

import pytest

from or_robot.cli import up
from or_robot.cli.main import main
from or_robot.errors import OrRobotError
from or_robot.gazebo import display
from or_robot.gazebo.prefix import GazeboPrefix

PREFIX = GazeboPrefix(Path("/nowhere"))


@pytest.mark.parametrize("own", [":0", ":1.0", "unix:0"])
def test_the_window_goes_to_this_machines_display(own: str, monkeypatch) -> None:
    monkeypatch.setenv("DISPLAY", own)
    assert display.viewer_command(PREFIX)[-1].endswith("gzclient")


@pytest.mark.parametrize("other", ["", "localhost:10.0", "desk:0"])
def test_no_display_or_anothers_is_said(other: str, monkeypatch) -> None:
    monkeypatch.setenv("DISPLAY", other)
    with pytest.raises(OrRobotError, match=r"--gui: .* — start it in a desktop session"):
        display.viewer_command(PREFIX)


def test_without_xvfb_there_is_no_display_to_draw_on(monkeypatch) -> None:
    monkeypatch.setattr(display.shutil, "which", lambda _name: None)
    assert display.virtual_display() is None


@pytest.mark.parametrize(
    ("given", "said", "code"),
    [
        (["--sim", "gazebo"], "no Gazebo in", 1),
        (["--gui"], "needs --sim gazebo", 2),
    ],
)
def test_up_says_what_is_missing_and_starts_nothing(
    given: list[str], said: str, code: int, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("OR_ROBOT_GAZEBO", str(tmp_path / "empty"))
    monkeypatch.setattr(up, "Supervisor", None)
    with pytest.raises(SystemExit) as ended:
        main(["up", *given])
    assert ended.value.code == code
    assert said in capsys.readouterr().err


def test_up_without_a_display_for_the_window(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(up, "gazebo_prefix", lambda: PREFIX)
    monkeypatch.setattr(up, "enter_own_network", list)
    monkeypatch.setattr(up, "Supervisor", None)
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["up", "--sim", "gazebo", "--gui"])
    assert ended.value.code == 1
    assert "--gui: no display" in capsys.readouterr().err
