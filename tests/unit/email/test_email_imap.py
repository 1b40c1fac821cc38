"""Servers that are not Dovecot: what they leave out, and what they must not get away with."""

import asyncio
import base64
import ssl
from datetime import UTC, date, datetime

import pytest
from aiohttp import ClientSession

from channels.base import ChannelDown, ChannelRefused, MessageRefused
from channels.email.connection import Connection, MailOutcome
from channels.email.imap import Mailbox
from channels.email.normalise import Mail
from channels.email.oauth import AccessToken, Keys, Password
from channels.email.options import Security
from channels.options import Tls
from tests.platforms.mail.places import OLD_HOST, PASSWORD
from tests.platforms.mail.servers import running, somebody
from tests.unit.email.oddities import odd_server

SECRET = Password(value="secret words")
TOKEN = base64.b64encode(b"user=nexora@corp.example\x01auth=Bearer t0ken\x01\x01")


async def test_mail_that_is_told_of_in_the_packet_that_begins_the_waiting_is_not_missed() -> None:
    async with odd_server({b"IDLE": b"+ idling\r\n* 1 EXISTS\r\n"}) as (script, options):
        box = await Mailbox.open(options, SECRET)
        async with asyncio.timeout(2):
            await box.wait(asyncio.Event(), 60, 60)
        box.close()

        assert script.heard[-1] == b"DONE"


@pytest.mark.parametrize(
    "told",
    [
        {b"UID SEARCH": b"* SEARCH\r\n* 1 EXISTS\r\n"},
        {b"NOOP": b"* 1 EXISTS\r\n"},
        {b"IDLE": b"* 1 EXISTS\r\n+ idling\r\n"},
        {b"NOOP": b"* 1 EXISTS\r\n", b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"},
    ],
)
async def test_mail_that_is_told_of_before_the_waiting_is_not_waited_for(told: dict[bytes, bytes]) -> None:
    async with odd_server({b"IDLE": b"+ idling\r\n", **told}) as (_, options):
        box = await Mailbox.open(options, SECRET)
        await box.unheard(date(2026, 3, 4))
        await box.ping()
        async with asyncio.timeout(2):
            await box.wait(asyncio.Event(), 60, 60)
        box.close()


async def test_mail_that_was_told_of_and_looked_for_is_waited_for_no_more() -> None:
    answers = {b"SELECT": b"* 1 EXISTS\r\n", b"NOOP": b"* 2 EXISTS\r\n", b"IDLE": b"+ idling\r\n"}
    async with odd_server(answers) as (script, options):
        box = await Mailbox.open(options, SECRET)
        await box.ping()
        await box.unheard(date(2026, 3, 4))
        await box.wait(asyncio.Event(), 0.05, 60)
        box.close()

        assert any(line.endswith(b"IDLE") for line in script.heard)


async def test_a_server_that_cannot_push_is_asked_now_and_then() -> None:
    async with odd_server({b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n"}) as (script, options):
        box = await Mailbox.open(options, SECRET)
        async with asyncio.timeout(2):
            await box.wait(asyncio.Event(), 60, 0.05)
        box.close()

        assert b'n2 LOGIN "nexora@corp.example" "secret words"' in script.heard
        assert not any(b"IDLE" in line for line in script.heard)


async def test_a_server_that_keeps_no_keywords_keeps_the_mark_of_what_was_read() -> None:
    seen = {b"SELECT": b"* OK [UIDVALIDITY 7] ok\r\n* OK [PERMANENTFLAGS (\\Seen \\Deleted)] ok\r\n"}
    async with odd_server(seen) as (script, options):
        box = await Mailbox.open(options, SECRET)
        await box.unheard(date(2026, 3, 4))
        await box.mark_heard(5)
        box.close()

        assert script.heard[-2].endswith(b"UID SEARCH UNSEEN UNDELETED SINCE 4-Mar-2026")
        assert script.heard[-1].endswith(b"UID STORE 5 +FLAGS.SILENT (\\Seen)")


@pytest.mark.parametrize("able", [b"* CAPABILITY IMAP4rev1 ID IDLE\r\n", b"* CAPABILITY IMAP4rev1\r\n"])
async def test_a_server_that_wants_to_know_who_asks_is_told(able: bytes) -> None:
    async with odd_server({b"CAPABILITY": able}, wants_id=True) as (script, options):
        box = await Mailbox.open(options, SECRET)
        box.close()

        said = [line.partition(b" ")[2] for line in script.heard if b" ID (" in line]
        address = options.address.encode()
        assert said == [b'ID ("name" "Nexora" "version" "1" "vendor" "Nexora" "support-email" "%s")' % address]
        assert script.heard[-1].partition(b" ")[2] == b'SELECT "INBOX"'


async def test_a_server_that_minds_the_introduction_is_used_all_the_same() -> None:
    answers = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1 ID\r\n", b"ID": b"{tag} BAD what is that\r\n"}
    async with odd_server(answers) as (_, options):
        box = await Mailbox.open(options, SECRET)
        box.close()

        assert box.validity == 7


async def test_without_an_initial_answer_the_token_follows_the_servers_question() -> None:
    answers = {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n",
        b"AUTHENTICATE": b"+ \r\n",
    }
    async with odd_server(answers) as (script, options):
        box = await Mailbox.open(options, AccessToken(value="t0ken"))
        box.close()

        assert script.heard[1:3] == [b"n2 AUTHENTICATE XOAUTH2", TOKEN]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"{tag} NO [AUTHENTICATIONFAILED] no such user\r\n", ChannelRefused),
        (b"{tag} NO [UNAVAILABLE] try later\r\n", ChannelDown),
        (b"* BYE too many connections\r\n{tag} NO x\r\n", ChannelDown),
        (b"{tag} BAD what\r\n", ChannelRefused),
    ],
)
async def test_a_refusal_at_the_door_is_told_in_the_servers_words(said: bytes, error: type[Exception]) -> None:
    async with odd_server({b"AUTHENTICATE": said}) as (_, options):
        with pytest.raises(error) as caught:
            await Mailbox.open(options, SECRET)

        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "said",
    [
        b"* 1 FETCH (UID 5 BODY[]<0> {999999999}\r\n",
        b"* 1 FETCH (UID 5 BODY[]<0> {99999999999999999999}\r\n" + b"x" * 2_000_000,
        b"x" * 3_000_000,
        b"\x00\xff nonsense\r\n",
    ],
)
async def test_a_server_that_says_too_much_or_nonsense_is_left(said: bytes) -> None:
    async with odd_server({b"UID FETCH": said}) as (_, options):
        box = await Mailbox.open(options, SECRET)
        with pytest.raises((ChannelDown, MessageRefused)):
            async with asyncio.timeout(3):
                await box.fetch(5, "", 100)
        box.close()


async def test_a_mail_in_a_literal_is_taken_whole_whatever_it_looks_like() -> None:
    mail = b"Subject: x\r\n\r\nn5 OK done\r\n* BYE\r\n{5}\r\n"
    said = b"* 1 FETCH (UID 5 BODY[]<0> {%d}\r\n%s FLAGS (\\Seen))\r\n" % (len(mail), mail)
    async with odd_server({b"UID FETCH": said}) as (_, options):
        box = await Mailbox.open(options, SECRET)

        assert await box.fetch(5, "", 100) == mail
        box.close()


async def test_words_slipped_in_ahead_of_the_encryption_are_noticed() -> None:
    slipped = b"{tag} OK begin\r\n* OK [UIDVALIDITY 1] forged\r\n"
    async with odd_server({b"STARTTLS": slipped}) as (_, options):
        safe = options.model_copy(update={"imap_security": Security.STARTTLS})
        with pytest.raises(ChannelRefused, match="ahead of the encryption"):
            await Mailbox.open(safe, SECRET)


async def test_a_server_that_offers_no_encryption_gets_no_password() -> None:
    async with odd_server({b"STARTTLS": b"{tag} BAD unknown\r\n"}) as (script, options):
        safe = options.model_copy(update={"imap_security": Security.STARTTLS})
        with pytest.raises((ChannelDown, MessageRefused)):
            await Mailbox.open(safe, SECRET)

        assert not any(b"LOGIN" in line or b"AUTH" in line for line in script.heard)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_a_certificate_that_nobody_vouches_for_is_refused(security: Security) -> None:
    ports = (await running()).ports
    async with odd_server({}) as (_, options):
        port = ports.imaps if security is Security.TLS else ports.imap
        unsafe = options.model_copy(update={"imap_security": security, "imap_port": port})
        with pytest.raises(ChannelRefused, match="is not trusted") as caught:
            await Mailbox.open(unsafe, SECRET)

        assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)


async def test_a_certificate_of_the_companys_authority_is_trusted_beside_the_systems() -> None:
    servers = await running()
    async with odd_server({}) as (_, options):
        given = {"imap_security": Security.TLS, "imap_port": servers.ports.imaps, "address": somebody("nexora")}
        opening = Mailbox.open(
            options.model_copy(update=given), Password(value=PASSWORD), str(servers.places.authority)
        )

        (await opening).close()


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("is_strict", [True, False])
async def test_a_certificate_in_a_wrong_form_is_told_and_taken_where_that_is_set(
    security: Security, is_strict: bool
) -> None:
    servers = await running()
    async with odd_server({}) as (_, options):
        port = servers.ports.imaps if security is Security.TLS else servers.ports.imap
        given = {
            "imap_host": OLD_HOST,
            "imap_port": port,
            "imap_security": security,
            "ca_file": str(servers.places.authority),
            "address": somebody("nexora"),
            "tls": Tls(strict=is_strict),
        }
        opening = Mailbox.open(options.model_copy(update=given), Password(value=PASSWORD))
        if is_strict and ssl.create_default_context().verify_flags & ssl.VERIFY_X509_STRICT:
            with pytest.raises(ChannelRefused, match=r"Missing Authority Key Identifier.*tls: \{strict: false\}"):
                await opening
        else:
            (await opening).close()


async def test_a_server_that_does_not_answer_at_all_is_down() -> None:
    async with odd_server({}) as (_, options):
        nobody = options.model_copy(update={"imap_port": 1})
        with pytest.raises(ChannelDown, match="cannot be reached"):
            await Mailbox.open(nobody, SECRET)


async def test_a_mailbox_that_keeps_no_mark_is_told_and_not_read_for_ever() -> None:
    envelope = b'* 1 FETCH (UID 5 RFC822.SIZE 20 INTERNALDATE " 4-Nov-2026 07:00:00 +0100")\r\n'
    answers = {
        b"UID SEARCH": b"* SEARCH 5\r\n",
        b"UID FETCH 5 (UID RFC": envelope,
        b"UID FETCH 5 (UID BODY": b"* 1 FETCH (UID 5 BODY[]<0> {4}\r\nx: y)\r\n",
    }
    async with odd_server(answers) as (_, options), ClientSession() as http:
        heard: list[Mail] = []

        async def hear(mail: Mail, _: set[str]) -> MailOutcome:
            heard.append(mail)
            return MailOutcome.DONE

        async def check() -> None:
            return

        line = Connection(options, Keys(options, http, lambda: datetime.now(UTC)), lambda: datetime.now(UTC))
        with pytest.raises(ChannelRefused, match="does not keep our mark"):
            async with asyncio.timeout(3):
                await line.run(hear, check)

        assert [mail.arrived.isoformat() for mail in heard] == ["2026-11-04T07:00:00+01:00"]
        assert heard[0].raw == b"x: y"
