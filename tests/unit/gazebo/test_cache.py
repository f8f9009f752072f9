"""A Gazebo that is missing or damaged is named with what to do; a whole one is left alone."""

import os
from pathlib import Path

import pytest
from set_up import gazebo as set_up

from or_robot.errors import OrRobotError
from or_robot.gazebo import prefix


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OR_ROBOT_GAZEBO", str(tmp_path))
    return tmp_path


def unpacked(cache: Path) -> Path:
    folder = cache / "prefix"
    for name in (prefix.LOADER, prefix.MESSAGES, *prefix.PROGRAMS):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    set_up.write_manifest(folder)
    return folder


def test_set_up_and_product_look_in_the_same_place(cache: Path) -> None:
    folder = unpacked(cache)
    assert set_up.cache() == cache
    assert prefix.gazebo_prefix().folder == folder
    assert set_up.damage(folder) == ""
    names = (set_up.LOADER, set_up.DESCRIPTORS, set_up.MANIFEST)
    assert names == (prefix.LOADER, prefix.MESSAGES, prefix.MANIFEST)


def test_without_gazebo_it_says_what_to_run(cache: Path) -> None:
    with pytest.raises(OrRobotError, match=r"no Gazebo in .* — run `make gazebo`"):
        prefix.gazebo_prefix()
    assert set_up.damage(cache / "prefix") == "it is not there"


@pytest.mark.parametrize("name", [prefix.LOADER, prefix.MANIFEST, *prefix.PROGRAMS])
def test_damage_is_named_and_unpacked_anew(cache: Path, name: str) -> None:
    folder = unpacked(cache)
    (folder / name).unlink()
    with pytest.raises(OrRobotError, match=r"damaged: no .* — run `make gazebo`"):
        prefix.gazebo_prefix()
    assert set_up.damage(folder)


def test_a_file_cut_short_is_noticed(cache: Path) -> None:
    folder = unpacked(cache)
    os.truncate(folder / prefix.PROGRAMS[0], 3)
    assert set_up.damage(folder) == f"{prefix.PROGRAMS[0]} is damaged"
    (folder / prefix.MANIFEST).write_text("{")
    assert "its list of files" in set_up.damage(folder)
