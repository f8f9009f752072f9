"""Set-up: what it notices, what it says, what it does not do twice."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from set_up import interfaces, steps, system
from set_up.console import Console, SetUpError
from set_up.environment import Environment
from set_up.stamps import Stamps, fingerprint

ROOT = Path(__file__).parents[2]


@pytest.fixture
def console(tmp_path) -> Console:
    return Console(tmp_path / "build" / "set_up.log")


@pytest.fixture
def sources(tmp_path) -> Path:
    folder = tmp_path / "interfaces"
    (folder / "msg").mkdir(parents=True)
    (folder / "msg" / "Track.msg").write_text("float32 radius\n")
    (folder / interfaces.REQUIREMENTS).write_text("cmake\n")
    (tmp_path / "constraints.txt").write_text("cmake==4.0\nflask==3.1\nros-rcl==9.2\n")
    return folder


def test_interfaces_are_rebuilt_only_when_a_source_or_a_pin_changes(sources) -> None:
    constraints = sources.parent / "constraints.txt"

    def now() -> str:
        return interfaces.sources_fingerprint(sources, constraints)

    states = [now()]
    os.utime(sources / "msg" / "Track.msg", (1, 1))
    assert now() == states[0]
    (sources / "msg" / "Track.msg").write_text("float64 radius\n")
    states.append(now())
    (sources / "msg" / "Track.msg").rename(sources / "msg" / "Tracks.msg")
    states.append(now())
    constraints.write_text("cmake==4.1\nflask==3.1\nros-rcl==9.2\n")
    states.append(now())
    constraints.write_text("cmake==4.1\nflask==3.1\nros-rcl==9.3\n")
    states.append(now())
    constraints.write_text("cmake==4.1\nflask==3.2\nros-rcl==9.3\n")  # no part of the build
    assert now() == states[-1]
    assert len(set(states)) == len(states)


def test_finished_wheels_are_taken_as_they_are(sources, console) -> None:
    build, constraints = sources.parent / "build", sources.parent / "constraints.txt"
    key = interfaces.sources_fingerprint(sources, constraints)[:16]
    wheel = build / "wheels" / key / "or_robot_interfaces-0.1.0-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    wheel.touch()
    made = interfaces.InterfaceWheels(sources, build, constraints, console).wheels()
    assert made == [wheel]


def test_every_interface_package_is_built() -> None:
    found = {
        str(p.parent.relative_to(ROOT / "interfaces"))
        for p in ROOT.glob("interfaces/**/package.xml")
    }
    assert found == set(interfaces.PACKAGES)


def test_a_stamp_holds_for_the_same_inputs_only(tmp_path) -> None:
    stamps = Stamps(tmp_path / "stamps")
    assert not stamps.done("packages", "a")
    stamps.mark("packages", "a")
    assert stamps.done("packages", "a")
    assert not stamps.done("packages", "b")
    assert not stamps.done("interfaces", "a")


def test_fingerprint_sees_where_a_word_ends(tmp_path) -> None:
    assert fingerprint([], "ab", "c") != fingerprint([], "a", "bc")


def test_failed_command_shows_its_last_words_and_the_remedy(console) -> None:
    command = [sys.executable, "-c", "print('no room left'); raise SystemExit(3)"]
    with pytest.raises(SetUpError, match="no room left") as stopped:
        console.run("a step", command, remedy="free some space")
    message = str(stopped.value)
    assert "a step failed with status 3" in message
    assert message.endswith("free some space")


def test_without_root_missing_packages_are_one_line(console, monkeypatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    absent = [system.SystemPackage(name, lambda: False) for name in ("g++", "python3-venv")]
    present = system.SystemPackage("gcc", lambda: True)
    with pytest.raises(SetUpError) as stopped:
        system.require(console, present, *absent)
    message = str(stopped.value)
    assert "\n" not in message
    assert message.endswith("run `sudo apt-get install g++ python3-venv`")


def test_as_root_lists_are_updated_only_when_the_install_fails(
    console, monkeypatch, tmp_path
) -> None:
    calls, there = tmp_path / "calls", tmp_path / "there"
    script = tmp_path / "bin" / "apt-get"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\necho "$1" >> {calls}\n'
        f'[ "$1" = update ] && exit 0\ngrep -q update {calls} && touch {there}\n[ -e {there} ]\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    system.require(console, system.SystemPackage("g++", there.exists))
    assert calls.read_text().split() == ["install", "update", "install"]


def test_an_environment_that_does_not_run_is_made_anew(tmp_path, console, monkeypatch) -> None:
    monkeypatch.setattr(system, "require", lambda *_: None)
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (folder / "bin" / "python").chmod(0o755)
    made = []
    monkeypatch.setattr(console, "run", lambda _, command, **__: made.append(command))
    Environment(folder, tmp_path / "constraints.txt", console).create()
    assert len(made) == 1
    assert made[0][-1] == folder
    assert not folder.exists()


def test_an_environment_that_works_is_kept(tmp_path, console, monkeypatch) -> None:
    venv.create(tmp_path / ".venv", with_pip=False, symlinks=True)
    (tmp_path / "pip.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(console, "run", lambda *_, **__: pytest.fail("made anew"))
    Environment(tmp_path / ".venv", tmp_path / "constraints.txt", console).create()


def test_old_python_gets_one_line(tmp_path) -> None:
    probe = (
        "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); "
        "sys.path.insert(0, 'scripts'); runpy.run_module('set_up', run_name='__main__')"
    )
    answer = subprocess.run(
        [sys.executable, "-S", "-c", probe], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "Python 3.9 is too old" in answer.stderr
    assert "make setup PYTHON=" in answer.stderr


def test_on_a_ros_machine_nothing_of_ros_comes_from_pip(tmp_path, console, monkeypatch) -> None:
    for name in ("constraints.txt", "setup.py", "setup.cfg", "package.xml"):
        (tmp_path / name).touch()
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    installed: list[object] = []
    created: list[dict[str, bool]] = []
    set_up = steps.SetUp(tmp_path, console)
    environment = set_up.environment
    monkeypatch.setattr(environment, "create", lambda **options: created.append(options))
    monkeypatch.setattr(environment, "install", lambda *arguments: installed.extend(arguments))
    monkeypatch.setattr(environment, "imports", lambda _: False)
    set_up.packages(tests=False)
    assert created == [{"system_packages": True}]
    assert any(str(argument).endswith("[sim,panel,people]") for argument in installed)
    with pytest.raises(SetUpError, match="colcon build"):
        set_up.ros_interfaces()
