import threading
import time

import pytest
from link_rig import until
from test_requests import IMAGE

from or_robot.link.errors import LinkDown, LinkRefused
from or_robot.types.clinical import KeyImage


def ready(link, panel):
    until(lambda: panel.stop_ready, "a gateway that a stop would reach")


def test_a_stop_is_published_before_it_is_acknowledged(link):
    link.server()
    panel, gateway = link.panel(), link.gateway()
    ready(link, panel)
    reply = panel.stop("pressed", room="OR-1")
    assert reply.gateways == ("gateway",)
    assert [(stop.id, stop.station, stop.room, stop.reason) for stop in link.robot.stops] == [
        (reply.id, "panel-OR-1", "OR-1", "pressed")
    ]
    assert gateway.connected


def test_the_key_says_which_room_stops_not_the_message(link):
    link.server()
    panel = link.panel()
    link.gateway()
    ready(link, panel)
    panel.stop("pressed", room="OR-7")
    assert link.robot.stops[0].room == "OR-1"


def test_every_robot_stops(link):
    link.server()
    panel = link.panel()
    link.gateway()
    link.gateway(link.key("gateway-2", "gateway"))
    until(lambda: panel._welcome and len(panel._welcome.payload.gateways) == 2, "both gateways")
    assert panel.stop("pressed").gateways == ("gateway", "gateway-2")
    assert len(link.robot.stops) == 2


def test_a_stop_that_was_not_published_is_no_success(link):
    link.server()
    panel = link.panel()
    link.gateway()
    ready(link, panel)
    link.robot.fail = True
    with pytest.raises(LinkRefused, match="could not publish"):
        panel.stop("pressed", timeout_s=0.5)


def test_a_stop_is_tried_until_a_gateway_is_there(link):
    link.server()
    panel = link.panel()
    late = threading.Timer(0.5, link.gateway)
    late.start()
    assert panel.stop("pressed", timeout_s=10).gateways == ("gateway",)
    late.join()


def test_a_stop_without_robot_or_server_says_so(link):
    panel = link.panel()
    with pytest.raises(LinkDown):
        panel.stop("pressed", timeout_s=0.3)
    assert not panel.stop_ready
    link.server()
    until(lambda: panel.connected, "the server")
    with pytest.raises(LinkRefused, match="e-stop"):
        panel.stop("pressed", timeout_s=0.3)
    assert not panel.stop_ready


def test_viewers_and_gateways_are_no_stop_stations(link):
    server = link.server()
    viewer, gateway = link.panel(link.key("viewer", "viewer")), link.gateway()
    until(lambda: viewer.stop_ready, "the gateway")
    for client in (viewer, gateway):
        with pytest.raises(LinkRefused) as refused:
            client.stop("pressed")
        assert refused.value.code == "role"
    assert link.robot.stops == []
    assert stations(gateway) == []
    assert not gateway.stop_station_alive
    assert server.refusals()["role"] >= 2


def test_the_gateway_knows_when_the_last_stop_station_dies(link):
    link.server()
    link.key("panel-OR-2", "panel", "OR-2")
    gateway = link.gateway()
    first, second = link.panel(), link.panel("panel-OR-2")
    until(lambda: len(stations(gateway)) == 2, "both panels")
    link.stop(first)
    until(lambda: stations(gateway) == ["panel-OR-2"], "the loss of one")
    assert gateway.stop_station_alive
    link.stop(second)
    until(lambda: not gateway.stop_station_alive, "the loss of both")
    assert gateway.connected


def stations(gateway):
    return sorted(gateway.stop_stations)


def test_stops_arrive_and_the_robot_may_go_on_while_information_is_away(link):
    link.stop_server()
    panel, gateway = link.panel(), link.gateway()
    until(lambda: panel.stop_ready and gateway.stop_station_alive, "the stop lane")
    assert not panel.connected
    assert panel.stop("pressed").gateways == ("gateway",)
    assert len(link.robot.stops) == 1


def test_a_gateway_without_server_counts_no_stop_station(link):
    server = link.server()
    link.panel()
    gateway = link.gateway()
    until(lambda: gateway.stop_station_alive, "the panel")
    link.stop(server)
    until(lambda: not gateway.stop_station_alive, "the loss")


def test_a_stop_goes_past_a_large_transfer(link):
    link.desk.image_bytes = 30_000_000
    link.server()
    panel = link.panel()
    link.gateway()
    ready(link, panel)
    panel.stop("warm", timeout_s=20)
    done = threading.Event()

    def transfer():
        assert len(panel.request("image.get", IMAGE, reply=KeyImage, timeout_s=60).data) > 1e7
        done.set()

    transfers = threading.Thread(target=transfer)
    transfers.start()
    during = []
    while not done.is_set():
        begun = time.perf_counter()
        panel.stop("pressed", timeout_s=20)
        during.append(time.perf_counter() - begun)
        done.wait(0.01)
    transfers.join()
    # Not a measure of speed (that is the bench): stops got through while the transfer ran.
    assert len(during) >= 2
    assert len({stop.id for stop in link.robot.stops}) == len(during) + 1
