"""Codes that are worth something now, found in what somebody says to an agent, and spent at once.

A code names a link, a way in, a decision or its second step, and belongs on a card, in a command or on a page. Whoever
pastes it into a conversation shows it to an agent and to whoever reads along, so it ends there: nothing else is done
about it. It compares digests with what is open on this installation and looks at nothing else.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from uuid import UUID

from channels.messages import Account
from channels.text.grammar import names_in_all, spellings
from governance.approvals import close, sole_admin
from governance.approvals.close import locked, rewrite
from governance.approvals.request_type import Known
from governance.approvals.requests import new_code
from governance.people.people import Person
from governance.record.audit import Event, Status
from governance.record.transaction import Row, Store, Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
_LETTERS = "2-9A-HJKMNP-Za-hjkmnp-z"
_LINK = re.compile(rf"(?<![A-Za-z0-9])[{_LETTERS}]{{4}}[- ]?[{_LETTERS}]{{4}}(?![A-Za-z0-9])")
_WAY_IN = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{32}(?![\w-])")
_STEP = re.compile(r"(?<![\d.,-])\d{3}[- ]?\d{3}(?![\d-]|[.,]\d)")
_DECIDES = ("admit", "approve", "cancel", "deny")
_USUAL = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""The usual sign for each wide one, at the same place."""
_ALONE = re.compile(rf"\s*[`*]{{0,2}}(?P<code>[{_LETTERS}]{{4,8}})[`*]{{0,2}}[.!。！]?\s*")
_MOST = 64
"""So many places of one message are compared; nobody pastes more by accident."""
_TRIES = 5
_WORDS = {
    "first_admin": "way_in",
    "keep_secret": "secret_link",
    "link_from_chat": "link",
    "link_from_console": "link",
    "set_password": "way_in",
}


class CodeKind(StrEnum):
    """What a code was for. Alphabetical."""

    DECISION = "decision"
    KEEPING = "secret_link"
    LINK = "link"
    STEP = "step"
    WAY_IN = "way_in"


@dataclass(frozen=True, slots=True)
class Pasted:
    """A live code in a text, from `start` up to `end`."""

    start: int
    end: int
    kind: CodeKind


@dataclass(frozen=True, slots=True)
class _Place:
    """What may be a code of some kind, in the form in which it is compared."""

    start: int
    end: int
    code: str


class LiveCodes:
    """Finds them and ends them."""

    def __init__(self, store: Store, kinds: Known) -> None:
        """`kinds` are those of the requests whose codes are given anew."""
        self._store = store
        self._kinds = kinds

    async def find(self, text: str) -> list[Pasted]:
        """The live codes in a text, in order. Most texts hold nothing that could be one, and cost no query."""
        places = _Places(text)
        if not places.are_there:
            return []
        async with self._store.transaction() as work:
            return _in_order(await self._found(work, places))

    async def spend(
        self, work: Transaction, text: str, *, by: Person | None, account: Account, place: str
    ) -> list[Pasted]:
        """End every live code in a text that was said by this account, with a line for each; where they stand."""
        places = _Places(text)
        if not places.are_there:
            return []
        found = await self._found(work, places, spends=True)
        for kind in sorted({pasted.kind for pasted in found}):
            work.record(_event(kind, by, account, place))
        return _in_order(found)

    async def is_step_of(self, account: Account, text: str) -> bool:
        """Whether the text is nothing but a second step that was sent to this very account."""
        digits = "".join(sign for sign in text if sign.isdigit())
        rows = [row for row in await self._store.fetch(QUERIES["steps"], self._store.now()) if _is_step(row, digits)]
        return any((row["channel"], row["account_id"]) == (account.channel, account.id) for row in rows)

    async def _found(self, work: Transaction, places: "_Places", *, spends: bool = False) -> list[Pasted]:
        now = self._store.now()
        found: list[Pasted] = []
        digests = {_digest(place.code): place for place in (*places.links, *places.ways_in)}
        if digests:
            query = QUERIES["spend_codes" if spends else "codes"]
            for row in await work.fetch(query, list(digests), now):
                place = digests[row["digest"]]
                found.append(Pasted(place.start, place.end, CodeKind(_WORDS[row["purpose"]])))
        if places.steps:
            rows = await work.fetch(QUERIES["steps"], now)
            for place in places.steps:
                open_steps = [row["id"] for row in rows if _is_step(row, place.code)]
                if open_steps:
                    found.append(Pasted(place.start, place.end, CodeKind.STEP))
                if open_steps and spends:
                    await work.execute(sole_admin.QUERIES["end_steps"], open_steps, now)
        if places.decisions:
            rows = await work.fetch(QUERIES["decisions"], [place.code for place in places.decisions])
            ids = {row["code"]: row["id"] for row in rows}
            found += [Pasted(p.start, p.end, CodeKind.DECISION) for p in places.decisions if p.code in ids]
            for code, request_id in ids.items() if spends else ():
                await self._reissue(work, request_id, code)
        return found

    async def _reissue(self, work: Transaction, request_id: UUID, was: str) -> None:
        """Give a request another code, and show it on every copy of its card."""
        for length in range(4, 4 + _TRIES):
            code = await work.fetchval(close.QUERIES["reissue"], request_id, new_code(length))
            if code is not None:
                break
        else:
            raise RuntimeError("no free code for a request")
        request = await locked(work, self._kinds, request_id=request_id)
        if request is not None:
            await rewrite(work, request, f"code:{code}", was=was)


class _Places:
    """Where codes could stand in a text, by kind."""

    def __init__(self, text: str) -> None:
        text = text.translate(_USUAL)
        links = (match for match in _some(_LINK, text) if _is_code_like(match[0]))
        self.links = [_Place(*match.span(), _plain(match[0])) for match in links]
        self.ways_in = [_Place(*match.span(), match[0]) for match in _some(_WAY_IN, text)]
        self.steps = [_Place(*match.span(), re.sub(r"\D", "", match[0])) for match in _some(_STEP, text)]
        alone = _ALONE.fullmatch(text)
        decisions = [*_some(_decision(), text), *([alone] if alone else [])]
        self.decisions = [_Place(*match.span("code"), match["code"].upper()) for match in decisions]

    @property
    def are_there(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.links or self.ways_in or self.steps or self.decisions)


@cache
def _decision() -> re.Pattern[str]:
    """A code behind a word that decides, in any language, or behind what such a code is called."""
    words = {*(name for command in _DECIDES for name in names_in_all(command)), *spellings("code")}
    latin, other = (sorted(each for each in words if each.isascii() is kind) for kind in (True, False))
    before = rf"(?:(?<!\w)/?(?:{'|'.join(map(re.escape, latin))})|{'|'.join(map(re.escape, other))})"
    code = rf"[\s:：]{{0,3}}[`*「【(“]{{0,2}}(?P<code>[{_LETTERS}]{{4,8}})(?![A-Za-z0-9_])"
    return re.compile(before + code, re.IGNORECASE)


def _some(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    for number, match in enumerate(pattern.finditer(text)):
        if number == _MOST:
            return
        yield match


def _is_code_like(text: str) -> bool:
    """Codes are shown in capitals; in small letters only those with a digit are told from words."""
    return text == text.upper() or any(sign.isdigit() for sign in text)


def _plain(text: str) -> str:
    return re.sub(r"[\s-]", "", text).upper()


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _is_step(row: Row, digits: str) -> bool:
    return bool(row["code_digest"] == hashlib.sha256(f"{row['id']}:{digits}".encode()).hexdigest())


def _in_order(found: Iterable[Pasted]) -> list[Pasted]:
    kept: list[Pasted] = []
    for each in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def _event(kind: CodeKind, by: Person | None, account: Account, place: str) -> Event:
    return Event(
        tag="gateway:code:spent",
        actor=str(by.id) if by else f"account:{account.channel}:{account.id}",
        actor_name=by.name if by else account.name,
        status=Status.DENIED,
        address=place,
        detail={"kind": kind.value},
    )
