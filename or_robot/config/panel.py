"""How a panel behaves: waits, sessions, limits."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from or_robot.config.setting import CheckedConfig, setting
from or_robot.errors import OrRobotError


@dataclass(frozen=True)
class PanelConfig(CheckedConfig):
    """One panel hangs in one room and shows that room only."""

    room: str = "OR-1"
    """Room the panel is bound to; the robot is asked in its name."""
    key_name: str = "panel-OR-1"
    """Device key on the link, which also authorises the stop."""
    language: str = "en"
    """Language before anybody has chosen one: "en" or "ko"."""
    viewer_url: str = ""
    """Where a study viewer (OHIF, a PACS) shows a patient: an address with "{patient}" where the
    patient ID belongs, for example https://pacs.hospital/ohif/?mrn={patient}. Empty: no button."""
    secure_cookies: bool = False
    """True when the panel is reached by HTTPS: cookies are then never sent in the clear."""
    session_hours: float = setting(
        12.0, unit="h", low=0.05, high=24.0, doc="a login ends after this, used or not"
    )
    lock_after_min: float = setting(
        10.0, unit="min", low=0.05, high=240.0, doc="commands lock when nobody has pressed anything"
    )
    stop_timeout_s: float = setting(
        1.0, unit="s", low=0.1, high=5.0, doc="wait for the robot's answer to a stop"
    )
    request_timeout_s: float = setting(
        3.0, unit="s", low=0.2, high=20.0, doc="wait for any other answer over the link"
    )
    live_period_s: float = setting(
        0.5, unit="s", low=0.1, high=2.0, doc="longest silence between two live updates"
    )
    live_viewers: int = setting(
        32, unit="", low=1, high=500, doc="WebSockets at a time; further pages poll"
    )
    threads: int = setting(
        64, unit="", low=4, high=1000, doc="requests at a time, WebSockets included"
    )
    logins_per_minute: int = setting(
        10, unit="1/min", low=1, high=600, doc="login attempts from one address"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.viewer_url:
            return
        address = urlsplit(self.viewer_url)
        if address.scheme not in ("http", "https") or "{patient}" not in self.viewer_url:
            raise OrRobotError(
                f"the viewer's address {self.viewer_url!r} cannot be used",
                "give one like https://pacs.hospital/ohif/?mrn={patient}",
            )
