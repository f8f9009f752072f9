"""The information store."""

from __future__ import annotations

from dataclasses import dataclass

from or_robot.config.setting import CheckedConfig, setting


@dataclass(frozen=True)
class StoreConfig(CheckedConfig):
    """How the store keeps what it is given."""

    audit_sync_within_s: float = setting(
        0.1, unit="s", low=0.0, high=5.0, doc="audit entry committed → safe from loss of power"
    )
