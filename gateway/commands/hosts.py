"""The command about hosts: what commands were not let through to, and what admins have made of it."""

from dataclasses import dataclass
from typing import TypeAlias

from channels.text.grammar import behind_words, leading, word_called
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from governance.approvals.hosts.host_rules import HostOffer, HostRules

_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the command about hosts uses."""

    host_rules: HostRules


Call: TypeAlias = CommandCall[Needs]


async def hosts(call: Call) -> str:
    """List rules and what was blocked, or make a rule of it, or have nobody asked about it, or end either."""
    if not call.words:
        return await _list(call)
    wanted = word_called(call.words[0], "allow", "deny", "revoke")
    code, more = leading(behind_words(call.rest, 1))
    if not code or more:
        raise Misused
    match wanted:
        case "allow":
            offer = await call.needs.host_rules.allow(call.person, code, call.origin)
            return _done(call, "hosts.allowed", offer, code)
        case "deny":
            offer = await call.needs.host_rules.deny(call.person, code, call.origin)
            return _done(call, "hosts.denied_now", offer, code)
        case "revoke":
            offer = await call.needs.host_rules.revoke(call.person, code, call.origin)
            return _done(call, "hosts.reopened" if offer and offer.is_denied else "hosts.revoked", offer, code)
        case _:
            raise Misused


async def _list(call: Call) -> str:
    found = await call.needs.host_rules.listed()
    parts = [
        f"{call.say(title)}\n{bullets([_line(call, offer) for offer in some[:_LISTED]])}"
        for title, some in (
            ("hosts.rules", [offer for offer in found if offer.is_allowed]),
            ("hosts.blocked", [offer for offer in found if not offer.is_allowed and not offer.is_denied]),
            ("hosts.denied", [offer for offer in found if offer.is_denied]),
        )
        if some
    ]
    return "\n\n".join(parts) or call.say("hosts.none")


def _line(call: Call, offer: HostOffer) -> str:
    return call.say(
        "hosts.rule" if offer.is_allowed else "hosts.no" if offer.is_denied else "hosts.offer",
        code=f"**{offer.code}**",
        agent=offer.agent,
        place=verbatim(offer.place),
        times=offer.times,
        by=verbatim(offer.by or offer.denied_by),
        at=call.moment(offer.last_at),
    )


def _done(call: Call, key: str, offer: HostOffer | None, code: str) -> str:
    if offer is None:
        raise Unfit(call.say("hosts.unknown", code=verbatim(code.upper())))
    return call.say(key, agent=offer.agent, place=verbatim(offer.place))
