"""`python -m or_robot.info` as a process of its own."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

from link_rig import PATIENCE_S, until

from or_robot.link.payloads import PhaseChange, RoomRequest
from or_robot.link.sockets import Lane
from or_robot.types.clinical import RoomCase
from or_robot.types.procedure import Phase, ProcedurePhase


@contextmanager
def information(link, home):
    process = subprocess.Popen(
        [sys.executable, "-m", "or_robot.info", "--port", str(link.config.port)],
        env={**os.environ, "OR_ROBOT_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_serves_announces_and_stops_cleanly(link, tmp_path):
    with information(link, tmp_path) as process:
        panel = link.panel("panel-OR-1", "case.version", "procedure.phase")
        until(lambda: panel.last("case.version", "OR-1"), "the version of the room")
        asking = RoomRequest("device", "OR-1", "test")
        assert panel.request("case.get", asking, reply=RoomCase).patient is None
        change = PhaseChange("device", "OR-1", "test", Phase.CLOSING)
        assert panel.request("phase.set", change, reply=ProcedurePhase).phase is Phase.CLOSING
        until(lambda: panel.last("procedure.phase", "OR-1"), "the phase")
        with information(link, tmp_path) as second:
            _, error = second.communicate(timeout=PATIENCE_S)
            assert second.returncode == 1
            assert error.count("\n") == 1
            assert str(link.config.port + Lane.REQUEST) in error
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
