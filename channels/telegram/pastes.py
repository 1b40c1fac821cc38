"""Long texts that Telegram's clients cut into messages: the pieces are told to belong together, as those of an album.

A client takes more than one message holds and sends it in pieces of at most 4096 UTF-16 units, one right after the
other, cut where a line or a word ends if there is such a place. Nothing in the Bot API says so.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import timedelta

from channels.messages import Inbound, Text

MAX_UNITS = 4096
LEAST_UNITS = 4000
"""A message as long as this may have been cut at its end."""
SOON = timedelta(seconds=2)
"""The pieces are sent at once; the platform counts in seconds."""
MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    said: Inbound
    album: str
    is_full: bool


class Pastes:
    """Remembers the last message of everybody who may still be sending pieces of a long one."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, str], _Piece] = OrderedDict()

    def gathered(self, inbound: Inbound | None) -> Inbound | None:
        """The message, with an album where it is long or goes on with a long one."""
        if inbound is None or inbound.press is not None or inbound.corrects is not None or inbound.album:
            return inbound
        key = inbound.address.key, inbound.sender.id
        before = self._last.get(key)
        if before is not None and before.said.event_id == inbound.event_id:
            before = None  # told again
        if before is not None and (inbound.files or not inbound.text or inbound.at - before.said.at > SOON):
            before = None
        units = len(inbound.text.encode("utf-16-le", "replace")) // 2
        album = before.album if before is not None else f"text {inbound.event_id}" if units >= LEAST_UNITS else ""
        self._remember(key, _Piece(said=inbound, album=album, is_full=units >= MAX_UNITS), goes_on=units >= LEAST_UNITS)
        if before is not None:
            return _continued(replace(inbound, album=album), cut_anywhere=before.is_full)
        return replace(inbound, album=album) if album else inbound

    def _remember(self, key: tuple[str, str], piece: _Piece, *, goes_on: bool) -> None:
        self._last.pop(key, None)
        if goes_on:
            self._last[key] = piece
            while len(self._last) > MOST_REMEMBERED:
                self._last.popitem(last=False)


def _continued(piece: Inbound, *, cut_anywhere: bool) -> Inbound:
    """The piece as it joins the one before: a line of its own, unless that one is full and ends within a word."""
    parts = piece.parts if cut_anywhere else (Text(text="\n"), *piece.parts)
    return replace(piece, parts=parts, continues=True)
