"""Settings of the costmaps."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class CostmapConfig(CheckedConfig):
    inflation_radius: float = setting(0.75, unit="m", low=0.1, high=5.0, doc="cost reaches so far")
    cost_scaling: float = setting(5.0, unit="1/m", low=0.1, high=50.0, doc="decay of the cost")
    inscribed_margin: float = setting(0.03, unit="m", low=0.0, high=0.3, doc="added to half width")
    obstacle_range: float = setting(6.0, unit="m", low=0.5, high=30.0, doc="hits marked up to here")
    clear_range: float = setting(8.0, unit="m", low=0.5, high=30.0, doc="beams clear up to here")
    map_slack: float = setting(
        0.15, unit="m", low=0.0, high=1.0, doc="hit so near the map is the map"
    )
    local_size: float = setting(6.0, unit="m", low=2.0, high=30.0, doc="side of the local costmap")
    person_clear: float = setting(
        0.45, unit="m", low=0.0, high=2.0, doc="hits of a walker left out"
    )
    person_cost: int = setting(120, unit="", low=0, high=252, doc="where a person is now")
    person_reach: float = setting(0.9, unit="m", low=0.1, high=3.0, doc="of that cost")
    person_horizon: float = setting(
        2.5, unit="s", low=0.25, high=10.0, doc="people predicted ahead"
    )
