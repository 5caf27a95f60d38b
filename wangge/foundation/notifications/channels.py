"""Channels beside the in-app inbox register themselves here; the foundation knows none by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from wangge.foundation.notifications.models import Notice


class Channel(Protocol):
    """An outside way to reach a person. `send` may raise; it is called from a job and tried again."""

    name: str

    def send(self, notice: Notice) -> None: ...


CHANNELS: dict[str, Channel] = {}


def register(channel: Channel) -> None:
    """Make a channel available."""
    CHANNELS[channel.name] = channel
