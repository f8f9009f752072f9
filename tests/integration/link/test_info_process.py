"""`python -m or_robot.info` as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

from link_rig import PATIENCE_S, until

from or_robot.link.payloads import PatientRequest, PhaseChange, RoomRequest
from or_robot.link.sockets import Lane
from or_robot.types.chart import PatientChart
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


ADMISSION = (
    b"MSH|^~\\&|HIS|H|OR|R|20260122190000||ADT^A01|7|P|2.5||||||UNICODE UTF-8\r"
    b"PID|1||P7^^^^MR||DOE^JANE||19700102|F\rPV1|1|I|OR^OR-1\rAL1|1|DA|^Latex|SV\r"
)


def test_a_message_from_the_hospital_reaches_the_panel(link, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "info").mkdir()
    (tmp_path / "info" / "sources.yaml").write_text(f"hl7v2_receiver: {{port: {port}}}\n")
    with information(link, tmp_path):
        panel = link.panel("panel-OR-1", "case.version", "info.sources")
        until(lambda: panel.last("info.sources"), "the state of the sources")
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as sender:
            sender.sendall(b"\x0b" + ADMISSION + b"\x1c\r")
            assert b"MSA|AA|7" in sender.recv(4096)
        until(lambda: panel.last("case.version", "OR-1").payload.version, "the patient's version")
        asking = PatientRequest("device", "OR-1", "test", "P7")
        chart = panel.request("chart.get", asking, reply=PatientChart)
        assert [one.text for one in chart.allergies] == ["Latex"]
        until(
            lambda: panel.last("info.sources").payload.sources[0].received == 1,
            "the message counted",
        )
