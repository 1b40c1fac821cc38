"""From the bytes of a mail to what was said, by whom and where; or to why nobody is to hear it. Talks to no server.

Refuses before it reads: mail whose From line our own server does not vouch for, mail of programs and lists, our own.
"""

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.errors import InvalidHeaderDefect
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage, MIMEPart

from channels.email.options import ADDRESS
from channels.email.quoting import split_reply, without_signature
from channels.email.readable import readable
from channels.email.tokens import Claim, claim_in
from channels.email.trust import Doubted, judge
from channels.messages import Account, Address, File, FileKind, Inbound, Part, Quote, Ref, Text

_IDS = re.compile(r"<([\x21-\x3b\x3d\x3f-\x7e]{1,250})>")
_REPLY = re.compile(r"\s*(?:re|aw|sv|antw|回复|答复|fwd?|wg|转发)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
_SERVANTS = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply)(?:[+.-].*)?", re.IGNORECASE)
_BULK = frozenset({"auto_reply", "bulk", "junk", "list"})
_MOST_FILES = 50
_MOST_DEPTH = 12
_ENCODINGS = frozenset({"base64", "quoted-printable"})
_PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as the mailbox holds it. `is_whole` is false when only its beginning was fetched."""

    uid: int
    validity: int
    arrived: datetime
    raw: bytes
    is_whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Who we are: the channel's name, our address, and the name of our own mail server."""

    channel: str
    address: str
    authserv_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Nobody is to hear this mail; `because` is a phrase for the log. `doubt` when its sender was not vouched for."""

    because: str
    sender: str = ""
    doubt: Doubted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was said, the subject of its thread, and the decision that its first line claims to make."""

    inbound: Inbound
    subject: str
    claim: Claim | None = None


def normalise(mail: Mail, house: House) -> Heard | Ignored:
    """Raises ValueError and its kin for bytes that are no mail; the caller puts such a mail aside."""
    message = email.message_from_bytes(mail.raw, policy=email.policy.default)
    sender = _sender(message)
    if sender is None:
        return Ignored(because="the From line does not name one plain address")
    address = sender.addr_spec.lower()
    if reason := _automatic(message, address, house):
        return Ignored(because=reason, sender=address)
    verdict = judge(_raw_header(message, "authentication-results"), house.authserv_id, sender.domain)
    if isinstance(verdict, Doubted):
        return Ignored(because=verdict.because, sender=address, doubt=verdict)
    return _heard(mail, message, house, Account(channel=house.channel, id=address, name=_name(sender)))


def subject_in(header: bytes) -> str:
    """The subject of a mail of which only the header is at hand, without its marks of a reply."""
    return _subject(email.message_from_bytes(header, policy=email.policy.default))


def _sender(message: EmailMessage) -> Mailbox | None:
    """The one author; a mail with several From lines or authors is a way to show one and be judged by another."""
    lines = message.get_all("from") or []
    authors: tuple[Mailbox, ...] = lines[0].addresses if len(lines) == 1 else ()
    if len(authors) != 1 or not ADDRESS.fullmatch(authors[0].addr_spec):
        return None
    if any(isinstance(defect, InvalidHeaderDefect) for defect in lines[0].defects):
        return None  # another program might read another author in it
    return authors[0]


def _name(sender: Mailbox) -> str:
    return "".join(sign for sign in sender.display_name if sign.isprintable())[:100].strip()


def _raw_header(message: EmailMessage, name: str) -> str | None:
    """The topmost value as it stands there, encoded words not decoded; lines unfolded."""
    for key, value in message.raw_items():
        if key.lower() == name:
            return re.sub(r"\r?\n(?=[ \t])", "", str(value)).strip()
    return None


def _word(message: EmailMessage, name: str) -> str:
    return (_raw_header(message, name) or "").partition(";")[0].partition("(")[0].strip().lower()


_SIGNS = (
    (("list-id", "list-unsubscribe", "feedback-id"), "mail of a list"),
    (("x-autoreply", "x-autorespond", "x-autoresponder", "x-loop"), "an automatic reply"),
)


def _automatic(message: EmailMessage, address: str, house: House) -> str:
    """Why a program must have sent this, or "" (RFC 3834, RFC 2919, and what programs do without any RFC)."""
    if address == house.address:
        return "our own words came back"
    if _word(message, "auto-submitted") not in {"", "no"} or _word(message, "precedence") in _BULK:
        return "sent by a program (Auto-Submitted, Precedence)"
    if re.sub(r"\s", "", _raw_header(message, "return-path") or "") == "<>":
        return "a mail that wants no answer (empty Return-Path)"
    if _SERVANTS.fullmatch(address.partition("@")[0]) or message.get_content_type() == "multipart/report":
        return "a report of a mail server"
    return next((reason for names, reason in _SIGNS if any(message.get_all(name) for name in names)), "")


def _heard(mail: Mail, message: EmailMessage, house: House, sender: Account) -> Heard:
    own, answered, root = _thread(message, mail)
    address = Address(channel=house.channel, room=sender.id, thread=root)
    subject = _subject(message)
    written, quoted = _words(message, is_reply=answered != "")
    claim = claim_in(written)
    parts: list[Part] = []
    if answered:
        parts.append(Quote(text=quoted, ref=Ref(address=address, id=answered)))
    if words := _said(written, subject, is_reply=answered != ""):
        parts.append(Text(text=words))
    parts += _files(message, mail)
    inbound = Inbound(
        event_id=_event_id(sender.id, own),
        at=mail.arrived,
        address=address,
        sender=sender,
        parts=tuple(parts),
        message=Ref(address=address, id=own),
    )
    return Heard(inbound=inbound, subject=subject, claim=claim)


def _event_id(sender: str, message_id: str) -> str:
    """Of the sender as well, so that nobody can make us miss another's mail by using its id first."""
    return f"mail:{hashlib.sha256(f'{sender} {message_id}'.encode()).hexdigest()[:40]}"


def _thread(message: EmailMessage, mail: Mail) -> tuple[str, str, str]:
    """The ids of this mail, of the one that it answers ("" for none), and of the one that began it all."""
    own = _ids(message, "message-id")[:1] or [f"{hashlib.sha256(mail.raw).hexdigest()[:32]}@without.id"]
    answered, chain = _ids(message, "in-reply-to")[:1], _ids(message, "references")
    before = answered or chain[-1:]
    return own[0], (before or [""])[0], (chain or answered or own)[0]


def _ids(message: EmailMessage, name: str) -> list[str]:
    return _IDS.findall(_raw_header(message, name) or "")


def _subject(message: EmailMessage) -> str:
    """The subject without its marks of a reply, on one line."""
    subject = " ".join(str(message.get("subject", "")).split())[:300]
    while found := _REPLY.match(subject):
        subject = subject[found.end() :].strip()
    return "".join(sign for sign in subject if sign.isprintable())


def _words(message: EmailMessage, *, is_reply: bool) -> tuple[str, str]:
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return "", ""
    text = _decoded(body)
    if body.get_content_subtype() == "html":
        text = readable(text)
    if is_reply:
        return split_reply(text)
    return "\n".join(without_signature(text.replace("\r\n", "\n").split("\n"))).strip(), ""


def _decoded(part: MIMEPart) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:  # an encoding that nobody knows
        return content.decode("utf-8", "replace")


def _said(written: str, subject: str, *, is_reply: bool) -> str:
    """The words; the subject stands above them where it begins a thread and says something that they do not."""
    if not written:
        return "" if is_reply else subject
    if is_reply or not subject or written.startswith(("/", subject)):
        return written
    return f"{subject}\n\n{written}"


def _files(message: EmailMessage, mail: Mail) -> list[Part]:
    """Attachments and pictures set into the words; none of a mail whose end was not fetched."""
    if not mail.is_whole:
        return [Text(text=f"\n[{'the files of this mail were left out: it is too large'}]")]
    body = message.get_body(preferencelist=("plain", "html"))
    other = message.get_body(preferencelist=("html",))
    found: list[Part] = []
    for section, part in _leaves(message):
        if part is body or part is other or len(found) >= _MOST_FILES:
            continue
        if part.get_content_maintype() == "text" and not part.get_filename() and not part.is_attachment():
            continue
        found.append(_file(part, section, mail, len(found) + 1))
    return found


def _leaves(message: MIMEPart, section: str = "", depth: int = 0) -> Iterator[tuple[str, MIMEPart]]:
    """Every part that holds content, with the number by which IMAP names it (RFC 9051, 6.4.5.1)."""
    if message.get_content_maintype() != "multipart" or depth > _MOST_DEPTH:
        yield section or "1", message
        return
    for number, part in enumerate(message.iter_parts(), 1):
        yield from _leaves(part, f"{section}.{number}" if section else str(number), depth + 1)


def _file(part: MIMEPart, section: str, mail: Mail, number: int) -> File:
    media_type = part.get_content_type()
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    encoding = encoding if encoding in _ENCODINGS and media_type != "message/rfc822" else "binary"
    content = part.get_payload(decode=True)
    size = len(content) if isinstance(content, bytes) else len(part.as_bytes())
    name = "".join(sign for sign in (part.get_filename() or "") if sign.isprintable() and sign not in "/\\")[:200]
    return File(
        name=name.strip(". ") or f"file-{number}.{media_type.rpartition('/')[2]}",
        media_type=media_type,
        size=size,
        locator=f"{mail.validity}/{mail.uid}/{section}/{encoding}",
        presented_as=_kind(media_type),
    )


def _kind(media_type: str) -> FileKind:
    if media_type in _PICTURES:
        return FileKind.IMAGE
    return FileKind.VOICE if media_type.startswith("audio/") else FileKind.DOCUMENT
