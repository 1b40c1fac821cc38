"""Strangers and floods: whoever comes in numbers is told of once, and once told."""

import asyncio
from datetime import timedelta

import pytest

from channels.codec import load
from channels.messages import Account, Address, Inbound, Outbound, Text
from gateway.queue.inbox import Published
from governance.accounts.admissions import LONGEST_LATER, MOST_LATER, Admissions
from governance.accounts.strangers import ADMISSION, later_of
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals
from governance.approvals.requests import Choice
from governance.approvals.shown.cards import MOST_STRANGERS, card_for
from governance.approvals.tool_grants import ToolGrants
from governance.people.people import Person, Role
from governance.record.transaction import Store
from governance.record.urgency import is_urgent
from governance.values.bursts import MOST, Bursts
from tests.unit.people_stage import HandClock, Stage
from tests.unit.test_bus import bus_of


class Doorstep:
    """Strangers, and an admin who hears of them in the console."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.admissions = Admissions(stage.store, stage.accounts, stage.people)
        self.approvals = Approvals(
            stage.store, ToolGrants(stage.store), (TOOL_CALL, ADMISSION.with_effect(self.admissions.decided))
        )

    async def knock(self, *numbers: int, channel: str = "chat") -> None:
        for number in numbers:
            account = Account(channel=channel, id=str(number), name=f"Stranger {number}")
            inbound = Inbound(
                event_id=str(number),
                at=self.stage.clock(),
                address=Address(channel=channel, room=str(number)),
                sender=account,
                parts=(Text(text="let me in"),),
            )
            async with self.stage.store.transaction() as work:
                await self.admissions.ask(work, self.approvals, inbound)

    async def cards(self) -> list[tuple[str, Outbound]]:
        rows = await self.stage.store.fetch("select lane, body from nexora_outbox order by id")
        return [(row["lane"], load(Outbound, row["body"])) for row in rows]


@pytest.fixture
def doorstep(pool) -> Doorstep:
    clock = HandClock()
    return Doorstep(Stage(Store(pool, now=clock), clock))


async def test_a_hundred_strangers_are_one_card_and_one_list_behind_all_decisions(doorstep) -> None:
    await doorstep.stage.person("root", Role.ADMIN)
    await doorstep.knock(*range(100))
    early = await doorstep.admissions.tell()
    doorstep.stage.clock.move(seconds=61)
    told = await doorstep.admissions.tell()
    again = await doorstep.admissions.tell()

    cards = await doorstep.cards()
    assert (early, told, again, len(cards)) == (0, 99, 0, 2)
    assert not any(is_urgent(lane) for lane, _ in cards)
    first, listed = (card.card for _, card in cards)
    assert first is not None
    assert listed is not None
    assert first.buttons
    assert listed.title == "99 more ask to come in on chat"
    assert len(listed.facts) == MOST_STRANGERS
    assert "84 more" in listed.note


async def test_who_stands_in_a_list_is_admitted_by_the_code_beside_the_name(doorstep) -> None:
    root = await doorstep.stage.person("root", Role.ADMIN)
    await doorstep.knock(1, 2)
    doorstep.stage.clock.move(seconds=61)
    await doorstep.admissions.tell()
    _, listed = (await doorstep.cards())[-1]
    assert listed.card is not None
    fact = listed.card.facts[0]
    code = fact.value.partition(" ")[0]
    own = Account(channel="console", id=str(root.id))
    outcome = await doorstep.approvals.decide(root, own, code=code, choice=Choice.APPROVE.value)

    assert fact.label == "Stranger 2 (2)"
    assert outcome.changed
    assert (await doorstep.stage.people.identify(Account(channel="chat", id="2"))).label == "Stranger 2 (Stranger-2)"


async def test_who_was_decided_by_pending_is_not_listed_any_more(doorstep) -> None:
    root = await doorstep.stage.person("root", Role.ADMIN)
    await doorstep.knock(1, 2)
    late = next(each for each in await doorstep.approvals.pending(root) if each.subject["account_id"] == "2")
    await doorstep.approvals.decide(root, Account(channel="console", id="x"), code=late.code, choice=Choice.DENY.value)
    doorstep.stage.clock.move(seconds=61)

    assert await doorstep.admissions.tell() == 0


async def test_strangers_of_one_channel_do_not_hide_those_of_another(doorstep) -> None:
    await doorstep.stage.person("root", Role.ADMIN)
    await doorstep.knock(1, 2, 3)
    await doorstep.knock(1, channel="other")

    assert len(await doorstep.cards()) == 2


def test_a_burst_is_told_of_once_until_it_has_been_quiet(monkeypatch) -> None:
    clock = HandClock()
    bursts = Bursts(clock, quiet=timedelta(minutes=1))
    begun = [bursts.begins("a"), bursts.begins("a"), bursts.begins("b")]
    clock.move(seconds=61)
    later = bursts.begins("a")
    clock.move(hours=-5)

    assert (begun, later, bursts.begins("a")) == ([True, False, True], True, True)


def test_many_places_are_forgotten_rather_than_kept_for_ever() -> None:
    bursts = Bursts(HandClock())
    for number in range(MOST + 10):
        bursts.begins(str(number))

    assert len(bursts._latest) == MOST


@pytest.mark.server
async def test_dead_letters_of_one_burst_are_one_that_counts(store, dsn) -> None:
    bus = bus_of(store, dsn, cap=2)
    outcomes = [await bus.publish("a", "c", str(n), "{}") for n in range(5)]
    outcomes += await asyncio.gather(*(bus.publish("a", "c", str(n), "{}") for n in range(5, 50)))
    await asyncio.gather(*(bus.publish("b", "c", f"b{n}", "{}") for n in range(4)))
    if bus._publishing is not None:  # who publishes is told before the dead letters are put together
        await asyncio.wait((bus._publishing,))
    rows = await store.fetch("select event_id, lane, times from nexora_inbox where state = 'dead' order by id")

    assert outcomes == [Published.TAKEN] * 2 + [Published.FULL] * 48
    assert [tuple(row.values()) for row in rows] == [("2", "a", 48), ("b2", "b", 2)]


@pytest.mark.server
async def test_dead_letters_are_cleaned_by_age(store, dsn) -> None:
    bus = bus_of(store, dsn, cap=1)
    for lane in ("old", "new"):
        await bus.publish(lane, "c", f"{lane}1", "{}")
        await bus.publish(lane, "c", f"{lane}2", "{}")
    await store.fetch("update nexora_inbox set done_at = now() - interval '31 days' where event_id = 'old2'")
    await store.fetch(bus.lanes.query("forget_dead"), timedelta(days=30))

    assert await store.fetchval("select string_agg(event_id, ',') from nexora_inbox where state = 'dead'") == "new2"


async def test_what_a_stranger_says_while_they_wait_is_kept_up_to_a_bound_and_told_twice_in_all(doorstep) -> None:
    await doorstep.stage.person("root", Role.ADMIN)
    await doorstep.knock(1)

    told = [await said(doorstep, f"later {number}") for number in range(MOST_LATER + 3)]

    assert [each for each in told if each[1]] == [("admission.waiting", True), ("admission.full", True)]
    request = (await doorstep.approvals.pending(await root(doorstep)))[0]
    assert [load(Inbound, each).text for each in later_of(request)] == [
        f"later {number}" for number in range(MOST_LATER)
    ]
    (card, *_) = [message.card for _, message in reversed(await doorstep.cards()) if message.card]
    assert (card.facts[-2].label, card.facts[-2].value) == ("Since then", "10 more, answered once they are in")
    assert [fact.value for fact in card_for(request, "zh").facts if fact.label == "此后"] == [
        "另有 10 条，通过后一并回复"
    ]


async def test_a_very_long_later_message_is_not_kept(doorstep) -> None:
    await doorstep.stage.person("root", Role.ADMIN)
    await doorstep.knock(1)

    assert await said(doorstep, "x" * LONGEST_LATER) == ("admission.full", True)
    assert await said(doorstep, "x" * LONGEST_LATER) == ("admission.full", False)


async def said(doorstep, text: str) -> tuple[str, bool]:
    """What the first stranger says now."""
    inbound = Inbound(
        event_id=text[:20],
        at=doorstep.stage.clock(),
        address=Address(channel="chat", room="1"),
        sender=Account(channel="chat", id="1", name="Stranger 1"),
        parts=(Text(text=text),),
    )
    async with doorstep.stage.store.transaction() as work:
        return await doorstep.admissions.keep(work, inbound)


async def root(doorstep) -> Person:
    found = await doorstep.stage.people.by_name("root")
    assert found is not None
    return found
