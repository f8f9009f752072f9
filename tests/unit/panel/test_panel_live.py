"""Health, live state and alarms."""

from __future__ import annotations

import dataclasses

import pytest
from panel_link_double import robot_status

from or_robot.panel.alarms import Situation, alarms, robot_word
from or_robot.types.perception import DoorState
from or_robot.types.safety import SafetyMode
from or_robot.types.status import DoorStatus
from or_robot.types.tasks import TaskQueue

READY = Situation(True, True, robot_status(), TaskQueue(0.0, False, ()))


def situation(**changes) -> Situation:
    return dataclasses.replace(READY, robot=robot_status(**changes))


def test_all_is_well(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert {key: answer.json[key] for key in ("panel", "info", "robot")} == {
        "panel": "ok", "info": "ok", "robot": "ok",
    }  # fmt: skip
    assert answer.json["ages_s"]["robot.status"] < 1.0


def test_health_without_a_link(client, link):
    link.connected = False
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["info"]) == (503, "down")


@pytest.mark.parametrize(
    ("status", "age_s", "word"),
    [
        (robot_status(), 1.5, "stale"),
        (robot_status(lost=True), 0.0, "lost"),
        (robot_status(pose=None), 0.0, "lost"),
        (robot_status(safety_mode=SafetyMode.INIT), 0.0, "waiting"),
    ],
)
def test_health_of_the_robot(client, link, status, age_s, word):
    link.hear("robot.status", status, age_s=age_s)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["robot"]) == (503, word)


def test_health_when_the_robot_was_never_heard(client, link):
    del link.received["robot.status"]
    assert client.get("/healthz").json["robot"] == "down"


def test_nobody_sees_the_state_of_the_robot_but_neither_people_nor_patients(client):
    message = client.get("/api/live").json
    assert message["session"] is None
    assert message["state"]["word"] == "ready"
    assert message["state"]["robot"]["value"]["people"] == []
    assert message["state"]["robot"]["value"]["pose"] is None
    assert message["state"]["case"] is None
    assert message["state"]["tasks"] is None


def test_the_team_sees_everything(log_in):
    message = log_in("nurse").get("/api/live").json
    assert message["session"]["name"] == "a nurse"
    assert message["state"]["case"]["value"]["version"] == "v1"
    assert message["state"]["robot"]["value"]["pose"]["x"] == 6.0


def test_an_engineer_sees_the_robot_only(log_in):
    state = log_in("engineer").get("/api/live").json["state"]
    assert state["case"] is None
    assert state["robot"]["value"]["people"]


def test_doors_have_their_place_once_and_their_state_with_the_robots(log_in, link):
    seen = DoorStatus("or_1_door", DoorState.OPENING, 0.4)
    link.hear("robot.status", robot_status(doors=(seen,)))
    nurse = log_in("nurse")
    (door,) = nurse.get("/api/robot/site").json["doors"]
    assert (door["name"], door["leaf"]) == ("or_1_door", [[8.0, 4.0], [9.4, 4.0]])
    (told,) = nurse.get("/api/live").json["state"]["robot"]["value"]["doors"]
    assert told == {"name": "or_1_door", "state": "opening", "opening": 0.4}


def test_a_page_of_another_site_is_refused(client):
    assert client.get("/api/live", headers={"Origin": "http://evil.example"}).status_code == 403


def test_a_websocket_of_another_site_is_refused(client):
    asked = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    asked |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Origin": "http://evil.example"}
    assert client.get("/live", headers=asked).status_code == 403


def test_news_wake_those_who_wait_and_silence_does_after_a_while(app, link):
    hub = app.extensions["or_robot"].hub
    seen = hub.wait(-1)
    link.hear("robot.status", robot_status())
    newer = hub.wait(seen)
    assert newer > seen
    assert hub.wait(newer) > newer  # nothing came: the period passed


def test_nothing_is_wrong_when_nothing_is():
    assert alarms(READY) == ()
    assert robot_word(READY) == "ready"


@pytest.mark.parametrize(
    ("case", "word", "key", "priority"),
    [
        (situation(safety_mode=SafetyMode.FAULT), "fault", "fault", "high"),
        (situation(safety_mode=SafetyMode.STOPPED_BY_PERSON), "stopped", "stopped", "medium"),
        (situation(safety_mode=SafetyMode.PROTECTIVE_STOP), "protective", "protective", "low"),
        (situation(lost=True), "lost", "lost", "medium"),
        (situation(resume_required=True), "resume", "resume", "low"),
        (situation(battery=0.1), "ready", "battery", "low"),
        (dataclasses.replace(READY, robot=None), "no_data", "no_robot", "medium"),
        (dataclasses.replace(READY, link_up=False, robot=None), "no_data", "link_down", "medium"),
        (dataclasses.replace(READY, stop_reaches_robot=False), "ready", "no_stop", "medium"),
    ],
)
def test_what_is_wrong_is_told(case, word, key, priority):
    assert robot_word(case) == word
    assert [(alarm.key, alarm.priority) for alarm in alarms(case)] == [(key, priority)]


def test_a_fault_is_told_before_lesser_things():
    status = robot_status(safety_mode=SafetyMode.FAULT, lost=True, battery=0.1, speed=0.5)
    case = Situation(True, False, status, None)
    assert robot_word(case) == "fault"
    priorities = [alarm.priority for alarm in alarms(case)]
    assert priorities == sorted(priorities, key=["high", "medium", "low"].index)


def test_driving_is_told_apart_from_standing():
    assert robot_word(situation(speed=0.4, safety_mode=SafetyMode.AUTONOMOUS)) == "driving"
    assert robot_word(situation(speed=0.2, safety_mode=SafetyMode.SLOW)) == "slow"


def test_sources_of_patient_data_are_told_to_who_sees_patients_or_mends(client, log_in):
    told = {
        role: log_in(role).get("/api/live").json["state"]["sources"]
        for role in ("nurse", "physicist", "engineer", "admin")
    }
    assert all(sources["value"]["sources"][0]["name"] == "HIS" for sources in told.values())
    assert client.get("/api/live").json["state"]["sources"] is None
