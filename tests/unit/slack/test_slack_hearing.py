"""What Slack tells becomes what the bus keeps."""

import asyncio
from dataclasses import replace

import pytest

from channels.base import (
    FileTooLarge,
    MessageRefused,
)
from channels.messages import (
    Account,
    File,
    FileKind,
    Ref,
)
from channels.shared.downloads import PIECE_BYTES
from tests.platforms.slack.workspace import BOT, GROUP, OTHER_TEAM, TEAM
from tests.unit.slack.bench import ALICE, DIRECT, Bench, in_thread, say


async def test_a_direct_message_is_stored_before_it_is_acknowledged(bench: Bench) -> None:
    await bench.connected()
    bench.inbox.open.clear()
    ts = bench.slack.say("hello &lt;b&gt; &amp; &amp;lt;")
    [heard] = await bench.inbox.first()
    before = bench.slack.acknowledged
    bench.inbox.open.set()
    async with asyncio.timeout(5):
        await asyncio.gather(*bench.slack._tasks)

    assert before == 0
    assert bench.slack.acknowledged >= 1
    assert heard.text == "hello <b> & &lt;"
    assert heard.event_id == f"{TEAM}:D0ALICE:{ts}"
    assert heard.sender.id == ALICE.id
    assert heard.is_direct
    assert heard.to_me
    assert heard.address == DIRECT
    assert heard.message == Ref(address=DIRECT, id=ts)


async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(bench: Bench) -> None:
    await bench.connected()
    bench.inbox.failures = 1
    bench.slack.say("keep me")
    [heard] = await bench.inbox.first()

    assert heard.text == "keep me"
    assert bench.inbox.heard == 2


async def test_a_mention_that_arrives_as_two_events_is_one(bench: Bench) -> None:
    bench.slack.mentions_twice = True
    await bench.connected()
    ts = bench.slack.say(f"<@{BOT}> status?", room=GROUP)
    async with asyncio.timeout(5):
        await asyncio.gather(*bench.slack._tasks)
    [heard] = await bench.inbox.first()

    assert bench.inbox.heard == 2
    assert heard.text == "status?"
    assert heard.to_me
    assert not heard.is_direct
    assert heard.address == in_thread(ts)


async def test_messages_are_heard_in_the_order_in_which_they_came(bench: Bench) -> None:
    await bench.connected()
    for number in range(30):
        bench.slack.say(f"{number}")

    assert [inbound.text for inbound in await bench.inbox.first(30)] == [f"{number}" for number in range(30)]


async def test_a_thread_in_which_the_bot_spoke_is_to_it_without_a_mention(bench: Bench) -> None:
    await bench.connected()
    ts = bench.slack.say("anybody?", room=GROUP)
    bench.slack.say("not for you", room=GROUP, thread=ts)
    before = await bench.inbox.first(2)
    await bench.channel.send(say("me", in_thread(ts)))
    bench.slack.say("and now?", room=GROUP, thread=ts)
    after = (await bench.inbox.first(3))[-1]

    assert [inbound.to_me for inbound in before] == [False, False]
    assert after.to_me
    assert after.address.thread == ts


async def test_the_first_words_of_somebody_wait_for_their_name_and_what_follows_stays_behind_them(bench: Bench) -> None:
    bench.slack.limit("users.list", 0)
    bench.slack.workspace.users["U0ALICE"].locale = "zh-CN"
    await bench.connected()
    bench.slack.say("one")
    bench.slack.say("two")
    one, two = await bench.inbox.first(2)

    assert [(each.text, each.sender.name) for each in (one, two)] == [("one", "Alice"), ("two", "Alice")]
    assert one.language == "zh-CN"
    assert len(bench.slack.called("users.info")) == 1


async def test_a_name_that_slack_is_late_with_is_not_waited_for_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.slack.names.NAME_WAIT_SECONDS", 0.05)
    bench.slack.limit("users.list", 60)
    await bench.connected()
    bench.slack.say("one")
    bench.slack.say("two", user="U0BOB")
    bench.slack.say("three")
    heard = await bench.inbox.first(3)

    assert sorted((each.text, each.sender.name) for each in heard) == [("one", ""), ("three", ""), ("two", "")]
    assert bench.slack.called("users.info") == []


async def test_a_member_of_another_workspace_keeps_that_workspace(bench: Bench) -> None:
    await bench.connected()
    bench.slack.say(f"<@{BOT}> hi", user="U0CAROL", room=GROUP)
    [heard] = await bench.inbox.first()

    assert heard.sender.id == f"{OTHER_TEAM}:U0CAROL"


async def test_a_file_is_heard_and_its_bytes_are_fetched(bench: Bench) -> None:
    await bench.connected()
    bench.slack.say("look", files=(bench.slack.store("a b.png", b"\x89PNG", "image/png"),))
    [heard] = await bench.inbox.first()
    [file] = heard.files

    assert (file.name, file.size, file.presented_as) == ("a b.png", 4, FileKind.IMAGE)
    assert await bench.channel.fetch(file, 100) == b"\x89PNG"


async def test_a_file_in_a_channel_shared_with_another_company_is_asked_about_and_fetched(bench: Bench) -> None:
    await bench.connected()
    stored = bench.slack.store("a.log", b"disk full", "text/plain")
    stored.is_foreign = True
    bench.slack.say("please check this log", files=(stored,))
    [heard] = await bench.inbox.first()
    [file] = heard.files

    assert heard.text == "please check this log"
    assert await bench.channel.fetch(file, 100) == b"disk full"
    with pytest.raises(FileTooLarge):
        await bench.channel.fetch(file, 4)
    bench.slack.denied.add("files:read")
    with pytest.raises(MessageRefused, match="files:read"):
        await bench.channel.fetch(file, 100)


async def test_a_file_that_is_too_large_or_not_handed_out_is_refused_in_words(bench: Bench) -> None:
    stored = bench.slack.store("a.bin", b"12345678", "application/octet-stream")
    url = f"{bench.slack.base}/files-pri/{stored.id}/a.bin"
    file = File(name="a.bin", media_type="application/octet-stream", size=0, locator=url)
    with pytest.raises(FileTooLarge):
        await bench.channel.fetch(file, 4)
    with pytest.raises(MessageRefused, match="files:read"):
        await bench.build(bot_token="xoxb-1-other").fetch(file, 100)
    bench.slack.refuse("download", "login")
    with pytest.raises(MessageRefused, match="files:read"):
        await bench.channel.fetch(file, 100)
    moved = File(name="a", media_type="text/plain", size=0, locator=url.replace("files-pri", "moved"))
    with pytest.raises(MessageRefused, match="302"):
        await bench.channel.fetch(moved, 100)
    foreign = File(name="x", media_type="text/plain", size=1, locator="https://evil.example/files.slack.com")
    with pytest.raises(MessageRefused, match="does not lie at Slack"):
        await bench.channel.fetch(foreign, 100)


async def test_a_slash_command_is_words_said_to_the_bot(bench: Bench) -> None:
    await bench.connected()
    bench.slack.slash("/usage today", room=GROUP)
    [heard] = await bench.inbox.first()

    assert heard.text == "/usage today"
    assert heard.to_me
    assert heard.sender == Account(channel="slack", id=ALICE.id, name="alice")


async def test_a_file_comes_in_pieces_and_ends_where_it_grows_too_large(bench: Bench) -> None:
    await bench.connected()
    bench.slack.say("here", files=(bench.slack.store("log.txt", bytes(3 << 20), "text/plain"),))
    file = (await bench.inbox.first())[0].files[0]
    whole = [len(piece) async for piece in bench.channel.pieces(file, 3 << 20)]
    with pytest.raises(FileTooLarge):
        await bench.channel.fetch(replace(file, size=0), 1 << 20)

    assert sum(whole) == 3 << 20
    assert max(whole) <= PIECE_BYTES
