r"""The few commands of IMAP that hearing a mailbox needs. It keeps no position: what was heard is marked there.

The mark is the keyword `$NexoraHeard`, or `\Seen` where a server keeps no keywords of ours.
"""

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from channels.base import ChannelDown, ChannelRefused, MessageRefused
from channels.email.oauth import Credentials, Password
from channels.email.options import Options, Security
from channels.email.wire import ImapWire, Response, connect
from channels.sayings import saying
from channels.shared import certificates

KEYWORD = "$NexoraHeard"
SILENT_SECONDS = 30.0
RECEIVING_SECONDS = 5.0
_MOST_MAILS = 50
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TEMPORARY = (b"[UNAVAILABLE]", b"[INUSE]", b"[LIMIT]", b"[SERVERBUG]")
_UNKNOWN_CLIENT = "Unsafe Login"
"""How NetEase refuses to open a folder, on 163.com, 126.com, yeah.net and its mail for companies."""
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxEntry:
    """A mail in the mailbox: its number there, its size in bytes, and when the server took it."""

    uid: int
    size: int
    arrived: datetime
    is_seen: bool = False


def trust(options: Options, added: str | None = None) -> ssl.SSLContext:
    """What the servers' certificates are verified against; `added` is trusted beside the system's."""
    return certificates.context(options.ca_file, strict=options.tls.strict, added=added)


class Mailbox:
    """One signed-in connection with the folder selected."""

    def __init__(self, wire: ImapWire) -> None:
        self._wire = wire
        self._count = 0
        self._abilities: frozenset[bytes] = frozenset()
        self._goodbye = ""
        self._has_news = False
        self._is_introduced = False
        self.validity = 0
        self.mark = KEYWORD

    @classmethod
    async def open(cls, options: Options, credentials: Credentials, ca_file: str | None = None) -> Self:
        """Connect, sign in and select; raises ChannelDown or ChannelRefused."""
        context = None if options.imap_security is Security.NONE else trust(options, ca_file)
        first = context if options.imap_security is Security.TLS else None
        wire = await connect(options.imap_host, options.imap_port, first, options.max_mail_bytes + 1024)
        try:
            box = cls(wire)
            await box._greet(options, context)
            await box._sign_in(options.user, credentials)
            await box._select(options.mailbox, options.address)
        except BaseException:
            wire.abort()
            raise
        return box

    @classmethod
    async def examine(cls, wire: ImapWire, user: str, credentials: Credentials) -> Self:
        """Sign in over an encrypted connection and open the inbox so that nothing in it can change.

        Raises ChannelDown or ChannelRefused.
        """
        try:
            box = cls(wire)
            await box._hear_greeting()
            await box._learn_abilities()
            await box._sign_in(user, credentials)
            await box._select("INBOX", user, "EXAMINE")
        except BaseException:
            wire.abort()
            raise
        return box

    def close(self) -> None:
        """Drop the connection; nothing of ours depends on a farewell."""
        self._wire.abort()

    async def _hear_greeting(self) -> None:
        greeting = await self._next()
        if not greeting.words.upper().startswith(b"* OK"):
            raise ChannelDown(saying("greets_with", platform=saying("mail_server"), words=_shown(greeting.words)))

    async def _greet(self, options: Options, context: ssl.SSLContext | None) -> None:
        await self._hear_greeting()
        if options.imap_security is Security.STARTTLS and context is not None:
            await self.run("STARTTLS")
            await self._wire.start_tls(context, options.imap_host)
        await self._learn_abilities()

    async def _learn_abilities(self) -> None:
        found: set[bytes] = set()
        for response in await self.run("CAPABILITY"):
            if response.words.upper().startswith(b"* CAPABILITY"):
                found.update(response.words.upper().split()[2:])
        self._abilities = frozenset(found)

    async def _sign_in(self, user: str, credentials: Credentials) -> None:
        try:
            if isinstance(credentials, Password) and b"AUTH=PLAIN" not in self._abilities:
                await self.run(f"LOGIN {_quoted(user)} {_quoted(credentials.value)}")
            else:
                await self._authenticate(credentials.mechanism, credentials.answer(user))
        except MessageRefused as error:
            if any(code.decode() in str(error) for code in _TEMPORARY):
                raise ChannelDown(str(error)) from error
            raise ChannelRefused(str(error)) from error
        await self._learn_abilities()

    async def _authenticate(self, mechanism: str, answer: bytes) -> None:
        """Sign in by SASL. A server that dislikes a token sends its reasons first, which we answer with nothing."""
        told = base64.b64encode(answer)
        at_once = b"SASL-IR" in self._abilities
        tag = self._send(f"AUTHENTICATE {mechanism}".encode() + (b" " + told if at_once else b""))
        replies = [b"" if at_once else told, b""]
        while True:
            response = await self._next()
            if response.words.startswith(b"+"):
                self._wire.write(replies.pop(0) if replies else b"*")
            elif self._is_end(response, tag):
                return

    async def _introduce(self, address: str) -> None:
        """Say who we are (RFC 2971). NetEase opens no folder to whoever did not; a server that minds is left alone."""
        with contextlib.suppress(MessageRefused):
            told = ("name", "Nexora", "version", "1", "vendor", "Nexora", "support-email", address)
            await self.run(f"ID ({' '.join(map(_quoted, told))})")
        self._is_introduced = True

    async def _select(self, folder: str, address: str, verb: str = "SELECT") -> None:
        if b"ID" in self._abilities:
            await self._introduce(address)
        try:
            try:
                responses = await self.run(f"{verb} {_quoted(folder)}")
            except MessageRefused as error:
                if self._is_introduced or _UNKNOWN_CLIENT not in str(error):
                    raise
                await self._introduce(address)
                responses = await self.run(f"{verb} {_quoted(folder)}")
        except MessageRefused as error:
            raise ChannelRefused(saying("mailbox", name=folder, why=str(error))) from error
        told = b"\n".join(response.words for response in responses)
        if found := re.search(rb"\[UIDVALIDITY (\d+)\]", told):
            self.validity = int(found[1])
        kept = re.search(rb"\[PERMANENTFLAGS \(([^)]*)\)\]", told)
        flags = kept[1].split() if kept else []
        self.mark = KEYWORD if b"\\*" in flags or KEYWORD.encode() in flags else "\\Seen"

    def _send(self, command: bytes) -> bytes:
        self._count += 1
        tag = b"n%d" % self._count
        self._wire.write(tag + b" " + command)
        return tag

    async def run(self, command: str) -> list[Response]:
        """One command and what the server told before it ended; raises MessageRefused (it says no) or ChannelDown."""
        tag, told = self._send(command.encode()), []
        while not self._is_end(response := await self._next(), tag):
            told.append(response)
        return told

    async def _next(self) -> Response:
        """The next response; raises TimeoutError once the server has been silent for too long, however much it owes."""
        while True:
            try:
                async with asyncio.timeout(SILENT_SECONDS):
                    response = await self._wire.response()
            except TimeoutError:
                if self._wire.silent_seconds >= SILENT_SECONDS:
                    raise
            else:
                # A server tells of new mail once, with whatever command is under way, and not again in IDLE.
                self._has_news |= _tells_of_mail(response)
                return response

    @property
    def is_receiving(self) -> bool:
        """Whether the server said something just now."""
        return self._wire.silent_seconds < RECEIVING_SECONDS

    def _is_end(self, response: Response, tag: bytes) -> bool:
        """Whether this ends the command; raises MessageRefused when it ends it badly."""
        name, _, rest = response.words.partition(b" ")
        if name == tag:
            if not rest.upper().startswith(b"OK"):
                raise MessageRefused(_shown(rest.partition(b" ")[2]))
            return True
        if rest.upper().startswith(b"BYE"):
            raise ChannelDown(saying("goodbye", platform=saying("mail_server"), words=_shown(rest[4:])))
        if name not in {b"*", b"+"}:
            raise ChannelDown(saying("no_sense", platform=saying("mail_server")))
        return False

    async def ping(self) -> None:
        """Ask whether the server still answers on this very connection."""
        await self.run("NOOP")

    async def unheard(self, since: date) -> list[MailboxEntry]:
        """The oldest mails that bear no mark of ours, in their order; at most fifty."""
        flag = "UNSEEN" if self.mark == "\\Seen" else f"UNKEYWORD {self.mark}"
        self._has_news = False
        return await self.entries((await self._found(f"{flag} UNDELETED SINCE {_day(since)}"))[:_MOST_MAILS])

    async def search(self, since: date, *, is_unread: bool = False, sender: str = "") -> list[int]:
        """The numbers of all mails since that day, unread ones or those of a sender alone, in their order."""
        keys = ["UNDELETED", f"SINCE {_day(since)}", *(["UNSEEN"] if is_unread else [])]
        return await self._found(" ".join([*keys, *([f"FROM {_quoted(sender)}"] if sender else [])]))

    async def _found(self, keys: str) -> list[int]:
        uids: list[int] = []
        for response in await self.run(f"UID SEARCH {keys}"):
            if response.words.upper().startswith(b"* SEARCH"):
                uids += [int(uid) for uid in response.words.split()[2:] if uid.isdigit()]
        return sorted(uids)

    async def entries(self, uids: Sequence[int]) -> list[MailboxEntry]:
        """What the mailbox tells of the mails of these numbers, those that are there, in their order."""
        if not uids:
            return []
        found = []
        for response in await self.run(f"UID FETCH {','.join(map(str, uids))} (UID RFC822.SIZE INTERNALDATE FLAGS)"):
            uid, size, at = (pattern.search(response.words) for pattern in (_UID, _SIZE, _ARRIVED))
            if uid and size and at and int(uid[1]) in uids:
                is_seen = b"\\SEEN" in response.words.upper()
                found.append(MailboxEntry(uid=int(uid[1]), size=int(size[1]), arrived=_moment(at[1]), is_seen=is_seen))
        return sorted(found, key=lambda envelope: envelope.uid)

    async def fetch(self, uid: int, section: str, most_bytes: int) -> bytes:
        """The first bytes of a mail or of a part of it; raises MessageRefused when it is gone."""
        for response in await self.run(f"UID FETCH {uid} (UID BODY.PEEK[{section}]<0.{most_bytes}>)"):
            found = _UID.search(response.words)
            if found and int(found[1]) == uid and response.literals:
                return response.literals[0]
        raise MessageRefused("the mail is not in the mailbox any more")

    async def mark_heard(self, uid: int) -> None:
        """Mark a mail, so that it is not found again by anybody."""
        flags = "\\Seen" if self.mark == "\\Seen" else f"{self.mark} \\Seen"
        await self.run(f"UID STORE {uid} +FLAGS.SILENT ({flags})")

    async def find(self, message_id: str) -> int | None:
        """The number of the mail with that id."""
        return max(await self._found(f"HEADER Message-ID {_quoted(message_id)}"), default=None)

    async def wait(self, wake: asyncio.Event, seconds: float, poll_seconds: float) -> None:
        """Until mail came, `wake` is set or the time is over; raises ChannelDown as soon as the connection is lost.

        Mail that came since `unheard` began to look is mail that came.
        """
        if self._has_news:
            return
        if b"IDLE" not in self._abilities:
            await self._until(None, wake, min(seconds, poll_seconds))
            return
        tag = self._send(b"IDLE")
        while not (response := await self._next()).words.startswith(b"+"):
            if self._is_end(response, tag):
                return
        if not self._has_news:
            await self._until(tag, wake, seconds)
        self._wire.write(b"DONE")
        while not self._is_end(await self._next(), tag):
            continue

    async def _until(self, tag: bytes | None, wake: asyncio.Event, seconds: float) -> None:
        """Read what the server says unasked, until it tells of mail, somebody wakes us, or the time is over."""
        waking = asyncio.ensure_future(wake.wait())
        reading = asyncio.ensure_future(self._mail_came(tag))
        try:
            await asyncio.wait((waking, reading), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over = reading.done() and not reading.cancelled()
            for task in (waking, reading):
                task.cancel()
            await asyncio.gather(waking, reading, return_exceptions=True)
        if over:
            reading.result()

    async def _mail_came(self, tag: bytes | None) -> None:
        while True:
            response = await self._wire.response()
            if self._is_end(response, tag or b"?") or _tells_of_mail(response):
                return


def _tells_of_mail(response: Response) -> bool:
    return response.words.upper().endswith(b" EXISTS")


def _quoted(text: str) -> str:
    """An IMAP string; raises ChannelRefused for what no quoted string holds."""
    if not text.isascii() or not text.isprintable():
        raise ChannelRefused(saying("ascii"))
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _shown(words: bytes) -> str:
    return words.decode("utf-8", "replace")[:300]


def _day(day: date) -> str:
    return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"


def _moment(told: bytes) -> datetime:
    """INTERNALDATE, as ` 4-Nov-2026 07:00:00 +0000`."""
    day, month, year = told.decode().split()[0].split("-")
    rest = told.decode().split(maxsplit=1)[1]
    return datetime.strptime(f"{year}-{_MONTHS.index(month) + 1}-{day} {rest}", "%Y-%m-%d %H:%M:%S %z")
