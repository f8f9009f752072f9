"""What can go wrong with a request, told apart."""

from __future__ import annotations

from or_robot.errors import OrRobotError


class LinkError(OrRobotError):
    """Any failure of the link."""


class LinkDown(LinkError):
    """The server cannot be reached; nothing was done, as far as this side knows."""


class LinkTimeout(LinkError):
    """The server is there but the answer did not come in time; the outcome is unknown."""


class LinkRefused(LinkError):
    """The other side said no, and why. `code` is a stable key of `REFUSALS`."""

    def __init__(self, code: str, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy)
        self.code = code


REFUSALS = {
    "key": "the key is not on the allow-list, or was revoked",
    "role": "the key's role may not do this",
    "room": "the key belongs to another room",
    "version": "the frame has a schema version this program does not know",
    "garbage": "the frame or its payload cannot be read",
    "oversize": "the message is larger than allowed",
    "unknown": "there is no topic or request of this name",
    "id_reused": "the id was used before for something else",
    "busy": "too many requests are waiting",
    "expired": "the deadline passed before the request was begun",
    "disk": "the server's disk does not take what must be noted before",
    "no_robot": "no gateway that could do this is connected",
    "interrupted": "the server was restarted while it ran; whether it took effect is unknown",
    "declined": "the handler declined, for the reason given",
    "failed": "the handler failed unexpectedly; its log says how",
}
"""Code of a refusal → meaning. The servers count refusals by these codes."""

NOTED = {
    "shed": "a message was not sent, because its reader takes them too slowly",
    "silent": "a reader was forgotten after 5 s of silence: ended, asleep, or half-open",
    "skew": "a message was stamped by a clock more than 5 s off; taken, as no rule uses the stamp",
}
"""What else the servers count."""
