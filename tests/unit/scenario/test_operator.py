"""The person at the panel presses what the scenario says, when it says so."""

import pytest

from or_robot.geometry.pose import Pose2D
from or_robot.scenario.events import (
    Button,
    Event,
    HardwareEstop,
    PanelPress,
    PersonHelps,
    Place,
)
from or_robot.scenario.operator import Operator

HERE = Pose2D(0.0, 0.0, 0.0)


def test_each_button_once_at_its_time_or_place() -> None:
    there = Place(5.0, 0.0, 1.0)
    operator = Operator(
        [
            Event(2.0, PanelPress(Button.STOP)),
            Event(0.0, PanelPress(Button.RESUME), there),
            Event(0.0, HardwareEstop(True)),
        ]
    )
    assert operator.presses(1.9, HERE, waits=False) == ()
    assert operator.presses(2.0, HERE, waits=False) == (Button.STOP,)
    assert operator.presses(2.1, HERE, waits=False) == ()
    assert operator.presses(3.0, Pose2D(4.5, 0, 0), waits=False) == (Button.RESUME,)


def test_nobody_helps_unless_the_scenario_says_so() -> None:
    operator = Operator([])
    assert all(operator.presses(float(t), HERE, waits=True) == () for t in range(100))


@pytest.mark.parametrize("after_s", [1.0, 7.5])
def test_who_helps_lets_the_robot_wait_a_while_and_tries_again(after_s: float) -> None:
    operator = Operator([Event(3.0, PersonHelps(after_s))])
    helped = [
        t / 10
        for t in range(400)
        if operator.presses(t / 10, HERE, waits=True) == (Button.RESET, Button.RESUME)
    ]
    assert helped[0] == pytest.approx(3.0 + after_s)
    assert helped[1] - helped[0] == pytest.approx(after_s, abs=0.11)


def test_a_robot_that_goes_on_by_itself_needs_nobody() -> None:
    operator = Operator([Event(0.0, PersonHelps(2.0))])
    for t in range(200):
        assert operator.presses(t / 10, HERE, waits=t % 15 != 0) == ()
