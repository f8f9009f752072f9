"""STOP ROBOT: works for everybody at this panel, always; not for other sites."""

from __future__ import annotations

import pytest

JSON = {"Accept": "application/json"}
STOP = "/api/robot/stop"


@pytest.fixture(autouse=True)
def _with_forgery_protection(app):
    app.config["WTF_CSRF_ENABLED"] = True


def test_works_logged_out_and_without_a_token(client, link):
    answer = client.post(STOP, headers=JSON)
    assert answer.status_code == 200
    assert answer.json["stopped"] is True
    assert link.stops == ["OR-1"]


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://localhost"}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}]
)
def test_works_from_this_panels_own_page(client, headers):
    assert client.post(STOP, headers=JSON | headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_cannot_stop_the_robot(client, link, headers):
    assert client.post(STOP, headers=JSON | headers).status_code == 403
    assert link.stops == []


def test_is_outside_the_rate_limit(client, link):
    for _ in range(50):
        assert client.post(STOP, headers=JSON).status_code == 200
    assert len(link.stops) == 50


def test_works_with_a_forged_or_ended_session(client, link):
    client.set_cookie("or_robot_session", "nonsense")
    assert client.post(STOP, headers=JSON).status_code == 200


def test_works_when_the_database_of_users_does_not(app, log_in, link):
    nurse = log_in("nurse")
    app.extensions["or_robot"].users._engine.dispose()
    app.extensions["or_robot"].users._engine = None
    assert nurse.post(STOP, headers=JSON).status_code == 200


def test_says_so_when_it_does_not_reach_the_robot(client, link):
    link.connected = False
    answer = client.post(STOP, headers=JSON)
    assert answer.status_code == 503
    assert answer.json["stopped"] is False
    assert "not reached" in answer.json["error"]


def test_the_plain_form_answers_with_a_page_that_tells_the_outcome(client, link):
    page = client.post(STOP, follow_redirects=True)
    assert "STOP has reached the robot" in page.text
    link.connected = False
    assert "STOP NOT CONFIRMED" in client.post(STOP, follow_redirects=True).text


def test_every_page_has_the_button(client, log_in):
    pages = [client.get(path).text for path in ("/room/OR-1", "/room/OR-9", "/nowhere")]
    pages.append(log_in("nurse").get("/room/OR-1").text)
    assert all('action="/api/robot/stop"' in page for page in pages)
