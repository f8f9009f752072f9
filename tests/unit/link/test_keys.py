import stat
import threading
from pathlib import Path

import pytest

from or_robot.errors import OrRobotError
from or_robot.link.keys import (
    ALLOW_LIST,
    SERVER_KEY,
    AllowedKey,
    AllowList,
    KeyFolder,
    KeyPair,
    ensure_default_keys,
    new_allowed_key,
)
from or_robot.link.topics import Role


@pytest.fixture
def keys(tmp_path):
    return KeyFolder(tmp_path / "keys")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_default_keys_are_private_and_made_once(tmp_path):
    keys = ensure_default_keys(tmp_path)
    assert {(key.name, key.role, key.room) for key in keys.allowed()} == {
        ("gateway", Role.GATEWAY, ""),
        ("panel-OR-1", Role.PANEL, "OR-1"),
    }
    assert mode(keys.folder) == 0o700
    assert {mode(path) for path in keys.folder.iterdir()} == {0o600}
    before = {path.name: path.read_text() for path in keys.folder.iterdir()}
    ensure_default_keys(tmp_path)
    assert {path.name: path.read_text() for path in keys.folder.iterdir()} == before


def test_a_revoked_default_key_stays_revoked(tmp_path):
    ensure_default_keys(tmp_path).revoke("panel-OR-1")
    keys = ensure_default_keys(tmp_path)
    assert [key.name for key in keys.allowed()] == ["gateway"]
    with pytest.raises(OrRobotError, match="panel-OR-1"):
        keys.pair("panel-OR-1")


def test_half_made_default_keys_are_completed(tmp_path):
    keys = ensure_default_keys(tmp_path)
    keys.remove(SERVER_KEY)
    ensure_default_keys(tmp_path)
    assert keys.pair(SERVER_KEY).secret
    assert len(keys.allowed()) == 2


def test_a_key_is_never_overwritten(keys):
    pair = keys.new("panel-OR-2")
    with pytest.raises(OrRobotError, match="exists already"):
        keys.new("panel-OR-2")
    assert keys.pair("panel-OR-2") == pair


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "x" * 65, "OR\n"])
def test_a_name_cannot_leave_the_folder(keys, name):
    with pytest.raises(OrRobotError, match="no name for a key"):
        keys.new(name)


@pytest.mark.parametrize(
    ("name", "role", "room"),
    [("panel-OR-2", Role.PANEL, ""), (SERVER_KEY, Role.GATEWAY, ""), ("x", Role.INFO, "")],
)
def test_what_may_not_be_allowed_leaves_nothing_behind(keys, name, role, room):
    with pytest.raises(OrRobotError):
        new_allowed_key(keys, name, role, room)
    assert not keys.folder.exists()


def test_one_name_one_key(keys):
    pair = new_allowed_key(keys, "viewer-1", Role.VIEWER)
    with pytest.raises(OrRobotError, match="viewer-1"):
        keys.allow(AllowedKey("viewer-2", pair.public, Role.VIEWER))
    with pytest.raises(OrRobotError, match="CURVE public key"):
        keys.allow(AllowedKey("viewer-2", "short", Role.VIEWER))


def test_revoking_a_stranger_names_who_is_there(keys):
    new_allowed_key(keys, "viewer-1", Role.VIEWER)
    with pytest.raises(OrRobotError, match="viewer-1"):
        keys.revoke("viewer-2")


def test_a_secret_is_not_shown_by_accident(keys):
    pair = keys.new("gateway-2")
    assert pair.secret not in repr(pair)
    assert repr(KeyPair("public", "secret")) == "KeyPair(public)"


def test_allow_list_follows_its_file_at_once(keys):
    allow = AllowList(keys)
    assert allow.find("x" * 40) is None
    for turn in range(20):  # as fast as files change
        pair = new_allowed_key(keys, f"viewer-{turn}", Role.VIEWER)
        assert allow.find(pair.public).name == f"viewer-{turn}"
        keys.revoke(f"viewer-{turn}")
        assert allow.find(pair.public) is None


def test_a_list_that_is_gone_allows_nobody(keys):
    pair = new_allowed_key(keys, "viewer-1", Role.VIEWER)
    allow = AllowList(keys)
    assert allow.find(pair.public)
    (keys.folder / ALLOW_LIST).unlink()
    assert allow.find(pair.public) is None


def test_a_folder_that_was_moved_away_allows_nobody(keys, monkeypatch):
    pair = new_allowed_key(keys, "viewer-1", Role.VIEWER)
    allow = AllowList(keys)
    assert allow.find(pair.public)
    keys.folder.rename(keys.folder.with_name("moved"))
    monkeypatch.setattr("or_robot.link.keys.LOOK_S", 0.0)
    assert allow.find(pair.public) is None


def test_a_list_replaced_while_it_is_read_is_read_again(keys, monkeypatch):
    first = new_allowed_key(keys, "viewer-1", Role.VIEWER)
    allow, load = AllowList(keys), AllowList._load

    def replaced(self):
        loaded = load(self)
        monkeypatch.undo()
        keys.revoke("viewer-1")
        return loaded

    monkeypatch.setattr(AllowList, "_load", replaced)
    assert allow.find(first.public)  # as it was
    assert allow.find(first.public) is None


def test_looking_at_the_list_keeps_no_file_open_but_the_last(keys):
    allow = AllowList(keys)
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    for turn in range(20):
        allow.find(new_allowed_key(keys, f"viewer-{turn}", Role.VIEWER).public)
    assert len(list(Path("/proc/self/fd").iterdir())) <= open_files + 1


def test_a_damaged_allow_list_allows_nobody(keys):
    pair = new_allowed_key(keys, "viewer-1", Role.VIEWER)
    allow = AllowList(keys)
    assert allow.find(pair.public)
    (keys.folder / ALLOW_LIST).write_text("[{")
    assert allow.find(pair.public) is None
    with pytest.raises(OrRobotError, match="damaged"):
        keys.allow(AllowedKey("viewer-2", "x" * 40, Role.VIEWER))


def test_readers_never_see_half_a_list(keys):
    pair = new_allowed_key(keys, "viewer-0", Role.VIEWER)
    allow, done, lost = AllowList(keys), threading.Event(), []

    def read():
        while not done.is_set():
            if allow.find(pair.public) is None:
                lost.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(30):
        keys.allow(AllowedKey(f"v{turn}", f"{turn:040d}", Role.VIEWER))
    done.set()
    reader.join()
    assert not lost
