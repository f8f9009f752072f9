"""The panel's own small database: people and their sessions. Nothing of patients."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, ForeignKey, create_engine, event
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


class SessionRow(Base):
    __tablename__ = "session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the token in the cookie: who reads the database cannot log in with it."""
    user_name: Mapped[str] = mapped_column(ForeignKey("user.name", ondelete="CASCADE"))
    expires_s: Mapped[float]
    """Unix time, s."""


def open_database(home: Path) -> Engine:
    """`home/panel/panel.sqlite`, created when missing; folder and file for the owner only."""
    folder = home / "panel"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "panel.sqlite"
    path.touch(mode=0o600)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 5.0})
    event.listen(engine, "connect", _set_pragmas)
    Base.metadata.create_all(engine)
    return engine


def _set_pragmas(connection, _record) -> None:  # type: ignore[no-untyped-def]
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")  # `or-robot user` may write while the panel reads
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
