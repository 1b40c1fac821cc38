"""What waits for a decision, what was decided, and the grants that decisions left. Whether one may is asked below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from aiohttp import web

from channels.base import NexoraError
from channels.locales import knows, say
from channels.text.visible import code, visible
from gateway.web.api.approvals import confirmed, may_decide, may_see, needs_password
from gateway.web.console.conversations import account_of
from gateway.web.console.pages import form_of, is_part, render
from gateway.web.http.language import language_of
from gateway.web.http.problems import Problem, status_of
from gateway.web.http.route import PERSON, Route, needs_of
from governance.accounts.sentences import sentence_of
from governance.approvals.decide import Approvals
from governance.approvals.request_type import of_calls
from governance.approvals.requests import Request, by_conversation
from governance.approvals.shown.cards import attached, buttons, decided_by, details
from governance.approvals.shown.disclosure import POSITIVE, shown_on_page, was_shown
from governance.approvals.tool_grants import ToolGrants
from governance.people.people import Role
from governance.record.transaction import Store

RECENT = 20
LONGEST_REASON = 500
LONGEST_PASSWORD = 1000
_COUNTED = ("free", "asked", "refused", "approved", "denied", "expired")
WHOLE = 1200
"""What is longer, in characters, is shown whole on a page of its own, and can be approved there alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the pages of approvals use."""

    store: Store
    approvals: Approvals
    tool_grants: ToolGrants


def is_long(asked: Request) -> bool:
    """Whether the list shows only the beginning of what is asked."""
    return len(asked.body) + sum(len(text) for _, text in attached(asked, "en")) > WHOLE


def _hidden(asked: Request) -> int:
    """So many characters of what is asked the list does not show."""
    return max(0, len(code(asked.body)) - WHOLE) + sum(len(text) for _, text in attached(asked, "en"))


async def _seen(request: web.Request) -> Request:
    """The request of the address, if this person may know of it. Raises Problem."""
    try:
        asked = await needs_of(request, Needs).approvals.get(UUID(request.match_info["asked"]))
    except ValueError:
        asked = None
    if asked is None or not may_see(request[PERSON], asked):
        raise Problem(HTTPStatus.NOT_FOUND)
    return asked


async def approvals(request: web.Request) -> web.Response:
    """The whole page."""
    return await _show(request, "approvals.html", stats=await _stats(request))


async def listed(request: web.Request) -> web.Response:
    """The lists alone, which the page asks for again and again."""
    return await _show(request, "approvals_list.html")


async def waiting(request: web.Request) -> web.Response:
    """What waits for this very person, in words that may stand on a locked screen: never what exactly is asked."""
    needs, person, language = needs_of(request, Needs), request[PERSON], language_of(request)
    pending = await needs.approvals.pending(person)
    mine = [each for each in pending if await may_decide(needs.approvals, needs.store, person, each)]
    return web.json_response([{"id": str(each.id), **_told(each, language)} for each in mine])


def _told(asked: Request, language: str) -> dict[str, str]:
    """The kind of a request and who asks."""
    who = visible(asked.asker.said(language)) if asked.requester_name else ""
    key = "console.notify.asks" if who and asked.agent else "console.notify.somebody"
    own = f"console.notify.{asked.kind.name}"
    return {
        "title": say(own if knows(own) else "console.notify.other", language),
        "words": say(key, language, name=who, agent=asked.agent),
    }


async def whole(request: web.Request) -> web.Response:
    """One request with all that belongs to it, letter by letter, and only here the buttons for a long one."""
    person, language = request[PERSON], language_of(request)
    asked = await _seen(request)
    needs = needs_of(request, Needs)
    if asked.is_pending:
        await shown_on_page(needs.store, asked, person, account_of(person))
    return render(
        request,
        "approval.html",
        asked=asked,
        is_page=True,
        is_short=False,
        whole=WHOLE,
        now=needs.store.now(),
        soon=timedelta(minutes=5),
        details=lambda asked: details(asked, language),
        attached=lambda asked: attached(asked, language),
        buttons=lambda asked: buttons(asked, language),
        confirms=await needs.approvals.own.is_sole(needs.store, person),
        by=lambda asked: decided_by(asked, language),
        who=lambda asked: asked.asker.said(language),
    )


async def decide(request: web.Request) -> web.Response:
    """Decide a request by the id on its card; a long one only from the page that shows all of it."""
    form = await form_of(request)
    try:
        notice = await _decided(request, form)
    except NexoraError as error:
        if status_of(error) is None:
            raise
        notice = sentence_of(error, language_of(request))
    return await _show(request, "approvals_list.html" if is_part(request) else "approvals.html", notice)


async def _decided(request: web.Request, form: dict[str, str]) -> str:
    """Decide it, one's own by one's password; what came of it. Raises SignInRefused and LockedOut."""
    person, card, choice = request[PERSON], request.match_info["card"], form.get("choice", "")
    approvals = needs_of(request, Needs).approvals
    asked = next((each for each in await approvals.pending(person) if each.card_id == card), None)
    is_confirmed = False
    is_seen = form.get("whole") == "yes" and await was_shown(needs_of(request, Needs).store, card, person)
    if asked is not None and is_long(asked) and not is_seen and choice in POSITIVE:
        raise web.HTTPSeeOther(f"/approvals/{asked.id}")
    if asked is not None and await needs_password(request, asked, choice):
        if not form.get("password"):
            return say("confirm.password", person.language)
        is_confirmed = await confirmed(request, asked, form["password"][:LONGEST_PASSWORD])
    outcome = await approvals.decide(
        person,
        account_of(person),
        card_id=card,
        choice=choice,
        reason=form.get("reason", "")[:LONGEST_REASON],
        is_confirmed=is_confirmed,
        is_seen=is_seen,
    )
    return outcome.sentence


async def deny_all(request: web.Request) -> web.Response:
    """Deny every call that waits in the conversation of a request, for the reason that is written beside the button."""
    form = await form_of(request)
    person, card = request[PERSON], request.match_info["card"]
    approvals = needs_of(request, Needs).approvals
    asked = next((each for each in await approvals.pending(person) if each.card_id == card), None)
    if asked is None or not asked.conversation:
        raise web.HTTPNotFound
    reason = form.get("reason", "").strip()
    outcome = await approvals.deny_all(person, account_of(person), conversation=asked.conversation, reason=reason)
    return await _show(request, "approvals_list.html" if is_part(request) else "approvals.html", outcome.sentence)


async def withdraw(request: web.Request) -> web.Response:
    """Withdraw what one has asked for."""
    person, card = request[PERSON], request.match_info["card"]
    approvals = needs_of(request, Needs).approvals
    asked = next((each for each in await approvals.pending(person) if each.card_id == card), None)
    if asked is None:
        words = say("console.approvals.gone", language_of(request))
    else:
        words = (await approvals.withdraw(person, account_of(person), code=asked.code)).sentence
    return await _show(request, "approvals_list.html" if is_part(request) else "approvals.html", words)


async def revoke(request: web.Request) -> web.Response:
    """End a grant for a conversation."""
    person, language = request[PERSON], language_of(request)
    ended = await needs_of(request, Needs).tool_grants.revoke(person, request.match_info["code"])
    words = say("console.grants.revoked" if ended else "console.grants.not_yours", language)
    return await _show(request, "approvals_list.html" if is_part(request) else "approvals.html", words)


async def _stats(request: web.Request) -> list[str]:
    """How often the guard has asked of late, for admins: a line for each time of which there is a call."""
    if request[PERSON].role is not Role.ADMIN:
        return []
    from governance.usage.call_tally import LATELY, LONGER, per_hundred, tally, told_duration  # noqa: PLC0415  # one page alone

    store, language = needs_of(request, Needs).store, language_of(request)
    asked = of_calls(needs_of(request, Needs).approvals.kinds)
    until, lines = store.now(), []
    for days in (LATELY, LONGER):
        total, _ = await tally(store, until - timedelta(days=days), until, asked)
        if total.calls:
            counts = {name: f"{getattr(total, name):,}" for name in _COUNTED}
            median = told_duration(total.median_seconds, language)
            words = say(
                "console.approvals.stats", language, days=days, per_hundred=per_hundred(total), median=median, **counts
            )
            lines.append(words)
    return lines


async def _show(request: web.Request, template: str, notice: str = "", stats: Sequence[str] = ()) -> web.Response:
    needs, person, language = needs_of(request, Needs), request[PERSON], language_of(request)
    groups = by_conversation(await needs.approvals.pending(person))
    return render(
        request,
        template,
        notice=notice,
        pending=[each for group in groups for each in group],
        together={group[0].id: len(group) for group in groups if len(group) > 1},
        recent=[each for each in await needs.approvals.recent(person, RECENT) if not each.is_pending],
        grants=await needs.tool_grants.live(person),
        now=needs.store.now(),
        soon=timedelta(minutes=5),
        whole=WHOLE,
        is_long=is_long,
        is_page=False,
        hidden=_hidden,
        details=lambda asked: details(asked, language),
        attached=lambda asked: attached(asked, language),
        buttons=lambda asked: buttons(asked, language),
        confirms=await needs.approvals.own.is_sole(needs.store, person),
        by=lambda asked: decided_by(asked, language),
        who=lambda asked: asked.asker.said(language),
        stats=stats,
    )


ROUTES = (
    Route("GET", "/approvals", approvals, Role.OPERATOR, page=True),
    Route("GET", "/approvals/list", listed, Role.OPERATOR, page=True),
    Route("GET", "/approvals/waiting", waiting, Role.OPERATOR, page=True),
    Route("GET", "/approvals/{asked}", whole, Role.OPERATOR, page=True),
    Route("POST", "/approvals/{card}/decide", decide, Role.OPERATOR, page=True, form=True),
    Route("POST", "/approvals/{card}/deny-all", deny_all, Role.OPERATOR, page=True, form=True),
    Route("POST", "/approvals/{card}/withdraw", withdraw, Role.OPERATOR, page=True, form=True),
    Route("POST", "/tool-grants/{code}/revoke", revoke, Role.OPERATOR, page=True, form=True),
)
