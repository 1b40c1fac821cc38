"""Reads a person's own mailbox and changes nothing in it: EXAMINE and BODY.PEEK alone (RFC 9051, 6.3.3 and 6.4.5).

Nothing is marked as read, kept or answered, and no file of a mail is fetched apart. What mails say is their senders'
word. Bounds: a few mails, each of them up to a size, all of them together, within a time.
"""

import asyncio
import email
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage

from channels.base import ChannelDown, ChannelRefused, MessageRefused
from channels.email.contents import contents
from channels.email.headers import POLICY
from channels.email.imap import Mailbox, MailboxEntry
from channels.email.oauth import Password
from channels.email.options import ADDRESS
from channels.email.presets import preset_for
from channels.email.quoting import split_reply
from channels.email.wire import connect
from channels.sayings import saying
from channels.shared import certificates
from channels.text.plain import printable

IMAPS = 993
READING_SECONDS = 45.0
WHOLE_BYTES = 1 << 20
_BEGINNING_BYTES = 256 << 10
_ALL_BYTES = 8 << 20
_LINES = (2, 3)
_LONGEST_SUBJECT, _LONGEST_NAMES = 200, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMailbox:
    """Where somebody's mailbox is, and what opens it."""

    address: str
    password: str = field(repr=False)
    host: str
    port: int = IMAPS


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSearch:
    """What is looked for: mail since then, unread alone, of a sender, or the one of that number."""

    since: datetime
    is_unread: bool = False
    sender: str = ""
    uid: int = 0
    most: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMail:
    """A mail as its reader sees it. `files` are their names; `notes` say what is not in the words."""

    uid: int
    at: datetime
    sender: str
    subject: str
    words: str
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_unread: bool = False


def own_mailbox(given: str) -> OwnMailbox | None:
    """What somebody keeps as their mailbox: address, password and, where need be, server, on a line each.

    None where these are not such lines, or the address is of no provider that is known and no server is named.
    """
    lines = [line.strip() for line in given.strip().splitlines()]
    if len(lines) not in _LINES or not ADDRESS.fullmatch(lines[0]) or not lines[1]:
        return None
    preset = preset_for("", lines[0])
    host, _, port = (lines[2] if len(lines) == max(_LINES) else preset.imap_host if preset else "").partition(":")
    if not host or (port and not port.isdigit()):
        return None
    return OwnMailbox(address=lines[0], password=lines[1], host=host.lower(), port=int(port or IMAPS))


async def read_own(
    box: OwnMailbox, wanted: MailSearch, addresses: Sequence[str], ca_file: str | None = None
) -> tuple[list[ReadMail], int]:
    """The newest mails that are looked for, newest first, and how many there are of them in all.

    `addresses` are those at which the server is connected to, tried in turn; its certificate is verified for its name.
    Raises ChannelDown, ChannelRefused for what the person has to mend, and MessageRefused.
    """
    try:
        async with asyncio.timeout(READING_SECONDS):
            mailbox = await _opened(box, addresses, ca_file)
            try:
                return await _read(mailbox, wanted)
            finally:
                mailbox.close()
    except TimeoutError as error:
        raise ChannelDown(saying("no_answer", platform=saying("mail_server"))) from error


async def _opened(box: OwnMailbox, addresses: Sequence[str], ca_file: str | None) -> Mailbox:
    context = certificates.context(added=ca_file)
    failed: ChannelDown = ChannelDown(saying("no_answer", platform=saying("mail_server")))
    for address in addresses:
        try:
            wire = await connect(box.host, box.port, context, WHOLE_BYTES + 1024, at=address)
        except ChannelDown as error:
            failed = error
            continue
        return await Mailbox.examine(wire, box.address, Password(value=box.password))
    raise failed


async def _read(mailbox: Mailbox, wanted: MailSearch) -> tuple[list[ReadMail], int]:
    if wanted.uid:
        entries, total = await mailbox.entries([wanted.uid]), 1
    else:
        sender = wanted.sender if wanted.sender.isascii() and wanted.sender.isprintable() else ""
        uids = await mailbox.search(wanted.since.date(), is_unread=wanted.is_unread, sender=sender)
        total, entries = len(uids), await mailbox.entries(uids[-wanted.most :])
        recent = [each for each in entries if each.arrived >= wanted.since]
        total -= len(entries) - len(recent)
        entries = recent
    found, left = [], _ALL_BYTES
    for entry in sorted(entries, key=lambda each: (each.arrived, each.uid), reverse=True):
        most = entry.size if entry.size <= min(WHOLE_BYTES, left) else min(_BEGINNING_BYTES, left)
        if most <= 0:
            break
        try:
            raw = await mailbox.fetch(entry.uid, "", most)
        except MessageRefused:  # it was removed meanwhile
            continue
        left -= len(raw)
        found.append(await asyncio.to_thread(_as_read, entry, raw, is_whole=most >= entry.size))
    if not wanted.sender.isascii():  # which servers do not search for everywhere
        found = [each for each in found if wanted.sender.casefold() in each.sender.casefold()]
        total = len(found)
    return found, total


def _as_read(entry: MailboxEntry, raw: bytes, *, is_whole: bool) -> ReadMail:
    message = email.message_from_bytes(raw, policy=POLICY)
    found = contents(message, "", "", is_whole=is_whole)
    written, quoted = split_reply(found.words)
    words = written or quoted or found.words
    passed_on = [f"{each.author.name if each.author else ''}: {each.text}" for each in found.passed_on]
    return ReadMail(
        uid=entry.uid,
        at=entry.arrived,
        sender=_flat(message, "from"),
        subject=_flat(message, "subject"),
        words="\n\n".join([words, *passed_on]).strip(),
        files=tuple(each.name for each in found.files[:_LONGEST_NAMES]),
        notes=found.notes,
        is_unread=not entry.is_seen,
    )


def _flat(message: EmailMessage, name: str) -> str:
    """A header on one line, as somebody would read it."""
    try:
        value = str(message.get(name, ""))
    except (ValueError, LookupError, IndexError):  # what the standard library cannot read of a broken header
        value = ""
    return printable(" ".join(value.split()))[:_LONGEST_SUBJECT]


__all__ = ["ChannelRefused", "MailSearch", "OwnMailbox", "ReadMail", "own_mailbox", "read_own"]
