import dataclasses
import math

from hypothesis import given
from hypothesis import strategies as st

from or_robot.autonomy.max_age import FUTURE_S, INPUTS, fresh, stale_input
from or_robot.config.navigation import NavigatorConfig

CONFIG = NavigatorConfig()
NOW = 100.0
ALL = dict.fromkeys(INPUTS, NOW)


def test_every_limit_is_a_setting_in_seconds() -> None:
    units = {field.name: field.metadata.get("unit") for field in dataclasses.fields(CONFIG)}
    assert all(units[row.setting] == "s" for row in INPUTS.values())
    named = {name for name in units if name.endswith("_max_age")}
    assert named == {row.setting for row in INPUTS.values()}


@given(st.sampled_from(sorted(INPUTS)), st.floats(-10.0, 10.0))
def test_only_a_needed_input_out_of_its_age_stops(name: str, age: float) -> None:
    limit = getattr(CONFIG, INPUTS[name].setting)
    bad = not -FUTURE_S <= age <= limit
    stamp = NOW - age
    if abs(NOW - stamp - limit) < 1e-9 or abs(NOW - stamp + FUTURE_S) < 1e-9:
        return
    reason = stale_input(CONFIG, ALL | {name: stamp}, NOW)
    assert bool(reason) == (bad and INPUTS[name].needed)
    assert fresh(CONFIG, name, stamp, NOW) is not bad
    assert not reason or name in reason


def test_says_what_is_wrong_with_it() -> None:
    assert stale_input(CONFIG, ALL, NOW) == ""
    assert stale_input(CONFIG, {}, NOW) == "scan is missing"
    assert stale_input(CONFIG, ALL | {"odometry": NOW - 1.0}, NOW) == "odometry is stale"
    assert stale_input(CONFIG, ALL | {"pose": NOW + 1.0}, NOW) == "pose is stamped in the future"
    assert stale_input(CONFIG, ALL | {"scan": math.nan}, NOW) == "scan is stale"
