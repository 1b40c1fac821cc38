"""Changes of who may use what and of who decides about it: each is a request that another admin decides.

A rule that only takes away could be made without asking; that it may be put back takes the same request as giving.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from channels.codec import dump, load
from channels.locales import say
from channels.messages import Address, Button, Fact, Outbound, Tone, notice
from governance.approvals.close import RequestEnding
from governance.approvals.decide import Approvals
from governance.approvals.opening import Asking
from governance.approvals.request_type import RequestType
from governance.approvals.requests import Choice, Request, RequestStatus, new_code
from governance.approvals.shown.cards import denying, for_whom
from governance.capabilities import policies, rules, teams
from governance.capabilities.capabilities import CHANGED
from governance.capabilities.changes import WishEnd, Wisher, WishOutcome
from governance.guard.calls import hashed
from governance.record.audit import Event, canonical
from governance.record.transaction import Store, Transaction
from governance.values.reasons import why
from governance.values.verdicts import Ask, Risk

EXPIRY_SECONDS = 86_400


class RuleTable(StrEnum):
    """Which table a change is about. Alphabetical."""

    POLICY = "policy"
    """Who decides about changes of capabilities."""
    TEAM = "team"
    """Who belongs to a team."""
    USE = "use"
    """Who may use what."""


_QUERIES = {RuleTable.POLICY: policies.QUERIES, RuleTable.TEAM: teams.QUERIES, RuleTable.USE: rules.QUERIES}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """One rule that is to be made, or with only a `code` one that is to end.

    `values` are the columns of a new rule between its code and who made it; `shown` says it in words of people.
    """

    table: RuleTable
    values: tuple[str, ...] = ()
    code: str = ""
    shown: str = ""

    @property
    def ends(self) -> bool:
        """Whether it takes a rule away."""
        return not self.values


def _title(request: Request) -> str:
    return str(request.subject["shown"])


def _details(request: Request, language: str) -> tuple[Fact, ...]:
    word = "rule.ends" if not request.subject["values"] else f"rule.made.{request.subject['table']}"
    return (
        Fact(label=say("fact.why", language), value=request.because.said(language)),
        Fact(label=say("fact.rule", language), value=say(word, language, rule=request.title)),
    )


def _buttons(_: Request, language: str) -> tuple[Button, ...]:
    approve = Button(choice=Choice.APPROVE.value, label=say("button.approve", language), tone=Tone.PRIMARY)
    return approve, denying("button.deny", language)


RULE = RequestType(
    name="rule",
    title=_title,
    about=for_whom,
    details=_details,
    buttons=_buttons,
    choices=frozenset({Choice.APPROVE, Choice.DENY}),
    approved=lambda _, language: say("press.rule", language),
    denied="press.rule.denied",
    is_headed_by_it=True,
    names_ends=True,
    is_urgent=False,
)


class RuleChanges:
    """Asks for changes of rules, and makes what was approved."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def want(self, approvals: Approvals, change: RuleChange, wisher: Wisher) -> WishOutcome:
        """Have another admin decide it, or the only one confirm it."""
        ask = Ask(because=why("rule.changes"), risk=Risk.HIGH, expiry_seconds=EXPIRY_SECONDS)
        if lack := await approvals.lack_of_deciders(ask, wisher.person):
            return WishOutcome(end=WishEnd.REFUSED, says=lack)
        subject = {
            "table": change.table.value,
            "values": list(change.values),
            "code": change.code,
            "shown": change.shown,
            "address": dump(wisher.address) if wisher.address else "",
            "language": wisher.person.language,
        }
        async with self._store.transaction() as work:
            asking = Asking(
                kind=RULE,
                requester=wisher.person,
                account=wisher.account,
                subject=subject,
                digest=hashed(canonical(subject)),
                ask=ask,
                agent=wisher.agent,
                address=wisher.address,
                is_direct=wisher.is_direct,
                shows=await approvals.own.is_sole(work, wisher.person),
            )
            request = await approvals.ask(work, asking)
        return WishOutcome(end=WishEnd.ASKED, says=why("rule.asked", code=request.code), code=request.code)

    async def decided(self, work: Transaction, request: Request, ending: RequestEnding) -> None:
        """Make or end the rule in the transaction of the decision, and tell whoever asked."""
        if request.status is RequestStatus.APPROVED and ending.by is not None:
            await self._write(work, request.subject, ending)
            work.record(
                Event(
                    tag="capabilities:rule:changed",
                    actor=str(ending.by.id),
                    actor_name=ending.by.name,
                    resource=request.title,
                    address=request.conversation,
                    detail={
                        "table": request.subject["table"],
                        "values": request.subject["values"],
                        "ended": request.subject["code"],
                        "request": str(request.id),
                    },
                )
            )
        if request.subject["address"] and request.status is not RequestStatus.CANCELLED:
            language = str(request.subject["language"])
            word = f"rule.told.{request.status.value}"
            sentence = say(word, language, rule=request.title, who=request.decider.who, code=request.code)
            address = load(Address, str(request.subject["address"]))
            work.send(Outbound(key=f"rule:{request.id}", address=address, parts=notice(sentence)))

    async def _write(self, work: Transaction, subject: Mapping[str, Any], ending: RequestEnding) -> None:
        queries = _QUERIES[RuleTable(subject["table"])]
        if subject["values"]:
            by = ending.by.id if ending.by else None
            await work.execute(queries["set"], new_code(5), *subject["values"], by, ending.at)
        else:
            await work.execute(queries["remove"], subject["code"])
        work.announce(CHANGED)
