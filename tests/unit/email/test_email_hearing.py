"""Hearing a real mailbox: what arrives, what does not, and when it is marked."""

import asyncio
from collections.abc import Awaitable, Callable
from email.message import EmailMessage

import pytest

from channels.base import ChannelState, FileTooLarge, MessageRefused, NotStored
from channels.messages import File, FileKind, Inbound
from tests.platforms.email.people import bare, mail, vouched
from tests.platforms.mail.places import HOST
from tests.unit.email.bench import Bench, bench


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 -- the servers are asked, they announce nothing
            await asyncio.sleep(0.01)


def from_alice(stage: Bench, text: str, **more: str) -> EmailMessage:
    return mail(stage.driver.alice.id, stage.driver.bot, text, **more)


async def arrives(stage: Bench, message: EmailMessage) -> None:
    """As a mail of the world: over the border, where Postfix asks its filter and writes the result on top."""
    del message["Authentication-Results"]
    sender = stage.driver.alice.id
    await asyncio.to_thread(stage.driver.servers.arrive, message.as_bytes(), to=stage.driver.bot, sender=sender)


async def test_a_mail_of_the_world_is_heard_by_the_word_of_our_own_border() -> None:
    async with bench() as stage:
        await arrives(stage, from_alice(stage, "hello"))
        [event] = await stage.hears()

        assert event.text == "hello"


async def test_what_a_sender_writes_about_themselves_is_not_believed() -> None:
    async with bench() as stage:
        alice, servers = stage.driver.alice.id, stage.driver.servers
        servers.verdict(alice, f"Authentication-Results: {HOST}; dmarc=fail header.from=corp.example")
        forged = from_alice(stage, "let me in")
        del forged["Authentication-Results"]
        forged["Authentication-Results"] = vouched(alice)
        await asyncio.to_thread(servers.arrive, forged.as_bytes(), to=stage.driver.bot, sender=alice)
        await until(lambda: stage.driver.acknowledged == 1)

        assert stage.heard == []
        assert stage.driver.calls == 0


async def test_mail_is_pushed_and_not_only_looked_for() -> None:
    async with bench(idle_seconds=600) as stage:
        await stage.home()
        await stage.settled()
        async with asyncio.timeout(3):
            await stage.driver.say("pushed")
            await stage.hears(2)

        assert stage.heard[-1].text == "pushed"


async def test_a_mail_is_marked_only_once_it_is_stored_however_long_that_takes() -> None:
    async with bench() as stage:
        stage.stored.clear()
        await stage.driver.say("slowly")
        entered = asyncio.Event()
        receive = stage.receive

        async def slow(inbound: Inbound) -> None:
            entered.set()
            await receive(inbound)

        await stage.hang_up()
        stage.listening = asyncio.create_task(stage.email.listen(slow))
        async with asyncio.timeout(5):
            await entered.wait()
        health = await stage.email.probe()
        early = stage.driver.acknowledged
        stage.stored.set()
        await until(lambda: stage.driver.acknowledged == 1)

        assert health.state is ChannelState.UP
        assert early == 0
        assert [event.text for event in stage.heard] == ["slowly"]


async def refusing(stage: Bench, receive: Callable[[Inbound], Awaitable[None]]) -> None:
    await stage.hang_up()
    stage.listening = asyncio.create_task(stage.email.listen(receive))


async def test_who_cannot_be_stored_waits_in_order_and_others_pass() -> None:
    async with bench() as stage:
        alice, asked = stage.driver.alice.id, []

        async def receive(inbound: Inbound) -> None:
            asked.append(inbound.text)
            if inbound.sender.id == alice and asked.count("one") < 3:
                raise NotStored
            await stage.receive(inbound)

        await stage.hang_up()
        await stage.driver.say("one")
        await stage.driver.say("two")
        await stage.driver.say("three", by=stage.driver.bob)
        await refusing(stage, receive)
        await stage.hears(3)

        assert [event.text for event in stage.heard] == ["three", "one", "two"]
        assert asked.count("two") == 1


async def test_what_was_heard_is_not_heard_again_after_a_restart() -> None:
    async with bench() as stage:
        await stage.driver.say("before")
        await stage.hears()
        await until(lambda: stage.driver.acknowledged == 1)
        await stage.hang_up()
        stage.listening = asyncio.create_task(stage.again().listen(stage.receive))
        await stage.driver.say("after")
        await stage.hears(2)

        assert [event.text for event in stage.heard] == ["before", "after"]


async def test_a_thread_is_one_conversation_and_another_is_another() -> None:
    async with bench() as stage:
        first = await stage.driver.say("one")
        await stage.driver.say("more of one", answers=first)
        await stage.driver.say("two")
        one, more, two = await stage.hears(3)

        assert one.address == more.address != two.address
        assert one.address.thread == first
        assert one.address.room == stage.driver.alice.id


async def test_the_subject_stands_above_the_first_words_and_not_above_a_command() -> None:
    async with bench() as stage:
        await stage.driver.post(from_alice(stage, "please", subject="Deploy the shop"))
        await stage.driver.post(from_alice(stage, "/help", subject="a command"))
        await stage.driver.post(from_alice(stage, "", subject="All in the subject"))
        await stage.hears(3)

        assert [event.text for event in stage.heard] == ["Deploy the shop\n\nplease", "/help", "All in the subject"]


async def test_a_page_is_read_and_its_quote_told_apart() -> None:
    async with bench() as stage:
        first = from_alice(stage, "the question")
        await stage.driver.post(first)
        reply = from_alice(stage, "", answers=first)  # type: ignore[arg-type]  # a mail, not a word
        reply.set_content(
            "<p>yes, <b>do</b> it</p><div>On Monday, Bob wrote:</div><blockquote>shall I?</blockquote>", "html"
        )
        await stage.driver.post(reply)
        event = (await stage.hears(2))[-1]

        assert event.text == "yes, do it"
        assert event.parts[0].text == "shall I?"  # type: ignore[union-attr]  # a Quote


async def test_files_in_every_place_of_a_mail_are_found_and_fetched() -> None:
    async with bench() as stage:
        message = from_alice(stage, "words")
        message.add_alternative('<p>words</p><img src="cid:dot">', subtype="html")
        message.get_payload()[1].add_related(b"PIXEL", "image", "png", cid="<dot>", filename="dot.png")  # type: ignore[union-attr,index]
        message.add_attachment("ü text\n", filename="../../notes.txt")
        inner = mail("eve@evil.example", "x@y.example", "forwarded")
        message.add_attachment(inner)
        message.add_attachment(b"\x00\x01" * 500, maintype="audio", subtype="ogg", filename="a.ogg")
        await stage.driver.post(message)
        [event] = await stage.hears()
        found = {file.name: (file, await stage.email.fetch(file, 10_000)) for file in event.files}

        assert event.text == "words"
        assert found["dot.png"][1] == b"PIXEL"
        assert found["dot.png"][0].presented_as is FileKind.IMAGE
        assert found["notes.txt"][1].decode().strip() == "ü text"
        assert found["a.ogg"][1] == b"\x00\x01" * 500
        assert found["a.ogg"][0].presented_as is FileKind.VOICE
        assert b"forwarded" in found["file-3.eml"][1]


async def test_a_file_that_is_too_large_gone_or_not_ours_is_refused_in_words() -> None:
    async with bench() as stage:
        await stage.driver.send_file("a.bin", b"x" * 5000, "application/octet-stream")
        [event] = await stage.hears()
        [file] = event.files
        validity, _, rest = file.locator.split("/", 2)
        strange = [f"{validity}/99999/{rest}", f"1/1/{rest}", "/etc/passwd", f"{validity}/1 BODY[]/1/base64"]

        with pytest.raises(FileTooLarge):
            await stage.email.fetch(file, 4999)
        with pytest.raises(FileTooLarge):
            await stage.email.fetch(File(name="a", media_type="a/b", size=0, locator=file.locator), 400)
        for locator in strange:
            with pytest.raises(MessageRefused):
                await stage.email.fetch(File(name="a", media_type="a/b", size=1, locator=locator), 100)


async def test_of_a_huge_mail_the_words_are_read() -> None:
    async with bench(max_mail_bytes=100_000) as stage:
        await stage.driver.send_file("a.bin", b"x" * 600_000, "application/octet-stream", "the words")
        [event] = await stage.hears()

        assert event.text.startswith("the words")
        assert "too large" in event.text
        assert event.files == ()


async def test_mail_that_no_parser_takes_is_put_aside_and_the_next_is_heard() -> None:
    async with bench() as stage:
        alice = stage.driver.alice.id
        head = f"Authentication-Results: {vouched(alice)}\r\nFrom: {alice}\r\n".encode()
        broken = (
            b"\x00\xff\r\n",
            head + b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
            head + b"Content-Type: text/plain; charset=no-such-thing\r\n\r\n\xff\xfe",
            head
            + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
            + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 300,
            head
            + b"Message-ID: <"
            + b"x" * 5000
            + b">\r\nReferences: "
            + b"<y@z> " * 5000
            + b"\r\nSubject: =?utf-8?b?////?=\r\n\r\nodd",
        )
        for raw in broken:
            await stage.driver.deliver(raw, sender=alice)
        await stage.driver.say("and a good one")
        await until(lambda: any(event.text == "and a good one" for event in stage.heard))
        await until(lambda: stage.driver.acknowledged == len(broken) + 1)

        assert any(event.text == "odd" for event in stage.heard)


async def test_one_who_writes_more_than_a_person_would_is_taken_for_a_machine() -> None:
    async with bench(mails_per_sender_hour=3) as stage:
        for number in range(5):
            await stage.driver.say(f"number {number}")
        await stage.driver.say("I am another", by=stage.driver.bob)
        await stage.hears(4)
        await until(lambda: stage.driver.acknowledged == 6)

        assert [event.text for event in stage.heard] == ["number 0", "number 1", "number 2", "I am another"]


async def test_the_health_tells_that_nobody_is_believed_until_somebody_is() -> None:
    async with bench(authserv_id="mx.other.example") as stage:
        await stage.driver.say("hello")
        await until(lambda: stage.driver.acknowledged == 1)
        health = await stage.settled()

        assert health.state is ChannelState.UP
        assert f"is of '{HOST}', and authserv_id is 'mx.other.example'" in health.reason


async def test_the_same_id_from_another_sender_is_another_event() -> None:
    async with bench() as stage:
        first = from_alice(stage, "from alice")
        second = mail(stage.driver.bob.id, stage.driver.bot, "from bob")
        second.replace_header("Message-ID", first["Message-ID"])
        await stage.driver.post(second)
        await stage.driver.post(first)
        events = await stage.hears(2)

        assert len({event.event_id for event in events}) == 2
        assert bare(first) == bare(second)
