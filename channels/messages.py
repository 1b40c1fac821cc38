"""The vocabulary every floor speaks: what came in, what goes out, and the cards between. No platform appears here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator

from channels.work import NO_WORK, Work

Language: TypeAlias = str
"""The code of a language that has a file in the catalogue of sentences (`channels.locales`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a conversation happens. `thread` is empty where the platform has none or the room itself is meant."""

    channel: str
    room: str
    thread: str = ""

    @property
    def key(self) -> str:
        """The conversation's name, stable across restarts; also the name of its lane."""
        return f"{self.channel}:{self.room}:{self.thread}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody on a platform. `id` is stable and verified by the platform; `name` is only for people to read."""

    channel: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """How a message that was sent is found again, to edit it or to answer it."""

    address: Address
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Plain words; on the way out, Markdown that the adapter renders in its platform's dialect.

    `is_notice`: the gateway itself says it, and nothing in it was written by a model without being quoted.
    `is_heard`: it was spoken, and a platform made words of it, so that none of it is a command or decides anything.
    """

    text: str
    is_notice: bool = False
    is_heard: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Somebody named in a message; `is_me` when it is the bot itself."""

    account: Account
    is_me: bool = False
    kind: Literal["mention"] = "mention"


class FileKind(StrEnum):
    """How a platform presents a file. Names are the platform-neutral nouns, alphabetical."""

    DOCUMENT = "document"
    IMAGE = "image"
    VOICE = "voice"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Bytes that travel beside the words.

    On the way in `locator` is opaque to all but the channel that made it (`FetchesFiles.fetch` redeems it); on the
    way out it is the absolute path of a file on this machine. `size` is in bytes, 0 when the platform does not say.
    `content` is the text of one on its way out that lies nowhere yet: whoever sends it must see it arrive or fail.
    """

    name: str
    media_type: str
    size: int
    locator: str
    presented_as: FileKind = FileKind.DOCUMENT
    content: str = ""
    kind: Literal["file"] = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What this message answers or passes on: another's words, and the message where the platform names it.

    What was passed on is never a command and calls nobody, whoever passes it on; only `Text` is the sender's own.
    """

    text: str
    author: Account | None = None
    ref: Ref | None = None
    kind: Literal["quote"] = "quote"


Part = Annotated[Text | Mention | File | Quote, Discriminator("kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button was pressed. `id` names what is decided, `choice` the button; who pressed is the Inbound's sender.

    `receipt` is whatever the adapter needs to answer this one press privately (a callback id, a response URL). The
    words of the Inbound are the reason that the presser gives.
    """

    id: str
    choice: str
    message: Ref | None = None
    receipt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The message whose place a correction takes. `event_id` is that under which it was told, `at` when it was sent.

    `words` is what it said before, where the platform tells that; the gateway knows it of what it has heard itself.
    """

    event_id: str
    at: datetime
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One event of a platform, normalised. (address.channel, event_id) is unique and repeats on redelivery.

    `to_me` is true in a direct conversation, when the bot is mentioned and when its message is answered. `room_name` is
    what people call the group, for people to read; empty where the platform does not say it with the message. Messages
    of one `album` were sent together and are one to whoever sent them; empty for all others. One that `continues` the
    text of the piece before it, where the platform's client cut a long one, is never a command by itself.

    `language` is what the platform tells of the sender's, as it writes such codes, else that of the channel's home, and
    `time_zone` theirs by its IANA name; both are empty where nothing is told.

    What a person edits afterwards is an event that `corrects` the earlier one: the whole message as it is now, under
    the same `message`, `at` the time of the edit. Its event id is its own: the same when the platform repeats this
    edit, another for the next. Adapters tell no edits of bots, and none that a platform makes by itself; one that
    changes only previews, pins or formatting may be told, for the gateway ignores what changes no words.
    """

    event_id: str
    at: datetime
    address: Address
    sender: Account
    parts: tuple[Part, ...] = ()
    press: Press | None = None
    is_direct: bool = True
    to_me: bool = True
    message: Ref | None = None
    room_name: str = ""
    album: str = ""
    continues: bool = False
    language: str = ""
    time_zone: str = ""
    corrects: Earlier | None = None

    @property
    def text(self) -> str:
        """All words of the message, mentions of the bot left out."""
        return words_of(self.parts).strip()

    @property
    def typed(self) -> str:
        """The words if somebody typed them all, where commands are looked for; nothing where any was only heard."""
        is_heard = any(isinstance(part, Text) and part.is_heard for part in self.parts)
        return "" if is_heard else self.text

    @property
    def files(self) -> tuple[File, ...]:
        """The files that came with the message, in their order."""
        return tuple(part for part in self.parts if isinstance(part, File))


def words_of(parts: Iterable[Part]) -> str:
    """All words of these parts, mentions of the bot left out."""
    return "".join(_words(parts))


def _words(parts: Iterable[Part]) -> Iterable[str]:
    for part in parts:
        if isinstance(part, Text):
            yield part.text
        elif isinstance(part, Mention) and not part.is_me:
            yield f"@{part.account.name or part.account.id}"


class Tone(StrEnum):
    """How a button looks. Names are the platforms' common ground, alphabetical."""

    DANGER = "danger"
    NEUTRAL = "neutral"
    PRIMARY = "primary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One choice on a card. `choice` is one lower-case letter, so that every platform's payload budget holds it.

    `takes_reason`: whoever presses it may say why, so a platform with forms opens one; the words come beside the press.
    `takes_answer`: likewise, where the words are the answer that is asked for; a press without any chooses nothing.
    """

    choice: str
    label: str
    tone: Tone = Tone.NEUTRAL
    takes_reason: bool = False
    takes_answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One labelled line of a card."""

    label: str
    value: str


class BodyKind(StrEnum):
    """How a card's body is set. Alphabetical."""

    CODE = "code"
    DIFF = "diff"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A message with facts and buttons. `id` is the 16-character opaque name that a press brings back.

    All strings are plain text: the adapter escapes them. A card without buttons is an outcome.
    `fallback` is the line that stands where buttons cannot be had ("/approve 7QX4 or /deny 7QX4 reason").
    `attachments` are further texts below the body, each under its name. Where not everything can be shown,
    `buttons_when_cut` and `fallback_when_cut` take the place of the others. A card that `is_whole` is never cut: it
    becomes a file or as many messages as it needs, and the last message has the buttons.
    """

    id: str
    title: str
    facts: tuple[Fact, ...] = ()
    body: str = ""
    body_kind: BodyKind = BodyKind.TEXT
    note: str = ""
    buttons: tuple[Button, ...] = ()
    fallback: str = ""
    attachments: tuple[tuple[str, str], ...] = ()
    buttons_when_cut: tuple[Button, ...] = ()
    fallback_when_cut: str = ""
    is_whole: bool = False


def when_cut(card: Card) -> Card:
    """The card with the buttons that it has where not everything on it can be shown."""
    if not (card.buttons and card.buttons_when_cut):
        return card
    return replace(card, buttons=card.buttons_when_cut, fallback=card.fallback_when_cut)


STOP = "z"
"""The choice of a press that ends an answer; `Press.id` is then how the id of its turn begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The button that an answer bears while it grows, for whoever wants it ended.

    `id` is the 16 characters that a press brings back, hexadecimal digits all of them.
    """

    id: str
    label: str

    @property
    def card(self) -> Card:
        """The button on a card of nothing else, for adapters to draw as they draw those of any card."""
        return Card(id=self.id, title="", buttons=(Button(choice=STOP, label=self.label),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One message to send. `key` is the same for every attempt of the same message.

    `replaces` edits that message instead of sending a new one; `only_for` is shown to that account alone where the
    platform can (`receipt` of a press helps), else sent to it directly; `answers` quotes the message it replies to;
    `may_repeat` marks a message that a crash may have sent already.

    `in_language` is that of whoever reads it, empty where nobody has said, `in_zone` their time zone, empty for the
    deployment's; `agent` is who answers, and `work` what the
    answer took. `rewrites` is the key of the message in whose place this one comes; one that `repairs` is not sent anew
    where the platform cannot change what was sent. Of an answer in several messages all but the last say that it
    `continues`, and the last one names by `ends` the message that it answers.
    """

    key: str
    address: Address
    parts: tuple[Part, ...] = ()
    card: Card | None = None
    replaces: Ref | None = None
    only_for: Account | None = None
    answers: Ref | None = None
    receipt: str = ""
    may_repeat: bool = False
    in_language: str = ""
    in_zone: str = ""
    agent: str = ""
    work: Work = NO_WORK
    rewrites: str = ""
    repairs: bool = False
    continues: bool = False
    ends: str = ""

    @property
    def language(self) -> Language:
        """The language of whoever reads it; English where nobody has said."""
        return self.in_language or "en"

    @property
    def text(self) -> str:
        """All words of the message."""
        return words_of(self.parts)


def notice(text: str) -> tuple[Part, ...]:
    """The parts of a message in which the gateway itself says something."""
    return (Text(text=text, is_notice=True),)


def plain(text: str) -> tuple[Part, ...]:
    """The parts of a message that is only words."""
    return (Text(text=text),)


def heard(words: str) -> Text:
    """What a platform made of speech: behind a sign, because what was only heard is no command."""
    return Text(text=f"🎤 {words}", is_heard=True)
