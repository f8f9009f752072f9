"""The live page: what it serves, to whom, and at which pace."""

import json
import time
from http.client import HTTPConnection
from typing import Any

import numpy as np
import pytest

from or_robot.config.robot import RobotConfig
from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.description import load_scenario
from or_robot.scenario.runner import Moment
from or_robot.scenario.truth import Contact, GroundTruth, ObjectTruth, PersonTruth
from or_robot.sim.view import Pace, Shown
from or_robot.sim.view_frames import map_png, moment_json, scene
from or_robot.sim.view_server import Feed, ViewServer
from or_robot.types.motion import LaserScan, Twist2D
from or_robot.types.sensing import SensorFrame

SCENARIO = load_scenario("cart_parked_in_doorway")


def moment(stamp_s: float = 1.0) -> Moment:
    scan = LaserScan(stamp_s, 0.0, 0.1, 0.1, 10.0, np.array([1.0, np.inf]), Pose2D(0.2, 0, 0))
    person = PersonTruth("nurse", Pose2D(4, 8, 1), 0.5, np.array([[4, 8, 0.2]] * 3))
    truth = GroundTruth(
        stamp_s,
        Pose2D(2, 8, np.pi / 2),
        Twist2D(0.5, 0.0),
        (person,),
        (Contact(0.5, "walls", 0.1),),
        (ObjectTruth("cart", Pose2D(8, 9, 0)),),
    )
    return Moment(truth, SensorFrame(stamp_s, (scan,), (), False, False, 0.8), False)


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def server(feed: Feed):
    fixed = scene(SCENARIO, 1, RobotConfig())
    with ViewServer("127.0.0.1", 0, fixed, map_png(SCENARIO.site.map), feed) as server:
        yield server


def get(server: ViewServer, path: str, host: str | None = None) -> tuple[int, Any, bytes]:
    name = server.address.removeprefix("http://").rstrip("/")
    connection = HTTPConnection(name, timeout=20)
    connection.request("GET", path, headers={"Host": host or name})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


@pytest.mark.parametrize(
    ("path", "kind", "has"),
    [
        ("/", "text/html", b"<canvas"),
        ("/view.js", "text/javascript", b"EventSource"),
        ("/view.css", "text/css", b"canvas"),
        ("/icon.svg", "image/svg+xml", b"<svg"),
        ("/scene.json", "application/json", b"sterile_store"),
        ("/map.png", "image/png", b"PNG"),
    ],
)
def test_what_the_page_needs_is_served(server: ViewServer, path: str, kind: str, has: bytes):
    status, headers, body = get(server, path)
    assert status == 200
    assert headers["Content-Type"].startswith(kind)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert has in body


@pytest.mark.parametrize("path", ["/nothing", "/../setup.py", "/index.html"])
def test_nothing_else_is(server: ViewServer, path: str) -> None:
    assert get(server, path)[0] == 404


def test_a_foreign_name_is_refused(server: ViewServer) -> None:
    assert get(server, "/scene.json", host="evil.example:80")[0] == 421
    assert get(server, "/scene.json", host="localhost:80")[0] == 200


def test_moments_stream_the_newest_first_and_end_with_the_run(
    server: ViewServer, feed: Feed
) -> None:
    feed.publish(moment_json(moment(1.0), np.empty((0, 2)), None))
    feed.publish(moment_json(moment(2.0), np.empty((0, 2)), None))
    name = server.address.removeprefix("http://").rstrip("/")
    connection = HTTPConnection(name, timeout=20)
    connection.request("GET", "/moments")
    answer = connection.getresponse()
    assert answer.headers["Content-Type"] == "text/event-stream"
    first = json.loads(answer.readline().removeprefix(b"data: "))
    assert first["time_s"] == 2.0
    assert first["objects"] == [["cart", 8, 9, 0]]
    assert first["contacts"] == ["walls"]
    feed.close()
    assert answer.read().strip() == b"event: end\ndata:"
    connection.close()


def test_the_newest_moment_is_told_once_there_is_one(server: ViewServer, feed: Feed) -> None:
    assert get(server, "/moment.json")[0] == 404
    feed.publish(moment_json(moment(1.0), np.empty((0, 2)), None))
    feed.publish(moment_json(moment(2.0), np.empty((0, 2)), None))
    status, headers, body = get(server, "/moment.json?still")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body)["time_s"] == 2.0


def test_a_taken_port_is_one_clear_line(server: ViewServer) -> None:
    port = int(server.address.rstrip("/").rsplit(":", 1)[1])
    with pytest.raises(OrRobotError, match="choose another --port"):
        ViewServer("127.0.0.1", port, {}, b"", Feed())


def test_ten_moments_a_second_are_shown_with_the_scan_in_the_map_frame() -> None:
    told: list[dict[str, Any]] = []
    feed = Feed()
    feed.publish = told.append  # type: ignore[method-assign]
    shown = Shown(feed, Pace(0.0))
    for step in range(50):
        shown.watch(moment(0.02 * step), None)
    assert [each["time_s"] for each in told] == pytest.approx(np.arange(0.0, 1.0, 0.1))
    assert np.allclose(told[0]["scan"], [[2.0, 9.2]])


def test_the_pace_is_held() -> None:
    begun = time.monotonic()
    Pace(10.0).wait(2.0)
    assert time.monotonic() - begun >= 0.2
    Pace(0.0).wait(1e6)


def test_the_scene_tells_sizes_of_objects() -> None:
    assert scene(SCENARIO, 1, RobotConfig())["objects"]["cart"] == pytest.approx(
        [0.395, 0.27], abs=0.02
    )
