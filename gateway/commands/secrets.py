"""The command about secrets: which there are, who may have them, and a link to keep one. A value is never typed here.

It answers in a private chat alone. What somebody types behind the name all the same is taken out before it is stored
(`without_value`), and they are told.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from channels.locales import say
from channels.text.grammar import is_word, shown_name, word_called, words
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from governance.people.people import Role
from governance.secrets.links import TTL, SecretLink, SecretLinks
from governance.secrets.names import NAME, Holder, HolderKind, StoredSecret, holder_of
from governance.secrets.store import Secrets

_OURS = "installation"
_FOR = "for"
_WITH_HOLDER = ("allow", "deny")
_WITH_NAME = ("remove", "set", "show", *_WITH_HOLDER)
_MARK = "[···]"
"""Stands where a value was typed."""
_MINUTES = int(TTL.total_seconds()) // 60
FOR_BUILT_IN = {"MAILBOX": Holder(HolderKind.SKILL.value, "mail-highlights")}
"""Who a secret of that name is for, where it is somebody's own and nothing else was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the command about secrets uses. `public_url` is where people reach the console."""

    secrets: Secrets
    secret_links: SecretLinks
    public_url: str


Call: TypeAlias = CommandCall[Needs]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What was typed: the word, the name, whether the installation's is meant, and who is to have it."""

    word: str = "list"
    name: str = ""
    is_ours: bool = False
    holder: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()


async def secret(call: Call) -> str:
    """List them, show one, send a link to keep one, or change who may have it."""
    if not call.inbound.is_direct:
        return call.say("secret.private")
    order = _order(call.words)
    if order.rest == (_MARK,):
        told = call.say("secret.taken_out")
        sent = await _link(call, order) if order.word == "set" and order.name else ""
        return f"{told}\n\n{sent}".rstrip()
    if order.rest or (order.word != "list" and not order.name):
        raise Misused
    return await _DONE[order.word](call, order)


def without_value(rest: str) -> str:
    """What follows `/secret` without whatever is no part of an order, in whose place a mark stands."""
    order = _order(words(rest))
    if not order.rest:
        return rest
    kept = [order.word, order.name, *([_OURS] if order.is_ours else [])] if order.name else []
    return " ".join([*kept, _MARK])


def _order(typed: Sequence[str]) -> _Order:
    if not typed:
        return _Order()
    word = word_called(typed[0], "list", *_WITH_NAME)
    if word in {"", "list"}:
        return _Order(rest=tuple(typed[1:] if word else typed))
    name = typed[1] if len(typed) > 1 else ""
    if not NAME.fullmatch(name):
        return _Order(word=word, rest=tuple(typed[1:]))
    behind = list(typed[2:])
    is_ours = bool(behind) and is_word(behind[0], _OURS)
    behind = behind[is_ours:]
    holder: tuple[str, ...] = ()
    if word in _WITH_HOLDER or (word == "set" and behind and is_word(behind[0], _FOR)):
        named = behind[word == "set" :]
        if len(named) > 1 and _is_kind(named[0]):
            holder, behind = (named[0].casefold(), named[1]), named[2:]
    return _Order(word=word, name=name, is_ours=is_ours, holder=holder, rest=tuple(behind))


def _is_kind(word: str) -> bool:
    return word.casefold() in list(HolderKind)


async def _link(call: Call, order: _Order) -> str:
    owner = None if order.is_ours else call.person.id
    holder = holder_of(*order.holder) if order.holder else None
    if holder is None and owner is not None:
        holder = FOR_BUILT_IN.get(order.name)
    wanted = SecretLink(person=call.person, name=order.name, owner=owner, holder=holder)
    code = await call.needs.secret_links.make(wanted, origin=call.origin)
    url = f"{call.needs.public_url}/keep/{code}"
    return call.say("secret.link", name=f"`{order.name}`", url=url, minutes=_MINUTES)


async def _entitle(call: Call, order: _Order) -> str:
    if not order.holder:
        raise Misused
    found, holder, may = await _found(call, order), holder_of(*order.holder), order.word == "allow"
    await call.needs.secrets.entitle(found.name, holder, by=call.person, owner=found.owner, may=may, origin=call.origin)
    told = _holder(holder, call.person.language)
    return call.say("secret.allowed" if may else "secret.disallowed", name=f"`{found.name}`", holder=told)


async def _found(call: Call, order: _Order) -> StoredSecret:
    """The secret of that name that this person may see: their own first, unless the installation's is meant."""
    found = [one for one in await call.needs.secrets.list(call.person) if one.name == order.name]
    own: UUID | None = None if order.is_ours else call.person.id
    chosen = next((one for one in found if one.owner == own), None)
    if chosen is None and not order.is_ours:
        chosen = next(iter(found), None)
    if chosen is None:
        command = shown_name("secret", call.person.language)
        raise Unfit(call.say("secret.missing", name=verbatim(order.name), command=command))
    return chosen


async def _show(call: Call, order: _Order) -> str:
    one = await _found(call, order)
    never = call.say("secret.never")
    lines = [
        call.say("secret.whose_own" if one.owner else "secret.whose_ours"),
        call.say("secret.holders", holders=_holders(call, one)),
        call.say("secret.changed", at=call.moment(one.changed_at), version=one.version),
        call.say("secret.used", at=call.moment(one.used_at) if one.used_at else never),
    ]
    return f"`{one.name}`\n{bullets(lines)}"


async def _remove(call: Call, order: _Order) -> str:
    found = await _found(call, order)
    await call.needs.secrets.remove(found.name, by=call.person, owner=found.owner, origin=call.origin)
    return call.say("secret.removed", name=f"`{found.name}`")


async def _list(call: Call, _: _Order) -> str:
    found = await call.needs.secrets.list(call.person)
    is_admin = call.person.role is Role.ADMIN
    groups = [("own", [one for one in found if one.owner is not None])]
    if is_admin:
        groups.append(("ours", [one for one in found if one.owner is None]))
    parts = [
        f"{call.say(f'secret.{title}')}\n{bullets(_line(call, one) for one in listed)}"
        for title, listed in groups
        if listed
    ]
    return "\n\n".join(parts) or call.say("secret.none")


def _line(call: Call, one: StoredSecret) -> str:
    return call.say("secret.line", name=f"`{one.name}`", holders=_holders(call, one))


def _holders(call: Call, one: StoredSecret) -> str:
    told = [_holder(each, call.person.language) for each in one.holders]
    return ", ".join(told) or call.say("secret.nobody")


def _holder(holder: Holder, language: str) -> str:
    return f"{say(f'console.secrets.kind_{holder.kind}', language)} {verbatim(holder.name)}"


_DONE: Mapping[str, Callable[[Call, _Order], Awaitable[str]]] = {
    "allow": _entitle,
    "deny": _entitle,
    "list": _list,
    "remove": _remove,
    "set": _link,
    "show": _show,
}
