"""Starts gzserver in a network namespace of its own and opens sockets into it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from or_robot.errors import OrRobotError
from or_robot.gazebo import inside

END_S = 12.0
ANSWER_S = 10.0


class GazeboServer:
    """`sockets` of transport.Transport too. Output goes to `log`."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        display: Sequence[str] | None = None,
        viewer: Sequence[str] | None = None,
    ) -> None:
        """display: an X server without a screen, for what `command` draws; viewer: runs beside it.

        Raises OrRobotError where no namespace can be made.
        """
        own_network = enter_own_network()
        self._asker, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log = log
        commands = {"server": command, "display": display, "viewer": viewer}
        with theirs, log.open("wb") as output:
            self._process = subprocess.Popen(
                [*own_network, sys.executable, "-S", "-E", inside.__file__, json.dumps(commands)],
                env=dict(environment),
                stdin=theirs.fileno(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._asker.setblocking(False)
        self._asking = asyncio.Lock()

    @property
    def ended(self) -> str:
        """Why gzserver is no more; "" while it runs."""
        if self._process.poll() is None:
            return ""
        lines = self._log.read_text(errors="replace").splitlines()
        last = next((line for line in reversed(lines) if line.strip()), "no message")
        return f"gzserver ended ({self._process.returncode}): {last.strip()[:200]}"

    def ended_within(self, timeout_s: float) -> str:
        """`ended`, when that comes soon."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        return self.ended

    async def connect(self, host: str, port: int) -> socket.socket:
        return await self._ask(f"connect {host} {port}")

    async def listen(self) -> socket.socket:
        return await self._ask("listen")

    def close(self) -> None:
        """Ends gzserver; nothing of it is left."""
        self._asker.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()  # the kernel ends gzserver with it
            self._process.wait()

    async def _ask(self, request: str) -> socket.socket:
        """A socket from inside the namespace; OSError says why there is none."""
        loop = asyncio.get_running_loop()
        async with self._asking:
            await loop.sock_sendall(self._asker, request.encode())
            answered = asyncio.Event()
            loop.add_reader(self._asker, answered.set)
            try:
                await asyncio.wait_for(answered.wait(), ANSWER_S)
            finally:
                loop.remove_reader(self._asker)
            answer, handles, _, _ = socket.recv_fds(self._asker, 256, 1)
        if not handles:
            raise ConnectionError(0, answer.decode().removeprefix("error ") or self.ended)
        return socket.socket(fileno=handles[0])


def enter_own_network() -> list[str]:
    """Begins the command line of what runs there. Raises OrRobotError where none can be made."""
    unshare = shutil.which("unshare")
    if unshare is None:
        raise OrRobotError("no `unshare` for Gazebo's own network", "apt-get install util-linux")
    command = [unshare, *([] if os.geteuid() == 0 else ["--map-root-user"]), "--net"]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise OrRobotError(
            f"no network of its own for Gazebo: {tried.stderr.strip()}",
            "run as root, or allow user namespaces (kernel.unprivileged_userns_clone)",
        )
    return command
