import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from link_rig import until

from or_robot.link.codec import encode_payload
from or_robot.link.errors import LinkDown, LinkRefused, LinkTimeout
from or_robot.link.journal import Journal
from or_robot.link.memory import AnswerMemory
from or_robot.link.payloads import ImageRequest, PhaseChange, RoomRequest
from or_robot.types.clinical import KeyImage, RoomCase
from or_robot.types.procedure import Phase, ProcedurePhase
from or_robot.types.safety import SafetyMode, SafetyState

ROOM = RoomRequest("device", "OR-1", "test")
CLOSING = PhaseChange("device", "OR-1", "test", Phase.CLOSING)
IMAGE = ImageRequest("device", "OR-1", "test", "SIM0001", "1.2", "planned", "axial", 0)


def test_case_and_image_arrive(link):
    link.server()
    panel = link.panel()
    assert panel.request("case.get", ROOM, reply=RoomCase).version == "v1"
    assert len(panel.request("image.get", IMAGE, reply=KeyImage).data) == 26_000
    assert link.desk.done == [("case.get", "panel-OR-1")]


def test_the_gateway_answers_and_learns_who_asks(link):
    link.server()
    panel = link.panel()
    link.gateway()
    until(lambda: panel.stop_ready, "the gateway")
    until(lambda: reset(panel) is not None, "the gateway's answer")
    request, caller = link.robot.resets[-1]
    assert request == ROOM
    assert (caller.name, caller.role, caller.room) == ("panel-OR-1", "panel", "OR-1")


def reset(panel):
    try:
        return panel.request("safety.reset", ROOM, reply=SafetyState).mode is SafetyMode.READY
    except LinkRefused as refusal:
        assert refusal.code == "no_robot"
        return None


def test_without_a_gateway_there_is_no_robot(link):
    link.server()
    with pytest.raises(LinkRefused, match="no robot") as refused:
        link.panel().request("safety.reset", ROOM, reply=SafetyState)
    assert refused.value.code == "no_robot"


def test_the_same_id_is_executed_once_while_and_after_it_runs(link):
    link.server()
    panel = link.panel()
    link.desk.gate.clear()
    with ThreadPoolExecutor(3) as pool:
        asked = [
            pool.submit(panel.request, "phase.set", CLOSING, reply=ProcedurePhase, id="7")
            for _ in range(3)
        ]
        until(lambda: link.desk.done, "the handler")
        link.desk.gate.set()
        assert {future.result().phase for future in asked} == {Phase.CLOSING}
    panel.request("phase.set", CLOSING, reply=ProcedurePhase, id="7")
    assert link.desk.done == [("phase.set", Phase.CLOSING)]
    with pytest.raises(LinkRefused) as refused:
        panel.request(
            "phase.set",
            PhaseChange("device", "OR-1", "test", Phase.SIGN_OUT),
            reply=ProcedurePhase,
            id="7",
        )
    assert refused.value.code == "id_reused"


def test_an_id_is_executed_once_across_a_restart(link):
    server = link.server()
    panel = link.panel()
    first = panel.request("phase.set", CLOSING, reply=ProcedurePhase, id="7")
    link.stop(server)
    link.server()
    assert panel.request("phase.set", CLOSING, reply=ProcedurePhase, id="7") == first
    assert link.desk.done == [("phase.set", Phase.CLOSING)]


def test_what_a_killed_server_had_begun_is_not_begun_again(link):
    journal = Journal(link.journal, 100)
    memory = AnswerMemory(100, journal)
    asked = b"phase.set" + bytes(encode_payload(CLOSING))
    assert memory.claim(("panel-OR-1", "7"), asked, b"") == (True, None)
    memory.begin(("panel-OR-1", "7"))
    journal.close()
    link.server()
    panel = link.panel()
    with pytest.raises(LinkRefused, match="look at the state") as refused:
        panel.request("phase.set", CLOSING, reply=ProcedurePhase, id="7")
    assert refused.value.code == "interrupted"
    assert link.desk.done == []


def test_the_gateway_executes_an_id_once(link):
    link.server()
    panel = link.panel()
    link.gateway()
    until(lambda: reset(panel), "the gateway")
    before = len(link.robot.resets)
    for _ in range(3):
        panel.request("safety.reset", ROOM, reply=SafetyState, id="again")
    assert len(link.robot.resets) == before + 1


def test_ids_of_two_panels_do_not_meet(link):
    link.key("panel-OR-2", "panel", "OR-2")
    link.server()
    for name, room in (("panel-OR-1", "OR-1"), ("panel-OR-2", "OR-2")):
        change = PhaseChange("device", room, "test", Phase.CLOSING)
        answer = link.panel(name).request("phase.set", change, reply=ProcedurePhase, id="7")
        assert answer.room == room
    assert len(link.desk.done) == 2


@pytest.mark.parametrize(
    ("key", "role", "room", "name", "payload", "reply", "code"),
    [
        ("panel-OR-2", "panel", "OR-2", "case.get", ROOM, RoomCase, "room"),
        ("viewer", "viewer", "OR-1", "phase.set", CLOSING, ProcedurePhase, "role"),
        ("viewer", "viewer", "OR-2", "case.get", ROOM, RoomCase, "room"),
        ("other-gateway", "gateway", "", "case.get", ROOM, RoomCase, "role"),
    ],
)
def test_a_key_may_do_what_its_role_and_room_allow(
    link, key, role, room, name, payload, reply, code
):
    server = link.server()
    client = link.panel(link.key(key, role, room))
    with pytest.raises(LinkRefused) as refused:
        client.request(name, payload, reply=reply)
    assert refused.value.code == code
    assert link.desk.done == []
    assert server.refusals() == {code: 1}


def test_deadline_of_a_slow_handler(link):
    link.server()
    panel = link.panel()
    link.desk.gate.clear()
    with pytest.raises(LinkTimeout, match="within"):
        panel.request("case.get", ROOM, reply=RoomCase, timeout_s=0.3)
    link.desk.gate.set()
    assert panel.request("case.get", ROOM, reply=RoomCase).version == "v1"


def test_slow_handlers_do_not_hold_up_the_others(link):
    link.server(workers=2)
    panel = link.panel()
    link.desk.gate.clear()
    slow = threading.Thread(
        target=lambda: panel.request("case.get", ROOM, reply=RoomCase, timeout_s=20)
    )
    slow.start()
    until(lambda: link.desk.done, "the slow handler")
    assert panel.request("image.get", IMAGE, reply=KeyImage).index == 0
    link.desk.gate.set()
    slow.join()


def test_too_many_waiting_requests_are_refused_not_queued(link):
    link.server(workers=1, queued_requests=1)
    panel = link.panel()
    link.desk.gate.clear()
    with ThreadPoolExecutor(6) as pool:
        asked = [
            pool.submit(panel.request, "case.get", ROOM, reply=RoomCase, timeout_s=20)
            for _ in range(6)
        ]
        until(lambda: sum(future.done() for future in asked) >= 4, "refusals")
        link.desk.gate.set()
        refusals = [future.exception() for future in asked if future.exception()]
    assert {refusal.code for refusal in refusals} == {"busy"}
    assert panel.request("case.get", ROOM, reply=RoomCase).version == "v1"


def test_oversize_is_refused_and_counted(link):
    server = link.server(max_message_bytes=4096)
    panel = link.panel()
    with pytest.raises(LinkRefused) as refused:
        panel.request("case.get", RoomRequest("x" * 5000, "OR-1", ""), reply=RoomCase, timeout_s=2)
    assert refused.value.code == "oversize"
    assert server.refusals() == {"oversize": 1}


def test_a_failing_handler_is_told_without_its_details(link):
    link.desk.image_bytes = -1  # bytes(-1) raises
    link.server()
    with pytest.raises(LinkRefused, match="failed on the other side") as refused:
        link.panel().request("image.get", IMAGE, reply=KeyImage)
    assert refused.value.code == "failed"


def test_no_server_is_link_down_and_then_at_once(link):
    panel = link.panel()
    with pytest.raises(LinkDown, match="is it running"):
        panel.request("case.get", ROOM, reply=RoomCase, timeout_s=0.2)
    assert not panel.connected
    assert panel.link_age_s == float("inf")


def test_a_restarted_server_is_found_again(link):
    server = link.server()
    panel = link.panel()
    gateway = link.gateway()
    until(lambda: reset(panel), "the first server")
    boot = panel.last("link.heartbeat").payload.boot
    link.stop(server)
    until(lambda: not panel.connected and not gateway.connected, "the loss")
    assert panel.last("link.heartbeat").stale
    with pytest.raises(LinkDown):
        panel.request("case.get", ROOM, reply=RoomCase, timeout_s=0.3)
    link.server()
    until(lambda: panel.connected and gateway.connected, "the second server")
    assert panel.last("link.heartbeat").payload.boot != boot
    until(lambda: reset(panel), "the gateway at the second server")
    assert panel.request("case.get", ROOM, reply=RoomCase).version == "v1"


def test_wrong_payload_is_the_programmers_error(link):
    panel = link.panel()
    with pytest.raises(TypeError, match="RoomRequest"):
        panel.request("case.get", CLOSING, reply=RoomCase)
    with pytest.raises(LinkRefused, match="one of"):
        panel.request("case.got", ROOM, reply=RoomCase)
