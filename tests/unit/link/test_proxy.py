import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from or_robot.config.link_profile import LINK_PROFILES, LinkProfile
from or_robot.link.proxy import SEGMENT_BYTES, Way

PROFILES = st.sampled_from(list(LINK_PROFILES.values()))
ENTRIES = st.lists(st.tuples(st.floats(0, 0.1), st.integers(1, 1 << 16)), min_size=1, max_size=50)


@given(PROFILES, ENTRIES, st.integers())
def test_in_order_and_never_before_the_delay(profile, entries, seed):
    way, now_s, last_s = Way(profile, random.Random(seed)), 0.0, 0.0
    for gap_s, size in entries:
        now_s += gap_s
        out_s = way.out_s(now_s, size)
        assert out_s >= max(last_s, now_s + profile.delay_s - profile.jitter_s)
        # Alone on its way nothing takes longer than delay, jitter and one repeat.
        assert out_s <= max(last_s, now_s + 3 * profile.delay_s + profile.jitter_s)
        last_s = out_s


@pytest.mark.parametrize("segments", [1, 25])
def test_a_lost_segment_costs_a_round_trip_as_often_as_it_should(segments):
    profile = LinkProfile(delay_s=0.010, loss=0.01)
    way, rounds = Way(profile, random.Random(1)), 20_000
    waited = [way.out_s(n, segments * SEGMENT_BYTES) - n for n in range(rounds)]
    stalled = sum(wait_s > 0.02 for wait_s in waited) / rounds
    assert stalled == pytest.approx(1 - 0.99**segments, abs=0.01)
    assert {round(wait_s, 6) for wait_s in waited} == {0.010, 0.030}


def test_a_lan_adds_nothing():
    way = Way(LINK_PROFILES["lan"], random.Random(1))
    assert [way.out_s(n, 1 << 16) for n in range(100)] == list(range(100))
