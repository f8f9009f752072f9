"""A read-only page about a running simulation, for browsers on this machine."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from or_robot.errors import OrRobotError
from or_robot.share import share

FILES = {
    "/": ("sim_view/index.html", "text/html; charset=utf-8"),
    "/view.js": ("sim_view/view.js", "text/javascript; charset=utf-8"),
    "/view.css": ("sim_view/view.css", "text/css; charset=utf-8"),
    "/icon.svg": ("static/icon.svg", "image/svg+xml"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
)
KEEP_ALIVE_S = 5.0
"""A comment goes to a silent page this often, so that one that has gone is noticed."""


class Feed:
    """The newest moment; slow pages skip what they missed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._message = b""
        self._closed = False

    def publish(self, moment: dict[str, Any]) -> None:
        message = json.dumps(moment, separators=(",", ":")).encode()
        with self._changed:
            self._count, self._message = self._count + 1, message
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def newest(self) -> bytes:
        """The moment as JSON; empty before there is any."""
        with self._changed:
            return self._message

    def after(self, seen: int) -> tuple[int, bytes] | None:
        """Number and text of a moment newer than `seen`, text empty when there is none yet; None
        once closed and seen to the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._count > seen, KEEP_ALIVE_S)
            if self._closed and self._count <= seen:
                return None
            return self._count, self._message if self._count > seen else b""


class ViewServer:
    """Serves in threads of its own. Use as a context manager."""

    def __init__(
        self, host: str, port: int, scene: dict[str, Any], map_png: bytes, feed: Feed
    ) -> None:
        handler = type(
            "Handler",
            (_Handler,),
            {"host": host, "scene": json.dumps(scene).encode(), "map_png": map_png, "feed": feed},
        )
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            problem = f"cannot listen on {host}:{port}: {error.strerror}"
            raise OrRobotError(problem, "choose another --port") from error
        self._server.daemon_threads = True
        self._feed = feed
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def __enter__(self) -> ViewServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._feed.close()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    host: str
    scene: bytes
    map_png: bytes
    feed: Feed
    server_version, sys_version = "or-robot", ""
    timeout = 30

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if not self._meant_for_us():
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        elif path in FILES:
            name, kind = FILES[path]
            self._send(share("web", *name.split("/")).read_bytes(), kind)
        elif path == "/scene.json":
            self._send(self.scene, "application/json")
        elif path == "/map.png":
            self._send(self.map_png, "image/png")
        elif path == "/moment.json" and self.feed.newest:
            self._send(self.feed.newest, "application/json")
        elif path == "/moments":
            self._stream()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _meant_for_us(self) -> bool:
        """A page of another site must not read this one by pointing its own name here."""
        name = self.headers.get("Host", "").rsplit(":", 1)[0]
        return name in ("localhost", "127.0.0.1", "[::1]", self.host)

    def _send(self, body: bytes, kind: str) -> None:
        self._head(kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self._head("text/event-stream")
        self.end_headers()
        seen = 0
        try:
            while (newer := self.feed.after(seen)) is not None:
                seen, message = newer
                self.wfile.write(b"data: " + message + b"\n\n" if message else b": alive\n\n")
                self.wfile.flush()
            self.wfile.write(b"event: end\ndata:\n\n")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the page was closed

    def _head(self, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")

    def log_message(self, format: str, *args: Any) -> None:
        """Requests of one's own browser are no news."""
