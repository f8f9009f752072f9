"""Nothing outlives the supervisor, however it dies."""

import os
import subprocess
import sys
import time
import uuid

import psutil

from or_robot.bringup import guard

DETACHED = """
import os, subprocess, sys
sleep = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
subprocess.Popen(sleep, start_new_session=True)
print("started", flush=True)
"""


def start(code: str, run: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-S", "-c", code],
        env={**os.environ, guard.RUN_VARIABLE: run},
        stdout=subprocess.PIPE,
    )


def test_orphans_in_sessions_of_their_own_are_found_and_killed() -> None:
    run = uuid.uuid4().hex
    parent = start(DETACHED, run)
    assert parent.stdout is not None
    parent.stdout.read(7)
    parent.wait(10.0)
    (orphan,) = guard.members(run)
    watcher = subprocess.Popen(
        [sys.executable, "-S", "-E", guard.__file__, run], stdin=subprocess.PIPE
    )
    assert psutil.pid_exists(orphan)
    assert watcher.stdin is not None
    watcher.stdin.close()
    assert watcher.wait(10.0) == 0
    assert guard.members(run) == []


def test_others_are_left_alone() -> None:
    run = uuid.uuid4().hex
    other = start("import time; print(1, flush=True); time.sleep(60)", "another")
    assert other.stdout is not None
    other.stdout.readline()
    assert guard.sweep(run)
    assert other.poll() is None
    other.kill()
    other.wait(10.0)


def test_a_sweep_of_nothing_is_immediate() -> None:
    begun_s = time.monotonic()
    assert guard.sweep(uuid.uuid4().hex)
    assert time.monotonic() - begun_s < guard.SWEEP_S
