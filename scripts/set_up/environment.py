"""The virtual environment and the Python packages in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from set_up import system
from set_up.console import Console, SetUpError

BASICS = ("pip", "setuptools", "wheel")


def on_ros() -> bool:
    """Whether a ROS 2 installation is sourced; then its packages are used and never pip's."""
    return bool(os.environ.get("ROS_DISTRO"))


class Environment:
    """A virtual environment that pip fills under the pinned versions."""

    def __init__(self, folder: Path, constraints: Path, console: Console) -> None:
        self.folder = folder
        self.constraints = constraints
        self.console = console

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def create(self, *, system_packages: bool = False) -> None:
        """Make the environment unless one that works and has this Python is there."""
        if self._works():
            return
        system.require(self.console, system.VENV)
        shutil.rmtree(self.folder, ignore_errors=True)
        options = ["--system-site-packages"] if system_packages else []
        base = Path(sys.executable).resolve()  # set-up itself may run in the one just removed
        command: list[str | Path] = [base, "-m", "venv", *options, self.folder]
        self.console.run(f"{self.folder.name} with Python {system.VERSION}", command)

    def pip(self, verb: str, *arguments: str | Path) -> list[str | Path]:
        """The command line of the environment's own pip."""
        return [self.python, "-m", "pip", verb, "--disable-pip-version-check", *arguments]

    def install(self, label: str, *arguments: str | Path) -> None:
        """`pip install` under the constraints."""
        options: list[str | Path] = ["--no-input", "--progress-bar", "off", "-c", self.constraints]
        command = self.pip("install", *options, *arguments)
        self.console.run(label, command, remedy="is the package index reachable?")

    def install_basics(self) -> None:
        """What installing without build isolation expects to be there."""
        self.install("pip, setuptools, wheel", "--upgrade", *BASICS)

    def imports(self, module: str) -> bool:
        """Whether a module can be imported in the environment."""
        command = [str(self.python), "-c", f"import {module}"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def _works(self) -> bool:
        if not self.python.exists():
            return False
        show = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
        answer = subprocess.run(
            [self.python, "-c", show], capture_output=True, text=True, check=False
        )
        found = answer.stdout.strip()
        if found == system.VERSION:
            return True
        wanted = f"Python {system.VERSION} wanted, {found or 'none that works'} in it"
        self.console.say(f"  {self.folder.name} is made anew: {wanted}")
        return False


def need_interfaces(environment: Environment) -> None:
    """On a ROS 2 machine the interfaces come from colcon, with their libraries on the path."""
    if not environment.imports("or_robot_interfaces.msg"):
        raise SetUpError(
            "set-up: or_robot_interfaces is not in the sourced ROS 2 workspace — run "
            "`colcon build --packages-select or_robot_interfaces`, "
            "`. install/setup.sh`, then `make setup` again"
        )
