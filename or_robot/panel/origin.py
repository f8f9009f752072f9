"""Whether a request comes from a page of this panel."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request


def from_elsewhere() -> bool:
    """True when a browser says that another site's page made this request.

    Sec-Fetch-Site says it outright, but only over TLS and on loopback; else Origin does, which
    browsers send with every POST and WebSocket (RFC 6454), "null" from a page whose referrer policy
    is no-referrer. A request with neither is made by no foreign page, so that the form of
    STOP ROBOT also works from an old browser or a hard key.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host
