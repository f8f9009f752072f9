"""Builds the ROS interfaces as wheels, once for each state of their sources."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from set_up import system
from set_up.console import Console
from set_up.environment import Environment
from set_up.stamps import fingerprint, pins

PACKAGES = ("or_robot_interfaces", "pip_only/tf2_msgs", "pip_only/nav2_msgs")
REQUIREMENTS = "build_requirements.txt"


def sources_fingerprint(folder: Path, constraints: Path) -> str:
    """Changes when a built wheel would: sources, pinned build tools, version of Python."""
    tools = (folder / REQUIREMENTS).read_text().split()
    versions = pins(constraints, tools, prefix="ros-")
    return fingerprint([folder], *versions, system.VERSION, os.uname().machine)


class InterfaceWheels:
    """Wheels of our own interfaces and of the standard ones that pip's ROS 2 lacks."""

    def __init__(self, folder: Path, build: Path, constraints: Path, console: Console) -> None:
        self.folder = folder
        self.build = build
        self.constraints = constraints
        self.console = console

    def wheels(self) -> list[Path]:
        """Paths of the wheels, built if these sources never were."""
        key = sources_fingerprint(self.folder, self.constraints)[:16]
        finished = self.build / "wheels" / key
        if not finished.is_dir():
            self._build(finished)
        return sorted(finished.glob("*.whl"))

    def _build(self, finished: Path) -> None:
        system.require(self.console, *system.COMPILERS)
        tools = self._tools()
        unfinished = finished.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        for package in PACKAGES:
            self._build_one(tools, package, unfinished)
        unfinished.rename(finished)

    def _tools(self) -> Environment:
        """Build tools in an environment of their own: 370 MB that the suite does not need."""
        tools = Environment(self.build / "interface-tools", self.constraints, self.console)
        tools.create()
        tools.install_basics()
        tools.install("ROS 2 build tools", "-r", self.folder / REQUIREMENTS)
        return tools

    def _build_one(self, tools: Environment, package: str, target: Path) -> None:
        root = str(tools.folder)
        environment = {
            **os.environ,
            "PATH": f"{root}/bin{os.pathsep}{os.environ['PATH']}",
            "AMENT_PREFIX_PATH": root,
            "CMAKE_PREFIX_PATH": root,
        }
        options: list[str | Path] = ["--no-build-isolation", "--no-deps", "--wheel-dir", target]
        command = tools.pip("wheel", *options, self.folder / package)
        self.console.run(f"interfaces {Path(package).name}", command, env=environment)
