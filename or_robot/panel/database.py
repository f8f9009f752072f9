"""The panel's own small database: people and their sessions. Nothing of patients."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, ForeignKey, create_engine, event, inspect, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class UserRow(Base):
    __tablename__ = "user"

    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    generated: Mapped[bool]
    """Made at a start of the suite, replaced at the next."""
    pin_hash: Mapped[str | None] = mapped_column(default=None)
    """Of the PIN that unlocks this person's own session; None: no PIN."""


class SessionRow(Base):
    __tablename__ = "session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the token in the cookie: who reads the database cannot log in with it."""
    user_name: Mapped[str] = mapped_column(ForeignKey("user.name", ondelete="CASCADE"))
    expires_s: Mapped[float]
    """Unix time, s."""
    active_s: Mapped[float] = mapped_column(server_default="0")
    """Unix time of the person's last press, s: a session left alone locks."""
    wrong_pins: Mapped[int] = mapped_column(server_default="0")


def open_database(home: Path) -> Engine:
    """`home/panel/panel.sqlite`, created when missing; folder and file for the owner only."""
    folder = home / "panel"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "panel.sqlite"
    path.touch(mode=0o600)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 5.0})
    event.listen(engine, "connect", _set_pragmas)
    Base.metadata.create_all(engine)
    _add_missing_columns(engine)
    return engine


def _add_missing_columns(engine: Engine) -> None:
    """A database of an earlier version gets what has come since."""
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            present = {column["name"] for column in inspect(connection).get_columns(table.name)}
            for column in table.columns:
                if column.name not in present:
                    kind = column.type.compile(engine.dialect)
                    rule = "DEFAULT 0" if not column.nullable else ""
                    connection.execute(
                        text(f'ALTER TABLE "{table.name}" ADD COLUMN {column.name} {kind} {rule}')
                    )


def _set_pragmas(connection, _record) -> None:  # type: ignore[no-untyped-def]
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")  # `or-robot user` may write while the panel reads
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
