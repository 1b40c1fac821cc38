"""What the channel suite asks of a platform fake: to play the people and the platform's moods.

How a fake is found: by its name. For every kind that `channels.running.catalogue` finds in `channels/`, the module or
package `tests.platforms.<kind>` exports `def driver() -> PlatformDriver`, and, where a mode is another platform
altogether, `def driver_in(mode: str) -> PlatformDriver`. Adding a channel edits nothing in `tests/contract`, which
never learns which platform it drives and lists none.

What a platform lacks: its driver says so in `lacks` (`Power`), for the `mode` that is set on it first of all, and a
test that needs one of these is not collected there (`tests.contract.asked.needs`). What the channel's own `Traits` say
must agree: `test_a_platform_lacks_what_its_channel_says_it_lacks`. More than the common powers is a protocol of its own
at the end of this file and in `kinds`: a driver that has those methods is asked for them.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from channels.base import Deed
from channels.messages import FileKind
from channels.running import catalogue
from channels.shared.sound import Codec


class Room(StrEnum):
    """Where somebody speaks. Alphabetical."""

    DIRECT = "direct"
    GROUP = "group"


class Fault(StrEnum):
    """How the platform answers the adapter's next outgoing calls (sending, editing, uploading). Alphabetical.

    RATE_LIMITED must name `rate_limit_seconds`; SERVER_ERROR is a 500; DROPPED closes the TCP connection without an
    answer.
    """

    DROPPED = "dropped"
    RATE_LIMITED = "rate limited"
    SERVER_ERROR = "server error"


class Cut(StrEnum):
    """What happens to the connection over which the adapter hears. Alphabetical.

    ABRUPT: the socket is gone without a word; CLEAN: the platform closes it in order; DEAF: it stays open and answers
    nothing any more, not even a ping; EXPIRED: it is closed, and the ticket or session to come back with is no longer
    taken; MALFORMED: it carries a frame that makes no sense; REFUSED: it is closed, and the next two attempts to
    connect fail; REVOKED: it is closed, and our credentials are no longer taken.
    """

    ABRUPT = "abrupt"
    CLEAN = "clean"
    DEAF = "deaf"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    REFUSED = "refused"
    REVOKED = "revoked"


class Power(StrEnum):
    """What a platform may lack; tests that need it are not collected for that kind. Alphabetical.

    ANSWERS: what a bot says can answer a message; BEGINS: a bot can write to somebody first, where they write to it;
    BOTS: other bots speak there, and our own words come back to us; BUTTONS: cards have buttons; CALLS: bots call it
    over HTTP, at an address in the settings; CORRECTIONS: bots are told what persons edit; CREDENTIALS: it can refuse
    ours; EDITS: persons edit and remove what they said; FAULTS: it can misbehave; FILES: files of persons come with
    their size and words beside them; GROUPS: rooms of many with mentions; HISTORY: what was said while we were away can
    be asked for; LINE: there is a connection that can break (`Cut`); LIVE_BUTTON: what grows bears a button in some
    room; MARKUP: words of a bot are bold, code and links; NONCES: a message that a bot sends again soon under its key
    is seen once; PINGS: a probe asks over the connection on which we hear; PRIVATE: one member of a group can be told
    something alone; QUOTES: a person's answer carries the message that it answers; REDELIVERY: it delivers again what
    was not acknowledged; REPEATS: it may deliver an event twice though it was acknowledged; REPLIES: in a group, a
    person can answer the bot without naming it; REVOKING: it can take our credentials back while a connection stands;
    REWRITES: a bot can change what it said; RIGHTS: a bot may want the right to send any file; SAME_PERSON: a person
    has one id in every room; STREAMS: an answer is seen growing; TABLES: its dialect has them; THREADS: a room has
    threads or topics; UPLOADS: bots send files; VOICE: persons send voice messages and pictures; WEBHOOK: it calls us,
    so that somebody else could.
    """

    ANSWERS = "answers"
    BEGINS = "begins"
    BOTS = "bots"
    BUTTONS = "buttons"
    CALLS = "calls"
    CORRECTIONS = "corrections"
    CREDENTIALS = "credentials"
    EDITS = "edits"
    FAULTS = "faults"
    FILES = "files"
    GROUPS = "groups"
    HISTORY = "history"
    LINE = "line"
    LIVE_BUTTON = "live button"
    MARKUP = "markup"
    NONCES = "nonces"
    PINGS = "pings"
    PRIVATE = "private"
    QUOTES = "quotes"
    REDELIVERY = "redelivery"
    REPEATS = "repeats"
    REPLIES = "replies"
    REVOKING = "revoking"
    REWRITES = "rewrites"
    RIGHTS = "rights"
    SAME_PERSON = "same person"
    STREAMS = "streams"
    TABLES = "tables"
    THREADS = "threads"
    UPLOADS = "uploads"
    VOICE = "voice"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on the platform: the id that the platform vouches for, and the name it shows."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """A file as it arrived at the platform."""

    name: str
    content: bytes
    presented_as: FileKind = FileKind.DOCUMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A message of the bot as a person sees it now, after all edits.

    text: the words shown, markup applied and removed. bold, code, links (addresses) and pings (whoever is notified by
    a mention, a channel-wide one included) are what the platform took as markup. buttons: labels, in order.
    answers: id of the message it replies to, or "".
    """

    id: str
    text: str
    bold: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    pings: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    files: tuple[SeenFile, ...] = ()
    answers: str = ""
    thread: str = ""


class PlatformDriver(Protocol):
    """One fake platform with a direct conversation, a group, and the persons `alice` and `bob` in both."""

    @property
    def modes(self) -> tuple[str, ...]:
        """The ways of connecting that the adapter knows ("polling", "webhook"); the suite runs once in each."""

    mode: str
    """The one of `modes` in which it is driven; the suite sets it before anything else."""

    @property
    def lacks(self) -> frozenset[Power]:
        """What this platform does not have in that mode."""

    @property
    def alice(self) -> Person:
        """Who speaks and presses unless told otherwise."""

    @property
    def bob(self) -> Person:
        """Somebody else."""

    @property
    def rate_limit_seconds(self) -> float:
        """What Fault.RATE_LIMITED asks to wait: 7, or what the adapter waits where the platform names no time."""

    @property
    def refusal(self) -> str:
        """The platform's own words for wrong credentials, which ChannelRefused must carry."""

    async def start(self) -> None:
        """Listen on 127.0.0.1, port 0."""

    async def stop(self) -> None:
        """Close every socket and leave no task."""

    def reached_at(self, base_url: str) -> None:
        """Told before the channel listens: its routes are mounted below this address."""

    def options(self, mode: str) -> Mapping[str, Any]:
        """Settings with which the adapter connects to this fake; every address and port points at it."""

    def wrong_options(self, mode: str) -> Mapping[str, Any]:
        """The same with credentials that the platform refuses."""

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
        """A person speaks; returns the platform's id of the message. `mention` puts the bot's name before the text.

        What is said before the adapter has connected is delivered once it has.
        """

    async def open_thread(self) -> str:
        """A thread or topic in the group; returns what `Address.thread` must be for what is said there."""

    async def say_again(self) -> None:
        """The platform delivers its last message event once more, as after a lost acknowledgement; Power.REPEATS."""

    async def send_file(self, name: str, content: bytes, media_type: str, text: str = "") -> str:
        """A person sends a file into the direct conversation, with words beside it."""

    async def send_media(self, kind: FileKind, content: bytes) -> str:
        """A person sends a voice message or a picture into the direct conversation; Power.VOICE."""

    async def say_as_bot(self, text: str, *, mine: bool) -> None:
        """Another bot says this in the direct conversation or group, or the bot's own words come back; Power.BOTS."""

    async def edit(self, message_id: str, text: str) -> None:
        """A person rewrites what was said in the direct conversation; Power.EDITS."""

    async def edit_again(self, message_id: str) -> None:
        """The platform tells the newest edit of that message once more; Power.CORRECTIONS."""

    async def touch(self, message_id: str) -> None:
        """The platform tells that the message changed, and no words did (a pin, a preview); Power.CORRECTIONS."""

    async def remove(self, message_id: str) -> None:
        """A person removes what was said in the direct conversation; Power.EDITS."""

    @property
    def cuts(self) -> frozenset[Cut]:
        """What can happen to the connection in this mode; Power.LINE."""

    async def cut(self, how: Cut) -> None:
        """Do that to the living connection; returns once it is done. Power.LINE.

        After all but REVOKED the platform takes a new connection and says there what it can say again.
        """

    async def press(self, message_id: str, label: str, *, room: Room = Room.DIRECT, by: Person | None = None) -> None:
        """A person presses the button with that label; fails when it is not there."""

    async def forge(self, text: str) -> int:
        """Somebody else calls the adapter's route with a bad signature; the status it got. Power.WEBHOOK."""

    async def hear(self, count: int = 1, *, room: Room = Room.DIRECT) -> list[Seen]:
        """The bot's messages in that room, oldest first, once there are at least `count`; fails after 5 seconds."""

    async def told(self, person: Person) -> list[str]:
        """What the bot said to this person alone: alerts, ephemeral messages, direct messages."""

    def misbehave(self, fault: Fault, times: int = 1) -> None:
        """The next outgoing calls of the adapter fail like this."""

    @property
    def refuses(self) -> frozenset[Deed]:
        """The kinds of call that the platform can refuse while it takes others: FILES, FETCH, or none."""

    def refuse(self, deed: Deed) -> str:
        """From now on such calls are refused with the platform's documented error.

        Returns what a `Lack` must name where it is for want of a right (Power.RIGHTS), else "".
        """

    def allow(self) -> None:
        """Such calls are taken again."""

    async def revoke(self) -> None:
        """Our credentials are not taken any more, though the connection stands; Power.REVOKING."""

    @property
    def calls(self) -> int:
        """How many outgoing calls that a person could notice (sent, edited, previewed, streamed) were made so far."""

    @property
    def acknowledged(self) -> int:
        """How many message events the adapter has acknowledged so far."""


@runtime_checkable
class NeedsDatabase(Protocol):
    """A driver of a channel without a platform, which keeps what is said on a board of ours."""

    async def keep_in(self, dsn: str) -> None:
        """Told before `start`: the address of a migrated database of its own, dropped after `stop`.

        From then on `self.board` is the `channels.base.Board` that the channel is given.
        """


@runtime_checkable
class NamesGroups(Protocol):
    """A driver whose platform tells with a message what people call the group."""

    @property
    def group_name(self) -> str:
        """How the name of the fake's group begins."""


@runtime_checkable
class TellsLanguage(Protocol):
    """A driver whose platform tells the language in which whoever presses a button uses it."""

    @property
    def platform_language(self) -> str:
        """Alice's, a code as the platform writes it."""


@runtime_checkable
class OpensForms(Protocol):
    """A driver whose platform opens a form for the reason of a press (`Button.takes_reason`)."""

    async def press_and_say(self, message_id: str, label: str, reason: str | None) -> None:
        """Alice presses it in the direct conversation and sends the form that opens; she closes it for None."""

    def open_no_forms(self) -> None:
        """From now on the platform fails to open them."""


@runtime_checkable
class ShowsEverybody(Protocol):
    """A driver that can tell what each person sees."""

    def shown_to(self, person: Person) -> list[Seen]:
        """What the bot said to them alone, as they see it now: their direct conversation, and short notices."""


@runtime_checkable
class PlaysRecordings(Protocol):
    """A driver whose platform plays what a bot sends as a voice message."""

    @property
    def plays(self) -> frozenset[Codec]:
        """In these codecs; a recording in another is a file there."""


def driver_of(kind: str, mode: str = "") -> PlatformDriver | None:
    """A fresh fake of that platform in one of its modes, None when there is none."""
    module = f"tests.platforms.{kind}"
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None
    built: PlatformDriver = found.driver_in(mode) if mode and hasattr(found, "driver_in") else found.driver()
    built.mode = mode or built.modes[0]
    return built


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A platform in one of its modes, where the suite runs."""

    kind: str
    mode: str

    def __str__(self) -> str:
        return f"{self.kind}-{self.mode}"

    def driver(self) -> PlatformDriver:
        """A fresh fake of it."""
        driver = driver_of(self.kind, self.mode)
        assert driver is not None
        return driver


OF_PLUGINS = ("hook",)
"""Kinds that come with a plugin, which is written for these tests."""


def places() -> list[Place]:
    """Every kind that has a fake, in every mode that its platform has."""
    drivers = {kind: driver_of(kind) for kind in (*catalogue.kinds(), *OF_PLUGINS)}
    return [
        Place(kind=kind, mode=mode) for kind, driver in drivers.items() if driver is not None for mode in driver.modes
    ]
