"""A FHIR R4B server: one patient's record, gathered into a bundle."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from or_robot.config.sources import ServerConfig
from or_robot.sources.http_source import HttpSource, SourceUnavailable

JSON = "application/fhir+json"

ABOUT_PATIENT = (
    "AllergyIntolerance",
    "Condition",
    "MedicationStatement",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "ServiceRequest",
    "Appointment",
    "Encounter",
    "DeviceUseStatement",
    "Device",
    "Consent",
)
"""Searched by the parameter `patient`."""

REFERRED = re.compile(r"(?:Location|Practitioner|Medication|Device)/[A-Za-z0-9.-]{1,64}")
"""Fetched one by one where the above name them."""

LOGICAL_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
MAX_PAGES = 100
COUNT = 200


class FhirServer:
    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._http = HttpSource(config)

    def close(self) -> None:
        self._http.close()

    def booked(self, first_day: str, last_day: str) -> list[str]:
        """Logical IDs of the patients with an appointment on these days (ISO dates)."""
        query = f"/Appointment?date=ge{first_day}&date=le{last_day}&_count={COUNT}"
        found: dict[str, None] = {}
        for appointment in self._search(query):
            for reference in _references(appointment):
                kind, _, logical = reference.rpartition("/")
                if kind == "Patient" and LOGICAL_ID.fullmatch(logical):
                    found[logical] = None
        return list(found)

    def with_identifier(self, patient_id: str) -> list[str]:
        """Logical IDs of the patients whom the hospital knows by an ID."""
        found = self._search(f"/Patient?identifier={quote(patient_id, safe='')}&_count={COUNT}")
        return [str(one["id"]) for one in found if "id" in one]

    def bundle(self, logical_id: str) -> bytes:
        """The record of one patient; the same bytes while nothing on the server changes.

        Raises SourceUnavailable.
        """
        found = {("Patient", logical_id): self._read(f"Patient/{quote(logical_id, safe='')}")}
        for kind in ABOUT_PATIENT:
            query = f"/{kind}?patient={quote(logical_id, safe='')}&_count={COUNT}"
            for one in self._search(query):
                found[kind, str(one.get("id"))] = one
        for reference in sorted({one for each in found.values() for one in _references(each)}):
            kind, _, named = reference.rpartition("/")
            if REFERRED.fullmatch(reference) and (kind, named) not in found:
                found[kind, named] = self._read(reference)
        updates = [
            str(one["meta"].get("lastUpdated", "")) for one in found.values() if "meta" in one
        ]
        newest = max(updates, default="")
        document = {
            "resourceType": "Bundle",
            "type": "collection",
            "meta": {"source": f"urn:source:{quote(self._config.name)}"},
            **({"timestamp": newest} if newest else {}),
            "entry": [{"resource": one} for _, one in sorted(found.items())],
        }
        return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()

    def _read(self, path: str) -> dict[str, Any]:
        return self._document(f"/{path}")

    def _search(self, query: str) -> Iterator[dict[str, Any]]:
        """Resources of a search set, page after page."""
        path: str | None = query
        wanted = query.removeprefix("/").partition("?")[0]
        for _ in range(MAX_PAGES):
            if path is None:
                return
            page = self._document(path)
            for entry in page.get("entry") or []:
                resource = entry.get("resource") if isinstance(entry, dict) else None
                if isinstance(resource, dict) and resource.get("resourceType") == wanted:
                    yield resource
            path = self._next(page)
        if path is not None:
            raise SourceUnavailable(
                f"{self._config.name} answers over {MAX_PAGES} pages", "check its paging"
            )

    def _next(self, page: dict[str, Any]) -> str | None:
        for link in page.get("link") or []:
            if isinstance(link, dict) and link.get("relation") == "next":
                path = self._http.below(str(link.get("url")))
                if path is None:
                    raise SourceUnavailable(
                        f"{self._config.name} sends on to another server", "check its base URL"
                    )
                return path
        return None

    def _document(self, path: str) -> dict[str, Any]:
        _, body = self._http.get(path, JSON)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise SourceUnavailable(
                f"{self._config.name} does not answer in FHIR JSON", "check its address"
            ) from error
        if not isinstance(found, dict):
            raise SourceUnavailable(
                f"{self._config.name} does not answer with a resource", "check its address"
            )
        return found


def _references(value: Any) -> Iterator[str]:
    """Every reference inside a resource."""
    if isinstance(value, dict):
        named = value.get("reference")
        if isinstance(named, str):
            yield named
        for one in value.values():
            yield from _references(one)
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)
