import dataclasses

import pytest

from or_robot.errors import OrRobotError
from or_robot.link.errors import LinkRefused
from or_robot.link.topics import (
    CLIENTS,
    REQUESTS,
    TOPICS,
    Role,
    request_named,
    topic_named,
)


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_topic_row_holds_together(topic):
    assert topic.publisher in (Role.INFO, Role.GATEWAY)
    assert topic.readers <= CLIENTS
    assert topic.max_age_s * topic.rate_hz >= 1 or topic.rate_hz == 0
    if topic.key:
        assert topic.key in {field.name for field in dataclasses.fields(topic.payload)}


def test_priorities_are_distinct():
    assert len({topic.priority for topic in TOPICS.values()}) == len(TOPICS)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=lambda row: row.name)
def test_request_row_holds_together(request_):
    assert request_.server in (Role.INFO, Role.GATEWAY)
    assert request_.roles <= CLIENTS
    assert request_.deadline_s > 0
    assert request_.changes or request_.idempotent, "a read may always be asked again"
    fields = {field.name for field in dataclasses.fields(request_.payload)}
    assert {"actor", "room", "why"} <= fields, "the audit needs to know"


def test_only_panels_change_anything():
    assert all(row.roles == {Role.PANEL} for row in REQUESTS.values() if row.changes)


def test_lifting_a_stop_is_never_resent():
    assert not REQUESTS["safety.reset"].idempotent
    assert not REQUESTS["task.resume"].idempotent


@pytest.mark.parametrize(("find", "table"), [(topic_named, TOPICS), (request_named, REQUESTS)])
def test_unknown_names_are_refused_with_the_valid_ones(find, table):
    with pytest.raises(LinkRefused) as refused:
        find("nothing")
    assert isinstance(refused.value, OrRobotError)
    assert all(name in str(refused.value) for name in table)
