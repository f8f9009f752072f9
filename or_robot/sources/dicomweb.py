"""A DICOMweb archive (PS3.18): what it has of a patient (QIDO-RS), object by object (WADO-RS)."""

from __future__ import annotations

import email.message
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from or_robot.config.sources import ServerConfig
from or_robot.sources.http_source import HttpSource, SourceUnavailable

MODALITIES = ("CT", "RTPLAN", "RTDOSE", "RTSTRUCT", "RTRECORD")
JSON = "application/dicom+json"
OBJECT = 'multipart/related; type="application/dicom"; transfer-syntax=*'
PATIENT_ID, MODALITY = "00100020", "00080060"
STUDY, SERIES, INSTANCE = "0020000D", "0020000E", "00080018"


@dataclass(frozen=True, slots=True)
class ArchivedInstance:
    study_uid: str
    series_uid: str
    instance_uid: str
    modality: str


class DicomWeb:
    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._http = HttpSource(config)

    def instances(self, patient_id: str) -> Iterator[ArchivedInstance]:
        """All of a patient that are read here. Raises SourceUnavailable."""
        for study in self._find(
            f"/studies?PatientID={quote(patient_id)}&includefield={PATIENT_ID}"
        ):
            if _text(study, PATIENT_ID) != patient_id:  # a server may match more loosely
                continue
            study_uid = _text(study, STUDY)
            for series in self._find(f"/studies/{quote(study_uid)}/series"):
                modality = _text(series, MODALITY)
                if modality not in MODALITIES:
                    continue
                series_uid = _text(series, SERIES)
                where = f"/studies/{quote(study_uid)}/series/{quote(series_uid)}/instances"
                for instance in self._find(where):
                    uid = _text(instance, INSTANCE)
                    yield ArchivedInstance(study_uid, series_uid, uid, modality)

    def fetch(self, instance: ArchivedInstance) -> bytes:
        """The object as DICOM Part 10. Raises SourceUnavailable."""
        kind, body = self._http.get(
            f"/studies/{quote(instance.study_uid)}/series/{quote(instance.series_uid)}"
            f"/instances/{quote(instance.instance_uid)}",
            OBJECT,
        )
        found = parts(kind, body)
        if len(found) != 1:
            raise SourceUnavailable(
                f"{self._config.name} gives {len(found)} objects for one", "check its log"
            )
        return found[0]

    def close(self) -> None:
        self._http.close()

    def _find(self, path: str) -> list[dict[str, Any]]:
        _, body = self._http.get(path, JSON)
        try:
            found = json.loads(body) if body else []
        except ValueError as error:
            raise SourceUnavailable(
                f"{self._config.name} does not answer in DICOM JSON", "check its address"
            ) from error
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise SourceUnavailable(
                f"{self._config.name} does not answer with a list", "check its address"
            )
        return found


def _text(item: dict[str, Any], tag: str) -> str:
    """First value of an attribute in DICOM JSON; empty when it has none."""
    element = item.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return str(values[0]) if isinstance(values, list) and values else ""


def parts(content_type: str, body: bytes) -> list[bytes]:
    """Bodies of a multipart/related answer; none when it is not well formed."""
    header = email.message.Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/related" or not boundary:
        return []
    found = []
    for piece in body.split(b"--" + boundary.encode("latin-1", "replace"))[1:]:
        if piece.startswith(b"--"):
            break
        _, gap, content = piece.partition(b"\r\n\r\n")
        if gap:
            found.append(content.removesuffix(b"\r\n"))
    return found
