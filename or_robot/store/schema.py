"""Tables of the information store. Plain SQL types, so that another database can follow SQLite."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

patient = Table(
    "patient",
    metadata,
    Column("patient_id", String(64), primary_key=True),
    Column("issuer", String(64)),
    Column("birth_date", String(10)),
)

instance = Table(
    "instance",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("patient_id", ForeignKey("patient.patient_id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("uid", String(80), nullable=False),
    Column("imported_s", Float, nullable=False),
    Index("instance_of_patient", "patient_id", "kind", "uid"),
)

prepared = Table(
    "prepared",
    metadata,
    Column("patient_id", ForeignKey("patient.patient_id"), primary_key=True),
    Column("key", String(160), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

room = Table(
    "room",
    metadata,
    Column("room", String(32), primary_key=True),
    Column("patient_id", ForeignKey("patient.patient_id"), nullable=False),
    Column("assigned_s", Float, nullable=False),
)

booking = Table(
    "booking",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("patient_id", ForeignKey("patient.patient_id"), nullable=False, index=True),
    Column("source", String(80), nullable=False),
    Column("room", String(32), nullable=False, index=True),
    Column("start", String(40)),
    Column("end", String(40)),
    Column("text", Text),
)

refusal = Table(
    "refusal",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("source", String(80), nullable=False),
    Column("patient_id", String(64), index=True),
    Column("problem", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("alarm", Boolean, nullable=False),
    Column("stamp_s", Float, nullable=False),
    Column("settled_by", String(80)),
)

doomed = Table("doomed", metadata, Column("path", String(200), primary_key=True))
"""Files of deleted patients that are still to be removed, relative to the store's folder."""

phase = Table(
    "phase",
    metadata,
    Column("room", String(32), primary_key=True),
    Column("phase", String(16), nullable=False),
    Column("set_s", Float, nullable=False),
)

checklist = Table(
    "checklist",
    metadata,
    Column("room", String(32), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("stamp_s", Float, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("room", String(32), nullable=False),
    Column("action", String(80), nullable=False),
    Column("patient_id", String(64)),
    Column("why", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

APPEND_ONLY = tuple(
    f"CREATE TRIGGER IF NOT EXISTS audit_no_{event} BEFORE {event.upper()} ON audit "
    "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
    for event in ("update", "delete")
)
"""SQLite's own guard beside the hash chain."""
