"""Gazebo's protobuf messages, from the definitions that came with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from or_robot.errors import OrRobotError

PACKAGE = "gazebo.msgs"


class Messages:
    """Makes messages by their short name, as `LaserScanStamped`."""

    def __init__(self, definitions: Path) -> None:
        pool = descriptor_pool.DescriptorPool()
        files = descriptor_pb2.FileDescriptorSet()
        try:
            files.ParseFromString(definitions.read_bytes())
            for file in files.file:
                pool.Add(file)
        except (OSError, DecodeError, TypeError) as error:
            raise OrRobotError(f"{definitions}: {error}", "run `make gazebo`") from error
        self._pool = pool
        self._classes: dict[str, type[Message]] = {}

    def new(self, name: str, /, **fields: Any) -> Any:
        """An empty message, or one with these fields."""
        return self._class(name)(**fields)

    def read(self, name: str, data: bytes) -> Any:
        """Raises DecodeError for what is none."""
        message = self._class(name)()
        message.ParseFromString(data)
        return message

    @staticmethod
    def full_name(name: str) -> str:
        """As it travels beside a topic."""
        return f"{PACKAGE}.{name}"

    def _class(self, name: str) -> type[Message]:
        if name not in self._classes:
            descriptor = self._pool.FindMessageTypeByName(self.full_name(name))
            self._classes[name] = message_factory.GetMessageClass(descriptor)
        return self._classes[name]
