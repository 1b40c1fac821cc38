"""Asking: who could decide, the row of a request, its cards, alone or several of one kind together."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import uuid4

from channels.home import home_language
from governance.approvals.batches import Batch, kinds_of, send_batch, waiting_copy
from governance.approvals.close import QUERIES
from governance.approvals.opening import Asking, insert, opened
from governance.approvals.request_type import RequestType, known
from governance.approvals.requests import Request, new_card_id
from governance.approvals.shown.copies import Copy, for_deciders, for_requester
from governance.approvals.sole_admin import OwnRequests
from governance.people.names import known_as
from governance.people.people import Person, Role
from governance.record.transaction import Store, Transaction
from governance.values.reasons import Why, why
from governance.values.verdicts import Ask


class Asks:
    """The half of approvals that asks. `own` says what the only admin may confirm, `kinds` what can be asked at all."""

    def __init__(self, store: Store, own: OwnRequests, kinds: Iterable[RequestType]) -> None:
        self.own = own
        self.kinds = known(*kinds)
        self._store = store

    async def lack_of_deciders(self, ask: Ask, requester: Person) -> Why | None:
        """Why nobody could ever decide this for that person; None when enough may, the only admin by confirming."""
        others = await self._store.fetchval(QUERIES["count_deciders"], ask.decider_role, requester.id)
        if others >= ask.quorum:
            return None
        if lack := await self.own.lack(ask.risk, requester):
            return lack
        if others + await self.own.is_sole(self._store, requester) >= ask.quorum:
            return None
        return why("lack.deciders", needed=str(ask.quorum), role=ask.decider_role, others=str(others))

    async def ask_all(self, work: Transaction, askings: Sequence[Asking]) -> list[Request]:
        """Ask several at once, in one conversation; those of one kind on one card. The requests, in the same order."""
        opened_at: dict[int, Request] = {}
        for numbers in kinds_of([str(asking.subject.get("tool", "")) for asking in askings]):
            group = [askings[number] for number in numbers]
            asked = [await self.ask(work, group[0])] if len(group) == 1 else await self._ask_together(work, group)
            opened_at.update(zip(numbers, asked, strict=True))
        return [opened_at[number] for number in range(len(askings))]

    async def _ask_together(self, work: Transaction, askings: Sequence[Asking]) -> list[Request]:
        number, now = uuid4(), self._store.now()
        requests = [
            await insert(work, replace(asking, subject={**asking.subject, "batch": str(number)}), now)
            for asking in askings
        ]
        batch, asking = Batch(id=number, card_id=new_card_id(), requests=requests), askings[0]
        roles = {request.decider_role for request in requests}
        role = Role.ADMIN.value if Role.ADMIN.value in roles else Role.OPERATOR.value
        deciders = await work.fetch(QUERIES["deciders"], role, requests[0].requester_id)
        waits = None
        if asking.address is not None and asking.requester is not None:
            confirms = await self.own.is_sole(work, asking.requester)
            waits = waiting_copy(
                batch,
                asking.address,
                language=asking.requester.language,
                zone=asking.requester.time_zone if asking.is_direct else "",
                has_buttons=confirms or not asking.is_direct,
                is_private=confirms and asking.is_direct,
            )
        await send_batch(work, batch, deciders, waits, now=now)
        names = tuple(dict.fromkeys(known_as(row["name"], row["display_name"]) for row in deciders))
        for request in requests:
            work.record(opened(request, names, asking.requester))
        return requests

    async def ask(self, work: Transaction, asking: Asking, *, listed: bool = False) -> Request:
        """Open a request and send its cards, within the caller's transaction; none when it will be `listed` later."""
        if asking.kind.name not in self.kinds:
            raise RuntimeError(f"requests of the kind {asking.kind.name} are not among those that were assembled")
        request = await insert(work, asking, self._store.now())
        if listed:
            await work.execute(QUERIES["to_be_listed"], request.id)
            work.record(opened(request, (), asking.requester))
            return request
        deciders = await work.fetch(QUERIES["deciders"], request.decider_role, request.requester_id)
        copies = for_deciders(request, deciders)
        names = tuple(dict.fromkeys(known_as(row["name"], row["display_name"]) for row in deciders))
        if asking.address is not None and asking.shows:
            copies.append(await self._for_requester(work, request, asking, names))
        for copy, _ in copies:
            work.send(copy, expires_at=request.expires_at, urgent=request.is_urgent, apart=request.requester_id)
        await work.execute(
            QUERIES["add_copy"],
            request.id,
            [copy.key for copy, _ in copies],
            [copy.address.channel for copy, _ in copies],
            [person for _, person in copies],
        )
        work.record(opened(request, names, asking.requester))
        return request

    async def _for_requester(self, work: Transaction, request: Request, asking: Asking, names: tuple[str, ...]) -> Copy:
        person, address = asking.requester, asking.address
        if address is None:
            raise ValueError("a copy for nobody's conversation")
        confirms = person is not None and await self.own.may_confirm(work, request, person)
        return for_requester(
            request,
            address,
            names,
            language=person.language if person else home_language(),
            zone=person.time_zone if person else "",
            is_direct=asking.is_direct,
            confirms=confirms,
        )
