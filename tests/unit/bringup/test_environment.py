"""What must be free before the suite starts, and what its processes find."""

import os
import socket
from pathlib import Path

import pytest

from or_robot.bringup import Options
from or_robot.bringup.environment import (
    check_ports,
    clean_shared_memory,
    domain_of,
    environment,
    free_port,
    lock,
)
from or_robot.config.link import PORTS
from or_robot.errors import OrRobotError

HOST = "127.0.0.1"


def test_a_second_suite_with_the_same_home_is_refused(tmp_path: Path) -> None:
    with lock(tmp_path), pytest.raises(OrRobotError, match=f"process {os.getpid()}"):
        lock(tmp_path)
    lock(tmp_path).close()


def test_a_taken_port_is_named_with_its_remedy() -> None:
    link = free_port(HOST, PORTS)
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(OrRobotError, match=f"{taken}.*--port"):
            check_ports(Options(port=taken, link_port=link))
        check_ports(Options(panel="no", port=taken, link_port=link))
    with socket.socket() as other:
        other.bind((HOST, link + 3))
        other.listen()
        with pytest.raises(OrRobotError, match=f"{link + 3}.*--link-port"):
            check_ports(Options(port=free_port(HOST), link_port=link))


def test_an_address_of_nobody_is_named() -> None:
    with pytest.raises(OrRobotError, match="--host"):
        check_ports(Options(host="no.such.host.invalid"))


def test_a_domain_that_is_set_is_respected_else_each_home_has_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", "7")
    assert environment(tmp_path, "run")["ROS_DOMAIN_ID"] == "7"
    monkeypatch.delenv("ROS_DOMAIN_ID")
    assert environment(tmp_path, "run")["ROS_DOMAIN_ID"] == str(domain_of(tmp_path))
    assert 1 <= domain_of(tmp_path) <= 100
    assert domain_of(tmp_path) == domain_of(tmp_path)
    assert len({domain_of(tmp_path / str(n)) for n in range(50)}) > 25


def test_only_unused_segments_are_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("or_robot.bringup.environment.SHM", tmp_path)
    left, used, other, young = (
        tmp_path / name for name in ("fastrtps_a", "fastrtps_b", "x", "fastrtps_c")
    )
    for path in (left, used, other, young):
        path.touch()
        if path != young:
            os.utime(path, (1, 1))
    with used.open():
        assert clean_shared_memory() == 1
    assert [path.exists() for path in (left, used, other, young)] == [False, True, True, True]
