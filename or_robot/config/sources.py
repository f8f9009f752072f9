"""Where patient data comes from: `$OR_ROBOT_HOME/info/sources.yaml`. Nothing listens without it."""

from __future__ import annotations

import dataclasses
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from or_robot.config.setting import CheckedConfig, setting
from or_robot.errors import OrRobotError

T = TypeVar("T")

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class DicomReceiverConfig(CheckedConfig):
    """C-STORE and C-ECHO."""

    port: int = setting(11112, unit="", low=1024, high=65535, doc="TCP port that listens")
    host: str = LOOPBACK
    ae_title: str = "OR_ROBOT"
    callers: tuple[str, ...] = ()
    """AE titles that may send; none: anybody who reaches the port, hence loopback only."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.callers and not _is_loopback(self.host):
            raise OrRobotError(
                f"dicom_receiver listens on {self.host} to everybody",
                "name who may send in callers, or listen on 127.0.0.1",
            )
        if not 1 <= len(self.ae_title) <= 16:
            raise OrRobotError("dicom_receiver.ae_title is too long", "use 1 to 16 characters")


@dataclass(frozen=True)
class Hl7ReceiverConfig(CheckedConfig):
    """HL7v2 over MLLP."""

    port: int = setting(2575, unit="", low=1024, high=65535, doc="TCP port that listens")
    host: str = LOOPBACK
    senders: tuple[str, ...] = ()
    """Addresses that may send; none: anybody who reaches the port, hence loopback only."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.senders and not _is_loopback(self.host):
            raise OrRobotError(
                f"hl7v2_receiver listens on {self.host} to everybody",
                "name who may send in senders, or listen on 127.0.0.1",
            )


@dataclass(frozen=True)
class ServerConfig(CheckedConfig):
    """A DICOMweb archive or a FHIR server that is asked."""

    name: str = ""
    url: str = ""
    user: str = ""
    password_file: str = ""
    """The password is read from there, never from the settings."""
    period_s: float = setting(30.0, unit="s", low=0.05, high=3600.0, doc="asked this often")
    timeout_s: float = setting(10.0, unit="s", low=0.1, high=300.0, doc="for one answer")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name or not self.url.startswith(("http://", "https://")):
            raise OrRobotError("a server without name or address", "give name and url: http…")


@dataclass(frozen=True)
class FolderConfig(CheckedConfig):
    """A folder that others put files into."""

    name: str = ""
    path: str = ""
    period_s: float = setting(10.0, unit="s", low=0.05, high=3600.0, doc="looked into this often")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.name or not self.path:
            raise OrRobotError("a folder without name or path", "give both")


@dataclass(frozen=True)
class SourcesConfig:
    dicom_receiver: DicomReceiverConfig | None = None
    hl7v2_receiver: Hl7ReceiverConfig | None = None
    dicomweb: tuple[ServerConfig, ...] = ()
    fhir: tuple[ServerConfig, ...] = ()
    folders: tuple[FolderConfig, ...] = ()

    def __post_init__(self) -> None:
        names = [one.name for one in (*self.dicomweb, *self.fhir)]
        names += [one.name for one in self.folders]
        if len(set(names)) < len(names):
            raise OrRobotError("two sources have the same name", "name each by itself")


def load_sources(file: Path) -> SourcesConfig:
    """Settings of the file; none when it is not there. Raises OrRobotError naming what is wrong."""
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else None
        return _built(given or {}, SourcesConfig, "")
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise OrRobotError(f"{file} cannot be read", "write it as YAML, see docs") from error
    except msgspec.ValidationError as error:
        raise OrRobotError(f"{file}: {error}", "see docs/information.md") from error
    except OrRobotError as error:
        raise OrRobotError(f"{file}: {error.problem}", error.remedy) from error


def _built(given: Any, kind: type[T], where: str) -> T:
    _check_names(given, kind, where)
    return msgspec.convert(given, kind)


def _check_names(given: Any, kind: Any, where: str) -> None:
    """Names that no setting has, at any depth, are refused."""
    inner = {"dicom_receiver": DicomReceiverConfig, "hl7v2_receiver": Hl7ReceiverConfig}
    inner |= {"dicomweb": ServerConfig, "fhir": ServerConfig, "folders": FolderConfig}
    if not isinstance(given, dict):
        return
    known = [field.name for field in dataclasses.fields(kind)]
    for name, value in given.items():
        if name not in known:
            raise OrRobotError(f"no setting {where}{name}", f"use {', '.join(known)}")
        if kind is SourcesConfig:
            for one in value if isinstance(value, list) else [value]:
                _check_names(one, inner[name], f"{name}.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
