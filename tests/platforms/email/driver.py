"""The people of the channel suite, who write and read mail on real servers."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import aiohttp
from yarl import URL

from channels.base import Deed
from channels.email.tokens import MailChoice, Signer
from channels.messages import FileKind
from tests.contract.drivers import Cut, Fault, Person, PlatformDriver, Power, Room, Seen
from tests.platforms.email.eyes import is_button, look_at, seen
from tests.platforms.email.people import bare, mail
from tests.platforms.email.tokens import CLIENT, CLIENT_SECRET, REFRESH, TokenUrl
from tests.platforms.mail.places import HOST, PASSWORD
from tests.platforms.mail.proxy import Proxy
from tests.platforms.mail.servers import Desk, MailServers, running, somebody

FAULTS = {
    Fault.RATE_LIMITED: "450 4.7.1 Greylisted, try again in 7 seconds",
    Fault.SERVER_ERROR: "451 4.3.0 queue file write error",
}
MEDIA = {FileKind.IMAGE: ("image", "png", "dot.png"), FileKind.VOICE: ("audio", "ogg", "said.ogg")}


class EmailDriver:
    """Alice and Bob, who write to a mailbox of the bot's that nobody else uses."""

    def __init__(self) -> None:
        self.bot = somebody("nexora")
        self._alice = Person(id=somebody("alice"), name="Alice")
        self._bob = Person(id=somebody("bob"), name="Bob")
        self.tokens = TokenUrl(self.bot)
        self.door = ""
        self.more: dict[str, Any] = {}
        self.mode = "password"
        self._said: dict[str, EmailMessage] = {}
        self._last: EmailMessage | None = None
        self._seen: dict[EmailMessage, Seen] = {}

    modes = ("password",)
    """The mode `oauth` is tried by the channel's own tests: how one signs in changes nothing of what the suite asks."""

    lacks = frozenset(
        {
            *(Power.CALLS, Power.EDITS, Power.GROUPS, Power.NONCES, Power.REWRITES, Power.RIGHTS, Power.SAME_PERSON),
            *(Power.LIVE_BUTTON, Power.STREAMS, Power.THREADS),
        }
    )

    @property
    def alice(self) -> Person:
        return self._alice

    @property
    def bob(self) -> Person:
        return self._bob

    rate_limit_seconds = 7.0

    @property
    def refusal(self) -> str:
        return "Authentication failed" if self.mode == "password" else "Token has been expired or revoked."

    async def start(self) -> None:
        self.servers: MailServers = await running()
        self._desk = await asyncio.to_thread(Desk, self.servers, self.bot)
        ports = self.servers.ports
        self.imap, self.imaps = Proxy(ports.imap), Proxy(ports.imaps)
        self.submission, self.smtps = Proxy(ports.submission), Proxy(ports.smtps)
        for proxy in self.proxies:
            await proxy.start()
        await self.tokens.start()

    @property
    def proxies(self) -> tuple[Proxy, ...]:
        return self.imap, self.imaps, self.submission, self.smtps

    async def stop(self) -> None:
        self._desk.close()
        for proxy in self.proxies:
            await proxy.stop()
        await self.tokens.stop()

    def reached_at(self, base_url: str) -> None:
        self.door = base_url

    def options(self, mode: str) -> Mapping[str, Any]:
        """With a password everything is encrypted from the start, with tokens by STARTTLS."""
        self.mode = mode
        shared = {
            "address": self.bot,
            "authserv_id": HOST,
            "imap_host": "127.0.0.1",
            "smtp_host": "127.0.0.1",
            "ca_file": str(self.servers.places.authority),
            "idle_seconds": 0.04,  # Dovecot gathers news for half a second before it tells them
            **self.more,
        }
        if mode == "password":
            return {**shared, "password": PASSWORD, "imap_port": self.imaps.port, "smtp_port": self.smtps.port}
        return {
            **shared,
            "imap_port": self.imap.port,
            "imap_security": "starttls",
            "smtp_port": self.submission.port,
            "smtp_security": "starttls",
            "oauth_token_url": self.tokens.url,
            "oauth_client_id": CLIENT,
            "oauth_client_secret": CLIENT_SECRET,
            "oauth_refresh_token": REFRESH,
        }

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        wrong = {"password": "wrong"} if mode == "password" else {"oauth_refresh_token": "wrong"}
        return {**self.options(mode), **wrong}

    async def say(
        self,
        text: str,
        *,
        room: Room = Room.DIRECT,
        mention: bool = False,
        answers: str = "",
        thread: str = "",
        by: Person | None = None,
    ) -> str:
        person = (by or self.alice).id
        answered = self._said.get(answers) if answers else None
        if answers and answered is None:
            answered = next((each for each in self.servers.mails(person) if bare(each) == answers), None)
        return await self.post(mail(person, self.bot, text, answers=answered))

    async def post(self, message: EmailMessage) -> str:
        """Deliver a mail to the bot; its id."""
        self._said[bare(message)] = self._last = message
        sender = str(message["From"]).rpartition("<")[2].strip(">")
        await self.deliver(message.as_bytes(), sender=sender)
        return bare(message)

    async def deliver(self, raw: bytes, *, sender: str) -> None:
        """Put these bytes into the bot's mailbox."""
        await asyncio.to_thread(self._desk.deliver, raw, sender=sender)

    async def open_thread(self) -> str:
        return await self.say("a thread begins")

    async def say_again(self) -> None:
        assert self._last
        await self.post(self._last)

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        message = mail(self.alice.id, self.bot, text)
        kind, _, subtype = media_type.partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
        return await self.post(message)

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        main, subtype, name = MEDIA[kind]
        return await self.send_file(name, content, f"{main}/{subtype}")

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        message = mail(self.bot if mine else self.bob.id, self.bot, text)
        if not mine:
            message["Auto-Submitted"] = "auto-replied"
        await self.post(message)

    async def edit(self, message_id: str, text: str) -> None:
        raise AssertionError("nobody edits a mail")

    async def remove(self, message_id: str) -> None:
        raise AssertionError("nobody takes a mail back")

    @property
    def cuts(self) -> frozenset[Cut]:
        return frozenset(Cut) - {Cut.EXPIRED}

    async def cut(self, how: Cut) -> None:
        line = self.imaps if self.mode == "password" else self.imap
        if how is Cut.DEAF:
            line.deafen()
        elif how is Cut.MALFORMED:
            line.inject(b"\x00 what * is (this {12}\r\n")
        elif how is Cut.CLEAN:
            await self.servers.kick(self.bot)
        else:
            if how is Cut.REVOKED:
                await self.servers.deny(self.bot)
                self.tokens.is_revoked = True
            if how is Cut.EXPIRED or (how is Cut.REVOKED and self.mode == "oauth"):
                await asyncio.sleep(max(0.0, self.tokens.newest_ends + 1 - time.time()))
            line.refuse = 2 if how is Cut.REFUSED else 0
            line.abort()

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        """Follow the link of that label, and press the button of the page behind it or send the mail it writes."""
        person = (by or self.alice).id
        card = next(each for each in self.servers.mails(person) if bare(each) == message_id)
        [url] = [each.url for each in look_at(card).links if each.label == label and is_button(each, self.door)]
        if url.startswith("mailto:"):
            written = URL(url).query
            await self.post(mail(person, self.bot, written["body"], subject=written["subject"]))
            return
        async with aiohttp.ClientSession() as browser:
            async with browser.get(url) as page:
                form = _Form(await page.text())
                assert page.status == 200
            async with browser.post(url.partition("?")[0], data=form.fields) as page:
                assert page.status == 200

    async def forge(self, text: str) -> int:
        """A link as the adapter makes it, signed by somebody without the channel's key."""
        until = int(time.time()) + 600
        wish = MailChoice(
            card="abcdefgh23456789", choice="a", address=self.alice.id, until=until, room=self.alice.id, title=text
        )
        async with (
            aiohttp.ClientSession() as browser,
            browser.post(
                f"{self.door}/channels/email/decide", data={"t": Signer(b"guessed", "email").link(wish)}
            ) as page,
        ):
            return page.status

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        return [seen(each, self.door) for each in await self.received(count)]

    async def received(self, count: int = 1, *, by: Person | None = None) -> list[EmailMessage]:
        """The bot's mails to somebody, once there are so many."""
        person = (by or self.alice).id
        until = time.monotonic() + 5
        while len(found := self.servers.mails(person)) < count:
            assert time.monotonic() < until, f"{len(found)} mails instead of {count}"
            await asyncio.sleep(0.02)
        return found

    def shown_to(self, person: Person) -> list[Seen]:
        return [self._shown(each) for each in self.servers.mails(person.id)]

    def _shown(self, message: EmailMessage) -> Seen:
        """A mail with its subject, looked at once."""
        if message not in self._seen:
            shown = seen(message, self.door)
            self._seen[message] = replace(shown, text=f"{message['Subject']}\n{shown.text}")
        return self._seen[message]

    async def told(self, person: Person) -> list[str]:
        """Once everything that Postfix took has arrived."""
        until = time.monotonic() + 5
        while sum(len(self.servers.mails(each.id)) for each in (self.alice, self.bob)) < self.calls:
            assert time.monotonic() < until, "what was sent does not arrive"
            await asyncio.sleep(0.02)
        return [seen(each, self.door).text for each in self.servers.mails(person.id)]

    @property
    def refuses(self) -> frozenset[Deed]:
        return frozenset({Deed.FILES})

    def refuse(self, deed: Deed) -> str:
        self.servers.fail(self.bot, ["552 5.7.0 This message was blocked because of its content"])
        return ""

    def allow(self) -> None:
        """It was about that one mail."""

    async def revoke(self) -> None:
        await self.servers.deny(self.bot)

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        if fault is Fault.DROPPED:
            self.submission.refuse = self.smtps.refuse = times
        else:
            self.servers.fail(self.bot, [FAULTS[fault]] * times)

    @property
    def calls(self) -> int:
        return self.servers.taken_from(self.bot)

    @property
    def acknowledged(self) -> int:
        return self.servers.heard_by(self.bot)


class _Form(HTMLParser):
    """The fields of the page that asks for a confirmation; it must hold nothing that runs or loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert tag not in {"script", "img", "link", "style", "iframe"}
        if tag == "input":
            self.fields[given["name"]] = given["value"]


def driver() -> PlatformDriver:
    """Fresh mailboxes on the servers of this run."""
    return EmailDriver()
