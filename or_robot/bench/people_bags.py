"""Recorded lidar scans with and without people, read from ROS bags."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rosbags.highlevel import AnyReader, AnyReaderError

from or_robot.errors import OrRobotError
from or_robot.geometry.pose import Pose2D
from or_robot.perception.scan_matching import ScanOdometry
from or_robot.types.motion import LaserScan

SCANS = "/training_scan"
LEGS = "/leg_cluster_positions"
SCAN_TYPE = "sensor_msgs/msg/LaserScan"
NEGATIVE = "negative"
"""Bags named so were recorded where nobody was."""
HERE = Pose2D(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Recording:
    """Successive scans of one lidar."""

    name: str
    scans: tuple[LaserScan, ...]
    poses: tuple[Pose2D, ...]
    """Of the sensor, in the frame of the first scan."""
    legs: tuple[NDArray[np.float64], ...]
    """Of each scan: (n, 2) m in the sensor frame."""


@dataclass(frozen=True)
class Bag:
    name: str
    sha256: str
    recordings: tuple[Recording, ...]

    @property
    def has_people(self) -> bool:
        return any(len(legs) for recording in self.recordings for legs in recording.legs)


def bags(folder: Path) -> list[Path]:
    """The bags in a folder. Raises OrRobotError when there is none."""
    found = sorted(folder.glob("*.bag")) if folder.is_dir() else []
    if not found:
        raise OrRobotError(f"{folder} holds no .bag file", "give the folder of the recordings")
    return found


def read_bag(file: Path) -> Bag:
    """Raises OrRobotError for what is no bag, or lacks the topics."""
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        with AnyReader([file]) as reader:
            return Bag(file.stem, digest, tuple(_recordings(file, reader)))
    except (AnyReaderError, OSError) as error:
        raise OrRobotError(f"{file} is no readable bag: {error}", "record it anew") from error


def _recordings(file: Path, reader: AnyReader) -> Iterator[Recording]:
    topics = {c.topic for c in reader.connections if c.msgtype == SCAN_TYPE}
    labelled = SCANS in topics and LEGS in {c.topic for c in reader.connections}
    if labelled:
        scans = _messages(reader, SCANS)
        labels = _messages(reader, LEGS)
        if len(scans) != len(labels):
            raise OrRobotError(
                f"{file}: {len(scans)} scans on {SCANS}, {len(labels)} messages on {LEGS}",
                "each scan needs its legs",
            )
        yield _recording(file.stem, scans, [_positions(message) for message in labels])
    elif file.stem.startswith(NEGATIVE) and topics:
        for topic in sorted(topics):
            scans = _messages(reader, topic)
            yield _recording(f"{file.stem}{topic}", scans, [np.empty((0, 2))] * len(scans))
    else:
        raise OrRobotError(
            f"{file} lacks {SCANS} with {LEGS}",
            f"label it, or name it {NEGATIVE}_… when nobody is in it",
        )


def _messages(reader: AnyReader, topic: str) -> list[Any]:
    connections = [c for c in reader.connections if c.topic == topic]
    return [
        reader.deserialize(raw, connection.msgtype)
        for connection, _, raw in reader.messages(connections)
    ]


def _positions(message: Any) -> NDArray[np.float64]:
    rows = [(pose.position.x, pose.position.y) for pose in message.poses]
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def _recording(name: str, messages: list[Any], legs: list[NDArray[np.float64]]) -> Recording:
    scans = tuple(_scan(message) for message in messages)
    odometry = ScanOdometry()
    return Recording(name, scans, tuple(odometry.update(scan) for scan in scans), tuple(legs))


def _scan(message: Any) -> LaserScan:
    stamp = message.header.stamp
    return LaserScan(
        stamp.sec + stamp.nanosec * 1e-9,
        float(message.angle_min),
        float(message.angle_increment),
        float(message.range_min),
        float(message.range_max),
        np.asarray(message.ranges, dtype=np.float32),
        HERE,
    )
