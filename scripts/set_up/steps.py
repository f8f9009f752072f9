"""The steps of set-up, in order; each is skipped when nothing it depends on has changed."""

from __future__ import annotations

import argparse
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from set_up import front_end, system
from set_up.console import Console, SetUpError
from set_up.environment import Environment, need_interfaces, on_ros
from set_up.interfaces import InterfaceWheels, sources_fingerprint
from set_up.stamps import Stamps, fingerprint, pins

PROJECT = Path(__file__).resolve().parents[2]
OWN = Path(__file__).resolve().parent


class SetUp:
    """One run of set-up in a project folder."""

    def __init__(self, project: Path, console: Console) -> None:
        self.project = project
        self.console = console
        self.constraints = project / "constraints.txt"
        self.environment = Environment(project / ".venv", self.constraints, console)
        self.stamps = Stamps(project / ".venv" / "set_up")
        self.interfaces = InterfaceWheels(
            project / "interfaces", project / "build", self.constraints, console
        )

    def packages(self, *, tests: bool) -> None:
        """The environment with or_robot in it, editable: an edit is in force at the next start."""
        steps = ["packages", "packages-tests"][: 2 if tests else 1]
        extras = ["sim", "panel", "people", *([] if on_ros() else ["ros"])]
        names = ["constraints.txt", "setup.py", "setup.cfg", "package.xml"]
        self.environment.create(system_packages=on_ros())
        inputs = fingerprint([self.project / name for name in names], *extras)
        if self.stamps.done(steps[-1], inputs):
            return
        self.environment.install_basics()
        project = f"{self.project}[{','.join([*extras, *(['test'] if tests else [])])}]"
        self.environment.install("Python packages", "--no-build-isolation", "--editable", project)
        for step in steps:
            self.stamps.mark(step, inputs)

    def ros_interfaces(self) -> None:
        if on_ros():
            need_interfaces(self.environment)
            return
        inputs = sources_fingerprint(self.project / "interfaces", self.constraints)
        if self.stamps.done("interfaces", inputs):
            return
        options = ("--no-deps", "--no-index", "--force-reinstall")
        self.environment.install("ROS interfaces", *options, *self.interfaces.wheels())
        self.stamps.mark("interfaces", inputs)

    def front_end(self) -> None:
        web = self.project / "web"
        inputs = fingerprint([web / "package.json", web / "package-lock.json"])
        if self.stamps.done("front-end", inputs) and (web / "node_modules").is_dir():
            return
        front_end.install(web, self.environment, self.console)
        self.stamps.mark("front-end", inputs)

    def compiled_code(self) -> None:
        """Compile what numba compiles now, so that the first start does not wait for it."""
        sources = sorted((self.project / "or_robot").rglob("*.py"))
        compiled = [file for file in sources if "from numba import" in file.read_text()]
        inputs = fingerprint(compiled, *pins(self.constraints, ["llvmlite", "numba", "numpy"]))
        if self.stamps.done("compiled-code", inputs):
            return
        warm_up = "from or_robot.autonomy.warm import warm_up; warm_up()"
        command: list[str | Path] = [self.environment.python, "-c", warm_up]
        self.console.run("compiled code", command, cwd=self.project)
        self.stamps.mark("compiled-code", inputs)


@contextmanager
def alone(build: Path, console: Console) -> Iterator[None]:
    """Holds the set-up of this folder; a second one waits."""
    build.mkdir(exist_ok=True)
    with (build / "set_up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say("set-up: another one is running in this folder, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="set_up", description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also what the tests and checks need")
    options = parser.parse_args(arguments)
    os.umask(0o022)
    console = Console(PROJECT / "build" / "set_up.log")
    try:
        with alone(PROJECT / "build", console):
            set_up = SetUp(PROJECT, console)
            set_up.packages(tests=options.tests)
            set_up.ros_interfaces()
            set_up.front_end()
            set_up.compiled_code()
            if options.tests:
                wanted = [
                    system.CHROMIUM,
                    *system.SOFTWARE_EGL,
                    *system.ARCHIVE,
                    system.KOREAN_FONT,
                ]
                wanted.append(system.KOREAN_FONT)
                system.require(console, *wanted, *(system.SDFORMAT if system.debian_12() else ()))
    except SetUpError as error:
        console.say(str(error))
        return 1
    except KeyboardInterrupt:
        console.say("\nset-up: interrupted; `make setup` goes on where it stopped")
        return 130
    return 0
