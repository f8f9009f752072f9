"""Runs inside a network namespace of Gazebo's own: starts gzserver there, opens sockets for others.

gzserver listens on all addresses; in here there is none but loopback, and nobody else. Who started
this gets sockets over a Unix socket (standard input): a request is one line, the answer one socket.
When that connection ends, so does gzserver; when this process ends in any way, the kernel ends it.

Run as `python inside.py JSON`, where JSON holds the command lines `server`, `display` (an X server
without a screen for the server's camera, or null) and `viewer` (runs beside it, on the display of
whoever started this; or null). Needs nothing but the standard library.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence

HERE = "127.0.0.1"
PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
GRACE_S = 3.0
REQUEST_BYTES = 256
CONNECT_S = 5.0
DISPLAY_S = 20.0
GRAPHICS = ("LIBGL_DRIVERS_PATH", "LIBGL_ALWAYS_SOFTWARE")
"""Which drivers the server uses; the display is of another system and has its own."""


def raise_loopback() -> None:
    """`ip link set lo up`, without the program."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        asked = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(probe, SIOCGIFFLAGS, asked))[1]
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def end_with_parent() -> None:
    """In the child: SIGKILL when its parent ends, however that happens."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def opened(request: str) -> socket.socket:
    """`listen`, or `connect HOST PORT`."""
    verb, *where = request.split()
    if verb == "listen":
        return socket.create_server((HERE, 0))
    host, port = where
    return socket.create_connection((host, int(port)), timeout=CONNECT_S)


def serve(asker: socket.socket, server: subprocess.Popen[bytes]) -> None:
    """Until the asker has gone or the server has ended. An error is answered by its text."""
    asker.settimeout(0.2)
    while server.poll() is None:
        try:
            request = asker.recv(REQUEST_BYTES).decode()
        except TimeoutError:
            continue
        if not request:
            return
        try:
            with opened(request) as made:
                made.setblocking(False)
                socket.send_fds(asker, [b"ok"], [made.fileno()])
        except (OSError, ValueError) as error:
            asker.send(f"error {error}".encode())


def start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Ends with this process."""
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, preexec_fn=end_with_parent
    )


def start_display(command: Sequence[str]) -> tuple[subprocess.Popen[bytes], str]:
    """An X server that tells the number it has found free, and its name for DISPLAY.

    It listens on a port, which only the namespace has: an abstract socket in here would hide that
    of the person's own display. Without a name it did not start; its output says why.
    """
    reader, writer = os.pipe()
    own = ["-displayfd", str(writer), "-listen", "tcp", "-nolisten", "unix", "-nolisten", "local"]
    display = subprocess.Popen(
        [*command, *own],
        env={name: value for name, value in os.environ.items() if name not in GRAPHICS},
        stdin=subprocess.DEVNULL,
        preexec_fn=end_with_parent,
        pass_fds=[writer],
    )
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        ready, _, _ = select.select([told], [], [], DISPLAY_S)
        number = told.readline().decode().strip() if ready else ""
    return display, f"{HERE}:{number}" if number else ""


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> int:
    raise_loopback()
    asker = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: who started this ends it
    commands = json.loads(sys.argv[1])
    environment, running = dict(os.environ), []
    try:
        if commands["display"]:
            display, environment["DISPLAY"] = start_display(commands["display"])
            running.append(display)
        server = start(commands["server"], environment)
        running.append(server)
        if commands["viewer"]:
            running.append(start(commands["viewer"], os.environ))
        serve(asker, server)
    finally:
        for process in reversed(running):
            end(process)
    return server.returncode if server.returncode >= 0 else 128 - server.returncode


if __name__ == "__main__":
    sys.exit(main())
