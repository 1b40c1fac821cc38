"""Digests: when they are due whatever clocks do, what they tell and to whom, and that each is sent once."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from channels.codec import load
from channels.messages import Account, Address, Outbound
from gateway.messages.digest import Digester
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals
from governance.approvals.tool_grants import ToolGrants
from governance.digests.digests import Digests
from governance.digests.times import Cadence, ZoneUnknown, minute_of
from governance.people.people import CHAT, Role
from governance.record.transaction import Store
from governance.usage.usage import Usage
from tests.unit.people_stage import HandClock, Stage

HOME = Address(channel="chat", room="alice")
DAILY = Cadence(minute=8 * 60 + 30, time_zone="Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cadence", "moment", "due"),
    [
        (DAILY, "2026-11-24T07:29", "2026-11-24T07:30"),
        (DAILY, "2026-11-24T07:30", "2026-11-25T07:30"),
        (Cadence(minute=0, time_zone="Asia/Shanghai"), "2026-11-24T15:59", "2026-11-24T16:00"),
        (Cadence(minute=510, time_zone="UTC", weekday=0), "2026-11-24T09:00", "2026-11-30T08:30"),
        (Cadence(minute=510, time_zone="UTC", weekday=1), "2026-11-24T08:30", "2026-12-01T08:30"),
        # 02:30 does not exist on 29 March 2026 in Berlin, and comes twice on 25 October.
        (Cadence(minute=150, time_zone="Europe/Berlin"), "2026-03-28T12:00", "2026-03-29T01:30"),
        (Cadence(minute=150, time_zone="Europe/Berlin"), "2026-10-25T00:30", "2026-10-26T01:30"),
    ],
)
def test_a_digest_is_due_at_the_persons_own_time(cadence: Cadence, moment: str, due: str) -> None:
    assert cadence.next_after(at(moment)) == at(due)


def test_no_day_of_a_year_is_left_out_or_doubled() -> None:
    moment, seen = at("2026-01-01T00:00"), []
    while moment < at("2027-01-01T00:00"):
        moment = Cadence(minute=150, time_zone="Europe/Berlin").next_after(moment)
        seen.append(moment)

    assert len(seen) == 366
    assert all(
        timedelta(hours=22) < later - earlier < timedelta(hours=26) for earlier, later in itertools.pairwise(seen)
    )


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "Europe/Berlin\0"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ZoneUnknown):
        Cadence(minute=0, time_zone=name).next_after(at("2026-01-01T00:00"))


@pytest.mark.parametrize(
    ("text", "minute"),
    [("8", 480), ("08:30", 510), ("23:59", 1439), ("24", None), ("8:60", None), ("-1", None), ("8:3", None)],
)
def test_a_time_of_day_is_read_as_people_write_it(text: str, minute: int | None) -> None:
    assert minute_of(text) == minute


class House:
    """People, a clock that tests turn, and the outbox."""

    def __init__(self, store: Store, clock: HandClock) -> None:
        self.clock = clock
        self.stage = Stage(store, clock)
        self.store = store
        self.digests = Digests(store, self.stage.people)
        self.digester = Digester(
            store=store,
            digests=self.digests,
            approvals=Approvals(store, ToolGrants(store), [TOOL_CALL]),
            usage=Usage(store, lambda *_: None),
            channels={},
        )

    async def sent(self) -> list[Outbound]:
        rows = await self.store.fetch("select body from nexora_outbox where key like 'digest:%' order by id")
        return [load(Outbound, row["body"]) for row in rows]


@pytest.fixture
async def house(store: Store) -> House:
    clock = HandClock()
    return House(Store(store.pool, now=clock), clock)


async def test_what_was_missed_while_nobody_could_send_is_sent_once(house: House) -> None:
    alice, _ = await house.stage.people.create("alice", Role.OPERATOR, by=None)
    await house.digests.put(alice, DAILY, HOME, origin=CHAT)
    early = await house.digests.send_due(house.digester.compose)
    house.clock.move(days=3)
    late = [await house.digests.send_due(house.digester.compose) for _ in range(3)]
    house.clock.move(days=1)
    next_day = await house.digests.send_due(house.digester.compose)

    assert (early, late, next_day) == (0, [1, 0, 0], 1)
    assert len({message.key for message in await house.sent()}) == 2
    assert [message.address for message in await house.sent()] == [HOME, HOME]


async def test_a_digest_to_an_account_goes_to_its_private_room_alone(house: House) -> None:
    alice, _ = await house.stage.people.create("alice", Role.OPERATOR, by=None)
    await house.digests.put(alice, DAILY, Account(channel="email", id="alice@example.org"), origin=CHAT)
    house.clock.move(days=1)
    await house.digests.send_due(house.digester.compose)
    [message] = await house.sent()

    assert message.address.room == "@alice@example.org"
    assert message.only_for == Account(channel="email", id="alice@example.org")


async def test_a_person_who_was_shut_out_is_sent_none(house: House) -> None:
    root, _ = await house.stage.people.create("root", Role.ADMIN, by=None)
    alice, _ = await house.stage.people.create("alice", Role.OPERATOR, by=None)
    await house.digests.put(alice, DAILY, HOME, origin=CHAT)
    await house.stage.people.disable(alice.id, by=root)
    house.clock.move(days=1)
    await house.digests.send_due(house.digester.compose)

    assert await house.sent() == []


async def test_two_gateways_send_it_once(house: House) -> None:
    alice, _ = await house.stage.people.create("alice", Role.OPERATOR, by=None)
    await house.digests.put(alice, DAILY, HOME, origin=CHAT)
    house.clock.move(days=1)
    counts = await asyncio.gather(*(house.digests.send_due(house.digester.compose) for _ in range(4)))

    assert sum(counts) == 1
    assert len(await house.sent()) == 1


async def test_it_tells_in_the_persons_language_what_is_theirs(house: House) -> None:
    people = house.stage.people
    root, _ = await people.create("root", Role.ADMIN, by=None)
    alice, _ = await people.create("alice", Role.OPERATOR, by=None)
    alice = await people.describe(alice.id, by=alice, language="zh", origin=CHAT)
    async with house.store.transaction() as work:
        await house.digester.usage.add(
            work,
            person_id=root.id,
            agent="a",
            provider="p",
            model="m",
            input_tokens=777,
            output_tokens=0,
            channel="chat",
            conversation="chat:x:",
        )
    until = house.clock() + timedelta(seconds=1)
    hers, admins = [await house.digester.compose(who, until - timedelta(days=1), until) for who in (alice, root)]

    assert "没有用量" in hers
    assert "777" not in hers
    assert "渠道" not in hers
    assert "777 tokens in 1 calls" in admins
    assert "All channels are up." in admins
