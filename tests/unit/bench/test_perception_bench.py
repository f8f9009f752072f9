from pathlib import Path

import numpy as np

from or_robot.bench.leg_training import Samples, SampleStore
from or_robot.bench.perception_cycle import in_the_way, unreal
from or_robot.bench.resume import Log
from or_robot.config.robot import RobotConfig
from or_robot.geometry.pose import Pose2D
from or_robot.scenario.truth import PersonTruth

ROBOT = RobotConfig()


def test_what_was_done_is_not_done_again(tmp_path: Path) -> None:
    file = tmp_path / "bench" / "rows.jsonl"
    log = Log(file, resume=False)
    assert log.done("one", lambda: {"n": 1}) == {"n": 1}
    assert log.done("one", lambda: {"n": 2}) == {"n": 1}
    assert Log(file, resume=True).done("one", lambda: {"n": 3}) == {"n": 1}
    assert Log(file, resume=False).done("one", lambda: {"n": 4}) == {"n": 4}


def test_samples_are_made_once(tmp_path: Path) -> None:
    made = []

    def make() -> Samples:
        made.append(1)
        return Samples(np.eye(3), np.array([True, False, True]))

    for _ in range(2):
        kept = SampleStore(tmp_path, 1)._kept("bag", make)
        assert np.array_equal(kept.features, np.eye(3))
        assert kept.legs.tolist() == [True, False, True]
    SampleStore(tmp_path, 2)._kept("bag", make)
    assert len(made) == 2


def test_a_point_ahead_stops_unless_somebody_is_there() -> None:
    at = Pose2D(3.0, 2.0, np.pi / 2.0)
    ahead, beside, far = [3.0, 3.2, 0.1], [3.6, 3.2, 0.1], [3.0, 5.0, 0.1]
    assert in_the_way(np.array([ahead]), at, ROBOT)
    assert not in_the_way(np.array([beside, far]), at, ROBOT)
    discs = np.array([[3.2, 3.4, 0.2]] * 3)
    person = PersonTruth("nurse", Pose2D(3.2, 3.4, 0.0), 0.0, discs)
    assert len(unreal(np.array([ahead, far]), (person,))) == 1
