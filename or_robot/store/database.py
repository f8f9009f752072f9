"""Opening the database behind its URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from or_robot.errors import OrRobotError
from or_robot.store.schema import APPEND_ONLY, metadata

BUSY_TIMEOUT_MS = 10_000
"""How long one process waits for another's write."""


def open_database(url: str) -> Engine:
    """Engine with every table present. SQLite: WAL, full sync, writers queue from the start.

    Used through `reading` and `writing`. Raises StoreUnavailable.
    """
    try:
        engine = create_engine(make_url(url))
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _on_connect)
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


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we write BEGIN ourselves, see _on_begin
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    """Take the write lock at once: a chain read and then extended must not be extended by two."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
