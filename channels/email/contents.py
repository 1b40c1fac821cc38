"""What the parts of a mail hold, in their order: its words, mails that it passes on, files, and what can only be named.

Whatever somebody sent becomes words, a file, or a sentence that says what was there.
"""

import email
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, MIMEPart

from channels.email import sealed, winmail
from channels.email.charsets import decoded
from channels.email.flowed import unflowed
from channels.email.headers import POLICY
from channels.email.invitations import invitation
from channels.email.quoting import without_seal
from channels.messages import Account, File, FileKind, Quote
from channels.page import readable
from channels.text.plain import file_name, printable

_MOST_FILES = 50
_MOST_DEPTH = 12
_ENCODINGS = frozenset({"base64", "quoted-printable"})
_PICTURES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})
_MAILS = frozenset({"message/global", "message/news", "message/rfc822"})
_SEALS = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
_ENVELOPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_VERSION = "application/pgp-encrypted"
_WINMAIL = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_NOT_WORDS = frozenset(
    {"calendar", "rfc822-headers", "rtf", "vcard", "x-vcard", "directory", "csv", "tab-separated-values"}
)
_INSIDE_SEAL = "sealed"
_INSIDE_WINMAIL = "winmail"
_ENCRYPTED = "[This mail is encrypted ({how}), and its words cannot be read here. Ask for it unencrypted.]"
_UNREADABLE = "[This mail is packed ({how}) in a way that cannot be read here; the whole is attached.]"
_TOO_LARGE = "[the files of this mail were left out: it is too large]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a mail holds. `notes` are sentences about what is not in its words."""

    words: str
    passed_on: tuple[Quote, ...]
    files: tuple[File, ...]
    notes: tuple[str, ...]


def contents(message: MIMEPart, place: str, channel: str, *, is_whole: bool) -> Contents:
    """`place` is how the mailbox finds the mail. Files of a mail whose end was not fetched are left out."""
    reader = _Reader(place, channel)
    reader.take(message, "1" if message.get_content_maintype() != "multipart" else "", 0)
    notes = reader.notes
    if len(reader.files) > _MOST_FILES:
        notes.append(f"[{len(reader.files) - _MOST_FILES} more files of this mail were left out]")
    if not is_whole:
        notes.append(_TOO_LARGE)
    words = "\n\n".join(each.strip("\n") for each in reader.words if each.strip())
    shown = [each for each in (_invited(part, words) for part in reader.calendars) if each]
    return Contents(
        words=words,
        passed_on=tuple(reader.passed_on),
        files=tuple(reader.files[:_MOST_FILES]) if is_whole else (),
        notes=(*dict.fromkeys(shown), *notes),
    )


@dataclass(slots=True)
class _Reader:
    """Walks the parts. `inside` are the steps from a part of the mailbox to one that is packed in it."""

    place: str
    channel: str
    inside: str = ""
    words: list[str] = field(default_factory=list)
    passed_on: list[Quote] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calendars: list[MIMEPart] = field(default_factory=list)
    is_silent: bool = False

    def take(self, part: MIMEPart, section: str, depth: int) -> None:
        """A part and everything in it; `section` is the number by which IMAP names it (RFC 9051, 6.4.5.1)."""
        kind = part.get_content_type()
        if depth > _MOST_DEPTH:
            self.notes.append("[What lies still deeper in this mail was left out]")
        elif kind in _MAILS and part.is_multipart():
            self._pass_on(part, section, depth)
        elif part.get_content_maintype() == "multipart" and part.is_multipart():
            self._take_all(part, section, depth)
        elif kind == "text/calendar":
            self.calendars.append(part)
            if part.is_attachment() or (part.get_filename() and not self.is_silent):
                self._file(part, section)
        elif _is_words(part):
            if not self.is_silent:
                self.words.append(_text(part))
        elif kind in _ENVELOPES:
            self._open_envelope(part, section, depth)
        elif kind in _WINMAIL or (part.get_filename() or "").lower() == "winmail.dat":
            self._unpack(part, section)
        else:
            self._file(part, section)

    def _take_all(self, part: MIMEPart, section: str, depth: int) -> None:
        children = [
            (child, f"{section}.{number}" if section else str(number))
            for number, child in enumerate(part.iter_parts(), 1)
        ]
        match part.get_content_subtype():
            case "alternative":
                self._choose(children, depth)
            case "appledouble":  # what only a Mac knows, and the file
                children = children[1:] or children
            case "encrypted":
                self._note(_ENCRYPTED.format(how=part.get_param("protocol", "") or "OpenPGP"))
                children = [each for each in children if each[0].get_content_type() != _VERSION] or children
            case "signed":
                children = [each for each in children if each[0].get_content_type() not in _SEALS] or children
        if part.get_content_subtype() != "alternative":
            for child, own in children:
                self.take(child, own, depth + 1)

    def _choose(self, children: list[tuple[MIMEPart, str]], depth: int) -> None:
        """Of parts that say the same, the plain words, or else the last that says something; all files of all."""
        plain = [each for each in children if each[0].get_content_type() == "text/plain"]
        others = [each for each in children if each[0].get_content_type() != "text/plain"]
        before, is_silent = len(self.words), self.is_silent
        for child, section in [*plain, *reversed(others)]:
            has_words = any(each.strip() for each in self.words[before:])
            self.is_silent = is_silent or has_words
            if not (has_words and _is_words(child)):
                self.take(child, section, depth + 1)
        self.is_silent = is_silent

    def _pass_on(self, part: MIMEPart, section: str, depth: int) -> None:
        """A mail as a part of this one: its words are its author's, its files can be fetched like others."""
        inner = part.get_content()
        reader = _Reader(self.place, self.channel, self.inside)
        reader.take(inner, section if inner.get_content_maintype() == "multipart" else f"{section}.1", depth + 1)
        if not self.is_silent:
            shown = [_invited(each, "") for each in reader.calendars]
            said = "\n\n".join(
                each for each in (*_heading(inner), *reader.words, *shown, *reader.notes) if each.strip()
            )
            author = Account(channel=self.channel, id="", name=_author(inner))
            self.passed_on += [Quote(text=said, author=author), *reader.passed_on]
        self._file(part, section)
        self.files += reader.files

    def _open_envelope(self, part: MIMEPart, section: str, depth: int) -> None:
        how = str(part.get_param("smime-type", "") or "").lower()
        if how in ("enveloped-data", "authenveloped-data"):
            self._note(_ENCRYPTED.format(how="S/MIME"))
        else:
            try:
                inner = email.message_from_bytes(sealed.enclosed(_bytes(part)), policy=POLICY)
            except sealed.BrokenSignature:
                self._note(_UNREADABLE.format(how=f"S/MIME {how}".strip()))
            else:
                if not self.inside:
                    way = f"{section}/{_encoding(part)}/{_INSIDE_SEAL}"
                    within = _Reader(self.place, self.channel, way, is_silent=self.is_silent)
                    within.take(inner, "" if inner.get_content_maintype() == "multipart" else "1", depth + 1)
                    self._add(within)
                    return
        self._file(part, section)

    def _add(self, other: "_Reader") -> None:
        self.words += other.words
        self.passed_on += other.passed_on
        self.files += other.files
        self.notes += other.notes
        self.calendars += other.calendars

    def _unpack(self, part: MIMEPart, section: str) -> None:
        try:
            found = winmail.unpacked(_bytes(part))
        except winmail.BrokenWinmail:
            self._note(_UNREADABLE.format(how="winmail.dat"))
            self._file(part, section)
            return
        if not self.is_silent and not any(each.strip() for each in self.words):
            self.words.append(found.text if found.text.strip() else readable(found.html))
        if self.inside or not (found.files or any(each.strip() for each in self.words)):
            self._file(part, section)
            return
        way = f"{section}/{_encoding(part)}/{_INSIDE_WINMAIL}"
        for number, packed in enumerate(found.files, 1):
            media_type = packed.media_type or "application/octet-stream"
            self.files.append(
                File(
                    name=file_name(packed.name)[:200] or f"file-{len(self.files) + 1}",
                    media_type=media_type,
                    size=len(packed.content),
                    locator=f"{self.place}/{way}/{number}",
                    presented_as=_kind(media_type),
                )
            )

    def _note(self, sentence: str) -> None:
        if not self.is_silent:
            self.notes.append(sentence)

    def _file(self, part: MIMEPart, section: str) -> None:
        media_type = part.get_content_type()
        content = part.get_payload(decode=True)
        size = len(content) if isinstance(content, bytes) else len(part.as_bytes())
        way = f"{self.inside}/{section}" if self.inside else f"{section}/{_encoding(part)}"
        ending = "eml" if media_type in _MAILS else media_type.rpartition("/")[2]
        self.files.append(
            File(
                name=file_name(part.get_filename() or "")[:200] or f"file-{len(self.files) + 1}.{ending}",
                media_type=media_type,
                size=size,
                locator=f"{self.place}/{way}",
                presented_as=_kind(media_type),
            )
        )


def packed_file(content: bytes, how: str, which: str) -> bytes | None:
    """The file `which` out of a part that holds others; None when it is not there."""
    try:
        if how == _INSIDE_WINMAIL:
            return winmail.unpacked(content).files[int(which) - 1].content
        inner: MIMEPart = email.message_from_bytes(sealed.enclosed(content), policy=POLICY)
    except (IndexError, ValueError):
        return None
    return next((_bytes(part) for section, part in _leaves(inner) if section == which), None)


def _leaves(message: MIMEPart, section: str = "", depth: int = 0) -> Iterator[tuple[str, MIMEPart]]:
    if message.get_content_maintype() != "multipart" or depth > _MOST_DEPTH:
        yield section or "1", message
        return
    for number, part in enumerate(message.iter_parts(), 1):
        yield from _leaves(part, f"{section}.{number}" if section else str(number), depth + 1)


def _is_words(part: MIMEPart) -> bool:
    if part.get_content_maintype() == "multipart":
        return not part.is_multipart()  # its boundary never comes
    if part.get_content_maintype() != "text" or part.get_filename() or part.is_attachment():
        return False
    return part.get_content_subtype() not in _NOT_WORDS


def _text(part: MIMEPart) -> str:
    text = decoded(_bytes(part), part.get_content_charset("") or "")
    if part.get_content_subtype() in ("html", "x-amp-html", "watch-html"):
        return readable(text)
    if str(part.get_param("format", "") or "").lower() == "flowed":
        is_tight = str(part.get_param("delsp", "") or "").lower() == "yes"
        text = unflowed(text, deletes_space=is_tight)
    return without_seal(text)


def _invited(part: MIMEPart, said: str) -> str:
    text = decoded(_bytes(part), part.get_content_charset("") or "utf-8")
    return invitation(text, str(part.get_param("method", "") or ""), said)


def _bytes(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _encoding(part: MIMEPart) -> str:
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    return encoding if encoding in _ENCODINGS and part.get_content_type() not in _MAILS else "binary"


def _heading(inner: EmailMessage) -> tuple[str, ...]:
    told = (
        f"{name}: {' '.join(str(inner[name]).split())}" for name in ("From", "Date", "To", "Subject") if inner[name]
    )
    return ("\n".join(told),)


def _author(inner: EmailMessage) -> str:
    line = inner.get("from")
    authors = line.addresses if line is not None else ()
    name = (authors[0].display_name or authors[0].addr_spec) if authors else ""
    return printable(name)[:100].strip()


def _kind(media_type: str) -> FileKind:
    if media_type in _PICTURES:
        return FileKind.IMAGE
    return FileKind.VOICE if media_type.startswith("audio/") else FileKind.DOCUMENT
