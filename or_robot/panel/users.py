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
from sqlalchemy import ColumnElement, Engine, delete, select, true, update
from sqlalchemy.orm import Session

from or_robot.errors import OrRobotError
from or_robot.panel.database import SessionRow, UserRow, open_database
from or_robot.panel.roles import ROLES

GENERATED_NAME = "team"
GENERATED_ROLE = "nurse"
SHORTEST_PASSWORD = 12
"""Characters. NIST SP 800-63B asks for at least 8 and for no rules of composition."""
PIN_DIGITS = (4, 8)
WRONG_PINS = 5
ADMIN = "admin"
_UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class User(UserMixin):
    """Somebody logged in. `token` names the session, so that logging out ends it on the server."""

    name: str
    role: str
    token: str
    locked: bool = False
    """Left alone too long: looks go on, commands wait for the PIN."""
    has_pin: bool = False

    def get_id(self) -> str:
        return self.token


@dataclass(frozen=True)
class Account:
    name: str
    role: str
    generated: bool


class Users:
    """Accounts and sessions in the panel's database. Safe to call from any thread."""

    def __init__(
        self, engine: Engine, hasher: PasswordHasher | None = None, lock_after_s: float = 600.0
    ) -> None:
        self._engine = engine
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex())
        self._lock_after_s = lock_after_s
        self.changes = 0
        """Grows whenever a session changes in this process: who holds a copy asks again."""

    def add(self, name: str, role: str, password: str, *, generated: bool = False) -> None:
        """Raises OrRobotError when the name is taken, the role unknown or the password short."""
        if not name or not name.isprintable() or len(name) > 64:
            raise OrRobotError(f"user name {name!r}", "give 1 to 64 printable characters")
        _check_role(role)
        if len(password) < SHORTEST_PASSWORD:
            raise OrRobotError("the password is short", f"give {SHORTEST_PASSWORD} characters")
        row = UserRow(
            name=name, role=role, password_hash=self._hasher.hash(password), generated=generated
        )
        with Session(self._engine) as session, session.begin():
            if session.get(UserRow, name) is not None:
                raise OrRobotError(f"user {name!r} exists", "choose another name")
            session.add(row)

    def accounts(self) -> tuple[Account, ...]:
        """Everybody, by name."""
        with Session(self._engine) as session:
            rows = session.scalars(select(UserRow).order_by(UserRow.name)).all()
            return tuple(Account(row.name, row.role, row.generated) for row in rows)

    def set_role(self, name: str, role: str) -> None:
        """What was open under the old role ends. Raises OrRobotError."""
        _check_role(role)
        with Session(self._engine) as session, session.begin():
            row = _existing(session, name)
            if row.role == ADMIN and role != ADMIN:
                _keep_an_admin(session, name)
            row.role = role
            session.execute(delete(SessionRow).where(SessionRow.user_name == name))

    def set_password(self, name: str, password: str) -> None:
        """Sessions and PIN end with the old one. Raises OrRobotError."""
        hashed = self._hasher.hash(password)
        with Session(self._engine) as session, session.begin():
            row = _existing(session, name)
            row.password_hash, row.pin_hash = hashed, None
            session.execute(delete(SessionRow).where(SessionRow.user_name == name))

    def remove(self, name: str) -> None:
        """Sessions end with the account. Raises OrRobotError."""
        with Session(self._engine) as session, session.begin():
            row = _existing(session, name)
            if row.role == ADMIN:
                _keep_an_admin(session, name)
            session.delete(row)

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
                SessionRow(
                    token_hash=_hash(token),
                    user_name=name,
                    expires_s=now + hours * 3600.0,
                    active_s=now,
                    wrong_pins=0,
                )
            )
            return User(row.name, row.role, token, has_pin=row.pin_hash is not None)

    def of_session(self, token: str) -> User | None:
        """Whose session this is; None when it has ended or never was."""
        query = (
            select(UserRow, SessionRow)
            .join(SessionRow, SessionRow.user_name == UserRow.name)
            .where(SessionRow.token_hash == _hash(token), SessionRow.expires_s > time.time())
        )
        with Session(self._engine) as session:
            found = session.execute(query).first()
            if found is None:
                return None
            row, opened = found
            locked = time.time() - opened.active_s > self._lock_after_s
            return User(row.name, row.role, token, locked, row.pin_hash is not None)

    def touch(self, token: str) -> None:
        """The person is still there. A locked session stays locked."""
        now = time.time()
        self._change(token, SessionRow.active_s >= now - self._lock_after_s, active_s=now)

    def lock(self, token: str) -> None:
        """At once, when the person steps away."""
        self._change(token, true(), active_s=0.0)

    def set_pin(self, token: str, pin: str) -> None:
        """PIN of the person whose session this is. Raises OrRobotError."""
        if not (pin.isascii() and pin.isdigit() and PIN_DIGITS[0] <= len(pin) <= PIN_DIGITS[1]):
            raise OrRobotError("this is no PIN", f"give {PIN_DIGITS[0]} to {PIN_DIGITS[1]} digits")
        if len(set(pin)) == 1 or pin in "0123456789" or pin in "9876543210":
            raise OrRobotError("the PIN is easy to guess", "choose digits in no simple order")
        hashed = self._hasher.hash(pin)
        with Session(self._engine) as session, session.begin():
            opened = session.get(SessionRow, _hash(token))
            if opened is not None:
                _existing(session, opened.user_name).pin_hash = hashed
        self.changes += 1

    def unlock(self, token: str, pin: str) -> bool:
        """False when the PIN is wrong; after `WRONG_PINS` of them the session is over."""
        with Session(self._engine) as session, session.begin():
            opened = session.get(SessionRow, _hash(token))
            row = session.get(UserRow, opened.user_name) if opened else None
            right = self._verify((row and row.pin_hash) or self._nobody, pin)
            if opened is None or row is None:
                return False
            if right:
                opened.active_s, opened.wrong_pins = time.time(), 0
            else:
                opened.wrong_pins += 1
                if opened.wrong_pins >= WRONG_PINS:
                    session.delete(opened)
        self.changes += 1
        return right

    def log_out(self, token: str) -> None:
        with Session(self._engine) as session, session.begin():
            session.execute(delete(SessionRow).where(SessionRow.token_hash == _hash(token)))

    def _change(self, token: str, condition: ColumnElement[bool], **values: float) -> None:
        mine = SessionRow.token_hash == _hash(token)
        with Session(self._engine) as session, session.begin():
            session.execute(update(SessionRow).where(mine, condition).values(**values))
        self.changes += 1

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


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise OrRobotError(f"no role {role!r}", f"give one of {', '.join(ROLES)}")


def _existing(session: Session, name: str) -> UserRow:
    row = session.get(UserRow, name)
    if row is None:
        raise OrRobotError(f"no user {name!r}", "look at the list of accounts")
    return row


def _keep_an_admin(session: Session, name: str) -> None:
    query = select(UserRow.name).where(UserRow.role == ADMIN, UserRow.name != name)
    if session.scalar(query) is None:
        raise OrRobotError("this is the last admin", "make somebody else admin first")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
