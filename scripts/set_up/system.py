"""What has to come from the system's packages, and how it gets there."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from set_up.console import Console, SetUpError


@dataclass(frozen=True)
class SystemPackage:
    """A Debian or Ubuntu package and how to see that what it brings is there."""

    name: str
    present: Callable[[], bool]


def _venv_works() -> bool:
    return all(importlib.util.find_spec(module) for module in ("ensurepip", "venv"))


def _any_file(pattern: str) -> bool:
    return any(Path("/usr").glob(pattern))


def _has_python_headers() -> bool:
    return Path(sysconfig.get_path("include"), "Python.h").is_file()


VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
VENV = SystemPackage(f"python{VERSION}-venv", _venv_works)
COMPILERS = (
    SystemPackage("gcc", lambda: shutil.which("gcc") is not None),
    SystemPackage("g++", lambda: shutil.which("g++") is not None),
    SystemPackage(f"libpython{VERSION}-dev", _has_python_headers),
)
CHROMIUM = SystemPackage("chromium", lambda: shutil.which("chromium") is not None)
ORTHANC = "orthanc"
ARCHIVE = (
    SystemPackage(ORTHANC, lambda: shutil.which("Orthanc", path="/usr/sbin:/usr/bin") is not None),
    SystemPackage(
        "orthanc-dicomweb",
        lambda: Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so").exists(),
    ),
)
KOREAN_FONT = SystemPackage(
    "fonts-nanum", lambda: Path("/usr/share/fonts/truetype/nanum/NanumGothic.ttf").exists()
)
SOFTWARE_EGL = (
    SystemPackage("libegl1", lambda: ctypes.util.find_library("EGL") is not None),
    SystemPackage("libgl1-mesa-dri", lambda: _any_file("lib/*/dri/*_dri.so")),
)
"""Draws the robot's camera without a display."""
XVFB = SystemPackage("xvfb", lambda: shutil.which("Xvfb") is not None)
"""Gazebo 11 draws its camera on an X display only, also where there is no screen."""
SDFORMAT = (
    SystemPackage("libsdformat12-12", lambda: ctypes.util.find_library("sdformat12") is not None),
    SystemPackage("sdformat-sdf", lambda: _any_file("share/sdformat12/*/root.sdf")),
)
"""Debian's checker of worlds and models."""


def debian_12() -> bool:
    """Other systems have other versions of SDFormat."""
    release = Path("/etc/os-release")
    return release.is_file() and "VERSION_CODENAME=bookworm" in release.read_text().splitlines()


def require(console: Console, *packages: SystemPackage) -> None:
    """Install what is missing when root; otherwise say in one line what to install."""
    missing = [package.name for package in packages if not package.present()]
    if not missing:
        return
    install = f"apt-get install {' '.join(missing)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetUpError(f"set-up: missing {', '.join(missing)} — run `sudo {install}`")
    _apt_install(console, missing)
    still = [package.name for package in packages if not package.present()]
    if still:
        raise SetUpError(f"set-up: {', '.join(still)} installed, yet not found — see {console.log}")


def _apt_install(console: Console, names: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    install = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    label = f"system packages {' '.join(names)}"
    try:
        console.run(label, install, env=environment)
    except SetUpError:  # usual reason: the package lists are old or were never fetched
        console.run("apt-get update", ["apt-get", "update"], env=environment)
        console.run(label, install, env=environment)
    importlib.invalidate_caches()
    if ORTHANC in names and Path("/run/systemd/system").is_dir():
        # The tests start their own; the package's service would listen on this machine for ever.
        console.run("orthanc service off", ["systemctl", "disable", "--now", ORTHANC])
