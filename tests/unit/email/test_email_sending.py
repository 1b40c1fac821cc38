"""Our mails on a real Postfix: threads, subjects, ids, files, and what its refusals mean."""

import asyncio
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import pytest

from channels.base import ChannelDown, ChannelRefused, Deferred, MessageRefused, RateLimited
from channels.email.compose import Composer, Subjects
from channels.email.oauth import Keys
from channels.email.options import Options
from channels.email.sending import Postman
from channels.email.tokens import Signer
from channels.messages import Account, Address, Card, File, Outbound, Ref, plain
from tests.platforms.email.eyes import look_at
from tests.platforms.email.people import mail
from tests.platforms.mail.places import OLD_HOST
from tests.platforms.mail.servers import somebody
from tests.unit.email.bench import Bench, bench
from tests.unit.email.oddities import odd_server


async def asked(stage: Bench, subject: str = "The shop") -> tuple[EmailMessage, Address]:
    question = mail(stage.driver.alice.id, stage.driver.bot, "is it up?", subject=subject)
    await stage.driver.post(question)
    return question, (await stage.hears())[-1].address


async def test_an_answer_stays_in_its_thread_and_says_that_a_program_wrote_it() -> None:
    async with bench() as stage:
        question, address = await asked(stage)
        await stage.send(address, parts=plain("it is"), answers=stage.heard[-1].message)
        [answer] = await stage.driver.received()

        assert answer["Subject"] == "Re: The shop"
        assert answer["In-Reply-To"] == question["Message-ID"]
        assert answer["References"] == question["Message-ID"]
        assert answer["Auto-Submitted"] == "auto-replied"
        assert answer["X-Auto-Response-Suppress"] == "All"
        assert answer["From"] == f"Nexora <{stage.driver.bot}>"
        assert answer["To"] == stage.driver.alice.id


async def test_a_long_thread_keeps_its_root_and_its_subject_after_a_restart() -> None:
    async with bench() as stage:
        question, address = await asked(stage, "Fwd: The  shöp")
        later = stage.again()
        await later.send(stage.message(address, parts=plain("it is"), answers=Ref(address=address, id="x@y.example")))
        [answer] = await stage.driver.received()

        assert answer["Subject"] == "Re: The shöp"
        assert answer["In-Reply-To"] == "<x@y.example>"
        assert answer["References"] == f"{question['Message-ID']} <x@y.example>"


async def test_a_message_of_our_own_begins_a_thread_that_an_answer_continues() -> None:
    async with bench() as stage:
        alice = Account(channel="email", id=stage.driver.alice.id.upper())
        room = await stage.email.direct_room(alice)
        [ref] = await stage.send(room, card=Card(id="a" * 16, title="Run\r\nBcc: eve@evil.example\r\n\r\nit?"))
        [sent] = await stage.driver.received()
        await stage.driver.post(mail(stage.driver.alice.id, stage.driver.bot, "what is this?", answers=sent))
        event = (await stage.hears())[-1]

        assert room == Address(channel="email", room=stage.driver.alice.id)
        assert event.address.thread == ref.id
        assert sent["Subject"] == "❖ Run Bcc: eve@evil.example it?"
        assert sent["Bcc"] is None
        assert sent["In-Reply-To"] is None


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("❖ 请发送 `/解除关联`。\n\n再见", "❖ 请发送 /解除关联。"),
        ("# What **became** of it\n\nsome words", "What became of it"),
        ("\n- one `point`\n- another", "one point"),
        ("> quoted\n\nanswered", "quoted"),
    ],
)
def test_a_subject_is_words_without_marks(text: str, subject: str) -> None:
    composer = Composer(
        options=Options(
            address="nexora@b.example", imap_host="b.example", smtp_host="b.example", password="secret", authserv_id="b"
        ),
        signer=Signer(b"k" * 32, "email"),
        subjects=Subjects(),
        now=lambda: datetime.now(UTC),
        page="",
    )
    room = Address(channel="email", room="alice@b.example")

    assert composer.compose(Outbound(key="k", address=room, parts=plain(text)))["Subject"] == subject


async def test_a_repeat_is_the_same_mail_by_its_id() -> None:
    async with bench() as stage:
        _, address = await asked(stage)
        message = Outbound(key="the key", address=address, parts=plain("twice"))
        first = await stage.email.send(message)
        second = await stage.email.send(message)
        mails = await stage.driver.received(2)

        assert first == second
        assert len({mail["Message-ID"] for mail in mails}) == 1


@pytest.mark.parametrize(
    ("answer", "error", "seconds"),
    [
        ("450 4.7.1 Greylisted, try again in 3 minutes", RateLimited, 180),
        ("451 4.7.1 too many messages", RateLimited, 60),
        ("450 4.2.1 mailbox receives mail too quickly", RateLimited, 60),
        ("452 4.3.1 insufficient storage", Deferred, None),
        ("451 4.3.0 try again later", Deferred, None),
        ("530 5.7.0 authentication required", ChannelRefused, None),
        ("421 4.7.0 closing", ChannelDown, None),
        ("550 5.7.1 blocked for spam", MessageRefused, None),
        ("552 5.3.4 too large", MessageRefused, None),
    ],
)
async def test_what_the_server_answers_decides_what_becomes_of_a_mail(
    answer: str, error: type[Exception], seconds: float | None
) -> None:
    async with bench() as stage:
        _, address = await asked(stage)
        stage.driver.servers.fail(stage.driver.bot, [answer])
        with pytest.raises(error, match=answer[:9]) as caught:
            await stage.send(address, parts=plain("now"))

        assert seconds is None or caught.value.retry_after_seconds == seconds  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "room",
    [
        "not an address",
        "a@b@c.example",
        "ü@corp.example",
        "a..b@corp.example",
        "a@-corp.example",
        "a@corp.example\r\nBcc: b@c.de",
        '"a b"@c.de',
    ],
)
async def test_only_plain_addresses_are_written_to(room: str) -> None:
    async with bench() as stage:
        with pytest.raises(MessageRefused):
            await stage.send(Address(channel="email", room=room), parts=plain("now"))
        with pytest.raises(MessageRefused):
            await stage.email.direct_room(Account(channel="email", id=room))


async def test_an_unknown_recipient_is_refused_for_good() -> None:
    async with bench() as stage:
        with pytest.raises(MessageRefused, match="550"):
            await stage.send(Address(channel="email", room="nobody@corp.example"), parts=plain("now"))


async def test_a_wrong_password_at_the_sending_server_is_a_channel_refused() -> None:
    async with bench() as stage:
        wrong = stage.again(password="wrong")
        with pytest.raises(ChannelRefused, match=r"5\.7\.8"):
            await wrong.send(stage.message(Address(channel="email", room=somebody("alice")), parts=plain("now")))


async def test_a_certificate_of_the_sending_server_that_nobody_vouches_for_is_refused() -> None:
    async with bench() as stage:
        address = Address(channel="email", room=stage.driver.alice.id)
        for mode in ("password", "oauth"):
            options = {**stage.driver.options(mode), "ca_file": None}
            with pytest.raises(ChannelRefused, match="not trusted"):
                await stage.build(options).send(stage.message(address, parts=plain("now")))


@pytest.mark.parametrize("mode", ["password", "oauth"])
@pytest.mark.parametrize("is_strict", [True, False])
async def test_a_sending_servers_certificate_in_a_wrong_form_is_told_and_taken_where_that_is_set(
    mode: str, is_strict: bool
) -> None:
    async with bench(mode) as stage:
        address = Address(channel="email", room=stage.driver.alice.id)
        options = {**stage.driver.options(mode), "smtp_host": OLD_HOST, "tls": {"strict": is_strict}}
        sending = stage.build(options).send(stage.message(address, parts=plain("now")))
        if is_strict and ssl.create_default_context().verify_flags & ssl.VERIFY_X509_STRICT:
            with pytest.raises(ChannelRefused, match=r"Missing Authority Key Identifier.*tls: \{strict: false\}"):
                await sending
        else:
            await sending

            assert len(await stage.driver.received()) == 1


async def test_names_and_types_of_files_cannot_break_a_mail(tmp_path: Path) -> None:
    async with bench() as stage:
        path = tmp_path / "x"
        path.write_bytes(b"bytes")
        hostile = 'a"\r\nBcc: eve@evil.example\r\n.txt'
        file = File(name=hostile, media_type="text/x\r\ny", size=5, locator=str(path))
        address = Address(channel="email", room=stage.driver.alice.id)
        await stage.send(address, parts=(file,))
        [sent] = await stage.driver.received()
        [part] = sent.iter_attachments()
        lost = File(name="gone", media_type="text/plain", size=1, locator=str(tmp_path / "gone"))

        assert sent["Bcc"] is None
        assert part.get_filename() == 'a"Bcc: eve@evil.example.txt'
        assert part.get_payload(decode=True) == b"bytes"
        assert "Bcc: eve" in look_at(sent).text
        with pytest.raises(MessageRefused, match="cannot be read"):
            await stage.send(address, parts=(lost,))


@pytest.mark.parametrize("turns", range(8))
@pytest.mark.parametrize("word", [b"AUTH", b"QUIT"])
async def test_a_cancellation_that_comes_together_with_an_answer_is_obeyed(word: bytes, turns: int) -> None:
    """Before Python 3.12 the library's `wait_for` drops it; the loop is turned until both meet."""
    tasks: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            writer.write(
                {b"EHLO": b"250-here\r\n250 AUTH PLAIN\r\n", b"AUTH": b"235 come in\r\n"}.get(line[:4], b"221 bye\r\n")
            )
            if line.startswith(word):
                for _ in range(turns):
                    await asyncio.sleep(0)
                tasks[0].cancel()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with odd_server({}) as (_, options), aiohttp.ClientSession() as http:
        keys = Keys(options, http, lambda: datetime.now(UTC))
        postman = Postman(options.model_copy(update={"smtp_port": port}), keys)

        async def forever() -> None:
            await postman.try_door()
            await asyncio.Event().wait()

        tasks.append(asyncio.create_task(forever()))
        await asyncio.wait(tasks, timeout=1)
        obeyed = tasks[0].cancelled()
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    server.close()

    assert obeyed
