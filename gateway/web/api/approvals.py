"""The API of approvals and of the channels' health. Who may decide is not known here: `Approvals` says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from uuid import UUID

from aiohttp import web

from channels.base import Lacking
from channels.locales import say
from channels.messages import Account
from channels.running.supervisor import Supervisor
from gateway.queue.outbox import Backlog, backlog
from gateway.settings.model import ChannelSettings
from gateway.upkeep.channel_times import times_of
from gateway.upkeep.lacks import repair
from gateway.web.api.openapi import Operation
from gateway.web.api.types import ChannelOut, DecisionGiven, LackOut, Limit, OutcomeOut, RequestOut
from gateway.web.http.language import language_of
from gateway.web.http.problems import Problem
from gateway.web.http.route import ORIGIN, PERSON, needs_of
from governance.approvals.decide import Approvals
from governance.approvals.presses.press_answers import WhyNot
from governance.approvals.requests import Choice, Request
from governance.people.people import CONSOLE, Person, Role
from governance.record.transaction import Store
from governance.sign_in.sign_in import SignIn

_CHOICES = {
    "approve": Choice.APPROVE,
    "approve_for_conversation": Choice.FOR_THIS_CONVERSATION,
    "approve_once": Choice.ONCE,
    "deny": Choice.DENY,
}

_REFUSED = {
    WhyNot.ELSEWHERE: HTTPStatus.FORBIDDEN,
    WhyNot.LATE: HTTPStatus.CONFLICT,
    WhyNot.NOT_THEIRS: HTTPStatus.FORBIDDEN,
    WhyNot.UNCONFIRMED: HTTPStatus.FORBIDDEN,
    WhyNot.UNFIT: HTTPStatus.UNPROCESSABLE_ENTITY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the API of approvals and channels uses."""

    store: Store
    approvals: Approvals
    sign_in: SignIn
    channels: Mapping[str, Supervisor]
    unstarted: Mapping[str, ChannelSettings]


async def list_approvals(
    request: web.Request, which: Literal["pending", "recent"] = "pending", limit: Limit = 50
) -> list[RequestOut]:
    """What waits for a decision or was decided lately: one's own requests, for admins everybody's."""
    approvals, me = needs_of(request, Needs).approvals, request[PERSON]
    found = await approvals.pending(me) if which == "pending" else await approvals.recent(me, limit)
    return [RequestOut.of(each) for each in found[:limit]]


async def show_approval(request: web.Request, request_id: UUID) -> RequestOut:
    """One request."""
    return RequestOut.of(await _seen(request, request_id))


async def decide_approval(request: web.Request, request_id: UUID, decision: DecisionGiven) -> OutcomeOut:
    """Decide a request; the sentence says what came of it, also as `detail` of 403, 409 and 422."""
    me = request[PERSON]
    asked = await _seen(request, request_id)
    if await needs_password(request, asked, _choice(asked, decision)) and not decision.password:
        raise Problem(HTTPStatus.FORBIDDEN, detail=say("confirm.password", me.language))
    outcome = await needs_of(request, Needs).approvals.decide(
        me,
        Account(channel=CONSOLE, id=str(me.id), name=me.shown),
        card_id=asked.card_id,
        choice=_choice(asked, decision),
        reason=decision.reason,
        is_confirmed=await confirmed(request, asked, decision.password),
        is_seen=True,  # every answer of this API holds the whole request
    )
    if outcome.refused is not None:
        raise Problem(_REFUSED[outcome.refused], detail=outcome.sentence)
    shown = RequestOut.of(outcome.request or asked)
    return OutcomeOut(sentence=outcome.sentence, changed=outcome.changed, request=shown)


async def needs_password(request: web.Request, asked: Request, choice: str) -> bool:
    """Whether this is one's own request, which one may approve by one's password."""
    me = request[PERSON]
    if asked.requester_id != me.id or choice == Choice.DENY.value or not asked.is_pending:
        return False
    needs = needs_of(request, Needs)
    return await needs.approvals.own.may_confirm(needs.store, asked, me)


async def confirmed(request: web.Request, asked: Request, password: str) -> bool:
    """Whether a password came with the decision of one's own request. Raises SignInRefused and LockedOut."""
    me, needs = request[PERSON], needs_of(request, Needs)
    if asked.requester_id != me.id or not password:
        return False
    await needs.sign_in.confirm_password(me, password, origin=request[ORIGIN])
    return True


async def list_channels(request: web.Request) -> list[ChannelOut]:
    """How each channel is."""
    needs = needs_of(request, Needs)
    unsent = await backlog(needs.store)
    times = await times_of(needs.store, needs.channels)
    unstarted = [
        ChannelOut(name=name, state="unstarted", reason="; ".join(each.problems), lacking=[])
        for name, each in sorted(needs.unstarted.items())
    ]
    return unstarted + [
        ChannelOut(
            name=name,
            state=channel.health.state.value,
            reason=channel.health.reason,
            lacking=[_lack(each, language_of(request)) for each in channel.health.lacking],
            at=channel.health.at,
            last_error=channel.record.last_error,
            reconnects=channel.record.reconnects,
            waiting=unsent.get(name, Backlog()).waiting,
            dead=unsent.get(name, Backlog()).dead,
            last_in=times[name].last_in,
            last_out=times[name].last_out,
        )
        for name, channel in sorted(needs.channels.items())
    ]


def _lack(lacking: Lacking, language: str) -> LackOut:
    return LackOut(
        cannot=lacking.deed.value,
        room=lacking.room,
        lacks=lacking.lack.word,
        repair=repair(lacking, language),
        since=lacking.since,
    )


def _choice(asked: Request, decision: DecisionGiven) -> str:
    """The letter of what was decided; of an agent that the request does not offer there is none."""
    if asked.agents and decision.choice == "approve" and decision.agent:
        return next((letter for letter, agent in asked.agents.items() if agent == decision.agent), "")
    return _CHOICES[decision.choice].value


async def _seen(request: web.Request, request_id: UUID) -> Request:
    """The request, if this person may know of it: whoever asked, and whoever could decide."""
    asked = await needs_of(request, Needs).approvals.get(request_id)
    if asked is None or not may_see(request[PERSON], asked):
        raise Problem(HTTPStatus.NOT_FOUND)
    return asked


def may_see(viewer: Person, asked: Request) -> bool:
    """Whether this person may know of it: whoever asked, and whoever could decide."""
    return viewer.role is Role.ADMIN or viewer.id == asked.requester_id or viewer.role.value == asked.decider_role


async def may_decide(approvals: Approvals, store: Store, viewer: Person, asked: Request) -> bool:
    """Whether a pending request waits for this very person: their role, the other side of a link, or the only admin."""
    if asked.requester_id == viewer.id:
        return await approvals.own.may_confirm(store, asked, viewer)
    if asked.person_id:
        return asked.person_id == str(viewer.id) and asked.subject.get("asked_in") != CONSOLE
    return viewer.role.covers(asked.decider_role)


OPERATIONS = (
    Operation("GET", "/api/approvals", list_approvals),
    Operation("GET", "/api/approvals/{request_id}", show_approval),
    Operation("POST", "/api/approvals/{request_id}/decision", decide_approval, problems=(409, 429)),
    Operation("GET", "/api/channels", list_channels, Role.ADMIN),
)
