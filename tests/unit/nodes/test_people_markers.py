import numpy as np

from or_robot.nodes.people_markers import markers_to_ros
from or_robot.types.motion import Track, Tracks


def test_a_person_is_a_body_an_arrow_and_a_number() -> None:
    track = Track(7, np.array([1.0, 2.0]), np.array([0.5, 0.0]), np.eye(4), 0.3, 0.9)
    body, arrow, label = markers_to_ros(Tracks(3.0, (track,)), "map").markers
    assert (body.pose.position.x, body.pose.position.y) == (1.0, 2.0)
    assert [point.x for point in arrow.points] == [1.0, 1.5]
    assert label.text == "7"
    assert {(m.header.frame_id, m.id) for m in (body, arrow, label)} == {("map", 7)}
    assert all(m.lifetime.sec + m.lifetime.nanosec * 1e-9 < 1.0 for m in (body, arrow, label))
    assert markers_to_ros(Tracks(3.0, ()), "map").markers == []
