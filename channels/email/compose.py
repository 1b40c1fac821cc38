"""From `Outbound` to the mail that is sent: its thread, its subject, its two forms, and how one decides by it."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

from channels.base import MessageRefused
from channels.email import render
from channels.email.options import ADDRESS, Options
from channels.email.tokens import MailChoice, Signer, for_link
from channels.locales import say
from channels.messages import Card, File, Outbound
from channels.shared.markdown.reader import read
from channels.shared.markdown.walk import Walk
from channels.text.plain import one_line, printable, shortened

MAX_FILE_BYTES = 15 * 1024 * 1024
_POLICY = SMTP.clone(max_line_length=200)
_MOST_THREADS = 1000
_LISTED = 100
"""Characters that a list of mails shows of a subject."""
_BEGINNING = 1000
"""So many characters of a text hold whatever its first line is."""


@dataclass(slots=True)
class Subjects:
    """What each thread is about, as long as it is remembered: mail programs keep a thread together by it."""

    _known: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def keep(self, subject: str, *ids: str) -> None:
        """Remember the subject of the thread with these messages."""
        for name in ids:
            if name:
                self._known[name] = subject
                self._known.move_to_end(name)
        while len(self._known) > _MOST_THREADS:
            self._known.popitem(last=False)

    def of(self, *ids: str) -> str | None:
        """The subject of the thread with one of these messages; None when none is remembered."""
        return next((self._known[name] for name in ids if name in self._known), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Writes mails of one mailbox. `page` is the address of the page that decides, "" when we have none."""

    options: Options
    signer: Signer
    subjects: Subjects
    now: Callable[[], datetime]
    page: str

    def id_of(self, key: str) -> str:
        """The Message-ID of the message with that key, so that a repeat is the same mail."""
        told = f"{self.options.address} {key}"
        return f"{hashlib.sha256(told.encode()).hexdigest()[:32]}.nexora@{self.options.address.partition('@')[2]}"

    def compose(self, outbound: Outbound) -> EmailMessage:
        """The whole mail; reads attached files, so it is called outside the event loop. Raises MessageRefused."""
        recipient = outbound.only_for.id if outbound.only_for else outbound.address.room
        if not ADDRESS.fullmatch(recipient):
            raise MessageRefused(f"{recipient!r} is not a plain e-mail address")
        mail, own = EmailMessage(policy=_POLICY), self.id_of(outbound.key)
        mail["From"] = Mailbox(display_name=self.options.display_name, addr_spec=self.options.address)
        mail["To"] = Mailbox(addr_spec=recipient)
        mail["Subject"] = self._subject(outbound, own)
        mail["Date"] = format_datetime(self.now())
        mail["Message-ID"] = f"<{own}>"
        self._thread(mail, outbound)
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
        content = self._content(outbound, recipient, own)
        mail.set_content(content.words, cte="quoted-printable")
        mail.add_alternative(content.page, subtype="html", cte="quoted-printable")
        for part in outbound.parts:
            if isinstance(part, File):
                _attach(mail, part)
        return mail

    def _thread(self, mail: EmailMessage, outbound: Outbound) -> None:
        root, answered = outbound.address.thread, outbound.answers.id if outbound.answers else ""
        if before := answered or root:
            mail["In-Reply-To"] = f"<{before}>"
            mail["References"] = " ".join(f"<{each}>" for each in dict.fromkeys((root, before)) if each)

    def _subject(self, outbound: Outbound, own: str) -> str:
        root, answered = outbound.address.thread, outbound.answers.id if outbound.answers else ""
        known = self.subjects.of(root, answered)
        subject = known if known is not None else _first_line(outbound)
        subject = subject or say("email.no_subject", outbound.language, name=self.options.display_name)
        self.subjects.keep(subject, root, own)
        return f"Re: {subject}" if root or answered else subject

    def _content(self, outbound: Outbound, recipient: str, own: str) -> render.Content:
        if outbound.card is None:
            names = ", ".join(part.name for part in outbound.parts if isinstance(part, File))
            said = render.say(outbound.parts)
            return said if said.words or not names else render.Content(words=names, page=render.text_page(names))
        ways = [
            self._way(outbound, outbound.card, recipient, own, index) for index in range(len(outbound.card.buttons))
        ]
        return render.card(outbound.card, ways, say("email.hint", outbound.language))

    def _way(self, outbound: Outbound, card: Card, recipient: str, own: str, index: int) -> render.CardChoice:
        button = card.buttons[index]
        choice = MailChoice(
            card=card.id,
            choice=button.choice,
            address=recipient.lower(),
            until=int((self.now() + timedelta(hours=self.options.decision_hours)).timestamp()),
            room=outbound.address.room,
            thread=outbound.address.thread,
            message=own,
            label=button.label,
            title=card.title,
            language=outbound.language,
        )
        line = self.signer.code(choice)
        url = f"{self.page}?t={self.signer.link(for_link(choice))}" if self.page else self._reply_link(line)
        return render.CardChoice(label=button.label, tone=button.tone, url=url, line=line)

    def _reply_link(self, line: str) -> str:
        return f"mailto:{self.options.address}?subject={quote(line)}&body={quote(line)}"


def _first_line(outbound: Outbound) -> str:
    """What the message itself offers as a subject, on one line."""
    if outbound.card:
        return shortened(one_line(outbound.card.title), _LISTED)
    words = Walk().write(read(outbound.text[:_BEGINNING])).strip("\n•> ")  # a subject is no Markdown
    return shortened(one_line(words.partition("\n")[0]), _LISTED)


def _attach(mail: EmailMessage, file: File) -> None:
    try:
        content = Path(file.locator).read_bytes()
    except OSError as error:
        raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
    kind, _, subtype = file.media_type.partition("/")
    if kind in {"", "message", "multipart"} or not subtype.isascii() or not f"{kind}{subtype}".isprintable():
        kind, subtype = "application", "octet-stream"
    name = printable(file.name) or "file"
    mail.add_attachment(content, maintype=kind, subtype=subtype or "octet-stream", filename=name)
