"""Asks admins, by a card, about hosts that a command was not let through to: a rule for its agent, one call, or never.

One question for a call, within the budget of questions; what somebody was asked about is not asked again, however it
ended, until an admin takes it back.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from channels.codec import dump, load
from channels.locales import listed, say
from channels.messages import Account, Address, Outbound, notice
from channels.times import lasting
from governance.approvals.close import RequestEnding
from governance.approvals.decide import Approvals, Asking
from governance.approvals.hosts.host_requests import HOST
from governance.approvals.hosts.host_rules import QUERIES, Blocked, HostOffer, offer_of
from governance.approvals.questions import Asked
from governance.approvals.requests import Choice, Request, RequestStatus
from governance.guard.calls import hashed
from governance.people.people import Person
from governance.record.audit import Event, canonical
from governance.record.transaction import Store, Transaction
from governance.values.reasons import why
from governance.values.verdicts import Ask, Risk

MOST_ASKED = 8
"""Hosts on one card; those beyond wait for the next call, and stand in `/hosts`."""
EXPIRY_SECONDS = 86_400
PASS_GOOD_FOR = timedelta(hours=1)
"""So long the next call of the conversation may come by what was allowed once."""
_TOLD = {
    "asked": (
        "The admins were asked whether {agent} may reach {places}, from now on or once; tell the person, and do not "
        "try it again before they answer."
    ),
    "waits": "The admins were asked about {places} before; do not try it again before they answer.",
    "denied": "An admin has denied that {agent} reaches {places}; do without it, and tell the person.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose command was not let through: for whom, of which agent, in which conversation and turn."""

    person: Person
    agent: str
    address: Address
    is_direct: bool = True
    turn_id: UUID | None = None
    account: Account | None = None


class HostQuestions:
    """Asks, and sets off what is answered, each in the caller's transaction."""

    def __init__(self, store: Store, asked: Asked) -> None:
        self._store = store
        self._asked = asked

    async def ask(self, work: Transaction, approvals: Approvals, caller: Caller, blocked: Blocked) -> str:
        """Ask about what nobody was asked about yet; what the model is to know of it all, empty for nothing."""
        told = {"denied": blocked.denied, "waits": blocked.asked}
        if blocked.fresh and await self._has_room(work, caller):
            told["asked"] = blocked.fresh[:MOST_ASKED]
            await self._open(work, approvals, caller, told["asked"])
        sentences = [
            sentence.format(agent=caller.agent, places=", ".join(offer.place for offer in told[each][:MOST_ASKED]))
            for each, sentence in _TOLD.items()
            if told.get(each)
        ]
        return " ".join(sentences)

    async def _has_room(self, work: Transaction, caller: Caller) -> bool:
        return await self._asked.has_room(
            work,
            turn_id=caller.turn_id,
            conversation=caller.address.key,
            agent=caller.agent,
            person=caller.person.id,
        )

    async def _open(
        self, work: Transaction, approvals: Approvals, caller: Caller, offers: tuple[HostOffer, ...]
    ) -> None:
        subject = {
            "address": dump(caller.address),
            "language": caller.person.language,
            "places": [offer.place for offer in offers],
            "rules": [str(offer.id) for offer in offers],
            "turn": str(caller.turn_id or ""),
        }
        because = why("host.blocked", who=caller.person.label)
        asking = Asking(
            kind=HOST,
            requester=caller.person,
            account=caller.account,
            subject=subject,
            digest=hashed(canonical({"agent": caller.agent, **subject})),
            ask=Ask(because=because, risk=Risk.MEDIUM, expiry_seconds=EXPIRY_SECONDS),
            agent=caller.agent,
            address=caller.address,
            is_direct=caller.is_direct,
            shows=await approvals.own.is_sole(work, caller.person),
        )
        request = await approvals.ask(work, asking)
        await work.execute(QUERIES["asks"], [offer.id for offer in offers], request.id)

    async def decided(self, work: Transaction, request: Request, ending: RequestEnding) -> None:
        """Make rules or passes of it, or keep that it was denied, in the transaction of the decision."""
        by = ending.by
        if by is None or request.status not in {RequestStatus.APPROVED, RequestStatus.DENIED}:
            return
        what, query, more = self._answer(request, by)
        rules = [UUID(one) for one in request.subject["rules"]]
        changed = [offer_of(row) for row in await work.fetch(QUERIES[query], request.id, rules, *more)]
        for offer in changed:
            work.record(
                Event(
                    tag=f"approvals:host_rule:{what}",
                    actor=str(by.id),
                    actor_name=by.name,
                    resource=offer.place,
                    address=request.conversation,
                    detail={**offer.detail, "request": str(request.id)},
                )
            )
        if changed:
            self._tell(work, request, by, what, changed)

    def _answer(self, request: Request, by: Person) -> tuple[str, str, tuple[object, ...]]:
        """What it becomes in the record, the query that makes it so, and what that takes besides."""
        now = self._store.now()
        if request.status is RequestStatus.DENIED:
            return "denied", "deny_asked", (by.id, now)
        if request.choice == Choice.ONCE.value:
            return "passed", "pass_asked", (request.conversation, now + PASS_GOOD_FOR)
        return "made", "allow_asked", (by.id, now)

    def _tell(self, work: Transaction, request: Request, by: Person, what: str, changed: list[HostOffer]) -> None:
        """Say it where the command ran, so that its person knows to go on, or not to."""
        language = str(request.subject["language"])
        places, span = listed((offer.place for offer in changed), language), lasting(PASS_GOOD_FOR, language)
        sentence = say(f"host.{what}", language, who=by.label, agent=request.agent, places=places, span=span)
        address = load(Address, str(request.subject["address"]))
        work.send(Outbound(key=f"host:{what}:{request.id}", address=address, parts=notice(sentence)))
