"""Orthanc as a contender of the yardstick `link`, over DICOMweb (PS3.18), where it is installed.

Asked for the same things as it has them: the metadata of what the card is made from, that is of
plan, dose and treatment records, and the key slice of the CT as a rendered JPEG, which has no dose
on it. The structure set is left out: the card has only its names, and its metadata would take four
times as long as all else. A second row asks for the plan's metadata only. Unencrypted. It makes all
for each request, so both blocks ask it the same.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from or_robot.bench.link_peers import Bench, Peer
from or_robot.errors import OrRobotError
from or_robot.share import share

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
LISTEN_S = 60.0
PLAN, DOSE, RECORD, CT = "RTPLAN", "RTDOSE", "RTRECORD", "CT"


def version() -> str | None:
    """Of the installed Orthanc; None without it or its DICOMweb plug-in."""
    program = shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None or not PLUGIN.exists():
        return None
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split()[1]


def serve_orthanc(bench: Bench, ready: Event) -> None:
    """Becomes Orthanc; who dials waits until it listens."""
    folder = Path(tempfile.mkdtemp(prefix="orthanc-", dir=bench.home))
    settings = folder / "orthanc.json"
    settings.write_text(
        json.dumps(
            {
                "StorageDirectory": str(folder),
                "HttpPort": bench.port,
                "DicomServerEnabled": False,
                "RemoteAccessAllowed": False,
                "AuthenticationEnabled": False,
                "KeepAlive": True,
                "TcpNoDelay": True,
                "Plugins": [str(PLUGIN)],
                "DicomWeb": {"Enable": True},
            }
        )
    )
    ready.set()
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    program = shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    os.execv(str(program), ["Orthanc", str(settings)])  # noqa: S606 - no shell wanted


@contextmanager
def dial_orthanc(bench: Bench, modalities: tuple[str, ...]) -> Iterator[Callable[[], Any]]:
    """The metadata of all objects of these modalities, and the picture."""
    _wait(bench.port)
    with closing(http.client.HTTPConnection("127.0.0.1", bench.port)) as connection:
        for file in sorted(share("simulation", "cases", "skull_base_pbs").rglob("*.dcm")):
            _asked(connection, "POST", "/instances", file.read_bytes())
        objects = [one for modality in modalities for one in _instances(connection, modality)]
        slice_ = _middle_slice(connection)
        rendered = {"Accept": "image/jpeg"}

        def ask() -> tuple[Any, bytes]:
            metadata = [json.loads(_asked(connection, "GET", f"{one}/metadata")) for one in objects]
            return metadata, _asked(connection, "GET", f"{slice_}/rendered", headers=rendered)

        yield ask


def _wait(port: int) -> None:
    deadline_s = time.monotonic() + LISTEN_S
    while True:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port)) as probe:
                _asked(probe, "GET", "/system")
        except OSError:
            if time.monotonic() > deadline_s:
                raise OrRobotError("Orthanc does not listen", f"port {port}") from None
            time.sleep(0.1)
        else:
            return


def _middle_slice(connection: http.client.HTTPConnection) -> str:
    slices = _instances(connection, CT)
    return slices[len(slices) // 2]


def _instances(connection: http.client.HTTPConnection, modality: str) -> list[str]:
    """Addresses of a modality's instances, in their order along the body where they have one."""
    query = f"/dicom-web/instances?Modality={modality}&includefield=00200013&limit=1000"
    answer = json.loads(
        _asked(connection, "GET", query, headers={"Accept": "application/dicom+json"})
    )
    return [_address(one) for one in sorted(answer, key=lambda one: _number(one, "00200013"))]


def _address(instance: dict[str, Any]) -> str:
    study, series, uid = (instance[tag]["Value"][0] for tag in ("0020000D", "0020000E", "00080018"))
    return f"/dicom-web/studies/{study}/series/{series}/instances/{uid}"


def _number(instance: dict[str, Any], tag: str) -> int:
    return int(instance.get(tag, {}).get("Value", [0])[0])


def _asked(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
    except ConnectionError:  # Orthanc closes a connection that was idle for half a second
        connection.close()
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
    data = answer.read()
    if answer.status != http.client.OK:
        raise OrRobotError(f"Orthanc: {method} {path.partition('?')[0]}: {answer.status}", "")
    return data


ORTHANC = Peer(
    "orthanc_dicomweb",
    "none",
    serve_orthanc,
    partial(dial_orthanc, modalities=(PLAN, DOSE, RECORD)),
)
ORTHANC_PLAN = Peer(
    "orthanc_plan_only", "none", serve_orthanc, partial(dial_orthanc, modalities=(PLAN,))
)
