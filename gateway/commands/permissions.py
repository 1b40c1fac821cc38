"""Commands about permissions "for this conversation": which ones stand, and ending them."""

from dataclasses import dataclass
from typing import TypeAlias

from channels.text.grammar import leading
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from governance.approvals.tool_grants import ToolGrants

_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What commands about permissions use."""

    tool_grants: ToolGrants


Call: TypeAlias = CommandCall[Needs]


async def grants(call: Call) -> str:
    """The caller's standing permissions; for admins everybody's."""
    live = await call.needs.tool_grants.live(call.person)
    if not live:
        return call.say("grants.none")
    lines = [
        call.say(
            "grants.line",
            code=f"**{grant.code}**",
            who=verbatim(grant.person_name),
            agent=grant.agent,
            tool=verbatim(grant.tool),
            pattern=verbatim(grant.pattern),
            by=verbatim(grant.granted_by_name),
            until=call.moment(grant.expires_at),
        )
        for grant in live[:_LISTED]
    ]
    return f"{call.say('grants.title')}\n{bullets(lines)}"


async def revoke(call: Call) -> str:
    """End a permission at once."""
    code, more = leading(call.rest)
    if not code or more:
        raise Misused
    code = code.upper()
    if not await call.needs.tool_grants.revoke(call.person, code):
        raise Unfit(call.say("revoke.none", code=verbatim(code)))
    return call.say("revoke.done", code=code)
