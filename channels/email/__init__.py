"""E-mail: one mailbox heard over IMAP, answers over SMTP. Loading this package loads neither mail library nor TLS."""

from channels.base import Channel, Surroundings
from channels.email.options import Options

__all__ = ["Options", "build"]


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """The channel of that name; talks to nobody before `listen` or `send`."""
    from channels.email.adapter import Email  # noqa: PLC0415  what it loads is for a configured mailbox alone

    return Email(name, options, surroundings)
