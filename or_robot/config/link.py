"""The link between the information server, gateways and panels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from or_robot.config.setting import CheckedConfig, setting
from or_robot.home import home

PORTS = 5
"""Neighbouring ports, one a lane: stop, request, up, down, bulk."""


@dataclass(frozen=True)
class LinkConfig(CheckedConfig):
    """Where the server is and how patient everybody is. Server and clients use the same class."""

    host: str = "127.0.0.1"
    """Address the server binds and clients dial; loopback unless configured."""
    keys_folder: Path = field(default_factory=lambda: home() / "keys")
    port: int = setting(5670, unit="", low=1024, high=65531, doc="first of five: stop, request …")
    heartbeat_s: float = setting(0.1, unit="s", low=0.02, high=0.5, doc="server to clients")
    hello_s: float = setting(0.25, unit="s", low=0.05, high=0.5, doc="client to server, per socket")
    lost_s: float = setting(
        1.0, unit="s", low=0.3, high=5.0, doc="silence after which a peer is lost"
    )
    retry_s: float = setting(0.4, unit="s", low=0.05, high=5.0, doc="resend an unanswered request")
    stop_retry_s: float = setting(
        0.1, unit="s", low=0.02, high=1.0, doc="resend an unanswered stop"
    )
    max_message_bytes: int = setting(
        1 << 20, unit="B", low=1 << 12, high=1 << 26, doc="largest message a client may send"
    )
    max_reply_bytes: int = setting(
        1 << 26, unit="B", low=1 << 16, high=1 << 30, doc="largest message a client accepts"
    )
    workers: int = setting(4, unit="", low=1, high=32, doc="threads that run handlers")
    queued_requests: int = setting(
        256, unit="", low=1, high=10_000, doc="requests waiting for a worker before refusal"
    )
    queued_messages: int = setting(
        100, unit="", low=1, high=10_000, doc="messages waiting for one slow reader before shedding"
    )
    remembered_answers: int = setting(
        4096, unit="", low=16, high=1_000_000, doc="answers kept for repeated ids"
    )
    concurrent_requests: int = setting(
        32, unit="", low=1, high=256, doc="requests one client may have open at a time"
    )
