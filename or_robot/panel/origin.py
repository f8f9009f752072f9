"""Whether a request comes from a page of this panel."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request


def from_elsewhere() -> bool:
    """True when a browser says that another site's page made this request.

    Browsers send Origin with every POST and WebSocket (RFC 6454); a request without one is made by
    no foreign page, so that the form of STOP ROBOT also works from an old browser or a hard key.
    """
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        return True
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host
