"""What the suite needs of a machine: present, missing, remedy. Looks only, changes nothing."""

from __future__ import annotations

import ctypes.util
import importlib
import os
import shutil
import socket
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from or_robot.config.link import LinkConfig
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.share import share

PANEL_PORT = 8080
LINK_LANES = 4
FREE_DISK_BYTES = 1 << 30
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  the system's own, not a temporary file
SHARED_MEMORY_BYTES = 256 << 20
"""Eight processes with a segment of 32 MB each (launch/fastdds.xml)."""
FRONT_END = ("uplot/dist/uPlot.esm.js", "@fontsource-variable/noto-sans-kr/index.css")
MAKE_SETUP = "run `make setup`"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked for."""

    name: str
    present: bool
    detail: str
    """Version or place when present, otherwise what is wrong."""
    remedy: str = ""
    """What to do when it is missing."""
    required: bool = True
    """False: something works less well, or only tests need it."""


def examine() -> list[Finding]:
    """Look at everything, in the order a person would mend it."""
    return [check() for check in CHECKS]


def healthy(findings: list[Finding]) -> bool:
    """Whether the suite can start: everything required is present."""
    return all(finding.present for finding in findings if finding.required)


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    supported = sys.version_info[:2] in ((3, 11), (3, 12))
    return Finding("Python", supported, version, "install Python 3.11 or 3.12, then `make setup`")


def module(name: str, modules: tuple[str, ...], remedy: str) -> Finding:
    """Whether modules can be imported, native libraries included."""
    try:
        loaded = [importlib.import_module(module) for module in modules]
    except (ImportError, OSError) as error:  # OSError: a shared library that does not load
        return Finding(name, False, str(error).splitlines()[0], remedy)
    place = Path(str(loaded[0].__file__)).parent
    return Finding(name, True, getattr(loaded[0], "__version__", str(place)), remedy)


def rclpy() -> Finding:
    remedy = "source ROS 2 Jazzy, or run `make setup` where there is none"
    return module("rclpy", ("rclpy", "rclpy.action"), remedy)


def interfaces() -> Finding:
    modules = ("or_robot_interfaces.msg", "tf2_msgs.msg", "nav2_msgs.action")
    return module("ROS interfaces", modules, MAKE_SETUP)


def mujoco() -> Finding:
    return module("MuJoCo", ("mujoco",), MAKE_SETUP)


def egl() -> Finding:
    library = ctypes.util.find_library("EGL")
    remedy = "for pictures from the simulation: `apt-get install libegl1 libgl1-mesa-dri`"
    return Finding("EGL", library is not None, library or "no libEGL", remedy, required=False)


def chromium() -> Finding:
    found = shutil.which("chromium")
    remedy = "for the browser tests: `apt-get install chromium` (Ubuntu: `snap install chromium`)"
    return Finding("Chromium", found is not None, found or "not found", remedy, required=False)


def node() -> Finding:
    beside = Path(sys.prefix) / "bin" / "npm"
    found = str(beside) if beside.exists() else shutil.which("npm")
    remedy = "`make setup` fetches it when front-end packages change"
    return Finding("npm", found is not None, found or "not found", remedy, required=False)


def front_end() -> Finding:
    try:
        folder = share("web", "node_modules")
    except OrRobotError as error:
        return Finding("front-end packages", False, error.problem, MAKE_SETUP)
    missing = [name for name in FRONT_END if not (folder / name).is_file()]
    detail = f"{', '.join(missing)} not in {folder}" if missing else str(folder)
    return Finding("front-end packages", not missing, detail, MAKE_SETUP)


def ports() -> Finding:
    first = LinkConfig().port
    wanted = (PANEL_PORT, *range(first, first + LINK_LANES))
    taken = [str(port) for port in wanted if not _free(port)]
    detail = f"in use: {', '.join(taken)}" if taken else f"free: {', '.join(map(str, wanted))}"
    remedy = "a running suite holds them; otherwise end what does, or `or-robot up --port P`"
    return Finding("ports", not taken, detail, remedy, required=False)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def state_folder() -> Finding:
    """Keys and patient data lie there: nobody else may look in."""
    name = "state folder"
    try:
        folder = home()
    except OSError as error:
        return Finding(name, False, str(error), "point OR_ROBOT_HOME at a folder of your own")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding(name, False, f"{folder} is not writable", f"`chown $USER {folder}`")
    if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding(name, False, f"{folder} is open to others", f"`chmod 700 {folder}`")
    return Finding(name, True, str(folder))


def disk_space() -> Finding:
    remedy = f"free at least {FREE_DISK_BYTES >> 30} GB there, or move OR_ROBOT_HOME"
    try:
        free = shutil.disk_usage(home()).free
    except OSError as error:
        return Finding("disk space", False, str(error), remedy)
    return Finding("disk space", free >= FREE_DISK_BYTES, f"{free / (1 << 30):.1f} GB free", remedy)


def shared_memory() -> Finding:
    remedy = "give /dev/shm 512 MB (in a container: --shm-size=512m)"
    if not SHARED_MEMORY.is_dir():
        return Finding("shared memory", False, f"no {SHARED_MEMORY}", remedy)
    free = shutil.disk_usage(SHARED_MEMORY).free
    detail = f"{free >> 20} MB free in {SHARED_MEMORY}"
    return Finding("shared memory", free >= SHARED_MEMORY_BYTES, detail, remedy)


def processors() -> Finding:
    count = len(os.sched_getaffinity(0))
    remedy = "two cores at least, or the robot's loops may run late"
    return Finding("processors", count >= 2, str(count), remedy, required=False)


CHECKS: tuple[Callable[[], Finding], ...] = (
    python,
    rclpy,
    interfaces,
    mujoco,
    egl,
    front_end,
    state_folder,
    disk_space,
    shared_memory,
    processors,
    ports,
    chromium,
    node,
)
