"""The panel's own server with a certificate: HTTPS, secure cookies; a wrong file is one line."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from or_robot.bringup.environment import free_port
from or_robot.link.keys import ensure_default_keys

START_TIMEOUT_S = 60.0


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> tuple[Path, Path]:
    """Self-signed certificate for 127.0.0.1 and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl: apt install openssl")
    folder = tmp_path_factory.mktemp("pair")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=panel",
    ]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key)]
    command += ["-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def panel(home: Path, *arguments: object) -> list[str]:
    ensure_default_keys(home)
    return [sys.executable, "-m", "or_robot.panel", *map(str, arguments)]


def test_https_with_secure_cookies(pair, tmp_path):
    certificate, key = pair
    port = free_port("127.0.0.1")
    command = panel(tmp_path, "--port", port, "--tls-cert", certificate, "--tls-key", key)
    trusted = ssl.create_default_context(cafile=str(certificate))
    process = subprocess.Popen(command, env=os.environ | {"OR_ROBOT_HOME": str(tmp_path)})
    try:
        with wait_for(f"https://127.0.0.1:{port}/room/OR-1", trusted, process) as page:
            assert "Secure" in page.headers["Set-Cookie"]
            assert "max-age" in page.headers["Strict-Transport-Security"]
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(url, context, process):
    end_s = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            return urllib.request.urlopen(url, context=context, timeout=5)
        except urllib.error.URLError as error:
            refused = isinstance(error.reason, ConnectionRefusedError)
            if not refused or process.poll() is not None or time.monotonic() > end_s:
                raise
            time.sleep(0.1)


@pytest.mark.parametrize("wrong", ["missing", "swapped"])
def test_a_wrong_pair_is_one_line(pair, tmp_path, wrong):
    certificate, key = pair if wrong == "swapped" else (tmp_path / "none.pem", pair[1])
    if wrong == "swapped":
        certificate, key = key, certificate
    command = panel(tmp_path, "--tls-cert", certificate, "--tls-key", key)
    environment = os.environ | {"OR_ROBOT_HOME": str(tmp_path)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith("panel: certificate ")
    assert ended.stderr.count("\n") == 1
