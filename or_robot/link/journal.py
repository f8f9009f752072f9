"""Ids of requests with an effect, on disk: what was begun is not begun again after a restart."""

from __future__ import annotations

import os
import struct
import threading
from collections import OrderedDict
from pathlib import Path

import msgspec

from or_robot.errors import OrRobotError

Id = tuple[str, str]
"""Name of the asker's key, id of the request."""

_LENGTH = struct.Struct("<I")


class Entry(msgspec.Struct, array_like=True, frozen=True):
    id: Id
    digest: bytes
    """Of what was asked."""
    answer: bytes = b""
    """The frame that answered it; empty: begun, and not answered as far as is known."""


class Journal:
    """Append-only file of entries, newest last; a half-written end (kill, power) is dropped.

    Safe from any thread, for one process. What `begun` has returned from survives loss of power;
    an answer that does not is an interrupted request, which is not executed a second time either.
    """

    def __init__(self, path: Path, capacity: int) -> None:
        """Keeps the last `capacity` ids. OrRobotError when the file cannot be written."""
        self._path, self._capacity = path, capacity
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._entries = _read(path, capacity)
            self._rewrite()
        except OSError as error:
            problem = f"{path} cannot be written: {error.strerror}"
            raise OrRobotError(problem, "make room, or mend the folder's permissions") from error

    def entries(self) -> list[Entry]:
        """Oldest first."""
        with self._lock:
            return list(self._entries.values())

    def begun(self, id_: Id, digest: bytes) -> None:
        """On the disk when it returns. Raises OSError, and then the request must not be begun."""
        self._append(Entry(id_, digest), sync=True)

    def answered(self, id_: Id, digest: bytes, answer: bytes) -> None:
        """Survives the end of the process."""
        self._append(Entry(id_, digest, answer), sync=False)

    def close(self) -> None:
        with self._lock:
            os.close(self._file)

    def _append(self, entry: Entry, *, sync: bool) -> None:
        with self._lock:
            os.write(self._file, _packed(entry))
            _keep(self._entries, entry, self._capacity)
            self._written += 1
            if self._written > 4 * self._capacity:
                os.close(self._file)
                self._rewrite()
            elif sync:
                os.fdatasync(self._file)

    def _rewrite(self) -> None:
        """Whole or not at all, and only what is still remembered."""
        draft = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(map(_packed, self._entries.values()))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._written = len(self._entries)


def _packed(entry: Entry) -> bytes:
    body = msgspec.msgpack.encode(entry)
    return _LENGTH.pack(len(body)) + body


def _read(path: Path, capacity: int) -> OrderedDict[Id, Entry]:
    entries: OrderedDict[Id, Entry] = OrderedDict()
    data = path.read_bytes() if path.exists() else b""
    at = 0
    while len(data) - at >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        try:
            entry = msgspec.msgpack.decode(data[at : at + length], type=Entry)
        except msgspec.DecodeError:
            break  # the end that was being written
        _keep(entries, entry, capacity)
        at += length
    return entries


def _keep(entries: OrderedDict[Id, Entry], entry: Entry, capacity: int) -> None:
    entries[entry.id] = entry
    entries.move_to_end(entry.id)
    while len(entries) > capacity:
        entries.popitem(last=False)
