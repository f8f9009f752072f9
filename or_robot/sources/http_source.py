"""Asking a server over HTTP: bounded time, bounded size, one named error."""

from __future__ import annotations

import base64
import http.client
import urllib.parse
from pathlib import Path

from or_robot.config.sources import ServerConfig
from or_robot.errors import OrRobotError

MAX_ANSWER_BYTES = 512 * 1024 * 1024


class SourceUnavailable(OrRobotError):
    """A source does not answer as it should; asked again later."""


class HttpSource:
    """One server. Not safe to share between threads."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._url = urllib.parse.urlsplit(config.url.rstrip("/"))
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str, accept: str) -> tuple[str, bytes]:
        """Content type and body below the server's address. Raises SourceUnavailable.

        `path`: begins with "/"; already quoted.
        """
        headers = {"Accept": accept, **self._authorization()}
        try:
            connection = self._open()
            connection.request("GET", f"{self._url.path}{path}", headers=headers)
            answer = connection.getresponse()
            body = answer.read(MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise SourceUnavailable(
                f"{self._config.name} does not answer ({type(error).__name__})",
                "check the server and its address",
            ) from error
        if len(body) > MAX_ANSWER_BYTES:
            self.close()
            raise SourceUnavailable(
                f"{self._config.name} answers over {MAX_ANSWER_BYTES >> 20} MB", "ask for less"
            )
        if answer.status == 204:
            return "", b""
        if answer.status != 200:
            raise SourceUnavailable(
                f"{self._config.name} answers {answer.status}",
                "check user and password" if answer.status in (401, 403) else "check its log",
            )
        return answer.headers.get("Content-Type", ""), body

    def below(self, address: str) -> str | None:
        """The path of an address on this server, to be asked for; None for one elsewhere."""
        other = urllib.parse.urlsplit(urllib.parse.urljoin(f"{self._url.geturl()}/", address))
        if other.netloc != self._url.netloc or not other.path.startswith(self._url.path):
            return None
        query = f"?{other.query}" if other.query else ""
        return f"{other.path[len(self._url.path) :]}{query}"

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            secure = self._url.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self._connection = kind(self._url.netloc, timeout=self._config.timeout_s)
        return self._connection

    def _authorization(self) -> dict[str, str]:
        if not self._config.user:
            return {}
        try:
            password = Path(self._config.password_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SourceUnavailable(
                f"password of {self._config.name} cannot be read", "check password_file"
            ) from error
        words = f"{self._config.user}:{password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(words).decode()}"}
