"""What was committed to be sent is sent: in order, once where the platform can tell, and marked where it cannot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from channels.base import ChannelDown, ChannelError, ChannelRefused, Deferred, Lack, MessageRefused, RateLimited, Traits
from channels.messages import Account, Address, Card, File, Outbound, Ref, Text, plain
from gateway.queue.jobs import Patience
from gateway.queue.lanes import Lanes
from gateway.queue.outbox import Outbox
from governance.record.commits import Commits
from governance.record.transaction import Store

pytestmark = pytest.mark.server
QUICK = Patience(tries=3, first_pause=0.01, longest_pause=0.02, lease=timedelta(seconds=1), at_once=8, last_words=2)
ROOM = Address(channel="chat", room="1")


class Platform:
    """A platform that can be told to fail; itself the supervisor and the channel."""

    def __init__(self, traits: Traits) -> None:
        self.traits = traits
        self.sent: list[Outbound] = []
        self.troubles: list[Exception] = []
        self.takes_no_files: ChannelError | None = None
        self.is_up = True
        self._changed = asyncio.Event()

    @property
    def channel(self) -> "Platform":
        return self

    async def send(self, message: Outbound, *, urgent: bool = False) -> Ref:
        self._changed.set()
        if self.troubles:
            raise self.troubles.pop(0)
        if self.takes_no_files and any(isinstance(part, File) for part in message.parts):
            raise self.takes_no_files
        self.sent.append(message)
        return Ref(address=message.address, id=f"m{len(self.sent)}")

    async def direct_room(self, account: Account) -> Address:
        return Address(channel="chat", room=f"dm-{account.id}")

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.sent) < count:
                await self._changed.wait()
                self._changed.clear()


@pytest.fixture
def platform() -> Platform:
    return Platform(Traits(max_text=100, can_edit=True))


@asynccontextmanager
async def sending(store: Store, platform: Platform, owner: str = "one") -> AsyncIterator[Outbox]:
    outbox = Outbox(Lanes(store, "nexora_outbox", "key", owner, QUICK), {"chat": platform})
    store.commits = Commits()
    store.commits.heard_by(outbox.hear)
    task = asyncio.create_task(outbox.run())
    await asyncio.sleep(0)
    try:
        yield outbox
    finally:
        task.cancel()
        await asyncio.wait([task])


async def queue(store: Store, *messages: Outbound) -> None:
    async with store.transaction() as work:
        for message in messages:
            work.send(message)


def message(key: str, text: str = "", **more) -> Outbound:
    return Outbound(key=key, address=ROOM, parts=plain(text or key), **more)


async def settled(store: Store) -> None:
    await until_stored(store, "select count(*) = 0 from nexora_outbox where state in ('ready', 'running')")


async def until_stored(store: Store, condition: str) -> None:
    async with asyncio.timeout(10):
        while not await store.fetchval(condition):  # noqa: ASYNC110  # rows have no event
            await asyncio.sleep(0.02)


async def test_a_message_with_the_same_key_is_sent_once_and_its_ref_is_kept(store, platform) -> None:
    async with sending(store, platform):
        await queue(store, message("a"))
        await queue(store, message("a"), message("b"))
        await platform.until(2)
        await settled(store)

    assert [sent.key for sent in platform.sent] == ["a", "b"]
    assert '"m1"' in (await store.fetchval("select ref::text from nexora_outbox where key = 'a'")).replace(" ", "")


async def test_a_rate_limit_delays_a_room_keeps_its_order_and_costs_no_try(store, platform) -> None:
    platform.troubles = [RateLimited(0.02)] * 6
    async with sending(store, platform):
        await queue(store, message("a"), message("b"))
        await platform.until(2)

    assert [sent.key for sent in platform.sent] == ["a", "b"]


async def test_a_long_text_goes_on_after_the_part_that_was_sent(store, platform) -> None:
    text = "\n\n".join(f"paragraph {number} " + "x" * 60 for number in range(4))
    async with sending(store, platform):
        platform.troubles = []
        await queue(store, message("long", text))
        await platform.until(1)
        await platform.until(4)
        await settled(store)

    assert [sent.key for sent in platform.sent] == ["long", "long#2", "long#3", "long#4"]


async def test_a_broken_connection_in_the_middle_repeats_no_part(store, platform) -> None:
    text = "\n\n".join(f"paragraph {number} " + "x" * 60 for number in range(3))
    calls = 0
    send = platform.send

    async def flaky(part: Outbound, *, urgent: bool) -> Ref:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RateLimited(0.01)
        return await send(part, urgent=urgent)

    platform.send = flaky
    async with sending(store, platform):
        await queue(store, message("long", text))
        await platform.until(3)

    assert [sent.key for sent in platform.sent] == ["long", "long#2", "long#3"]


async def test_what_the_platform_refuses_is_put_aside_and_recorded_and_the_next_goes_out(store, platform) -> None:
    platform.troubles = [MessageRefused("chat not found")]
    async with sending(store, platform):
        await queue(store, message("bad"), message("good"))
        await platform.until(2)
        await settled(store)

    assert [sent.key for sent in platform.sent] == ["good", "undelivered:bad"]
    assert platform.sent[1].text.startswith("❖ ⚠️ Something that belongs here was not taken: chat not found")
    assert await store.fetchval("select state from nexora_outbox where key = 'bad'") == "dead"
    assert await store.fetchval("select tag from nexora_audit_events") == "outbox:message:undelivered"


async def test_a_room_that_takes_nothing_is_told_of_it_once_and_recorded_once(store, platform) -> None:
    platform.troubles = [MessageRefused("chat not found"), MessageRefused("chat not found")]
    async with sending(store, platform):
        await queue(store, message("bad"))
        await settled(store)

    assert platform.sent == []
    assert await store.fetchval("select count(*) from nexora_outbox where state = 'dead'") == 2
    assert await store.fetchval("select count(*) from nexora_audit_events") == 1


@pytest.mark.parametrize(
    "more",
    [{"rewrites": "earlier"}, {"only_for": Account(channel="chat", id="7")}],
    ids=["a card that is rewritten", "somebody's private room"],
)
async def test_nothing_is_said_in_place_of_what_nobody_waits_for(store, platform, more) -> None:
    platform.troubles = [MessageRefused("no")]
    bad = message("bad", **more)
    bad = replace(bad, address=replace(ROOM, room="@7")) if bad.only_for else bad
    async with sending(store, platform):
        await queue(store, bad)
        await settled(store)

    assert platform.sent == []


async def test_a_message_that_was_in_flight_at_a_crash_is_sent_again_and_marked(store, platform) -> None:
    await queue(store, message("a", "hello"))
    await store.fetch(
        "update nexora_outbox set state = 'running', owner = 'dead', tries = 1, lease_until = now() - interval '1 s'"
    )

    async with sending(store, platform):
        await platform.until(1)

    assert platform.sent[0].text.endswith("hello")
    assert platform.sent[0].text != "hello"


async def test_a_stop_lets_what_is_being_sent_arrive(store, platform) -> None:
    begun, send = asyncio.Event(), platform.send

    async def slow(part: Outbound, *, urgent: bool) -> Ref:
        begun.set()
        await asyncio.sleep(0.1)
        return await send(part, urgent=urgent)

    platform.send = slow
    async with sending(store, platform):
        await queue(store, message("a"))
        await begun.wait()

    assert [sent.key for sent in platform.sent] == ["a"]
    assert await store.fetchval("select state from nexora_outbox") == "done"


async def test_a_message_that_waited_too_long_is_not_sent_any_more_not_even_at_its_first_try(store, platform) -> None:
    async with store.transaction() as work:
        work.send(message("old"), expires_at=store.now() - timedelta(seconds=1))
    async with sending(store, platform):
        await settled(store)

    assert platform.sent == []
    assert await store.fetchval("select state from nexora_outbox") == "dead"


async def test_a_message_of_a_channel_that_is_not_here_waits_and_is_put_aside_once_it_is_too_old(store, platform):
    elsewhere = replace(message("there"), address=Address(channel="other", room="1"))
    async with sending(store, platform):
        await queue(store, elsewhere, message("here"))
        await platform.until(1)
        waiting = await store.fetchrow("select state, tries from nexora_outbox where key = 'there'")
        await store.fetch("update nexora_outbox set expires_at = now() - interval '1 second' where key = 'there'")
    async with sending(store, platform, "two"):
        await settled(store)

    assert tuple(waiting) == ("ready", 0)
    assert [sent.key for sent in platform.sent] == ["here"]
    assert "no gateway has a channel named other" in await store.fetchval(
        "select detail from nexora_audit_events where tag = 'outbox:message:undelivered'"
    )


async def test_a_channel_that_is_down_here_leaves_its_messages_to_the_gateway_where_it_is_up(store, platform) -> None:
    deaf = Platform(platform.traits)
    deaf.troubles, deaf.is_up = [ChannelDown("gone")] * 100, False
    await queue(store, *(replace(message(f"m{n}"), address=Address(channel="chat", room=str(n))) for n in range(40)))
    async with sending(store, deaf, "deaf"), sending(store, platform, "well"):
        await platform.until(40)
        await settled(store)

    assert len(deaf.troubles) >= 60, "and it stops taking them after the first that it could not send"


async def test_a_rewrite_finds_the_message_it_rewrites_and_a_private_room_is_looked_up(store, platform) -> None:
    private = Address(channel="chat", room="@42")
    card = Outbound(key="card", address=private, parts=plain("decide"), only_for=Account(channel="chat", id="42"))
    outcome = Outbound(key="card:outcome", address=private, parts=plain("decided"), rewrites="card")
    async with sending(store, platform):
        await queue(store, card)
        await queue(store, outcome)
        await platform.until(2)

    assert platform.sent[0].address.room == "dm-42"
    assert platform.sent[1].replaces == Ref(address=platform.sent[0].address, id="m1")


async def test_where_nothing_can_be_edited_a_rewrite_answers_the_message_instead(store) -> None:
    platform = Platform(Traits(max_text=100, can_edit=False))
    async with sending(store, platform):
        await queue(store, message("card"), message("card:outcome", rewrites="card"))
        await platform.until(2)

    assert platform.sent[1].replaces is None
    assert platform.sent[1].answers == Ref(address=ROOM, id="m1")


async def test_what_should_replace_a_message_that_takes_no_edit_any_more_is_sent_anew(store, platform) -> None:
    platform.troubles.append(MessageRefused("it takes no edit any more"))
    async with sending(store, platform):
        await queue(store, message("whole", replaces=Ref(address=ROOM, id="half")))
        await platform.until(1)
        await settled(store)

    assert [(sent.text, sent.replaces) for sent in platform.sent] == [("whole", None)]


REPORT = File(name="report.txt", media_type="text/plain", size=11, locator="/nowhere")
NO_FILES = MessageRefused(
    "Slack refuses: missing_scope",
    lack=Lack(word="missing_scope files:write", repair={"en": "Add the scope.", "zh": "请添加权限。"}),
)


@pytest.mark.parametrize("error", [ChannelDown("500"), ChannelRefused("403 unknown"), Deferred(0.01, "451 later")])
async def test_what_fails_although_its_channel_is_up_is_given_up_and_told_and_the_next_goes_out(
    store, platform, error
) -> None:
    platform.troubles = [error] * QUICK.tries
    async with sending(store, platform):
        await queue(store, message("bad"), message("good"))
        await platform.until(2)
        await settled(store)

    assert [sent.key for sent in platform.sent] == ["good", "undelivered:bad"]
    assert str(error) in platform.sent[1].text
    assert await store.fetchval("select state from nexora_outbox where key = 'bad'") == "dead"


async def test_what_fails_once_although_its_channel_is_up_is_sent_by_the_next_try(store, platform) -> None:
    platform.troubles = [ChannelDown("500"), ChannelDown("500")]
    async with sending(store, platform):
        await queue(store, message("a"), message("b"))
        await platform.until(2)

    assert [sent.key for sent in platform.sent] == ["a", "b"]


async def test_what_waits_for_a_channel_that_is_down_waits_however_often_it_was_tried(
    store, platform, monkeypatch
) -> None:
    monkeypatch.setattr("gateway.queue.outbox.CHANNEL_DOWN_SECONDS", 0.01)
    platform.troubles, platform.is_up = [ChannelDown("gone")] * (QUICK.tries * 3), False
    async with sending(store, platform):
        await queue(store, message("a"))
        await platform.until(1)
        await settled(store)

    assert await store.fetchval("select state || tries from nexora_outbox") == "done1"


async def test_a_message_that_fails_for_too_long_is_given_up_before_its_tries_are_used(
    store, platform, monkeypatch
) -> None:
    monkeypatch.setattr("gateway.queue.outbox.TROUBLE_SECONDS", 0.0)
    platform.troubles = [ChannelDown("no answer in time")] * 2
    async with sending(store, platform):
        await queue(store, message("slow"), message("next"))
        await platform.until(1)

    assert platform.sent[0].key == "next"
    assert await store.fetchval("select tries from nexora_outbox where key = 'slow'") < QUICK.tries


@pytest.mark.parametrize("error", [NO_FILES, ChannelDown("the file store answers 500")])
async def test_a_file_that_is_refused_keeps_back_neither_the_words_nor_what_comes_after_it(
    store, platform, error
) -> None:
    platform.traits = replace(platform.traits, max_text=1000, max_file_bytes=100)
    platform.takes_no_files = error
    answer = message("answer", card=Card(id="abcdefgh23456789", title="Read it"))
    async with sending(store, platform):
        await queue(store, replace(answer, parts=(Text(text="here it is"), REPORT)), message("next"))
        await platform.until(4)
        await settled(store)

    assert [sent.key for sent in platform.sent] == ["answer", "answer#3", "next", "undelivered:answer#2"]
    assert await store.fetchval("select state from nexora_outbox where key = 'answer'") == "done"
    assert await store.fetchval("select resource from nexora_audit_events") == "answer#2"


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "en",
            "report.txt could not be sent here: the platform does not let me do this (missing_scope files:write). Add",
        ),
        ("zh", "report.txt 未能在此发送：平台不允许此操作（missing_scope files:write）。请添加权限。"),
    ],
)
async def test_the_notice_says_what_lacks_and_how_it_is_mended(store, platform, language, says) -> None:
    platform.traits = replace(platform.traits, max_text=1000, max_file_bytes=100)
    platform.takes_no_files = NO_FILES
    async with sending(store, platform):
        await queue(store, replace(message("report", in_language=language), parts=(REPORT,)))
        await platform.until(1)

    assert says in platform.sent[0].text
