"""Slack: Socket Mode or signed HTTP events in, the Web API out. Loading this package does not load Slack's SDK."""

from channels.base import Channel, Surroundings
from channels.slack.options import Options

__all__ = ["Options", "build"]


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """The channel of that name; talks to nobody before `listen` or `send`."""
    from channels.slack.adapter import connect  # noqa: PLC0415  bolt costs 7 MB: only a configured channel pays

    return connect(name, options, surroundings)
