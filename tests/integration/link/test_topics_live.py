import threading

import pytest
import zmq
from link_rig import until

from or_robot.link.codec import SCHEMA_VERSION, Frame, Hello, Kind, encode_frame, encode_payload
from or_robot.link.sockets import IO_THREADS, Lane, connect
from or_robot.types.clinical import CaseVersion
from or_robot.types.procedure import Phase, ProcedurePhase
from or_robot.types.status import SiteStatus
from or_robot.types.tasks import TaskQueue

SITE = SiteStatus("wing", b"png", 0.0, 0.0, 0.05, 1, 1, (), ())


def phase(room, value):
    return ProcedurePhase(1.0, room, value)


def test_last_value_is_there_on_subscription(link):
    server = link.server()
    gateway = link.gateway()
    until(lambda: gateway.connected)
    gateway.publish("robot.site", SITE)
    panel = link.panel("panel-OR-1", "robot.site")
    until(lambda: panel.last("robot.site"), "the site")
    late = link.panel("panel-OR-1", "robot.site")
    until(lambda: late.last("robot.site"), "the site, without another publication")
    assert late.last("robot.site").payload == SITE
    assert not late.last("robot.site").stale
    assert server.refusals() == {}


def test_what_is_published_once_survives_the_server(link):
    server = link.server()
    gateway = link.gateway()
    gateway.publish("robot.site", SITE)
    panel = link.panel("panel-OR-1", "robot.site")
    until(lambda: panel.last("robot.site"), "the site")
    link.stop(server)
    link.server()
    late = link.panel("panel-OR-1", "robot.site")
    until(lambda: late.last("robot.site"), "the site from the second server")


def test_one_value_a_room(link):
    server = link.server()
    panel = link.panel("panel-OR-1", "procedure.phase")
    server.publish("procedure.phase", phase("OR-1", Phase.CLOSING))
    server.publish("procedure.phase", phase("OR-2", Phase.SIGN_IN))
    until(lambda: panel.last("procedure.phase", "OR-2"), "both rooms")
    assert panel.last("procedure.phase", "OR-1").payload.phase is Phase.CLOSING
    assert panel.last("procedure.phase").payload.room == "OR-2"
    assert panel.last("procedure.phase", "OR-3") is None


def test_what_is_not_repeated_becomes_stale_though_the_server_lives(link):
    link.server()
    gateway = link.gateway()
    until(lambda: gateway.connected)
    panel = link.panel("panel-OR-1", "tasks.queue")
    gateway.publish("tasks.queue", TaskQueue(1.0, False, ()))
    until(lambda: panel.last("tasks.queue"), "the queue")
    assert not panel.last("tasks.queue").stale
    until(lambda: panel.last("tasks.queue").stale, "its age")
    # A late reader is told how old it was already.
    late = link.panel("panel-OR-1", "tasks.queue")
    until(lambda: late.last("tasks.queue"), "the old queue")
    assert late.last("tasks.queue").stale
    assert late.connected


def test_callbacks_come_in_order_and_a_bad_one_harms_nobody(link, caplog):
    server = link.server()
    seen = []

    def bad(received):
        raise ValueError("mine")

    panel = link.panel("panel-OR-1", "case.version", callback=bad)
    panel.subscribe("case.version", lambda received: seen.append(received.payload.version))
    until(lambda: panel.connected)
    for n in range(50):
        server.publish("case.version", CaseVersion("OR-1", str(n)))
    until(lambda: seen and seen[-1] == "49", "the last")
    assert seen == sorted(seen, key=int)
    assert "callback of case.version failed" in caplog.text


def test_only_the_publisher_of_the_table_publishes(link):
    server = link.server()
    panel = link.panel("panel-OR-1", "robot.site", "procedure.phase")
    gateway = link.gateway()
    until(lambda: panel.connected and gateway.connected)
    panel.publish("robot.site", SITE)
    gateway.publish("procedure.phase", phase("OR-1", Phase.TURNOVER))
    until(lambda: server.refusals().get("role") == 2, "the refusals")
    assert panel.last("robot.site") is None
    assert panel.last("procedure.phase") is None


def test_a_gateway_does_not_read_what_is_for_screens(link):
    server = link.server()
    gateway = link.gateway()
    gateway.subscribe("case.version")
    gateway.subscribe("procedure.phase")
    server.publish("case.version", CaseVersion("OR-1", "v1"))
    server.publish("procedure.phase", phase("OR-1", Phase.CLOSING))
    until(lambda: gateway.last("procedure.phase"), "what it may read")
    assert gateway.last("case.version") is None


def test_a_slow_reader_is_shed_and_the_others_go_on(link):
    server = link.server(queued_messages=5)
    gateway = link.gateway()
    panel = link.panel("panel-OR-1", "robot.site")
    until(lambda: panel.connected and gateway.connected)
    context = zmq.Context(IO_THREADS)
    pair, public = link.keys.pair("panel-OR-1"), link.keys.public("server")
    deaf = connect(context, link.config, Lane.DOWN, pair, public)
    hello = encode_payload(Hello(subscribe=("robot.site",)))
    deaf.send(encode_frame(Frame(SCHEMA_VERSION, Kind.HELLO, body=hello)))
    try:
        big = SiteStatus("wing", bytes(500_000), 0.0, 0.0, 0.05, 1, 1, (), ())
        for _ in range(400):
            server_side = server.refusals().get("shed", 0)
            if server_side:
                break
            gateway.publish("robot.site", big)
            threading.Event().wait(0.02)
        assert server.refusals()["shed"] > 0
        assert panel.connected
        gateway.publish("robot.site", SITE)
        until(
            lambda: panel.last("robot.site").payload == SITE, "the newest, at the reader that reads"
        )
    finally:
        deaf.close()
        context.term()


def test_a_subscription_is_needed_before_a_last_copy(link):
    panel = link.panel()
    with pytest.raises(Exception, match="subscribe first"):
        panel.last("robot.status")
