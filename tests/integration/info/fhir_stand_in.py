"""A FHIR server of three routes, filled from a bundle: read, search by patient, search by date."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FhirStandIn:
    def __init__(self, bundle: bytes, page: int = 2) -> None:
        self.resources = [one["resource"] for one in json.loads(bundle)["entry"]]
        self.page = page
        self.broken = False
        self.asked: list[str] = []
        self.url = ""

    def answer(self, target: str) -> dict[str, Any] | None:
        self.asked.append(target)
        where = urllib.parse.urlsplit(target)
        kind, _, logical_id = where.path.removeprefix("/fhir/").partition("/")
        found = [one for one in self.resources if one["resourceType"] == kind]
        if logical_id:
            return next((one for one in found if one["id"] == logical_id), None)
        query = urllib.parse.parse_qs(where.query)
        begin = int(query.get("from", ["0"])[0])
        links = []
        if len(found) > begin + self.page:
            more = urllib.parse.urlencode({"from": begin + self.page})
            links = [{"relation": "next", "url": f"{self.url}/{kind}?{more}"}]
        return {
            "resourceType": "Bundle",
            "type": "searchset",
            "link": links,
            "entry": [{"resource": one} for one in found[begin : begin + self.page]],
        }


@contextmanager
def serving(stand_in: FhirStandIn) -> Iterator[FhirStandIn]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            document = None if stand_in.broken else stand_in.answer(self.path)
            body = json.dumps(document).encode()
            self.send_response(503 if stand_in.broken else 200 if document else 404)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}/fhir"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
