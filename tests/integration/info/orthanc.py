"""Debian's Orthanc with its DICOMweb plugin, on loopback, with a store that is thrown away."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
MISSING = "needs Debian's orthanc and orthanc-dicomweb: `make test` installs them"

START_S = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Orthanc:
    def __init__(self, http_port: int) -> None:
        self._base = f"http://127.0.0.1:{http_port}"
        self.dicomweb = f"{self._base}/dicom-web"

    def ask(self, method: str, path: str, body: bytes = b"") -> Any:
        asked = urllib.request.Request(f"{self._base}{path}", body or None, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.loads(answer.read())

    def upload(self, *files: Path) -> None:
        for file in files:
            self.ask("POST", "/instances", file.read_bytes())

    def send_to(self, modality: str) -> Any:
        """C-STORE everything it has."""
        return self.ask(
            "POST",
            f"/modalities/{modality}/store",
            json.dumps({"Resources": self.ask("GET", "/instances"), "Synchronous": True}).encode(),
        )


@contextmanager
def running(folder: Path, *, modalities: dict[str, list[Any]]) -> Iterator[Orthanc]:
    http_port = free_port()
    settings = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": http_port,
        "DicomPort": free_port(),
        "RemoteAccessAllowed": False,
        "HttpServerEnabled": True,
        "AuthenticationEnabled": False,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        "DicomModalities": modalities,
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(settings))
    with (
        (folder / "orthanc.log").open("w") as log,
        subprocess.Popen([str(PROGRAM), str(file)], stdout=log, stderr=log) as process,
    ):
        try:
            archive = Orthanc(http_port)
            _wait(archive, process)
            yield archive
        finally:
            process.terminate()


def _wait(archive: Orthanc, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until:
        try:
            archive.ask("GET", "/system")
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("Orthanc does not start")
