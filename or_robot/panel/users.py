"""People who may use the panel, and their sessions."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_login import UserMixin
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from or_robot.errors import OrRobotError
from or_robot.panel.database import SessionRow, UserRow, open_database
from or_robot.panel.roles import ROLES

GENERATED_NAME = "team"
GENERATED_ROLE = "nurse"
SHORTEST_PASSWORD = 12
"""Characters. NIST SP 800-63B asks for at least 8 and for no rules of composition."""
_UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class User(UserMixin):
    """Somebody logged in. `token` names the session, so that logging out ends it on the server."""

    name: str
    role: str
    token: str

    def get_id(self) -> str:
        return self.token


class Users:
    """Accounts and sessions in the panel's database. Safe to call from any thread."""

    def __init__(self, engine: Engine, hasher: PasswordHasher | None = None) -> None:
        self._engine = engine
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex())

    def add(self, name: str, role: str, password: str, *, generated: bool = False) -> None:
        """Raises OrRobotError when the name is taken, the role unknown or the password short."""
        if not name or not name.isprintable() or len(name) > 64:
            raise OrRobotError(f"user name {name!r}", "give 1 to 64 printable characters")
        if role not in ROLES:
            raise OrRobotError(f"no role {role!r}", f"give one of {', '.join(ROLES)}")
        if len(password) < SHORTEST_PASSWORD:
            raise OrRobotError("the password is short", f"give {SHORTEST_PASSWORD} characters")
        row = UserRow(
            name=name, role=role, password_hash=self._hasher.hash(password), generated=generated
        )
        with Session(self._engine) as session, session.begin():
            if session.get(UserRow, name) is not None:
                raise OrRobotError(f"user {name!r} exists", "choose another name")
            session.add(row)

    def remove_generated(self) -> None:
        """Forget logins made at earlier starts; their sessions end with them."""
        with Session(self._engine) as session, session.begin():
            session.execute(delete(UserRow).where(UserRow.generated))

    def log_in(self, name: str, password: str, hours: float) -> User | None:
        """Open a session; None when name or password is wrong, after the same time for both."""
        with Session(self._engine) as session, session.begin():
            row = session.get(UserRow, name)
            if not self._verify(row.password_hash if row else self._nobody, password) or not row:
                return None
            token = secrets.token_urlsafe(32)
            now = time.time()
            session.execute(delete(SessionRow).where(SessionRow.expires_s < now))
            session.add(
                SessionRow(token_hash=_hash(token), user_name=name, expires_s=now + hours * 3600.0)
            )
            return User(row.name, row.role, token)

    def of_session(self, token: str) -> User | None:
        """Whose session this is; None when it has ended or never was."""
        query = (
            select(UserRow)
            .join(SessionRow, SessionRow.user_name == UserRow.name)
            .where(SessionRow.token_hash == _hash(token), SessionRow.expires_s > time.time())
        )
        with Session(self._engine) as session:
            row = session.scalar(query)
            return User(row.name, row.role, token) if row else None

    def log_out(self, token: str) -> None:
        with Session(self._engine) as session, session.begin():
            session.execute(delete(SessionRow).where(SessionRow.token_hash == _hash(token)))

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def generate_password() -> str:
    """Three groups of four characters that cannot be mistaken for each other, 59 bits."""
    groups = ("".join(secrets.choice(_UNMISTAKABLE) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


def fresh_login(home: Path) -> tuple[str, str]:
    """Name and password of a login that replaces the one of the last start; kept hashed only."""
    users = Users(open_database(home))
    password = generate_password()
    users.remove_generated()
    users.add(GENERATED_NAME, GENERATED_ROLE, password, generated=True)
    return GENERATED_NAME, password


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
