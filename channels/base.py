"""What an adapter is: a few verbs, declared traits, and the errors it may raise. It knows nothing of governance."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from aiohttp import ClientSession, web

from channels.completing import Complete, Menu, nothing_to_add
from channels.errors import NexoraError as NexoraError  # noqa: PLC0414  # known from here, too
from channels.messages import Account, Address, Card, File, Inbound, Language, Outbound, Ref, Stop
from channels.moves import Moves
from channels.nobody import nothing_heard, nothing_waits

Receive = Callable[[Inbound], Awaitable[None]]
"""Persists an event. Only after it returns may the adapter acknowledge it, and not when it raises NotStored."""


class NotStored(NexoraError):
    """The event could not be stored, so it must not be acknowledged."""


NOT_YET = "Not yet: nothing can be kept just now. Try again in a moment. · 暂时无法处理，请稍后再试。"
"""What whoever pressed is told when it could not be stored; nobody's language is known then."""


class ChannelError(NexoraError):
    """The channel could not do what was asked."""


class ChannelDown(ChannelError):
    """The connection is gone; the supervisor rebuilds the adapter after a pause."""


class ChannelRefused(ChannelError):
    """The platform refuses our credentials or settings; only a person can mend it. The text is the platform's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What is missing for one kind of call, while the connection stands and everything else goes on.

    `word` is the platform's own name for it ("missing_scope files:write"), `repair` what an admin does about it, in
    each language, empty where the platform does not tell enough. `only_here`: other rooms are not concerned.
    """

    word: str
    repair: Mapping[Language, str] = field(default_factory=dict[Language, str])
    only_here: bool = False


class MessageRefused(ChannelError):
    """The platform refuses this one message for good; sending it again would not help."""

    def __init__(self, detail: str = "", *, lack: Lack | None = None) -> None:
        """`lack` is given when all calls of this kind are refused until an admin has mended it."""
        super().__init__(detail)
        self.lack = lack


class Deferred(ChannelError):
    """The platform cannot take this one message now, and says nothing of others; a later try may go well."""

    def __init__(self, wait_seconds: float, detail: str = "") -> None:
        super().__init__(detail)
        self.wait_seconds = wait_seconds


class RateLimited(ChannelError):
    """The platform asks us to wait; `whole_bot` when it means everything we send and not this room alone."""

    def __init__(self, retry_after_seconds: float, detail: str = "", *, whole_bot: bool = False) -> None:
        super().__init__(detail or f"wait {retry_after_seconds:g} s")
        self.retry_after_seconds = retry_after_seconds
        self.whole_bot = whole_bot


class FileTooLarge(MessageRefused):
    """The file is larger than the platform or our limit allows."""

    def __init__(self, detail: str = "", *, limit_bytes: int = 0) -> None:
        """`limit_bytes` is the limit where it is narrower than the one that was asked for."""
        super().__init__(detail)
        self.limit_bytes = limit_bytes


class Deed(StrEnum):
    """A kind of call that a platform may refuse while it takes the others. Alphabetical.

    BEGIN: writing to somebody first; FETCH: reading a file that was sent to us; REWRITE: changing what was said.
    """

    BEGIN = "begin"
    CARDS = "cards"
    FETCH = "fetch"
    FILES = "files"
    REWRITE = "rewrite"
    WORDS = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What cannot be done since when, and for want of what; `room` is empty where no room takes it."""

    deed: Deed
    lack: Lack
    since: datetime
    room: str = ""


class Streaming(StrEnum):
    """How an answer can be shown while it grows. Alphabetical.

    EDIT rewrites one message; NATIVE appends to a stream of the platform's own; NONE sends one message at the end.
    """

    EDIT = "edit"
    NATIVE = "native"
    NONE = "none"


class Listeners(StrEnum):
    """How many gateways on one database may hear the same channel at a time. Alphabetical.

    EVERY: each of them, and a repeat changes nothing. ONE: one listens, the others only send. SOLE: nobody else sends.
    """

    EVERY = "every"
    ONE = "one"
    SOLE = "sole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many messages in so many seconds, all of them at once if need be."""

    count: int
    seconds: float

    @property
    def interval_seconds(self) -> float:
        """Time between two messages that follow each other for ever."""
        return self.seconds / self.count


class CommandsNeed(StrEnum):
    """What a command in a group needs so that the bot hears it. Alphabetical."""

    MENTION = "mention"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What the platform offers, declared once; `channels.running.degrade` makes up for what it lacks.

    max_text: longest text of one message, in units given by `counts_utf16` (UTF-16 units, else characters).
    live_button: an answer bears the button that ends it while it grows, at least in some rooms (`BearsStop`).
    draws_steps: the calls of an answer stay to be seen beside it, so that its words need not tell of them.
    patience_seconds: where an answer cannot be seen growing, somebody who has waited so long is told once that it is
    being worked on; 0 where nobody expects an answer as soon as that.
    stream_interval_seconds: shortest time between two updates of a live message.
    sends_idempotently: the platform drops a second message with the same key, so a repeat after a crash is harmless.
    repeats: what could not be stored is heard later by itself, because the platform tells it again or keeps it for us.
    tells_presses: whoever pressed what could not be stored is told so by the adapter (NOT_YET).
    room_rate, bot_rate: what the platform takes in one room and from the whole bot; None where it names no limit.
    most_pieces: of a text that must be shown whole so many messages are sent at most, where it cannot go as a file.
    commands_need: what a command that is typed in a group needs, for the platform keeps it to itself otherwise.
    names_quoted: an answer names the message that it answers by its id, so that a card of ours is known again; or the
    one with which its thread (`Address.thread`) began. It does not where the platform tells its words alone, an id that
    no sending returned, or the first of a row of answers.
    home_language: of whoever said nothing that tells theirs, as `zh-CN`; empty where it is at home anywhere.
    hearing: how many gateways may listen at a time; for ONE, `send` works without `listen`.
    """

    max_text: int
    counts_utf16: bool = False
    streaming: Streaming = Streaming.NONE
    stream_interval_seconds: float = 1.0
    live_button: bool = False
    draws_steps: bool = False
    patience_seconds: float = 20.0
    can_edit: bool = False
    has_buttons: bool = False
    max_file_bytes: int = 0
    max_card_body: int = 2500
    most_pieces: int = 40
    sends_idempotently: bool = False
    repeats: bool = False
    tells_presses: bool = False
    room_rate: Rate | None = None
    bot_rate: Rate | None = None
    commands_need: CommandsNeed = CommandsNeed.NOTHING
    names_quoted: bool = False
    home_language: str = ""
    hearing: Listeners = Listeners.EVERY


class ChannelState(StrEnum):
    """How a channel is; ELSEWHERE when another gateway listens. Alphabetical."""

    DOWN = "down"
    ELSEWHERE = "elsewhere"
    STARTING = "starting"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a probe found; `reason` is a sentence for a person, in the platform's own words where it gave any.

    A channel that is UP with a reason works with a lack that an admin should know of: no right to send buttons, a gap
    in what was heard that could not be closed. `lacking` is what the platform refused when it was last asked for it;
    the supervisor fills it in.
    """

    state: ChannelState
    reason: str = ""
    at: datetime | None = None
    lacking: tuple[Lacking, ...] = ()


class Board(Protocol):
    """Where a channel without a platform of its own keeps and shows what is said. Failing, all raise ChannelDown."""

    async def keep(self, room: str, key: str, body: str, *, replaces: str | None = None) -> str:
        """Keep a message, once for each key, or put it in the place of `replaces`; its id.

        Raises MessageRefused when what it replaces is not there.
        """

    async def show(self, room: str, items: Sequence[str]) -> None:
        """Show JSON texts to everybody who looks at the room now, in this order."""

    async def take(self, file: File) -> File:
        """A copy of an outgoing file that nobody changes any more; raises MessageRefused when it cannot be read."""

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that somebody left here; raises FileTooLarge."""

    async def listen(self, receive: Receive) -> None:
        """Hand over what people say, until cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an adapter is given beside its own settings.

    http: the one shared session, so that no adapter pays for a TLS context of its own. public_url: the address under
    which the platforms reach this gateway, without a slash at its end; empty when it has none. board: for a channel
    that has no platform. key: 32 secret bytes of this channel, the same after every restart and on every replica, to
    sign what comes back to us. newest: the newest message of each conversation of this channel that was ever stored,
    newest first and at most 200 of a week, so that what was missed since can be asked for. ca_file: certificates to
    trust beside the system's, for connections that `http` does not make. moves: rooms that got another id. complete:
    how a line that somebody is typing may go on. menu: the commands that everybody may use, for platforms that list
    them. waiting: the cards that wait for the owner of an account of this channel, made to fit it, oldest first; raises
    NotStored or ChannelDown.
    """

    http: ClientSession
    now: Callable[[], datetime]
    public_url: str = ""
    board: Board | None = None
    key: bytes = bytes(32)
    newest: Callable[[], Awaitable[Sequence[Inbound]]] = nothing_heard
    ca_file: str | None = None
    moves: Moves = field(default_factory=Moves)
    complete: Complete = nothing_to_add
    menu: Menu = field(default_factory=dict)
    waiting: Callable[[Account], Awaitable[Sequence[Card]]] = nothing_waits


class Channel(Protocol):
    """One connection to one platform. It is built anew after every failure and never reused.

    `listen` must return only when cancelled; it raises ChannelDown (try again) or ChannelRefused (tell a person).
    `send` must return the Ref by which the message can be edited; it raises RateLimited, Deferred, MessageRefused (this
    call, with a Lack where a right is missing for all of its kind), ChannelRefused (the credentials) or ChannelDown.
    Long text must have been split by `channels.running.degrade` before. `probe` asks the platform end to end.
    """

    @property
    def name(self) -> str:
        """The name in the settings; also `Address.channel` of everything it hears."""

    @property
    def traits(self) -> Traits:
        """What the platform offers."""

    async def listen(self, receive: Receive) -> None:
        """Hear the platform until cancelled."""

    async def send(self, message: Outbound) -> Ref:
        """Send or edit one message."""

    async def probe(self) -> Health:
        """Ask the platform whether this connection works, end to end."""


@runtime_checkable
class TriesCredentials(Protocol):
    """`probe` says nothing of all credentials before `listen`, so they are tried by themselves."""

    async def try_credentials(self) -> None:
        """Ask the platform whether it takes what the settings hold, hearing nothing; raises ChannelError."""


@runtime_checkable
class FetchesFiles(Protocol):
    """The platform hands out the bytes of files that it announced."""

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The file's bytes; raises FileTooLarge or ChannelDown."""


@runtime_checkable
class StreamsFiles(FetchesFiles, Protocol):
    """The platform hands them out in pieces, so that a large file need not fit into memory."""

    def pieces(self, file: File, limit_bytes: int) -> AsyncGenerator[bytes]:
        """The file's bytes in order; raises FileTooLarge, MessageRefused, RateLimited or ChannelDown."""


class LiveMessage(Protocol):
    """One answer that is being shown while it grows. Failures to show are the writer's to ignore, never the turn's."""

    async def show(self, text: str) -> None:
        """Show the whole text so far; raises RateLimited or ChannelError."""

    def standing(self) -> Ref | None:
        """The message that would stay if nobody ever closed this; None before there is one, or when none would."""

    async def close(self) -> Ref | None:
        """Stop showing; returns the message that the final text must replace, or None when nothing remains."""


@runtime_checkable
class BearsStop(Protocol):
    """A live message that shows a button beside the words; it is gone once the final text has replaced them."""

    def bear(self, stop: Stop) -> None:
        """Show it from now on; told before the first `show`."""


@runtime_checkable
class ShowsProgress(Protocol):
    """The platform can show an answer while it grows (`traits.streaming` is not NONE)."""

    async def open_live(
        self, address: Address, recipient: Account, answers: Ref | None, resumes: Ref | None = None
    ) -> LiveMessage:
        """Begin showing an answer to `recipient`; must not call the platform before the first `show`.

        `resumes` is what an earlier live message of the same answer left standing: it is to be rewritten. When the
        platform refuses that, `show` raises MessageRefused.
        """


@runtime_checkable
class HasRoutes(Protocol):
    """The platform calls us over HTTP. Paths lie below /channels/<name>/."""

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """The routes to mount; each verifies the caller before anything else."""


@runtime_checkable
class RatesRooms(Protocol):
    """The platform takes more in one kind of room than in another; this stands in place of `traits.room_rate`."""

    def room_rate(self, room: str) -> Rate | None:
        """What it takes in that room; None where it names no limit."""


@runtime_checkable
class RepeatsSome(Protocol):
    """The platform tells one kind of event again and another not; this stands in place of `traits.repeats`."""

    def repeats(self, inbound: Inbound) -> bool:
        """Whether that event is heard later by itself when it could not be stored."""


@runtime_checkable
class FindsRoom(Protocol):
    """The platform lets us write to an account first."""

    async def direct_room(self, account: Account) -> Address:
        """The private conversation with that account; raises MessageRefused where it was never opened."""
