"""The suite as a test rig starts it: its own home, domain and ports, topics led through relays."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import yaml

from or_robot.bringup.description import Options
from or_robot.bringup.environment import domain_of, free_port
from or_robot.bringup.supervisor import Supervisor
from or_robot.errors import OrRobotError
from or_robot.home import home
from or_robot.share import share

HOST = "127.0.0.1"
LINK_PORTS = len(Options().link_ports())
START_S, END_S = 180.0, 30.0
SMALL_DISK = "size=64m"
"""Of the file system the suite's state lies on, so that it can be filled."""
MODULES = {
    "info": "or_robot.info",
    "stop_desk": "or_robot.link",
    "panel": "or_robot.panel",
    **{
        name: f"or_robot.nodes.{name}"
        for name in ("simulation", "safety", "navigation", "perception", "tasks", "gateway")
    },
}
"""Process → module it runs."""


class Suite:
    """A whole suite with panel. `remaps`: process → its topics → names in the graph."""

    def __init__(self, folder: Path, remaps: Mapping[str, Mapping[str, str]]) -> None:
        self.folder = folder
        self.domain = domain_of(folder)
        self.link_port = free_port(HOST, LINK_PORTS)
        self.panel_port = free_port(HOST)
        self.wire = Wire(self.link_port)
        description = folder / "bringup.yaml"
        description.write_text(_description(remaps, self.wire.port), encoding="utf-8")
        (folder / "home").mkdir(mode=0o700, exist_ok=True)
        command = [sys.executable, "-m", __name__, str(folder), str(self.link_port)]
        command.append(str(self.panel_port))
        self.small_disk = _can_mount()
        if self.small_disk:
            mount = f'mount -t tmpfs -o {SMALL_DISK},mode=700 tmpfs "$0" && exec "$@"'
            command = [*_unshare(), "sh", "-c", mount, str(folder / "home"), *command]
        environment = os.environ | {"ROS_DOMAIN_ID": str(self.domain)}
        environment["OR_ROBOT_HOME"] = str(folder / "home")
        self._log = (folder / "suite.log").open("w", encoding="utf-8")
        self._process = subprocess.Popen(
            command, env=environment, stdout=self._log, stderr=subprocess.STDOUT
        )

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()
        self.wire.close()

    def parts(self, name: str) -> list[psutil.Process]:
        """The live process of that name with its own children."""
        for process in self.members():
            if MODULES[name] in process.cmdline():
                return [process, *process.children(recursive=True)]
        raise OrRobotError(f"{name} does not run", f"see {self._log.name}")

    def members(self) -> list[psutil.Process]:
        """Every process of the suite, its supervisor included."""
        if self._process.poll() is not None:
            raise OrRobotError("the suite ended", f"see {self._log.name}")
        parent = psutil.Process(self._process.pid)
        return [parent, *parent.children(recursive=True)]

    def signal(self, name: str, number: signal.Signals) -> None:
        """To a process and whoever works for it (the panel's workers)."""
        for process in self.parts(name):
            process.send_signal(number)

    def fill_disk(self) -> None:
        """Until not one more byte fits."""
        filler = self._inside / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def empty_disk(self) -> None:
        (self._inside / "filler").unlink()

    @property
    def _inside(self) -> Path:
        """The suite's home as the suite sees it, in its own mount namespace."""
        return Path(f"/proc/{self._process.pid}/root") / self.folder.relative_to("/") / "home"


class Wire:
    """The gateway's cable to the link: TCP forwarded port by port, until it is cut."""

    def __init__(self, target: int) -> None:
        self.port = free_port(HOST, LINK_PORTS)
        self.cut = False
        self._selector = selectors.DefaultSelector()
        self._closed = False
        for offset in range(LINK_PORTS):
            server = socket.create_server((HOST, self.port + offset))
            self._selector.register(server, selectors.EVENT_READ, target + offset)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed = True
        self._thread.join(2.0)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]

    def _run(self) -> None:
        while not self._closed:
            if self.cut:  # nothing passes, nobody is told
                time.sleep(0.01)
                continue
            for key, _ in self._selector.select(0.1):
                if isinstance(key.data, int):
                    self._join(key.fileobj, key.data)  # type: ignore[arg-type]
                else:
                    self._pass(key.fileobj, key.data)  # type: ignore[arg-type]

    def _join(self, server: socket.socket, port: int) -> None:
        near, _ = server.accept()
        try:
            far = socket.create_connection((HOST, port), 1.0)
        except OSError:
            near.close()
            return
        self._selector.register(near, selectors.EVENT_READ, far)
        self._selector.register(far, selectors.EVENT_READ, near)

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        try:
            data = source.recv(65536)
            target.sendall(data)
        except OSError:
            data = b""
        if not data:
            for end in (source, target):
                if end.fileno() >= 0 and end in self._selector.get_map():
                    self._selector.unregister(end)
                end.close()


def _description(remaps: Mapping[str, Mapping[str, str]], gateway_port: int) -> str:
    """launch/bringup.yaml with remaps, and the gateway at the end of our wire."""
    document = yaml.safe_load(share("launch", "bringup.yaml").read_text(encoding="utf-8"))
    for process in document["processes"]:
        if process["name"] in remaps:
            process["remap"] = dict(remaps[process["name"]])
        if process["name"] == "gateway":
            process["params"]["link.port"] = str(gateway_port)
    return yaml.safe_dump(document)


def _unshare() -> list[str]:
    """Into a mount namespace of its own; without a user namespace root keeps its priorities."""
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]


def _can_mount() -> bool:
    test = [*_unshare(), "sh", "-c", 'mount -t tmpfs tmpfs "$0"', "/mnt"]
    try:
        return subprocess.run(test, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def main() -> None:
    """Run the suite in this process: `python -m or_robot.bench.rig_suite FOLDER LINK PANEL`."""
    folder, link_port, panel_port = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    (home() / "run").mkdir(mode=0o700, exist_ok=True)
    (home() / "run" / "case_imported").touch()  # the patient case is no matter of a fault
    options = Options(port=panel_port, link_port=link_port)
    tell = lambda line: print(line, flush=True)  # noqa: E731
    Supervisor(options, home(), tell, folder / "bringup.yaml").run(None)


if __name__ == "__main__":
    main()
