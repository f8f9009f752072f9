"""The command line's frame: help, bad use, expected errors."""

import importlib
import subprocess
import sys

import pytest

from or_robot.cli import main as cli
from or_robot.errors import OrRobotError


def test_help_lists_every_command(capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in cli.COMMANDS)


def test_unknown_command_is_bad_use_and_names_the_valid_ones(capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["fly"])
    assert stopped.value.code == 2
    message = capsys.readouterr().err
    assert "'fly'" in message
    assert "scenario" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(command, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main([command, "--help"])
    assert stopped.value.code == 0
    assert "--help" in capsys.readouterr().out


def test_expected_error_is_one_line_and_exit_1(monkeypatch, capsys) -> None:
    class Module:
        @staticmethod
        def app(**_: object) -> None:
            raise OrRobotError("map is damaged", "run `or-robot sim map NAME`")

    monkeypatch.setattr(importlib, "import_module", lambda _: Module)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["sim"])
    assert stopped.value.code == 1
    message = capsys.readouterr().err
    assert message == "or-robot sim: map is damaged — run `or-robot sim map NAME`\n"


def test_help_does_not_import_the_heavy_parts() -> None:
    probe = (
        "import sys; from or_robot.cli import main; main.usage(); "
        "sys.exit(any(m in sys.modules for m in ('numpy', 'mujoco', 'flask', 'rclpy')))"
    )
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
