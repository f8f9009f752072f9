"""What the processes of a run find in their environment, and what must be free before."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import socket
import stat
import time
from pathlib import Path
from typing import TextIO

from or_robot.bringup.description import Options
from or_robot.bringup.guard import RUN_VARIABLE
from or_robot.errors import OrRobotError
from or_robot.share import share

DOMAINS = 100
"""Domain ids 1 to 100: their UDP ports stay below the ephemeral range of Linux."""
SHM = Path("/dev/shm")  # noqa: S108 - where Fast DDS keeps its segments
SHM_SETTLE_S = 2.0
"""Younger segments may just be about to be mapped by whoever made them."""
SHM_NAMES = ("fastrtps_*", "sem.fastrtps_*")


def environment(home: Path, run: str) -> dict[str, str]:
    """Everything there is, plus the run; a domain or DDS profile that is set is respected."""
    ours = dict(os.environ)
    profile = str(share("launch", "fastdds.xml"))
    ours.setdefault("ROS_DOMAIN_ID", str(domain_of(home)))
    ours.setdefault("RMW_IMPLEMENTATION", "rmw_fastrtps_cpp")
    ours.setdefault("FASTRTPS_DEFAULT_PROFILES_FILE", profile)
    ours.setdefault("FASTDDS_DEFAULT_PROFILES_FILE", ours["FASTRTPS_DEFAULT_PROFILES_FILE"])
    ours.setdefault("RCUTILS_CONSOLE_OUTPUT_FORMAT", "{severity} {message}")
    ours.setdefault("RCUTILS_COLORIZED_OUTPUT", "0")
    # a dozen processes share the cores: none of them may take them all for its linear algebra
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
        ours.setdefault(f"{library}_NUM_THREADS", "1")
    return ours | {
        "OR_ROBOT_HOME": str(home),
        RUN_VARIABLE: run,
        "PYTHONUNBUFFERED": "1",
        "ROS_LOG_DIR": str(home / "log" / "ros"),
    }


def domain_of(home: Path) -> int:
    """A ROS domain of this installation's own, the same at every start."""
    digest = hashlib.sha256(str(home.resolve()).encode()).digest()
    return 1 + int.from_bytes(digest[:4], "big") % DOMAINS


def lock(home: Path) -> TextIO:
    """One suite a home: the open file holds the lock. OrRobotError names the other one."""
    folder = home / "run"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = (folder / "suite.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        pid = file.read().strip() or "unknown"
        file.close()
        raise OrRobotError(
            f"the suite already runs with {home} (process {pid})",
            "stop it, or set OR_ROBOT_HOME to another folder",
        ) from None
    file.seek(0)
    file.truncate()
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def check_ports(options: Options) -> None:
    """Raises OrRobotError naming the first port that is taken, before anything starts."""
    if options.panel == "yes":
        _check_port(options.host, options.port, "give another --port")
    for port in options.link_ports():
        _check_port(options.link_host, port, "give another --link-port")


def _check_port(host: str, port: int, remedy: str) -> None:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise OrRobotError(
            f"no address {host!r}: {error.strerror}", "give another --host"
        ) from None
    with socket.socket(family, kind, proto) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise OrRobotError(f"port {port} of {host}: {error.strerror}", remedy) from None


def free_port(host: str, count: int = 1) -> int:
    """First of `count` neighbouring ports that are free now."""
    for _ in range(100):
        with socket.socket() as probe:
            probe.bind((host, 0))
            port = int(probe.getsockname()[1])
        with contextlib.suppress(OrRobotError):
            for neighbour in range(port, port + count):
                _check_port(host, neighbour, "")
            return port
    raise OrRobotError(f"no {count} free ports together on {host}", "name one")


def clean_shared_memory() -> int:
    """Remove segments of Fast DDS that no live process has mapped (a killed one leaves them)."""
    used = _mapped()
    removed = 0
    for path in (path for pattern in SHM_NAMES for path in SHM.glob(pattern)):
        with contextlib.suppress(OSError):
            status = path.stat()
            mine = status.st_uid == os.getuid() and stat.S_ISREG(status.st_mode)
            if mine and str(path) not in used and time.time() - status.st_mtime > SHM_SETTLE_S:
                path.unlink()
                removed += 1
    return removed


def _mapped() -> set[str]:
    """Files under /dev/shm that a process has mapped or open."""
    used: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for line in (process / "maps").read_text().splitlines():
                path = line.rpartition(" ")[2]
                if path.startswith(f"{SHM}/"):
                    used.add(path)
        with contextlib.suppress(OSError):
            for handle in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    used.add(str(handle.readlink()))
    return used
