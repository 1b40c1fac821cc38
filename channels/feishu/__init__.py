"""Feishu and Lark: a self-built app, heard over its long connection or by signed webhook. Loading loads no SDK."""

from channels.base import Channel, Surroundings
from channels.feishu.options import Options

__all__ = ["Options", "build"]


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """The channel of that name, not yet listening."""
    from channels.feishu.adapter import connect  # noqa: PLC0415 -- loaded only for a channel that somebody uses

    return connect(name, options, surroundings)
