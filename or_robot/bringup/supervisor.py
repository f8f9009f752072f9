"""Runs the suite until it is told to end: starts, watches, starts again, ends. Needs no ROS."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from or_robot.bringup import guard
from or_robot.bringup.child import Child, end_all
from or_robot.bringup.description import Options, processes
from or_robot.bringup.environment import (
    check_ports,
    clean_shared_memory,
    environment,
    lock,
)
from or_robot.errors import OrRobotError
from or_robot.link.keys import ensure_default_keys
from or_robot.panel.users import fresh_login
from or_robot.share import share

LOOK_EVERY_S = 0.1
HEALTH_EVERY_S = 0.5
HEALTH_PATIENCE_S = 2.0
IMPORT_PATIENCE_S = 300.0
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_ENTRY = "from or_robot.cli.main import main; main()"


def leave_case_out(home: Path) -> None:
    """For a home in which nobody looks at a patient: its first start imports none."""
    marker = _imported(home)
    marker.parent.mkdir(mode=0o700, exist_ok=True)
    marker.touch()


def _imported(home: Path) -> Path:
    return home / "run" / "case_imported"


class Supervisor:
    """One run of the suite in `home`. `tell` gets every line for people; `description` is another
    file than launch/bringup.yaml, as a test rig has."""

    def __init__(
        self,
        options: Options,
        home: Path,
        tell: Callable[[str], None],
        description: Path | None = None,
    ) -> None:
        self._options, self._home, self._tell = options, home, tell
        self._description = description
        self._run = uuid.uuid4().hex
        self._environment = environment(home, self._run)
        self._asked_to_end = threading.Event()
        self._log = home / "log"

    def run(self, for_s: float | None) -> None:
        """Until a signal, or for so long. OrRobotError: could not start, or keeps failing."""
        for number in END_SIGNALS:
            signal.signal(number, lambda *_: self._asked_to_end.set())
        with lock(self._home) as held:
            check_ports(self._options)
            clean_shared_memory()
            self._log.mkdir(mode=0o700, exist_ok=True)
            with _guarded(self._run, held.fileno()):
                self._prepare()
                self._supervise(for_s)
            clean_shared_memory()

    def _prepare(self) -> None:
        """Keys, patient case and login. Only what is missing is made; the login is always new."""
        ensure_default_keys(self._home)
        imported = _imported(self._home)
        if not imported.exists():
            self._import_case()
            imported.touch()

    def _import_case(self) -> None:
        """As a person would, in a process of its own: its libraries are not needed later."""
        self._tell("importing the synthetic patient case …")
        command = [
            sys.executable,
            "-c",
            _ENTRY,
            "info",
            "import",
            str(share("simulation", "cases")),
        ]
        try:
            done = subprocess.run(
                command,
                env=self._environment,
                capture_output=True,
                text=True,
                timeout=IMPORT_PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise OrRobotError(
                "the patient case is still not imported", "is the disk slow?"
            ) from None
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
            raise OrRobotError(f"the patient case was not imported: {last}")

    def _supervise(self, for_s: float | None) -> None:
        children = [
            Child(process, self._environment, self._new_log(process.name), self._say)
            for process in processes(self._options, self._description)
        ]
        try:
            for child in children:
                child.start()
            self._greet()
            self._watch(children, for_s)
        finally:
            self._tell("stopping …")
            end_all(children)
        self._tell("stopped")

    def _watch(self, children: list[Child], for_s: float | None) -> None:
        end_s = time.monotonic() + (for_s if for_s is not None else float("inf"))
        while not self._asked_to_end.wait(LOOK_EVERY_S) and time.monotonic() < end_s:
            for child in children:
                child.look_after(time.monotonic())
                if child.process.critical and child.keeps_failing:
                    log = self._log / f"{child.process.name}.log"
                    raise OrRobotError(f"{child.process.name} keeps failing", f"see {log}")

    def _greet(self) -> None:
        self._tell("OR robot suite. Not for clinical use.")
        self._tell(f"ROS domain {self._environment['ROS_DOMAIN_ID']}, state in {self._home}")
        if self._options.panel == "yes":
            name, password = fresh_login(self._home)
            scheme = "https" if self._options.tls_cert else "http"
            address = f"{scheme}://{self._options.host}:{self._options.port}"
            self._tell(f"panel {address}   login {name}   password {password}")
            threading.Thread(target=self._tell_when_healthy, daemon=True).start()

    def _tell_when_healthy(self) -> None:
        start_s = time.monotonic()
        while not self._asked_to_end.wait(HEALTH_EVERY_S):
            if healthy(self._options.host, self._options.port):
                self._tell(f"ready after {time.monotonic() - start_s:.1f} s")
                return

    def _new_log(self, name: str) -> Path:
        """An empty log; the one of the run before is kept beside it."""
        path = self._log / f"{name}.log"
        if path.exists():
            path.replace(path.with_suffix(".log.1"))
        path.touch(mode=0o600)
        return path

    def _say(self, name: str, line: str) -> None:
        self._tell(f"{name:>10} | {line}")


def healthy(host: str, port: int) -> bool:
    """Whether the panel's /healthz says that everything is well."""
    connection = http.client.HTTPConnection(host, port, timeout=HEALTH_PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return response.status == http.client.OK


@contextmanager
def _guarded(run: str, lock_handle: int) -> Iterator[None]:
    """While inside, everything of the run ends with this process, even if it is killed.

    The guard holds the lock too, so that nobody starts anew before the old run is swept away.
    """
    watcher = subprocess.Popen(
        [sys.executable, "-S", "-E", guard.__file__, run],
        stdin=subprocess.PIPE,
        pass_fds=(lock_handle,),
        start_new_session=True,
    )
    try:
        yield
    finally:
        assert watcher.stdin is not None
        watcher.stdin.close()
        try:
            swept = watcher.wait(2.0 * guard.SWEEP_S) == 0
        except subprocess.TimeoutExpired:
            watcher.kill()
            swept = False
        if not swept:
            raise OrRobotError("some processes could not be ended", "look with `ps`")
