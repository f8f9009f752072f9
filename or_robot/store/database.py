"""Opening the database behind its URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from or_robot.errors import OrRobotError
from or_robot.store.schema import APPEND_ONLY, metadata

BUSY_TIMEOUT_MS = 10_000
"""How long one process waits for another's write."""

SYNCED = ("synchronous=FULL", "secure_delete=ON")
UNSYNCED = ("synchronous=NORMAL", "wal_autocheckpoint=10000")
"""Moving the log into the database syncs as well: left to those who sync anyway."""


def open_database(url: str, *, sync_commits: bool = True) -> Engine:
    """Engine with every table present. SQLite: WAL, writers queue from the start.

    Used through `reading` and `writing`. `sync_commits`: a commit is on the disk when it returns;
    else (SQLite) it survives the end of any process, and loss of power once somebody syncs the
    log. Raises StoreUnavailable.
    """
    try:
        engine = create_engine(make_url(url))
        if engine.dialect.name == "sqlite":
            pragmas = SYNCED if sync_commits else UNSYNCED
            event.listen(engine, "connect", partial(_on_connect, pragmas))
            event.listen(engine, "begin", _on_begin)
        with engine.begin() as connection:
            metadata.create_all(connection)
            if engine.dialect.name == "sqlite":
                for statement in APPEND_ONLY:
                    connection.execute(text(statement))
    except (SQLAlchemyError, ArgumentError) as error:
        problem = f"information store cannot be opened ({type(error).__name__})"
        raise StoreUnavailable(problem) from error
    return engine


class StoreUnavailable(OrRobotError):
    """The store cannot be read or written now; nothing was acknowledged."""

    def __init__(self, problem: str = "information store does not answer") -> None:
        super().__init__(problem, "check free space, the folder's rights and other processes")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that never takes the write lock. Raises StoreUnavailable."""
    try:
        with engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")
    except OperationalError as error:
        raise StoreUnavailable from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, durable after the block, undone by any exception. StoreUnavailable."""
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        raise StoreUnavailable from error


def sqlite_file(engine: Engine) -> Path | None:
    """Where the database lies; None for another kind."""
    database = engine.url.database if engine.dialect.name == "sqlite" else None
    return Path(database) if database else None


def forget_log(engine: Engine) -> None:
    """Move SQLite's log into the database and cut it, so that nothing deleted is left in it."""
    if engine.dialect.name == "sqlite":
        with reading(engine) as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _on_connect(pragmas: tuple[str, ...], connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we write BEGIN ourselves, see _on_begin
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "foreign_keys=ON",
        *pragmas,
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    """Take the write lock at once: a chain read and then extended must not be extended by two."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
