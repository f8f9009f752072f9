"""Settings refuse what lies outside their bounds, by name."""

import dataclasses
import importlib
import math
import pkgutil

import numpy as np
import pytest

import or_robot.config
from or_robot.config.robot import RobotConfig
from or_robot.config.setting import CheckedConfig
from or_robot.errors import OrRobotError


def config_classes() -> list[type[CheckedConfig]]:
    for module in pkgutil.iter_modules(or_robot.config.__path__):
        importlib.import_module(f"or_robot.config.{module.name}")
    found: list[type[CheckedConfig]] = []
    waiting = [CheckedConfig]
    while waiting:
        subclasses = waiting.pop().__subclasses__()
        found += subclasses
        waiting += subclasses
    return found


def settings() -> list[tuple[type[CheckedConfig], dataclasses.Field]]:
    return [
        (config, field)
        for config in config_classes()
        for field in dataclasses.fields(config)  # type: ignore[arg-type]
        if "unit" in field.metadata
    ]


@pytest.mark.parametrize(
    ("config", "field"), settings(), ids=[f"{c.__name__}.{f.name}" for c, f in settings()]
)
def test_every_setting_is_bounded_and_described(config, field) -> None:
    low, high = field.metadata["low"], field.metadata["high"]
    assert field.metadata["doc"]
    assert low <= field.default <= high
    for outside in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf), math.nan):
        with pytest.raises(OrRobotError, match=field.name):
            config(**{field.name: outside})


def test_footprint_is_counter_clockwise_and_centred() -> None:
    corners = RobotConfig().footprint
    following = np.roll(corners, -1, axis=0)
    area = np.sum(corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]) / 2.0
    assert area == pytest.approx(RobotConfig().length * RobotConfig().width)
    assert corners.mean(axis=0) == pytest.approx([0.0, 0.0])
