"""Signed names of one choice for one person: in a link, and short enough for the first line of a reply.

Either says which card, which choice and which address, and until when; none can be made or changed without the
channel's key. They are compared in constant time. What is decided and whether it still can be is looked up elsewhere.
"""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from channels.text.grammar import behind_words, command_called, is_word, plain, shown_name, shown_word

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CODE = re.compile(r"([a-z0-9]{4,32})-([a-z])-([0-9a-z]{1,8})-([a-z2-7]{16})")
_COMMANDS = {"a": "approve", "d": "deny"}
"""By the choices that have a verb of their own, the command whose names are that verb; all others are chosen."""
_CHOICES = {command: choice for choice, command in _COMMANDS.items()}
_LINE = re.compile(r"\W{0,3}([^\W\d_]+)(?::\s*|\s+)(\S{20,80}?)[.。]?(?:\s+(.*))?")
_LONGEST = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class MailChoice:
    """One button of one card, for one address. `message` is the id of the mail that shows it; `until` is a time."""

    card: str
    choice: str
    address: str
    until: int
    room: str
    thread: str = ""
    message: str = ""
    label: str = ""
    title: str = ""
    language: str = "en"

    @property
    def name(self) -> str:
        """The same for every link and code of this choice, so that it is heard once however often it is sent."""
        told = "\0".join((self.card, self.choice, self.address, str(self.until)))
        return hashlib.sha256(told.encode()).hexdigest()[:32]

    def is_over(self, now: datetime) -> bool:
        """Whether it is too late."""
        return now.timestamp() > self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A line of a reply that claims to decide: the choice it names and the reason beside it, not verified yet."""

    verb: str
    code: str
    reason: str = ""


class Signer:
    """Makes and reads what is signed with the channel's key."""

    def __init__(self, key: bytes, channel: str) -> None:
        self._key = hmac.new(key, f"decisions by mail of {channel}".encode(), hashlib.sha256).digest()

    def _mac(self, kind: str, told: bytes) -> bytes:
        return hmac.new(self._key, kind.encode() + b"\0" + told, hashlib.sha256).digest()

    def link(self, choice: MailChoice) -> str:
        """The token of a link."""
        told = json.dumps(asdict(choice), separators=(",", ":"), ensure_ascii=False).encode()
        return f"{_plain(told)}.{_plain(self._mac('link', told))}"

    def read_link(self, token: str) -> MailChoice | None:
        """The choice of a link; None when we did not sign it. Whether it is too late is the caller's to ask."""
        body, dot, mac = token.partition(".")
        told = _decoded(body) if dot and len(token) <= _LONGEST else None
        given = _decoded(mac)
        if told is None or given is None or not hmac.compare_digest(given, self._mac("link", told)):
            return None
        return MailChoice(**json.loads(told))

    def code(self, choice: MailChoice) -> str:
        """The line of a reply that decides: a verb and a code."""
        verb = verb_of(choice.choice, choice.language)
        return f"{verb} {choice.card}-{choice.choice}-{_in_digits(choice.until)}-{self._seal(choice)}"

    def _seal(self, choice: MailChoice) -> str:
        told = "\0".join((choice.card, choice.choice, str(choice.until), choice.address))
        return base64.b32encode(self._mac("code", told.encode())[:10]).decode().lower()

    def read_code(self, claim: Claim, address: str, now: datetime) -> MailChoice | None:
        """The choice that a reply from `address` makes; None when the code is not theirs, is over or was changed."""
        found = _CODE.fullmatch(claim.code.lower())
        if found is None:
            return None
        card, choice, until, seal = found.groups()
        made = MailChoice(card=card, choice=choice, address=address, until=int(until, 36), room=address)
        expected = self._seal(made)
        if not hmac.compare_digest(seal.encode(), expected.encode()) or made.is_over(now):
            return None
        return made if _CHOICES.get(command_called(claim.verb), choice) == choice else None


def verb_of(choice: str, language: str) -> str:
    """The word that a person reads and sends before a code."""
    command = _COMMANDS.get(choice)
    return (shown_name(command, language) if command else shown_word("choose", language)).upper()


def claim_in(written: str) -> Claim | None:
    """The claim in the first line of what somebody wrote; nothing below it, and nothing quoted, can be one."""
    first, _, below = written.strip().partition("\n")
    line = plain(first)
    found = _LINE.fullmatch(line)
    if found is None or not _CODE.fullmatch(found[2].lower()):
        return None
    if command_called(found[1]) not in _CHOICES and not is_word(found[1], "choose"):
        return None
    beside = behind_words(first, len(line[: found.end(2)].split())) if found[3] else ""
    reason = (beside or below.strip().partition("\n\n")[0]).strip()
    return Claim(verb=found[1].lower(), code=found[2], reason=reason[:1000])


def for_link(choice: MailChoice) -> MailChoice:
    """With what people read cut to what a link should carry."""
    return replace(choice, label=choice.label[:40], title=choice.title[:80])


def moment(until: int) -> datetime:
    """The time until which a choice is good."""
    return datetime.fromtimestamp(until, tz=UTC)


def _in_digits(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"


def _plain(told: bytes) -> str:
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
