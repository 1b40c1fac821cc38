"""The commands about skills, MCP servers, plugins and agents that are installed: what there is, and every change of it.

Anybody may ask for a change; what it takes to get it is for the policy and the deciders to say.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from channels.locales import say
from channels.messages import Inbound
from channels.text.grammar import behind_words, word_called
from gateway.capabilities.desk import CapabilityOrder, Desk
from gateway.capabilities.sources import ATTACHED, Where
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from gateway.commands.server_sign_ins import ServerSignIns
from governance.capabilities.capability_requests import changed_lines, notes, permissions, what
from governance.capabilities.changes import Wisher
from governance.capabilities.installed import Capability
from governance.values.capability_kinds import CapabilityAction, CapabilityKind

_LISTED, _LONGEST_CHANGE, _LONGEST_REASON = 40, 600, 240
_ACTIONS = {
    "add": CapabilityAction.INSTALL,
    "disable": CapabilityAction.DISABLE,
    "enable": CapabilityAction.ENABLE,
    "remove": CapabilityAction.REMOVE,
    "restore": CapabilityAction.RESTORE,
    "update": CapabilityAction.UPDATE,
}
Attached = Callable[[Inbound], Awaitable[dict[str, bytes]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What commands about capabilities use. `attached` fetches the files of the message that gave the order."""

    desk: Desk
    attached: Attached
    sign_ins: ServerSignIns


Call: TypeAlias = CommandCall[Needs]


async def capability(call: Call) -> str:
    """List those of a kind, search catalogues, show one, or ask for a change. The kind is the command's name."""
    kind = CapabilityKind(call.name)
    signing = ("sign-in", "sign-out") if kind is CapabilityKind.MCP else ()
    word = word_called(call.words[0], "list", "search", "show", *signing, *_ACTIONS) if call.words else "list"
    if word == "list":
        return await _list(call, kind)
    if word == "search":
        return await _search(call, kind)
    if not word or (len(call.words) == 1 and not (word == "add" and call.inbound.files)):
        raise Misused
    if word == "show":
        return await _show(call, kind, call.words[1])
    if word in signing:
        act = call.needs.sign_ins.sign_in if word == "sign-in" else call.needs.sign_ins.sign_out
        return await act(call, call.words[1])
    return await _order(call, kind, _ACTIONS[word])


async def _order(call: Call, kind: CapabilityKind, action: CapabilityAction) -> str:
    rest = behind_words(call.rest, 1)
    named, _, words = rest.partition(" ")
    source = ""
    if action is CapabilityAction.UPDATE and words:
        source, _, words = words.strip().partition(" ")
    if call.inbound.files and not named:
        named = ATTACHED
    order = CapabilityOrder(
        kind=kind,
        action=action,
        named=named,
        source=source,
        words=words.strip(),
        where=Where(attached=await call.needs.attached(call.inbound) if call.inbound.files else {}),
        wisher=Wisher(
            person=call.person,
            account=call.inbound.sender,
            address=call.inbound.address,
            is_direct=call.inbound.is_direct,
            origin=call.origin,
        ),
    )
    outcome = await call.needs.desk.order(order)
    said = outcome.says.said(call.person.language)
    return said if outcome.is_asked_or_done else call.say("capability.refused", why=said.rstrip(".。"))


async def _list(call: Call, kind: CapabilityKind) -> str:
    found = [one for one in await call.needs.desk.capabilities.all() if one.kind is kind]
    if not found:
        return call.say(f"capability.none.{kind.value}")
    lines = [_line(call, each) for each in found[:_LISTED]]
    more = [call.say("capability.more", number=len(found) - _LISTED)] if len(found) > _LISTED else []
    return "\n".join((call.say(f"capability.list.{kind.value}"), bullets([*lines, *more])))


async def _search(call: Call, kind: CapabilityKind) -> str:
    """What the catalogues have; without words, everything. What could not be read is told below."""
    language = call.person.language
    found = await call.needs.desk.search(behind_words(call.rest, 1), kind)
    lines = [
        call.say(
            "capability.found",
            name=f"**{verbatim(each.name)}**",
            version=verbatim(each.version),
            catalogue=name,
            about=verbatim(each.described(language).partition("\n")[0][:120]),
        )
        for name, each in found.entries[:_LISTED]
    ]
    more = [call.say("capability.more_found", number=len(found.entries) - _LISTED)] if found.entries[_LISTED:] else []
    problems = [verbatim(problem.said(language)) for problem in found.problems]
    head = call.say("capability.found_some" if lines else "capability.found_none", kind=kind.value)
    return "\n".join(filter(None, (head, bullets([*lines, *more, *problems]))))


def _line(call: Call, found: Capability) -> str:
    state = _health(call, found)
    about = verbatim(found.manifest.description.partition("\n")[0][:120])
    return call.say("capability.line", name=f"**{found.name}**", state=state, about=about)


def _state(call: Call, found: Capability) -> str:
    fails = found.is_active and call.needs.desk.problem_of(found.kind, found.name) is not None
    return say(f"capability.state.{'failed' if fails else found.state.value}", call.person.language)


def _health(call: Call, found: Capability) -> str:
    """How it stands here: why it is held or does not start, and how long a plugin took to be loaded."""
    desk, state = call.needs.desk, _state(call, found)
    reason = found.held or (desk.problem_of(found.kind, found.name) if found.is_active else None)
    if reason is not None:
        told = verbatim(reason.said(call.person.language), _LONGEST_REASON)
        return say("capability.health", call.person.language, state=state, more=told)
    seconds = desk.seconds_of(found.kind, found.name)
    if seconds is None:
        return state
    return say("capability.health", call.person.language, state=state, more=_loaded_in(call, seconds))


def _loaded_in(call: Call, seconds: float) -> str:
    return say("capability.loaded_in", call.person.language, seconds=f"{seconds:.2f}")


async def _show(call: Call, kind: CapabilityKind, name: str) -> str:
    found = await call.needs.desk.capabilities.get(kind, name)
    if found is None:
        raise Unfit(say("capability.missing", call.person.language, name=verbatim(name)))
    language, manifest = call.person.language, found.manifest
    seconds = call.needs.desk.seconds_of(kind, found.name)
    reason = found.held or call.needs.desk.problem_of(kind, found.name)
    facts = [
        ("fact.state", _state(call, found)),
        ("fact.why", verbatim(reason.said(language)) if reason else ""),
        ("fact.loaded", "" if seconds is None else _loaded_in(call, seconds)),
        ("fact.source", verbatim(manifest.source)),
        ("fact.version", f"{manifest.version} {found.digest[:12]}".strip()),
        ("fact.before", found.before[:12]),
        ("fact.risk", say(f"risk.{found.risk.value}", language)),
        ("fact.may", permissions(manifest, language)),
        ("fact.notes", notes(manifest, language)),
        ("fact.by", verbatim(found.by)),
        ("fact.at", call.moment(found.at)),
        ("fact.signed_in", await call.needs.sign_ins.state(call, found.name) if kind is CapabilityKind.MCP else ""),
    ]
    lines = [f"{say(label, language)}: {value}" for label, value in facts if value]
    lines += await _waiting(call, found)
    return "\n".join((f"**{found.name}** {verbatim(manifest.description)}".strip(), bullets(lines)))


async def _waiting(call: Call, found: Capability) -> list[str]:
    """What is asked about it, and of a change how it differs: a server's words as code, so that none is a link."""
    language, lines = call.person.language, []
    for code, subject in (await call.needs.desk.capabilities.waiting(found.kind, found.name)).items():
        changed = [f"  - {verbatim(line, _LONGEST_CHANGE)}" for line in changed_lines(subject, language)]
        action = what(found.kind, CapabilityAction(subject["action"]), verbatim(found.name), language)
        lines.append("\n".join((f"{say('fact.waiting', language)}: `{code}` {action}", *changed)))
    return lines
