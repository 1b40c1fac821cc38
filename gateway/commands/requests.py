"""Commands about requests: what waits, deciding it by its code, how often it is asked.

Who may decide is for `approvals` to say.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from channels.locales import knows, listed, say
from channels.messages import Inbound
from channels.text.grammar import is_word, leading, plain, words
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import verbatim
from governance.accounts.admissions import admit_as, admit_new
from governance.accounts.strangers import asks_to_come_in
from governance.approvals.decide import Approvals
from governance.approvals.presses.pressed import Pressed
from governance.approvals.request_type import of_calls
from governance.approvals.requests import CODE_LETTERS, Choice, Request, by_conversation
from governance.approvals.shown.card_text import masked_text
from governance.approvals.shown.disclosure import CODE_LENGTH
from governance.people.people import NAME, People, Person, Role
from governance.people.wrong import NameWrong
from governance.record.transaction import Store

_LISTED = 20
_SHOWN = re.compile(rf"[{CODE_LETTERS}]{{{CODE_LENGTH}}}")
_OF_ONE = 5
"""So many requests of one conversation are listed; whoever floods it must not hide what others ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What commands about requests use."""

    store: Store
    people: People
    approvals: Approvals


Call: TypeAlias = CommandCall[Needs]


async def approve(call: Call) -> str:
    """Approve the request of that code, never simply the newest; with "here" for its conversation.

    One that asks which agent answers in a group is approved with the name of the agent, one about a host for always, or
    with "once" for one command. What does not fit on a card is
    approved with the code that stands below its whole text as well.
    """
    code, behind = leading(call.rest)
    scope = list(words(behind))
    shown = scope.pop(0).upper() if scope and _SHOWN.fullmatch(scope[0].upper()) and code else ""
    if not code or len(scope) > 1:
        raise Misused
    if not scope:
        return await _decide(call, code, Choice.APPROVE.value, shown=shown)
    if is_word(scope[0], "once"):
        return await _decide(call, code, Choice.ONCE.value, shown=shown)
    letter = await _agent_of(call, code.upper(), scope[0].lower())
    if letter is None and not is_word(scope[0], "here"):
        raise Misused
    return await _decide(call, code, letter or Choice.FOR_THIS_CONVERSATION.value, shown=shown)


async def _agent_of(call: Call, code: str, agent: str) -> str | None:
    """The choice that stands for this agent; None where the request asks for no agent. Raises Unfit."""
    waiting = await call.needs.approvals.pending(call.person)
    asked = next((request for request in waiting if request.code == code and request.agents), None)
    if asked is None:
        return None
    letter = next((letter for letter, name in asked.agents.items() if name == agent), None)
    if letter is None:
        raise Unfit(
            call.say("agent.missing", agent=verbatim(agent), known=listed(asked.agents.values(), call.person.language))
        )
    return letter


async def deny(call: Call) -> str:
    """Deny the request of that code, or with "all" all of a conversation; whatever follows is the reason."""
    code, reason = leading(call.rest)
    if not code:
        raise Misused
    if is_word(code, "all"):
        return await _deny_all(call, reason)
    return await _decide(call, code, Choice.DENY.value, reason)


async def _deny_all(call: Call, rest: str) -> str:
    """Deny all of this conversation, or of that in which the request of a code waits."""
    code, behind = leading(rest)
    code = code.upper()
    known = {request.code for request in await call.needs.approvals.pending(call.person)} if code else set()
    outcome = await call.needs.approvals.deny_all(
        call.person,
        call.inbound.sender,
        conversation=call.inbound.address.key,
        code=code if code in known else "",
        reason=behind if code in known else rest,
    )
    return outcome.sentence


async def _decide(call: Call, code: str, choice: str, reason: str = "", shown: str = "") -> str:
    outcome = await call.needs.approvals.decide(
        call.person,
        call.inbound.sender,
        code=code,
        choice=choice,
        reason=reason,
        place=Pressed(address=call.inbound.address, is_direct=call.inbound.is_direct),
        shown=shown,
    )
    return outcome.sentence


async def confirm(call: Call) -> str:
    """Approve one's own request, as the only admin, by the code that was sent. It counts in the private chat alone."""
    if not call.words:
        raise Misused
    if not call.inbound.is_direct:
        raise Unfit(call.say("confirm.elsewhere"))
    return await confirm_typed(call.inbound, call.person, call.needs.approvals, call.rest)


async def confirm_typed(inbound: Inbound, person: Person, approvals: Approvals, text: str = "") -> str:
    """The same, where the code is all that was said."""
    typed = plain(text or inbound.typed)
    return (await approvals.confirm(person, inbound.sender, typed, room=inbound.address.room)).sentence


async def cancel(call: Call) -> str:
    """Withdraw a request."""
    code, behind = leading(call.rest)
    if not code or behind:
        raise Misused
    return (await call.needs.approvals.withdraw(call.person, call.inbound.sender, code=code)).sentence


async def pending(call: Call) -> str:
    """What waits: for admins everything, for others what they asked for."""
    requests = await call.needs.approvals.pending(call.person)
    if not requests:
        return call.say("pending.none")
    groups = by_conversation(requests)
    lines = [line for group in groups for line in _lines(call, group)]
    shown = lines[:_LISTED]
    if len(lines) > len(shown):
        shown.append(call.say("pending.more", count=len(lines) - len(shown)))
    return f"{call.say('pending.title')}\n" + "\n".join(shown)


def _lines(call: Call, group: Sequence[Request]) -> list[str]:
    """The lines of one conversation, kind by kind; several have a heading with the way to deny all of them."""
    lines = [f"- {_line(call, request)}" for request in group[:_OF_ONE]]
    if len(group) == 1:
        return lines
    counted = Counter(each.title for each in group)
    kinds = listed((f"{verbatim(title)} × {count}" for title, count in counted.items()), call.person.language)
    heading = call.say(
        "pending.group",
        count=len(group),
        who=verbatim(group[0].asker.said(call.person.language)),
        agent=verbatim(group[0].agent),
        kinds=kinds,
        code=group[0].code,
    )
    more = [call.say("pending.more", count=len(group) - _OF_ONE)] if len(group) > _OF_ONE else []
    return [heading, *lines, *more]


def _line(call: Call, request: Request) -> str:
    own = f"pending.{request.kind.name}" if request.kind.is_known else "pending.unknown_kind"
    return call.say(
        own if knows(f"command.{own}") else "pending.other",
        asks=verbatim(request.kind.asks(request, call.person.language)),
        code=f"**{request.code}**",
        who=verbatim(request.asker.said(call.person.language)),
        title=verbatim(request.title),
        plain=request.code,
        arguments=verbatim(masked_text(request.body)) if request.body else "",
        risk=say(f"risk.{request.risk.value}", call.person.language),
        until=call.until(request.expires_at, call.needs.store.now()),
    )


async def approvals(call: Call) -> str:
    """How many calls were free, asked or refused of late, and what became of the questions."""
    if len(call.words) != 1 or not is_word(call.words[0], "stats"):
        raise Misused
    from governance.usage.call_tally import LATELY, LONGER, render_tally, tally  # noqa: PLC0415  # few conversations ever ask for it

    store, asked = call.needs.store, of_calls(call.needs.approvals.kinds)
    until = store.now()
    lately, agents = await tally(store, until - timedelta(days=LATELY), until, asked)
    longer, _ = await tally(store, until - timedelta(days=LONGER), until, asked)
    shown = render_tally([(LATELY, lately), (LONGER, longer)], agents, call.person.language)
    return f"{call.say('approvals.title')}\n{shown}"


async def admit(call: Call) -> str:
    """Let a stranger's account in as one of somebody who is here already, or of somebody new under that name.

    Somebody new is given an agent at once where one is named behind the name.
    """
    is_new = len(call.words) in {3, 4} and is_word(call.words[1], "new")  # a code, the word, a name, perhaps an agent
    if len(call.words) != 2 and not is_new:  # noqa: PLR2004  # a code and a name
        raise Misused
    code, name = leading(call.words[0])[0].upper(), call.words[1 + is_new].removeprefix("@")
    waiting = await call.needs.approvals.pending(call.person)
    if not any(request.code == code and asks_to_come_in(request) for request in waiting):
        raise Unfit(call.say("admit.not_admission", code=verbatim(code)))
    needs, sender = call.needs, call.inbound.sender
    if is_new:
        if not NAME.fullmatch(name):
            raise NameWrong
        agent = call.words[3].casefold() if len(call.words) == 4 else ""  # noqa: PLR2004  # as above
        choice = (await _agent_of(call, code, agent) if agent else None) or Choice.APPROVE.value
        outcome = await admit_new(needs.approvals, call.person, sender, code=code, name=name, choice=choice)
        return outcome.sentence
    if name.casefold() == call.person.name.casefold():
        raise Unfit(call.say("admit.self"))
    outcome = await admit_as(needs.approvals, needs.people, call.person, sender, code=code, name=name)
    return outcome.sentence


def may_have_a_say(request: Request, person: Person) -> bool:
    """Whether deciding it has a chance; what may be done in the end is not for here to say."""
    is_own = request.requester_id == person.id
    return person.role.covers(request.decider_role) and (not is_own or person.role is Role.ADMIN)


def may_withdraw(request: Request, person: Person) -> bool:
    """Whether withdrawing it has a chance."""
    return request.requester_id == person.id or person.role is Role.ADMIN


def asks_to_come_in_by(request: Request, _: Person) -> bool:
    """Whether it asks to let an account in."""
    return asks_to_come_in(request)
