"""CURVE keys (CurveZMQ, RFC 26) and the allow-list: who may connect, as what, for which room."""

from __future__ import annotations

import logging
import math
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import zmq

from or_robot.errors import OrRobotError
from or_robot.link.topics import Role

_log = logging.getLogger(__name__)

SERVER_KEY = "server"
ALLOW_LIST = "allowed.json"
DEFAULT_KEYS = (("gateway", Role.GATEWAY, ""), ("panel-OR-1", Role.PANEL, "OR-1"))

LOOK_S = 0.5
"""s between two looks at the path of the allow-list, beside those at the open file."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_Z85_KEY = re.compile(r"[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")


class KeyPair(msgspec.Struct, frozen=True):
    """Z85 text (ZeroMQ RFC 32)."""

    public: str
    secret: str = ""

    def __repr__(self) -> str:
        return f"KeyPair({self.public})"  # a secret must not reach a log


class AllowedKey(msgspec.Struct, frozen=True):
    name: str
    public: str
    role: Role
    room: str = ""
    """Room a panel or viewer is bound to; empty for a gateway."""


@dataclass(frozen=True)
class KeyFolder:
    """`$OR_ROBOT_HOME/keys`: NAME.public, NAME.secret, the allow-list; 0700, files 0600."""

    folder: Path

    def new(self, name: str) -> KeyPair:
        """Make and keep a key pair; an existing one of this name is refused, never overwritten."""
        _check_name(name)
        if self.secret_file(name).exists():
            raise OrRobotError(
                f"key {name!r} exists already", "choose another name or revoke it first"
            )
        public, secret = zmq.curve_keypair()
        pair = KeyPair(public.decode(), secret.decode())
        self._write(self.secret_file(name), pair.secret)
        self._write(self.public_file(name), pair.public)
        return pair

    def pair(self, name: str) -> KeyPair:
        public, secret = self.public(name), self._read(name, self.secret_file(name))
        return KeyPair(public, secret)

    def public(self, name: str) -> str:
        return self._read(name, self.public_file(name))

    def remove(self, name: str) -> None:
        self.secret_file(name).unlink(missing_ok=True)
        self.public_file(name).unlink(missing_ok=True)

    def allowed(self) -> tuple[AllowedKey, ...]:
        """The allow-list; empty when there is none. A damaged list is an error, not "nobody"."""
        path = self.folder / ALLOW_LIST
        try:
            return msgspec.json.decode(path.read_bytes(), type=tuple[AllowedKey, ...])
        except FileNotFoundError:
            return ()
        except msgspec.DecodeError as error:
            raise OrRobotError(
                f"{path} is damaged: {error}", "restore it or make new keys"
            ) from error

    def allow(self, key: AllowedKey) -> None:
        """Add to the allow-list. One name has one key and one key one name."""
        _check(key)
        present = self.allowed()
        for other in present:
            if other.name == key.name or other.public == key.public:
                raise OrRobotError(f"key {other.name!r} is on the list already", "revoke it first")
        self._write_list((*present, key))

    def revoke(self, name: str) -> None:
        """Take off the allow-list and delete its files here; running servers cut it at once."""
        present = self.allowed()
        kept = tuple(key for key in present if key.name != name)
        if len(kept) == len(present):
            names = ", ".join(key.name for key in present) or "nobody is on the list"
            raise OrRobotError(f"no key {name!r} on the allow-list", names)
        self._write_list(kept)
        self.remove(name)

    def _write_list(self, keys: tuple[AllowedKey, ...]) -> None:
        self._write(
            self.folder / ALLOW_LIST, msgspec.json.format(msgspec.json.encode(keys)).decode()
        )

    def secret_file(self, name: str) -> Path:
        return self.folder / f"{name}.secret"

    def public_file(self, name: str) -> Path:
        return self.folder / f"{name}.public"

    def _read(self, name: str, path: Path) -> str:
        try:
            text = path.read_text().strip()
        except FileNotFoundError:
            raise OrRobotError(
                f"no key {name!r} in {self.folder}", "make it: or-robot keys new"
            ) from None
        if not _Z85_KEY.fullmatch(text):
            raise OrRobotError(f"{path} holds no CURVE key", "make a new key: or-robot keys new")
        return text

    def _write(self, path: Path, text: str) -> None:
        """Whole or not at all, readable by nobody else at any moment."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


class AllowList:
    """The allow-list as a running server sees it: follows the file at once.

    Each message looks at the open file. To look at its path takes long when caches are cold, and
    shows one thing more: that its whole folder was moved away. That is noticed within `LOOK_S`.
    """

    def __init__(self, keys: KeyFolder) -> None:
        self._keys = keys
        self._path = str(keys.folder / ALLOW_LIST)
        self._file: _OpenFile | None = None
        self._seen: _State | None = None
        self._looked_s = -math.inf
        self._by_public: dict[str, AllowedKey] = {}

    def find(self, public: str) -> AllowedKey | None:
        """Whose key this is now; None when it may not be here. A damaged list allows nobody."""
        file, now_s = self._file, time.monotonic()
        if file is None or file.state() != self._seen or now_s - self._looked_s > LOOK_S:
            self._look(now_s)
        return self._by_public.get(public)

    def _look(self, now_s: float) -> None:
        """Through the path: what is there, is it what is open, and what it says now."""
        self._looked_s = now_s
        try:
            file = _OpenFile(self._path)
        except OSError:
            self._file, self._seen, self._by_public = None, None, {}
            return
        state = file.state()
        if state != self._seen:
            self._by_public = self._load()
        self._file = file
        self._seen = state if state[-1] else None  # replaced meanwhile: says nothing any more

    def _load(self) -> dict[str, AllowedKey]:
        try:
            return {key.public: key for key in self._keys.allowed()}
        except (OrRobotError, OSError) as error:
            _log.error("%s; refusing everybody", error)
            return {}


_State = tuple[int, int, int, int]


class _OpenFile:
    """Closed when nobody holds it any more."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def state(self) -> _State:
        """Different once the file is written to, replaced or removed."""
        status = os.fstat(self._descriptor)
        return status.st_mtime_ns, status.st_ino, status.st_size, status.st_nlink

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):  # it was opened
            os.close(self._descriptor)


def new_allowed_key(keys: KeyFolder, name: str, role: Role, room: str = "") -> KeyPair:
    """Make a key pair and put it on the allow-list, or do neither."""
    _check(AllowedKey(name, "0" * 40, role, room))
    pair = keys.new(name)
    try:
        keys.allow(AllowedKey(name, pair.public, role, room))
    except OrRobotError:
        keys.remove(name)
        raise
    return pair


def ensure_default_keys(home: Path) -> KeyFolder:
    """At the first start: keys of a machine that runs everything (server, gateway, panel of OR-1).

    Later starts change nothing, so that a revoked key stays revoked. The server's key comes last
    and so marks that the others are there.
    """
    keys = KeyFolder(home / "keys")
    if not keys.secret_file(SERVER_KEY).exists():
        present = {key.name for key in keys.allowed()}
        for name, role, room in DEFAULT_KEYS:
            if name not in present:
                keys.remove(name)
                new_allowed_key(keys, name, role, room)
        keys.remove(SERVER_KEY)
        keys.new(SERVER_KEY)
    return keys


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise OrRobotError(
            f"{name!r} is no name for a key", "letters, digits, dot, dash, underscore"
        )


def _check(key: AllowedKey) -> None:
    _check_name(key.name)
    if key.name == SERVER_KEY or key.role is Role.INFO:
        raise OrRobotError(
            "the server's own key is not on the allow-list", "choose another name and role"
        )
    if not _Z85_KEY.fullmatch(key.public):
        raise OrRobotError(f"{key.public!r} is no CURVE public key", "40 characters of Z85")
    if key.role is Role.PANEL and not key.room:
        raise OrRobotError("a panel's key belongs to one room", "give --room, for example OR-1")
