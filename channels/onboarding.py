"""Setting a channel up by a code: the platform makes the app when a person scans a link and says yes on their phone.

What an adapter that can do so offers stands in its module `set_up`; `channels.running.catalogue` finds it. The flow is
that of RFC 8628, device authorisation, which the platforms follow in their own words. Nothing here keeps or prints a
secret.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from aiohttp import ClientSession

from channels.base import ChannelDown, ChannelError

PATIENCE_SECONDS = 120.0
"""So long a platform may fail to answer while somebody looks for their phone."""


class Ending(StrEnum):
    """How a set-up ends without an app. Alphabetical.

    DENIED: the person said no. EXPIRED: nobody said yes in time. REFUSED: the platform does not let us begin or go on.
    """

    DENIED = "denied"
    EXPIRED = "expired"
    REFUSED = "refused"


class SetUpEnded(ChannelError):
    """A set-up by a code ended without an app.

    `detail` is in the platform's words. `may_pass`: the same code may still come to a good end.
    """

    def __init__(self, ending: Ending, detail: str = "", *, may_pass: bool = False) -> None:
        super().__init__(detail or ending)
        self.ending = ending
        self.detail = detail
        self.may_pass = may_pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What to show: a link that somebody opens or scans with the platform's app, and how long it lasts."""

    link: str
    expires_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Obtained:
    """The settings of the new channel; those of `secrets` must never stand in the settings file itself."""

    options: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)


class SetUp(Protocol):
    """One set-up, used once."""

    @property
    def interval_seconds(self) -> float:
        """How long to wait before the next question; the platform may make it longer on the way."""

    async def begin(self) -> Offer:
        """Ask for a code; raises SetUpEnded or ChannelDown."""

    async def ask(self) -> Obtained | None:
        """What came of it; None as long as nobody has decided. Raises SetUpEnded or ChannelDown."""


class SetUpModule(Protocol):
    """What the module `set_up` of an adapter offers."""

    @property
    def HOSTS(self) -> Mapping[str, str]:  # noqa: N802 -- the constant that every such module defines under this name
        """Where its platform is asked, by a name that `onboarding.hosts` of the settings may give another address."""

    @property
    def SCAN(self) -> str:  # noqa: N802 -- as above
        """The sentence that tells what to do with the code, by its name in the catalogue."""

    @property
    def NEXT(self) -> str:  # noqa: N802 -- as above
        """The sentence that tells what remains to be done once there is an app."""

    def set_up(self, http: ClientSession, hosts: Mapping[str, str], chosen: Mapping[str, object]) -> SetUp:
        """A set-up that asks those hosts; `chosen` are options of the channel that a person has given already."""


async def obtain(
    set_up: SetUp,
    offer: Offer,
    *,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Obtained:
    """Wait until somebody has said yes, asking as often as the platform allows. Raises SetUpEnded or ChannelDown."""
    now = asyncio.get_running_loop().time
    ends, failing_since = now() + offer.expires_seconds, None
    while True:
        await pause(set_up.interval_seconds)
        try:
            obtained = await set_up.ask()
        except (ChannelDown, SetUpEnded) as error:
            if isinstance(error, SetUpEnded) and not error.may_pass:
                raise
            failing_since = now() if failing_since is None else failing_since
            if now() - failing_since >= patience_seconds:
                raise
        else:
            if obtained is not None:
                return obtained
            failing_since = None
        if now() >= ends:
            raise SetUpEnded(Ending.EXPIRED)
