"""Somebody unknown asks to come in: a card for the admins, and what their decision sets off. It admits nobody."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from channels.codec import dump, load
from channels.home import home_language
from channels.locales import closest, say, say_to, written_in
from channels.messages import Account, Address, Inbound, Outbound, notice
from channels.times import is_zone
from governance.accounts.accounts import Accounts
from governance.accounts.strangers import ADMISSION, later_of
from governance.approvals.bindings import LETTERS
from governance.approvals.close import QUERIES, RequestEnding, locked, rewrite
from governance.approvals.decide import Approvals, Asking, PressOutcome
from governance.approvals.request_type import known
from governance.approvals.requests import Choice, Request, RequestStatus
from governance.approvals.shown.cards import strangers_card
from governance.approvals.shown.copies import PRIVATE, reached
from governance.guard.calls import hashed
from governance.people.agent_grants import AgentGrants
from governance.people.people import People, Person, Role
from governance.record.audit import canonical
from governance.record.transaction import Notice, Store, Transaction
from governance.values.bursts import Bursts
from governance.values.reasons import why
from governance.values.verdicts import Ask, Risk

EXPIRY_SECONDS = 24 * 3600
LIST_EVERY = timedelta(minutes=1)
"""How often admins get a card about strangers of one channel, however many come."""
MOST_LATER, LONGEST_LATER = 10, 100_000
"""So many further messages of a stranger are kept, and so many characters of them as they are stored."""
AS, NEW = "@", "+"
"""A reason that begins with the first names the person to whom an account belongs, with the second a new person."""


class Admissions:
    """Requests of strangers."""

    def __init__(
        self, store: Store, accounts: Accounts, people: People, names: Callable[[], Sequence[str]] = tuple
    ) -> None:
        """`names` lists the agents that are offered with an admission, the first of them first."""
        self._names = names
        self._grants = AgentGrants(store)
        self._store = store
        self._accounts = accounts
        self._people = people
        self._cards = Bursts(store.now, quiet=LIST_EVERY)

    async def ask(self, work: Transaction, approvals: Approvals, inbound: Inbound) -> bool:
        """Ask the admins about this sender; False when it was asked before.

        The first of a minute on a channel has a card with buttons. Those who follow are told of together, by `tell`.
        """
        account = inbound.sender
        subject = {
            "channel": account.channel,
            "account_id": account.id,
            "account_name": account.name,
            "address": dump(inbound.address),
            "said": inbound.text[:300],
            "agents": dict(zip(LETTERS, self._names(), strict=False)),
            "waits": dump(inbound),
        }
        asking = Asking(
            kind=ADMISSION,
            requester=None,
            account=account,
            subject=subject,
            digest=hashed(canonical(subject)),
            ask=Ask(because=why("admission.unknown"), risk=Risk.HIGH, expiry_seconds=EXPIRY_SECONDS),
        )
        request = await approvals.ask(work, asking, listed=not self._cards.begins(account.channel))
        return await self._accounts.waiting(work, account, inbound.address.room, request.id)

    async def keep(self, work: Transaction, inbound: Inbound) -> tuple[str, bool]:
        """Keep what a stranger says while they wait, in order and up to a bound, and count it on the admins' cards.

        The word of the sentence about it, and whether they have not been told that yet.
        """
        account = inbound.sender
        request = await locked(work, known(ADMISSION), request_id=await self._accounts.asked_by(work, account))
        if request is None or not request.is_pending:
            return "admission.waiting", True
        said, later = dump(inbound), list(later_of(request))
        if len(later) >= MOST_LATER or len(said) + sum(map(len, later)) > LONGEST_LATER:
            await work.execute(QUERIES["later_is_full"], request.id)
            return "admission.full", not request.subject.get("is_full", False)
        later.append(said)
        await work.execute(QUERIES["keep_later"], request.id, canonical(later))
        request = replace(request, subject={**request.subject, "later": later})
        await rewrite(work, request, f"later:{len(later)}", only_mends=True)
        return "admission.waiting", len(later) == 1

    async def tell(self) -> int:
        """Tell the admins of everybody who asked since the last card, in one list for each channel; of how many."""
        told = 0
        for found in await self._store.fetch(QUERIES["channels_to_list"]):
            if self._cards.begins(found["channel"]):
                async with self._store.transaction() as work:
                    told += await self._list(work, found["channel"])
        return told

    async def _list(self, work: Transaction, channel: str) -> int:
        strangers = await work.fetch(QUERIES["list_now"], channel)
        if not strangers:
            return 0
        key = f"strangers:{strangers[0]['code']}:{self._store.now():%Y%m%d%H%M%S}"
        deciders = await work.fetch(QUERIES["deciders"], Role.ADMIN.value, None)
        for account, row in dict(reached(deciders)).items():
            work.send(
                Outbound(
                    key=f"{key}:{account.channel}:{account.id}",
                    address=Address(channel=account.channel, room=PRIVATE + account.id),
                    card=strangers_card(channel, strangers, row["language"]),
                    only_for=account,
                    in_language=row["language"],
                ),
                urgent=False,
            )
        return len(strangers)

    async def decided(self, work: Transaction, request: Request, ending: RequestEnding) -> None:
        """Admit, turn away, or forget, in the transaction of the decision; and tell who asked."""
        subject, by = request.subject, ending.by
        account = Account(channel=subject["channel"], id=subject["account_id"], name=subject["account_name"])
        if request.chosen_agent and request.status is RequestStatus.APPROVED and by is not None:
            await self._admit_with(work, request, account, by)
            return
        if request.status is RequestStatus.APPROVED and by is not None:
            word = await self._admit(work, request, account, by)
        elif request.status is RequestStatus.DENIED and by is not None:
            await self._accounts.refuse(work, account, by)
            word = "admission.refused"
        else:
            await self._accounts.let_go(work, account)
            return
        waits = load(Inbound, subject["waits"])
        sentence = say_to(waits.text, waits.language, word)
        work.send(
            Outbound(
                key=f"admission:{request.id}",
                address=load(Address, subject["address"]),
                parts=notice(sentence),
                in_language=spoken_by(waits),
            )
        )

    async def _admit_with(self, work: Transaction, request: Request, account: Account, by: Person) -> None:
        """Admit with an agent, tell the person in the language in which they wrote, and have it answered by now."""
        agent, waits = request.chosen_agent, load(Inbound, request.subject["waits"])
        language, zone = spoken_by(waits), zone_told(waits)
        name = request.reason.removeprefix(NEW) if request.reason.startswith(NEW) else ""
        person = await self._accounts.admit_new(work, account, by, name, language=language, time_zone=zone)
        await self._grants.grant_in(work, person.id, agent, by=by)
        work.send(
            Outbound(
                key=f"admission:{request.id}",
                address=waits.address,
                parts=notice(say("admission.granted", language, agent=agent)),
                in_language=language,
                only_for=None if waits.is_direct else account,
            )
        )
        for said in (waits, *(load(Inbound, each) for each in later_of(request))):
            again = replace(said, event_id=f"{said.event_id}:admitted")
            work.publish(
                Notice(event_id=again.event_id, lane=again.address.key, body=dump(again), channel=again.address.channel)
            )

    async def _admit(self, work: Transaction, request: Request, account: Account, by: Person) -> str:
        if not request.reason.startswith(AS):
            name = request.reason.removeprefix(NEW) if request.reason.startswith(NEW) else ""
            waits = load(Inbound, request.subject["waits"])
            zone = zone_told(waits)
            await self._accounts.admit_new(work, account, by, name, language=spoken_by(waits), time_zone=zone)
            return "admission.admitted"
        person = await self._people.by_name(request.reason.removeprefix(AS))
        if person is None:
            raise RuntimeError("the person was there a moment ago")
        address = load(Address, request.subject["address"])
        link = await self._accounts.admit_as(work, account, person, by, address=address)
        if link.is_done:
            return "admission.linked"
        await self._accounts.let_go(work, account)
        return "admission.confirms"


def spoken_by(first: Inbound) -> str:
    """The language of somebody new: of their first words, else as the channel tells it, else the deployment's."""
    return written_in(first.text, "") or closest(first.language, default="") or home_language()


def zone_told(first: Inbound) -> str:
    """The time zone of somebody new, where the platform tells one."""
    return first.time_zone if first.time_zone and is_zone(first.time_zone) else ""


async def admit_new(
    approvals: Approvals, by: Person, account: Account, *, code: str, name: str, choice: str = Choice.APPROVE.value
) -> PressOutcome:
    """Approve a stranger's request as a new person of that name, with the agent for which the choice stands."""
    return await approvals.decide(by, account, code=code, choice=choice, reason=f"{NEW}{name}")


async def admit_as(
    approvals: Approvals, people: People, by: Person, account: Account, *, code: str, name: str
) -> PressOutcome:
    """Approve a stranger's request as an account of somebody who is here already."""
    person = await people.by_name(name)
    if person is None or person.id == by.id:
        return PressOutcome(sentence=say("press.name_taken", by.language, name=name))
    return await approvals.decide(by, account, code=code, choice=Choice.APPROVE.value, reason=f"{AS}{person.name}")
