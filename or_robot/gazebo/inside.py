"""Runs inside a network namespace of Gazebo's own: starts gzserver there, opens sockets for others.

gzserver listens on all addresses; in here there is none but loopback, and nobody else. Who started
this gets sockets over a Unix socket (standard input): a request is one line, the answer one socket.
When that connection ends, so does gzserver; when this process ends in any way, the kernel ends it.

Run as `python inside.py COMMAND…`; needs nothing but the standard library.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys

HERE = "127.0.0.1"
PR_SET_PDEATHSIG = 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
GRACE_S = 3.0
REQUEST_BYTES = 256
CONNECT_S = 5.0


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


def main() -> int:
    raise_loopback()
    asker = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: who started this ends it
    server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, preexec_fn=end_with_parent)
    try:
        serve(asker, server)
    finally:
        server.terminate()
        try:
            server.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    return server.returncode if server.returncode >= 0 else 128 - server.returncode


if __name__ == "__main__":
    sys.exit(main())
