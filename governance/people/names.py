"""What a person is called wherever somebody decides or is recorded, and which names nobody may take.

The name that others read is free text, so it never stands alone: the sign-in name, which is unique and stays, stands
beside it. It asks no database and knows no person; who there is, is for the caller to give.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from uuid import UUID

from channels.base import NexoraError
from channels.locales import say
from channels.messages import Account
from channels.text.plain import printable
from channels.text.visible import visible

CONSOLE = "console"
LONGEST_SHOWN = 32
"""So much of the name that others read stands beside a sign-in name, which is never cut for its sake."""
_TABLE = Path(__file__).with_name("look_alikes.txt")
_BETWEEN = re.compile(r"[\s._-]+")
_PIECES = re.compile(r"[^\w\s.'’-]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_UNCASED = ("BOPOMOFO", "CJK", "HANGUL", "HIRAGANA", "IDEOGRAPHIC", "KATAKANA", "KANGXI", "MODIFIER")
"""First words of the names of letters that are written beside those of every other script."""
_RESERVED = (
    *("administrator", "admin", "approver", "auditor", "moderator", "nexora", "operator", "system"),
    *("超级管理员", "管理员", "操作员", "审批人", "审批员", "审计员", "系统", "机器人"),
)
_OF_A_ROLE = ("administrator", "admin", "管理员")
"""What an admin may be called, though nobody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What somebody is called: the name with which they sign in, and the one that others read, or nothing."""

    id: UUID
    name: str
    shown: str = ""
    is_admin: bool = False

    @property
    def label(self) -> str:
        """As `known_as` writes it."""
        return known_as(self.name, self.shown)


class NameRefused(NexoraError):
    """This name can be mistaken for another; choose a different one."""

    def __init__(self, key: str, **fields: str) -> None:
        """`key` names the sentence, in which `fields` stand."""
        super().__init__(say(key, "en", **fields))
        self.key, self.fields = key, fields

    @property
    def free(self) -> str:
        """A name near to it that nobody has; empty where there is none to be told."""
        return self.fields.get("free", "")

    def said(self, language: str) -> str:
        """The reason, and what to choose instead."""
        return say(self.key, language, **self.fields)


def known_as(name: str, shown: str = "") -> str:
    """`Shown as (sign-in name)`; the sign-in name alone where others read no other."""
    return name if shown in {"", name} else f"{_short(shown)} ({name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """Who decided something, as `known_as` writes it, and the account by which they did, where that is known.

    Neither is there where nobody did.
    """

    who: str = ""
    account: Account | None = None

    def said(self, language: str) -> str:
        """Both in a reader's language; in the console the person is the account."""
        if self.account is None or not self.who:
            return self.who or say("who.system", language)
        if self.account.channel == CONSOLE:
            return say("who.in_console", language, who=self.who)
        there = _called_there(self.account, self.who)
        return say("who.on", language, who=self.who, channel=self.account.channel, account=there)


def _called_there(account: Account, who: str) -> str:
    """The account's name where it says more than `who`, never without its id, since anybody may borrow a name."""
    name = _short(plain_shown(account.name))
    is_said = name in {"", account.id} or f"{who.casefold()} (".startswith(f"{name.casefold()} (")
    return account.id if is_said else f"{name} ({account.id})"


def require_free(name: str, shown: str, others: Iterable[Called], *, is_admin: bool = False) -> None:
    """Make sure that neither name can be mistaken for one of `others` or of nobody's. Raises NameRefused.

    An empty name is not looked at: it is not changed, or nothing is shown.
    """
    claimed: dict[str, Called] = {}
    for other in others:
        for key in _claims(other.name, other.shown):
            claimed.setdefault(key, other)
    for each in filter(None, (name, shown)):
        _require_plain(each)
        if is_reserved(each, is_admin=is_admin):
            raise NameRefused("name.reserved", name=each)
        found = next((claimed[key] for key in sorted(_borrowed(each)) if key in claimed), None)
        if found is not None:
            raise NameRefused("name.taken", name=each, other=found.label, free=_free(each, claimed))


def taken(name: str, others: Sequence[Called]) -> NameRefused:
    """The refusal of a sign-in name that one of `others` has."""
    other = next((each.label for each in others if each.name.casefold() == name.casefold()), name)
    claimed = {key: each for each in others for key in _claims(each.name, each.shown)}
    return NameRefused("name.taken", name=name, other=other, free=_free(name, claimed))


def doubts(people: Sequence[Called], language: str) -> list[str]:
    """A sentence for each group of persons whose names can be mistaken, and for each who has nobody's name."""
    said = [
        say("name.alike", language, names=say("name.apart", language).join(each.label for each in group))
        for group in alike(people)
    ]
    return said + [
        say("name.has_reserved", language, name=each.label)
        for each in people
        if any(is_reserved(name, is_admin=each.is_admin) for name in (each.name, each.shown))
    ]


def alike(people: Sequence[Called]) -> list[tuple[Called, ...]]:
    """Persons of whom one can be mistaken for another, each group once."""
    groups: dict[str, dict[UUID, Called]] = {}
    claims = {each.id: _claims(each.name, each.shown) for each in people}
    for each in people:
        for key in claims[each.id]:
            groups.setdefault(key, {})[each.id] = each
    for each in people:
        for key in _borrowed(each.shown) & groups.keys() if each.shown else ():
            groups[key][each.id] = each
    found = {frozenset(group): tuple(group.values()) for group in groups.values() if len(group) > 1}
    return list(found.values())


def plain_shown(text: str) -> str:
    """A name from a platform, without what nobody sees; empty where no letter and no digit is left."""
    kept = "".join(sign for sign in printable(text) if visible(sign) == sign)
    kept = " ".join(kept.split())[:100].strip()
    return kept if any(sign.isalnum() for sign in kept) else ""


def is_reserved(name: str, *, is_admin: bool = False) -> bool:
    """Whether nothing but words of a role, of the gateway or of the system stands in a name, or in a piece of it."""
    return any(_is_reserved(piece, is_admin=is_admin) for piece in (name, *_pieces(name)))


def skeletons(name: str) -> frozenset[str]:
    """What a name looks like, with and without regard to capitals (UTS #39); two that share one can be mistaken."""
    return _skeletons(name)


@lru_cache(maxsize=50_000)
def _skeletons(name: str) -> frozenset[str]:
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", name) if visible(sign) == sign)
    return frozenset(filter(None, (_drawn(seen), _drawn(seen.casefold()))))


def _drawn(text: str) -> str:
    """The prototypes of all signs, without regard to capitals, with one hyphen for whatever stands between words.

    The standard takes a capital I for an l, but not what becomes an i in small letters; here they are one.
    """
    table = _look_alikes()
    drawn = "".join(table.get(sign, sign) for sign in unicodedata.normalize("NFD", text)).casefold()
    return _BETWEEN.sub("-", unicodedata.normalize("NFKC", drawn)).strip("-").replace("i", "l")


@cache
def _look_alikes() -> Mapping[str, str]:
    lines = _TABLE.read_text(encoding="utf-8").split("\n")
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {sign: prototype for prototype, signs in pairs for sign in signs}


def _claims(name: str, shown: str) -> frozenset[str]:
    """What is somebody's own: their names as a whole."""
    return skeletons(name) | skeletons(shown)


def _borrowed(name: str) -> frozenset[str]:
    """What somebody would be taken for: the name as a whole, and what stands in brackets or behind a sign."""
    return skeletons(name).union(*(skeletons(piece) for piece in _pieces(name)))


def _pieces(name: str) -> list[str]:
    pieces = [piece.strip() for piece in _PIECES.split(unicodedata.normalize("NFKC", name))]
    return [piece for piece in pieces if piece and piece != name]


def _is_reserved(piece: str, *, is_admin: bool) -> bool:
    return any(_is_made_of(skeleton, is_admin=is_admin) for skeleton in skeletons(piece))


def _is_made_of(skeleton: str, *, is_admin: bool) -> bool:
    reserved = _reserved(_RESERVED)
    found = reserved.findall(skeleton)
    if not found or _LETTERS.search(reserved.sub("", skeleton)):
        return False
    return not (is_admin and all(_reserved(_OF_A_ROLE).fullmatch(word) for word in found))


@cache
def _reserved(words: Sequence[str]) -> re.Pattern[str]:
    drawn = sorted({re.escape(each) for word in words for each in skeletons(word)}, key=len, reverse=True)
    return re.compile("|".join(drawn))


def _require_plain(name: str) -> None:
    if visible(name) != name or not name.isprintable():
        raise NameRefused("name.unseen", name=visible(name))
    if not any(sign.isalnum() for sign in name):
        raise NameRefused("name.empty", name=name)
    for word in _LETTERS.findall(name):
        scripts = {_script(sign) for sign in word} - {""}
        if len(scripts) > 1:
            raise NameRefused("name.mixed", name=name, word=word)


def _script(sign: str) -> str:
    """The script of a letter by its name in Unicode; empty for those that stand beside every script."""
    first = unicodedata.name(sign, "").replace("FULLWIDTH ", "").partition(" ")[0]
    return "" if first.startswith(_UNCASED) else first


def _free(name: str, claimed: Mapping[str, Called]) -> str:
    """The same name with the first number that nobody has."""
    wished = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:58] or "person"
    number = 2
    while not _claims(f"{wished}-{number}", "").isdisjoint(claimed):
        number += 1
    return f"{wished}-{number}"


def _short(shown: str) -> str:
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 1].rstrip()}…"


def storable(text: str) -> str:
    """PostgreSQL takes neither NUL nor lone surrogates; no name holds them."""
    return text.replace("\0", "�").encode(errors="replace").decode()
