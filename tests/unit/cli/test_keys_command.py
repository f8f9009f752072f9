import pytest

from or_robot.cli.main import main
from or_robot.link.keys import KeyFolder, ensure_default_keys


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OR_ROBOT_HOME", str(tmp_path))

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main(["keys", *arguments])
        output = capsys.readouterr()
        return end.value.code or 0, output.out, output.err

    return run


def test_new_list_revoke(run, tmp_path):
    ensure_default_keys(tmp_path)
    keys = KeyFolder(tmp_path / "keys")
    status, out, _ = run("new", "panel-OR-2", "--role", "panel", "--room", "OR-2")
    pair = keys.pair("panel-OR-2")
    assert (status, pair.public in out, pair.secret in out) == (0, True, False)
    status, out, _ = run("list")
    assert status == 0
    assert all(name in out for name in ("gateway", "panel-OR-1", "panel-OR-2", "server"))
    assert run("revoke", "panel-OR-2")[0] == 0
    assert "panel-OR-2" not in run("list")[1]


def test_allow_a_key_made_elsewhere(run, tmp_path):
    pair = KeyFolder(tmp_path / "elsewhere").new("gateway-2")
    assert run("allow", "--name", "gateway-2", "--role", "gateway", "--", pair.public)[0] == 0
    assert [key.public for key in KeyFolder(tmp_path / "keys").allowed()] == [pair.public]


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (("new", "panel-OR-2", "--role", "panel"), 1, "give --room"),
        (("new", "a/b", "--role", "viewer"), 1, "no name for a key"),
        (("allow", "short", "--name", "x", "--role", "viewer"), 1, "Z85"),
        (("revoke", "nobody"), 1, "no key 'nobody'"),
        (("new", "x", "--role", "surgeon"), 2, "surgeon"),
    ],
)
def test_bad_use_is_one_clear_line(run, arguments, status, problem):
    got, _, error = run(*arguments)
    assert got == status
    assert problem in error
    assert status == 2 or error.count("\n") == 1
