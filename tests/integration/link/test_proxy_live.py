"""The link through a network that is worse than loopback."""

import time
from dataclasses import replace

import pytest
from link_rig import PATIENCE_S, free_ports, until
from test_requests import IMAGE, ROOM, reset

from or_robot.config.link_profile import LINK_PROFILES
from or_robot.errors import OrRobotError
from or_robot.link.proxy import Proxy
from or_robot.types.clinical import KeyImage, RoomCase


@pytest.fixture
def far(link):
    """Servers at their own ports, clients of the rig behind a 5G-like network."""
    link.server()
    near = link.config
    link.config = replace(near, port=free_ports())
    with Proxy(LINK_PROFILES["5g"], listen=link.config.port, to=near.port) as proxy:
        yield proxy
        link.close()


def test_everything_works_and_takes_its_time(link, far):
    panel = link.panel()
    link.gateway()
    until(lambda: panel.connected and panel.stop_ready, "the link")
    begun = time.monotonic()
    assert panel.request("case.get", ROOM, reply=RoomCase).version == "v1"
    assert time.monotonic() - begun >= 2 * 0.008
    assert len(panel.request("image.get", IMAGE, reply=KeyImage).data) == 26_000
    assert panel.stop("pressed", timeout_s=PATIENCE_S).gateways == ("gateway",)
    until(lambda: reset(panel), "the gateway's answer")


def test_a_half_open_connection_is_a_loss_and_heals(link, far):
    panel = link.panel()
    gateway = link.gateway()
    until(lambda: panel.connected and gateway.stop_station_alive, "the link")
    far.hold()
    until(lambda: not panel.connected, "the silence at the panel")
    until(lambda: not gateway.stop_station_alive, "the silence at the gateway")
    assert not panel.stop_ready
    far.release()
    until(lambda: panel.connected and gateway.stop_station_alive, "the link again")
    assert panel.request("case.get", ROOM, reply=RoomCase, timeout_s=PATIENCE_S).version == "v1"


def test_a_taken_port_is_one_line(link):
    port = free_ports()
    with (
        Proxy(LINK_PROFILES["lan"], listen=port, to=link.config.port),
        pytest.raises(OrRobotError, match=f"{port}.*another port"),
    ):
        Proxy(LINK_PROFILES["lan"], listen=port, to=link.config.port).start()
