"""Opening the database behind its URL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from or_robot.errors import OrRobotError
from or_robot.store.schema import APPEND_ONLY, metadata

BUSY_TIMEOUT_MS = 10_000
"""How long one process waits for another's write."""


def open_database(url: str) -> Engine:
    """Engine with every table present. SQLite: WAL, full sync, writers queue from the start.

    Use `engine.begin()` to write and `reading(engine)` to read. Raises OrRobotError.
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
        raise OrRobotError(
            f"information store cannot be opened ({type(error).__name__})",
            "check the folder's rights and free space, and that the file is a database",
        ) from error
    return engine


def reading(engine: Engine) -> Connection:
    """A connection that never takes the write lock."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


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
