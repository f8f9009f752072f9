"""Which plan a screen opens with."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from or_robot.clinical.relations import Role
from or_robot.info.prepare import in_force_first


@given(st.lists(st.sampled_from([role.value for role in Role]), max_size=6))
def test_plans_in_force_come_first_and_otherwise_keep_their_order(roles):
    plans = [
        SimpleNamespace(card=SimpleNamespace(role=role, number=n)) for n, role in enumerate(roles)
    ]
    ordered = [plan.card for plan in in_force_first(plans)]
    current = [card.number for card in ordered if card.role == Role.CURRENT]
    others = [card.number for card in ordered if card.role != Role.CURRENT]
    assert [card.number for card in ordered] == current + others
    assert current == sorted(current)
    assert others == sorted(others)
    assert len(ordered) == len(roles)
