"""Objects on disk under the SHA-256 of their bytes. Written once, never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from or_robot.errors import OrRobotError
from or_robot.store.database import StoreUnavailable


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class ObjectFolder:
    """An object that `put` has returned survives kill -9 and loss of power."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Store and return the digest; storing the same bytes again does nothing.

        Raises StoreUnavailable.
        """
        sha256 = digest(data)
        path = self._path(sha256)
        try:
            if not path.exists():
                path.parent.mkdir(mode=0o700, exist_ok=True)
                write_durably(path, data)
        except OSError as error:
            raise StoreUnavailable("information store cannot be written") from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """Raises OrRobotError when the object is missing or was altered."""
        try:
            data = self._path(sha256).read_bytes()
        except OSError as error:
            raise OrRobotError(
                f"stored object {sha256[:12]} cannot be read", "import its source again"
            ) from error
        if digest(data) != sha256:
            raise OrRobotError(f"stored object {sha256[:12]} is damaged", "restore the store")
        return data

    def relative(self, sha256: str) -> str:
        """Where an object lies, from the folder above."""
        return str(self._path(sha256).relative_to(self._folder.parent))

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:]


def write_durably(path: Path, data: bytes) -> None:
    """Whole or not at all: write beside, sync, rename, sync the folder."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
