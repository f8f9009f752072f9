"""Recordings that are not what the bench needs: each named, none a traceback."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rosbags")

from rosbags.rosbag1 import Writer
from rosbags.typesys import Stores, get_typestore

from or_robot.bench.people_bags import LEGS, SCANS, bags, read_bag
from or_robot.errors import OrRobotError

STORE = get_typestore(Stores.ROS1_NOETIC)
SCAN, POSES = "sensor_msgs/msg/LaserScan", "geometry_msgs/msg/PoseArray"


def header(number: int):
    stamp = STORE.types["builtin_interfaces/msg/Time"](sec=number, nanosec=0)
    return STORE.types["std_msgs/msg/Header"](seq=number, stamp=stamp, frame_id="laser")


def scan(number: int, ranges: np.ndarray):
    return STORE.types[SCAN](
        header=header(number),
        angle_min=-1.0,
        angle_max=1.0,
        angle_increment=2.0 / (len(ranges) - 1),
        time_increment=0.0,
        scan_time=0.1,
        range_min=0.05,
        range_max=10.0,
        ranges=ranges.astype(np.float32),
        intensities=np.zeros(0, dtype=np.float32),
    )


def record(file: Path, topics: dict[str, list]) -> Path:
    with Writer(file) as writer:
        for topic, messages in topics.items():
            kind = messages[0].__msgtype__
            connection = writer.add_connection(topic, kind, typestore=STORE)
            for number, message in enumerate(messages):
                raw = STORE.serialize_ros1(message, kind)
                writer.write(connection, 1_000_000_000 * (number + 1), raw)
    return file


def legs(number: int):
    return STORE.types[POSES](header=header(number), poses=[])


def wall(number: int):
    return scan(number, np.full(90, 2.0))


def test_an_empty_folder_and_one_that_is_not_there_are_named(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(OrRobotError, match=r"holds no \.bag file"):
            bags(folder)


def test_a_file_that_is_no_bag_is_named(tmp_path: Path) -> None:
    file = tmp_path / "positive_1.bag"
    file.write_bytes(b"#ROSBAG V2.0\nand then nothing")
    with pytest.raises(OrRobotError, match=r"positive_1\.bag is no readable bag"):
        read_bag(file)


def test_a_bag_without_the_topics_says_which(tmp_path: Path) -> None:
    file = record(tmp_path / "positive_2.bag", {"/scan": [wall(0), wall(1)]})
    with pytest.raises(OrRobotError, match=f"lacks {SCANS} with {LEGS}"):
        read_bag(file)


def test_scans_without_their_legs_are_counted(tmp_path: Path) -> None:
    topics = {SCANS: [wall(0), wall(1)], LEGS: [legs(0)]}
    with pytest.raises(OrRobotError, match=f"2 scans on {SCANS}, 1 messages on {LEGS}"):
        read_bag(record(tmp_path / "positive_3.bag", topics))


def test_beams_that_are_not_numbers_are_read_as_they_are(tmp_path: Path) -> None:
    ranges = np.full(90, 2.0)
    ranges[10:20] = np.nan
    file = record(tmp_path / "positive_4.bag", {SCANS: [scan(0, ranges)], LEGS: [legs(0)]})
    (recording,) = read_bag(file).recordings
    assert np.isnan(recording.scans[0].ranges).sum() == 10
    assert not read_bag(file).has_people
