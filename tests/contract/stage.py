"""One adapter on its fake platform, connected as the gateway would connect it."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import ClientSession, web

from channels.base import Channel, ChannelState, HasRoutes, Health, NotStored, Surroundings
from channels.messages import Address, Card, Inbound, Outbound, Ref
from channels.running import catalogue
from channels.running.degrade import degrade
from channels.running.pace import Pace
from channels.running.supervisor import Supervisor
from channels.shared.socket import not_elsewhere
from tests.contract.drivers import PlatformDriver, Power, Room

CALM = Pace(first_pause=0.05, longest_pause=0.2, starting=60.0)
HURRIED = Pace(first_pause=0.05, longest_pause=0.2, probe_every=0.1, probe_timeout=1.0, starting=0.02, doubted=0.0)


class Stage:
    """Holds the adapter, hears through it, and lets a test wait for what it heard."""

    def __init__(self, kind: str, mode: str, driver: PlatformDriver) -> None:
        self.kind = kind
        self.mode = mode
        self.driver = driver
        driver.mode = mode
        self.heard: list[Inbound] = []
        self.refused: list[Inbound] = []
        self.acknowledged_when_refused: list[int] = []
        self.stored = asyncio.Event()
        self.stored.set()
        self.storing = 0
        """So many events are being stored now."""
        self._refusals = 0
        self._news = asyncio.Event()
        self._keys = iter(range(1, 1_000_000))

    async def __aenter__(self) -> Self:
        await self.driver.start()
        self.http = ClientSession(middlewares=(not_elsewhere,))  # as the gateway's own
        door = socket.socket()
        door.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{door.getsockname()[1]}"
        self.driver.reached_at(self.url)
        app = web.Application()
        living = self.connect(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.SockSite(self._runner, door).start()
        self.listening = asyncio.create_task(living, name="listen")
        return self

    def connect(self, app: web.Application) -> Coroutine[Any, Any, None]:
        """Build the adapter and mount its doors; what hears until cancelled."""
        self.channel = self.build(self.driver.options(self.mode))
        if isinstance(self.channel, HasRoutes):
            app.router.add_routes(self.channel.routes(self.receive))
        return self.channel.listen(self.receive)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.hang_up()
        await self._runner.cleanup()
        await self.http.close()
        await self.driver.stop()

    def build(self, options: Mapping[str, Any]) -> Channel:
        adapter = catalogue.load(self.kind)
        board = getattr(self.driver, "board", None)
        surroundings = Surroundings(
            http=self.http,
            now=lambda: datetime.now(UTC),
            public_url=self.url,
            board=board,
            key=b"k" * 32,
            newest=self.newest,
        )
        return adapter.build(self.kind, adapter.Options.model_validate(options), surroundings)

    async def hang_up(self) -> None:
        self.listening.cancel()
        await asyncio.gather(self.listening, return_exceptions=True)

    async def newest(self) -> list[Inbound]:
        """The newest message of each conversation, as the gateway keeps them."""
        latest = {event.address.key: event for event in self.heard if event.press is None}
        return sorted(latest.values(), key=lambda event: event.at, reverse=True)

    def refuse(self, times: int) -> None:
        """The next events cannot be stored."""
        self._refusals = times

    async def receive(self, inbound: Inbound) -> None:
        self.storing += 1
        self._news.set()
        try:
            if self._refusals:
                self._refusals -= 1
                self.refused.append(inbound)
                self.acknowledged_when_refused.append(self.driver.acknowledged)
                raise NotStored
            await self.stored.wait()
            self.heard.append(inbound)
        finally:
            self.storing -= 1
            self._news.set()

    async def hears(self, count: int = 1) -> list[Inbound]:
        """All events so far, once there are `count`; fails after 5 seconds, or at once when the connection died."""
        await self.until(lambda: len(self.heard) >= count)
        return self.heard

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something that an event may change is so."""
        async with asyncio.timeout(5):
            while not is_so():
                if self.listening.done() and not self.listening.cancelled():
                    self.listening.result()
                self._news.clear()
                await self._news.wait()

    async def settled(self) -> Health:
        """What a probe finds once the channel no longer says that it is starting."""
        async with asyncio.timeout(5):
            while (health := await self.channel.probe()).state is ChannelState.STARTING:  # noqa: ASYNC110 -- asked, not told
                await asyncio.sleep(0.01)
        return health

    async def called(self, count: int) -> None:
        """Wait until the platform has had so many calls that a person could notice."""
        async with asyncio.timeout(5):
            while self.driver.calls < count:  # noqa: ASYNC110 -- drivers count calls, they announce none
                await asyncio.sleep(0.002)

    async def home(self, room: Room = Room.DIRECT) -> Address:
        """The room's address, learnt as the gateway learns it: from somebody who speaks there."""
        count = len(self.heard)
        await self.driver.say("here I am", room=room, mention=room is Room.GROUP)
        return (await self.hears(count + 1))[-1].address

    def message(self, address: Address, **content: Any) -> Outbound:
        return Outbound(key=f"key-{next(self._keys)}", address=address, **content)

    async def send(self, address: Address, **content: Any) -> list[Ref]:
        """Send as the gateway does, degraded first."""
        return [
            await self.channel.send(message)
            for message in degrade(self.message(address, **content), self.channel.traits)
        ]

    @property
    def busiest(self) -> Room:
        """The group, where there are any."""
        return Room.DIRECT if Power.GROUPS in self.driver.lacks else Room.GROUP

    def offered(self, card: Card) -> tuple[str, ...]:
        """The buttons that are seen on that card; where there are none, its fallback stands among the words."""
        return () if Power.BUTTONS in self.driver.lacks else tuple(button.label for button in card.buttons)


class Supervised(Stage):
    """One adapter as the gateway connects it: under a supervisor, which builds it anew and whose routes are mounted."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        await asyncio.sleep(0)  # the supervisor builds the channel
        return self

    def connect(self, app: web.Application) -> Coroutine[Any, Any, None]:
        self._supervise(CALM)
        [route] = self.supervisor.routes()
        app.router.add_route(route.method, route.path, self._called)
        return self._supervised()

    def _supervise(self, pace: Pace) -> None:
        self.supervisor = Supervisor(self.kind, now=lambda: datetime.now(UTC), pace=pace)

    async def _supervised(self) -> None:
        options = self.driver.options(self.mode)

        def built() -> Channel:
            self.channel = self.build(options)
            return self.channel

        await self.supervisor.run(built, self.receive)

    async def _called(self, request: web.Request) -> web.StreamResponse:
        """Whichever supervisor there is now."""
        [route] = self.supervisor.routes()
        answer: web.StreamResponse = await route.handler(request)
        return answer

    async def start_again(self, pace: Pace) -> Supervisor:
        """The same channel under another supervisor, as after a restart; that this one is up is for it to find out."""
        await self.hang_up()
        self._supervise(pace)
        self.listening = asyncio.create_task(self._supervised(), name="listen")
        await asyncio.sleep(0)
        return self.supervisor
