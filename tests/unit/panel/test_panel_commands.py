"""Commands reach the gateway once, in the name of person and room, and failures are told."""

from __future__ import annotations

import pytest
from panel_link_double import site

from or_robot.errors import OrRobotError
from or_robot.link.errors import LinkRefused
from or_robot.panel.errands import ERRANDS, possible_errands, task_request
from or_robot.types.tasks import TaskKind

ID = "7f0c3b1e-92d4-4f7e-a0f4-3f2e6f0c9a11"


def test_deliver_becomes_a_task_from_the_store_to_this_room(log_in, link):
    answer = log_in("nurse").post("/api/robot/errands", json={"errand": "deliver_tray", "id": ID})
    assert answer.json["state"] == "to_pickup"
    name, payload = link.asked[-1]
    assert name == "task.submit"
    assert (payload.actor, payload.room) == ("a nurse", "OR-1")
    task = payload.task
    assert (task.id, task.kind, task.pickup, task.dropoff, task.room) == (
        ID, TaskKind.DELIVER, "sterile_store", "or_1", "OR-1",
    )  # fmt: skip


def test_a_double_press_is_one_task(log_in, link):
    nurse = log_in("nurse")
    for _ in range(2):
        nurse.post("/api/robot/errands", json={"errand": "deliver_tray", "id": ID})
    assert list(link.tasks) == [ID]


@pytest.mark.parametrize(
    "body", [{"errand": "deliver_tray", "id": "1; drop"}, {"errand": "deliver_tray"}, [], "x", 7]
)
def test_an_unreadable_errand_is_refused(log_in, link, body):
    assert log_in("nurse").post("/api/robot/errands", json=body).status_code == 400
    assert link.asked == []


def test_an_unknown_errand_names_the_valid_ones(log_in):
    answer = log_in("nurse").post("/api/robot/errands", json={"errand": "dance", "id": ID})
    assert answer.status_code == 422
    assert all(name in answer.json["error"] for name in ERRANDS)


def test_a_refusal_is_told_in_one_line(log_in, link):
    link.refuse = LinkRefused("no_robot", "no robot is connected", "switch one on")
    answer = log_in("nurse").post("/api/robot/errands", json={"errand": "deliver_tray", "id": ID})
    assert answer.status_code == 409
    assert answer.json["error"] == "no robot is connected — switch one on"


def test_without_a_link_commands_say_so(log_in, link):
    nurse = log_in("nurse")
    link.connected = False
    assert nurse.post("/api/robot/reset").status_code == 503


def test_errands_need_their_stations():
    wing = site()
    assert set(possible_errands("OR-1", wing)) == {"deliver_tray", "fetch_specimen", "park"}
    assert possible_errands("OR-9", wing) == ("park",)
    with pytest.raises(OrRobotError, match="OR-9"):
        task_request("deliver_tray", ID, "OR-9", wing)
    with pytest.raises(OrRobotError, match="stations"):
        task_request("deliver_tray", ID, "OR-1", None)
