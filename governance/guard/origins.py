"""Where what a model knows comes from: the person's own words, pages and other outsiders, the person's data.

Reading files and fetching pages are free, and together they are a way out: what was read can stand in the next address.
So an address is looked at for what neither the person nor a page said, and what a grant would have let pass is asked
about again once outsiders have had a word. It knows no tools; `agents.turn.origins` reads a prompt.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote_plus, unquote, urlsplit

from governance.guard.calls import ProposedCall
from governance.guard.deeds import is_asked
from governance.guard.fields import AnswerFields
from governance.values.reasons import Why, why
from governance.values.verdicts import Allowed, Ask, Effect, Risk, Verdict

FREE_CHARACTERS = 64
"""So many characters of an address may be the model's own once it knows a person's data."""
FREE_TO_ONE_HOST = 512
"""And so many in all the addresses of one conversation that lead to one host, lest it goes out in pieces."""
_SHOWN = 200
_NAMED = 3
_APART = re.compile(r"[/?&=#;,:+]")
_ENGINE = "search"
_CHINESE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")
_LETTER = r"[^\W\u2e80-\u9fff\uac00-\ud7af]"
_NUMBER = 4
"""A number of no more digits may be a day, a year or an hour."""
_REGISTERED = 2
"""Labels of a name that cannot be made up for one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """What a model has been told so far in a conversation.

    said: the person's own words. request: those by which they ask for what is done now. fields: what servers have
    told, taken apart. read: the texts of outsiders, by where they come from. listed: destinations of the
    person's own lists. fetched: the addresses that were asked for before. has_data: whether files, results of commands
    or pictures have been read. is_room_alone: that all outsiders are people who said something in this room before.
    """

    said: str = ""
    request: str = ""
    fields: AnswerFields = field(default_factory=AnswerFields)
    read: Mapping[str, str] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    fetched: tuple[str, ...] = ()
    has_data: bool = False
    is_room_alone: bool = False

    def knows(self, text: str) -> bool:
        """Whether the person, one of their lists or an outsider has said this, in whatever case."""
        wanted = text.casefold()
        return (
            wanted in self.said.casefold()
            or wanted in self.listed
            or any(wanted in one.casefold() for one in self.read.values())
        )

    def source_of(self, text: str) -> str:
        """Which outsider said this; empty when none did."""
        wanted = text.casefold()
        return next((source for source, one in self.read.items() if wanted in one.casefold()), "")

    @property
    def outsiders(self) -> Why | None:
        """Who else than the person has had a word, to be said on a card; None when nobody had."""
        if not self.read:
            return None
        named = ", ".join(list(self.read)[:_NAMED])
        more = len(self.read) - _NAMED
        if more > 0:
            return why("origin.after_more", sources=named, more=str(more))
        return why("origin.after", sources=named)


Known = Callable[[], Origins]
"""Tells the origins when they are asked for, since most calls need none."""


def nothing_known() -> Origins:
    """The origins of a conversation in which nothing was said."""
    return Origins()


def judge_leaving(call: ProposedCall, verdict: Verdict, known: Known) -> Verdict:
    """The verdict on a call that reaches out, stricter where it would carry out or send what nobody said.

    `fetches`, `searches`: what carries the model's own words out asks, once data are known. `sends` and `changes`: free
    when every destination is the person's own word or in a list of theirs, or when the person asked for this kind of
    action and a field of an answer holds the destination, which no text names; else asks and says where it comes from.
    """
    if call.effect is Effect.FETCHES and isinstance(verdict, Allowed):
        return _carrying(call.subject_value, verdict, known())
    if call.effect is Effect.SEARCHES and isinstance(verdict, Allowed):
        return _carrying(search_address(call.subject_value), verdict, known())
    if call.effect in {Effect.CHANGES, Effect.SENDS}:
        return _destined(call, known())
    return verdict


def search_address(words: str) -> str:
    """Words for a search engine as an address, which carries out what they say."""
    return f"https://{_ENGINE}/?{quote_plus(words)}"


def still_asks(call: ProposedCall, verdict: Ask, known: Known) -> Ask | None:
    """The question of a risky call after outsiders had a word, which no standing grant answers; else None.

    What an outsider wants is done as well by a file whose path a grant covers as by an address that it leads to. Where
    none but the people of the room had a word, whatever reaches out asks alone.
    """
    origins = known()
    outsiders = origins.outsiders
    reaches = verdict.network or call.effect in {Effect.CHANGES, Effect.FETCHES, Effect.SEARCHES, Effect.SENDS}
    if outsiders is None or (origins.is_room_alone and not reaches):
        return None
    after = why("origin.each_time", after=outsiders)
    return replace(verdict, because=why("both", one=verdict.because, other=after), each_time=True)


def carried(url: str, origins: Origins) -> str:
    """What an address holds that neither the person nor an outsider has said, its parts joined by blanks."""
    if origins.knows(url) or origins.knows(url.partition("#")[0].rstrip("/")):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = parts.hostname or ""
    labels = [] if origins.knows(host) else host.split(".")[:-_REGISTERED]
    rest = url.partition("://")[2].partition("/")[2] or f"{parts.query}?{parts.fragment}"
    pieces = [piece for piece in _APART.split(rest) if piece]
    return " ".join(piece for piece in (*labels, *pieces) if not _is_known(piece, origins))


def _is_known(piece: str, origins: Origins) -> bool:
    return origins.knows(piece) or origins.knows(unquote(piece))


def _carrying(url: str, verdict: Allowed, origins: Origins) -> Verdict:
    if not origins.has_data:
        return verdict
    host = _registered(url)
    carries = carried(url, origins)
    earlier = sum(len(carried(one, origins)) for one in origins.fetched if _registered(one) == host)
    if len(carries) <= FREE_CHARACTERS and len(carries) + earlier <= FREE_TO_ONE_HOST:
        return verdict
    shown = carries if len(carries) <= _SHOWN else f"{carries[:_SHOWN]}…"
    because = why("origin.carries", length=str(len(carries) + earlier), host=host, text=shown)
    return Ask(because=_after(because, origins), risk=Risk.HIGH)


def _registered(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return url
    return ".".join(host.split(".")[-_REGISTERED:])


def _destined(call: ProposedCall, origins: Origins) -> Verdict:
    names = [name for name in (call.subject, *call.subjects) if name]
    given = [one for name in names for one in _words(call.arguments.get(name))]
    asked = is_asked(call.tool, origins.request)
    strange = [one for one in given if not _is_own(one, origins, asked=asked)]
    if given and not strange:
        return Allowed(because=why("origin.own", destinations=", ".join(given)))
    if asked and (names if call.effect is Effect.CHANGES else strange):
        if not given:
            return Allowed(because=why("origin.asked", tool=call.tool))
        if all(origins.fields.knows(one, origins.said) for one in strange):
            return Allowed(because=why("origin.recorded", destinations=", ".join(strange)))
    named = strange[0] if strange else call.tool
    source = origins.source_of(named) if strange else ""
    because = (
        why("origin.from", destination=named, source=source) if source else why("origin.nobody", destination=named)
    )
    return Ask(because=_after(because, origins), risk=Risk.HIGH)


def _is_own(destination: str, origins: Origins, *, asked: bool) -> bool:
    """Whether the person named it. A mere number stands in many a date, so it counts where they ask for the action."""
    if destination.casefold() in origins.listed:
        return True
    return _was_said(destination, origins.said) and (asked or not destination.isdigit() or len(destination) > _NUMBER)


def _was_said(destination: str, said: str) -> bool:
    """Whether it stands there as a whole: `ann@a.example` does not stand in `joann@a.example.org`.

    A Chinese sign may stand beside what does not begin or end with one itself, for Chinese has no blanks.
    """
    wanted = destination.strip().casefold()
    if not wanted:
        return False
    before, after = (r"\w" if _CHINESE.match(sign) else _LETTER for sign in (wanted[0], wanted[-1]))
    whole = rf"(?<!{before})(?<![.@+-]){re.escape(wanted)}(?!{after}|[.@+-]+{after})"
    return re.search(whole, said.casefold()) is not None


def _words(value: Any) -> Iterable[str]:
    """The destinations that an argument names: one, or a list of them."""
    if isinstance(value, str):
        yield from (one.strip() for one in re.split(r"[,;]", value) if one.strip())
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _words(one)


def _after(because: Why, origins: Origins) -> Why:
    outsiders = origins.outsiders
    return because if outsiders is None else why("both", one=because, other=outsiders)
