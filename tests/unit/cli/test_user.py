"""`or-robot user add`."""

from __future__ import annotations

import re

import pytest

from or_robot.cli.main import main
from or_robot.panel.database import open_database
from or_robot.panel.users import Users


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["user", *arguments])
    return end.value.code


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path))


def test_a_generated_password_is_printed_once_and_works(tmp_path, capsys):
    assert run("add", "ada", "--role", "surgeon", "--generate") == 0
    password = re.search(r"password \(shown once\): (\S+)", capsys.readouterr().out)[1]
    assert Users(open_database(tmp_path)).log_in("ada", password, hours=1.0).role == "surgeon"


def test_an_unknown_role_names_the_valid_ones(capsys):
    assert run("add", "ada", "--role", "king", "--generate") == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "surgeon, nurse, physicist, engineer, admin" in error


def test_bad_use_exits_with_two(capsys):
    assert run("add", "ada") == 2
