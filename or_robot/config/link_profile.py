"""What a network does to the link, for tests and demonstrations."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class LinkProfile(CheckedConfig):
    """One network, each way the same."""

    delay_s: float = setting(0.0, unit="s", low=0.0, high=2.0, doc="mean delay, one way")
    jitter_s: float = setting(0.0, unit="s", low=0.0, high=1.0, doc="delay varies by ± this")
    loss: float = setting(0.0, unit="", low=0.0, high=0.5, doc="share of TCP segments lost")


LINK_PROFILES = {
    "lan": LinkProfile(),
    "wifi": LinkProfile(delay_s=0.003, jitter_s=0.002, loss=0.005),
    "5g": LinkProfile(delay_s=0.010, jitter_s=0.002, loss=0.01),
}
"""Orders of magnitude of a busy hospital's Wi-Fi and of public 5G, not of one measured network."""
