"""Values of FHIR R4B elements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.codeableconcept import CodeableConcept
from fhir.resources.R4B.humanname import HumanName

Resource = TypeVar("Resource")

GONE = ("entered-in-error", "cancelled", "noshow", "not-done", "revoked", "stopped", "not-taken")

REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
GROUPS = {"ABC": "alphabetic", "IDE": "ideographic", "SYL": "phonetic"}
"""Extension of a name that tells its writing → DICOM name group."""


def all_of(bundle: Bundle, kind: type[Resource]) -> list[Resource]:
    return [one.resource for one in bundle.entry or [] if isinstance(one.resource, kind)]


def current(bundle: Bundle, kind: type[Resource]) -> list[Resource]:
    """Those that were not cancelled, revoked or entered in error."""
    return [one for one in all_of(bundle, kind) if getattr(one, "status", None) not in GONE]


def text(concept: CodeableConcept | None) -> str | None:
    if concept is None:
        return None
    displays = (coding.display for coding in concept.coding or [])
    return concept.text or next((display for display in displays if display), None)


def codes(concept: CodeableConcept | None) -> list[str]:
    codings = (concept.coding or []) if concept else []
    return [coding.code for coding in codings if coding.code]


def iso(value: Any) -> str | None:
    """A date, time or partial date of fhir.resources as ISO 8601."""
    return value.isoformat() if value is not None else None


def started(resource: Any, choice: str) -> str | None:
    """Start of a date, time or period of choice type: `performed` → performedDateTime …"""
    period = getattr(resource, f"{choice}Period", None)
    moment = getattr(resource, f"{choice}DateTime", None) or getattr(
        resource, f"{choice}Instant", None
    )
    return iso(moment or (period.start if period else None))


def written(resource: Any) -> str | None:
    """When a resource was last changed, as its server says."""
    return iso(resource.meta.lastUpdated) if resource.meta else None


def names(given: Iterable[HumanName] | None) -> dict[str, str]:
    """The official names, else all, by writing; "FAMILY, Given"."""
    known = list(given or [])
    chosen = [one for one in known if one.use == "official"] or known
    found: dict[str, str] = {}
    for one in chosen:
        given_names = " ".join(part for part in one.given or [] if part)
        parts = [part for part in (one.family, given_names) if part]
        readable = ", ".join(parts) or one.text
        if readable:
            found.setdefault(_group(one), readable)
    return found


def _group(name: HumanName) -> str:
    for extension in name.extension or []:
        if extension.url == REPRESENTATION:
            return GROUPS.get(extension.valueCode or "", "alphabetic")
    return "alphabetic"


class References:
    """The resources of a bundle by what others call them."""

    def __init__(self, bundle: Bundle) -> None:
        self._found: dict[str, Any] = {}
        for one in bundle.entry or []:
            if one.resource is None:
                continue
            if one.fullUrl:
                self._found[str(one.fullUrl)] = one.resource
            if one.resource.id:
                kind = one.resource.get_resource_type()
                self._found[f"{kind}/{one.resource.id}"] = one.resource

    def get(self, reference: Any, kind: type[Resource]) -> Resource | None:
        """The resource of a kind that a Reference names, absolute or relative; None otherwise."""
        target = getattr(reference, "reference", None) or ""
        relative = "/".join(target.split("/")[-2:])
        found = self._found.get(target) or self._found.get(relative)
        return found if isinstance(found, kind) else None
