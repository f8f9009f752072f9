"""A person at the panel and a robot in the running ROS graph."""

from __future__ import annotations

import math
import time
from typing import Any

from playwright.sync_api import Page

DRIVE_TIMEOUT_MS = 240_000
FAULTS_FORGIVEN = 1
NEAR_M = 0.35


def live(page: Page) -> dict[str, Any]:
    return page.request.get("/api/live").json()["state"]


def wait_until(page: Page, holds, timeout_s: float = 30.0) -> dict[str, Any]:
    """Newest state for which `holds`, as the panel's server tells it."""
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s:
        state = live(page)
        if state["robot"] and holds(state):
            return state
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {timeout_s} s: {state}")


def drives(state: dict[str, Any]) -> bool:
    return state["robot"]["value"]["speed"] > 0.1


def stands(state: dict[str, Any]) -> bool:
    robot = state["robot"]["value"]
    return robot["commanded_speed"] == 0.0 and abs(robot["speed"]) < 0.01


def wait_until_done(page: Page, task: str) -> None:
    """On a machine too busy for the watchdogs the robot faults: then do what a person would do."""
    done = f"#task[data-state=done][data-task-id='{task}']"
    for _ in range(FAULTS_FORGIVEN):
        page.wait_for_selector(
            f"{done}, :is(#reset, #resume):enabled:visible", timeout=DRIVE_TIMEOUT_MS
        )
        if page.is_visible(done):
            return
        assert "STOPPED" not in page.inner_text("#robot-word")
        if page.is_enabled("#reset"):
            page.click("#reset")
        page.click("#resume:enabled")
    page.wait_for_selector(done, timeout=DRIVE_TIMEOUT_MS)


def test_somebody_logs_in_and_sees_the_patient(team_page):
    page = team_page()
    assert "PHANTOM" in page.inner_text("#patient-name")
    assert page.inner_text("#patient-id") == "SIM0001"
    assert page.inner_text("#patient-born") == "1960-01-01"
    assert "Penicillin" in page.inner_text("#allergies")
    assert page.inner_text("#plan-fractions").startswith("12/35")
    assert page.evaluate("document.getElementById('key-image').naturalWidth") > 200
    page.wait_for_selector("#dvh-plot canvas")


def test_stop_robot_stops_it_until_a_person_resets_and_resumes(new_page, team_page):
    page, passer_by, korean = team_page(), new_page(), team_page(language="ko")
    wait_until(page, stands)
    page.click("#errand-deliver_tray")
    page.wait_for_selector("#task[data-state=to_pickup]")
    wait_until(page, drives)

    passer_by.click("#stop")  # nobody is logged in there
    state = wait_until(page, lambda s: s["word"] == "stopped" and stands(s), timeout_s=3.0)
    assert state["robot"]["value"]["reset_required"]
    assert "STOP has reached the robot" in passer_by.inner_text("#notice")
    for shown in (page, passer_by):
        shown.wait_for_selector("text=STOPPED")
    korean.wait_for_selector("#task-left:text-is('정지됨; 주행 재개를 기다림')")
    stay_s = time.monotonic() + 2.0
    while time.monotonic() < stay_s:
        assert stands(live(page))
        page.wait_for_timeout(100)

    assert page.is_disabled("#resume")
    page.click("#reset")
    page.wait_for_selector("#resume:enabled")
    assert stands(live(page))  # reset alone moves nothing
    page.click("#resume")
    wait_until(page, drives)

    page.click("#stop")
    wait_until(page, lambda s: s["word"] == "stopped" and stands(s), timeout_s=3.0)
    page.click("#reset")
    page.click("#resume:enabled")
    wait_until(page, drives)
    page.click("#cancel:enabled")
    page.wait_for_selector("#task[data-state=cancelled]")
    wait_until(page, stands)


def test_an_errand_is_done_and_the_robot_stands_where_it_should(team_page):
    """The nearest station: after the test above the robot is a few steps from its dock."""
    page = team_page()
    before = page.get_attribute("#task", "data-task-id")
    page.click("#errand-park")
    page.wait_for_selector(f"#task:not([data-task-id='{before}'])")
    wait_until_done(page, page.get_attribute("#task", "data-task-id"))
    stations = page.request.get("/api/robot/site").json()["stations"]
    at = next(station for station in stations if station["name"] == "dock")
    pose = live(page)["robot"]["value"]["pose"]
    assert math.hypot(pose["x"] - at["x"], pose["y"] - at["y"]) < NEAR_M
