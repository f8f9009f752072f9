"""STOP ROBOT at one press in every state of the page; a page that slept takes nothing for new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from or_robot.panel.database import open_database
from or_robot.panel.users import Users
from tests.browser.steps import Bed, give_pin, log_in

CONFIRMED = "#notice:has-text('STOP has reached the robot')"
AN_HOUR = timedelta(hours=1)
WATCH = """() => {
  const robot = document.getElementById('robot');
  new MutationObserver(() => {
    if (robot.dataset.stale === 'true') robot.dataset.wasStale = 'true';
  }).observe(robot, {attributeFilter: ['data-stale']});
}"""


def stop(page):
    page.click("#stop")
    page.wait_for_selector(CONFIRMED)
    page.wait_for_selector("#robot-word:text-is('STOPPED')")


@pytest.fixture
def going_again(team_page):
    """Whatever a test leaves behind: reset and resume."""
    yield
    team_page()


def test_logged_out(new_page, going_again):
    page = new_page()
    page.wait_for_selector("#robot[data-stale=false]")
    stop(page)


def test_locked(role_page, going_again):
    page = role_page("surgeon")
    page.click("#lock")
    give_pin(page, "2580")
    page.wait_for_selector("#pin:not([open])", state="attached")
    page.click("#lock")
    page.wait_for_selector("body[data-locked=true]")
    stop(page)
    page.click("#lock")
    give_pin(page, "2580")
    page.wait_for_selector("body[data-locked=false]")


def test_session_ended_on_the_server(new_page, suite, going_again):
    users = Users(open_database(suite.home))
    users.add("gone", "nurse", "a password of tests")
    page = new_page(session_ends=True)
    log_in(page, "gone", "a password of tests")
    users.remove("gone")
    stop(page)
    page.wait_for_selector(".login")
    page.wait_for_selector(CONFIRMED)  # the page loaded anew still says so


def test_without_the_live_connection(new_page, going_again):
    page = new_page(live=False)
    page.wait_for_selector("#robot[data-stale=false]")  # by polling
    stop(page)


def test_without_script(new_page, suite, going_again):
    page = new_page(script=False)
    with page.expect_request("**/api/robot/stop") as posted:
        page.click("#stop")
    page.wait_for_selector(CONFIRMED)
    # browsers tell no more than this over plain HTTP
    assert posted.value.all_headers()["origin"] == suite.url.rstrip("/")


def test_the_answer_to_a_press_before_the_script_came_stays(new_page, suite):
    page = new_page()
    page.goto(f"{suite.url}/?notice=stop.confirmed")  # where the plain form leads
    page.wait_for_selector("#robot[data-stale=false]")
    assert page.is_visible(CONFIRMED)


def test_in_a_browser_that_forbids_storage(new_page, going_again):
    page = new_page(live=False)
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('no') }})"
    )
    page.reload()
    page.wait_for_selector("#robot[data-stale=false]")
    stop(page)


def test_by_keyboard(new_page, going_again):
    page = new_page()
    page.wait_for_selector("#robot[data-stale=false]")
    page.focus("#stop")
    page.keyboard.press("Enter")
    page.wait_for_selector(CONFIRMED)


def test_a_page_that_slept_for_an_hour_takes_nothing_sent_before_it_for_new(team_page):
    bed = Bed()
    page = team_page(bed=bed)
    page.wait_for_selector("#robot[data-stale=false]")
    page.evaluate(WATCH)
    bed.asleep = True
    while not bed.sent:
        page.wait_for_timeout(20)
    page.clock.set_system_time(datetime.now(UTC) + AN_HOUR)
    bed.deliver()
    page.wait_for_selector("#robot[data-was-stale=true]")
    page.wait_for_selector("#robot-age:has-text('60 min')")
    bed.wake()
    page.wait_for_selector("#robot[data-stale=false]")
    page.wait_for_selector("#banner[data-stale=false]")
    assert page.inner_text("#patient-id") == "SIM0001"
