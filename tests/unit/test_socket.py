"""The life of a socket, against a real server: what ends it, what is bounded, and what is done before it is over."""

import asyncio
import socket as stdlib_socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from channels.base import ChannelDown, ChannelRefused
from channels.shared import socket
from channels.shared.socket import InFlight, Socket, first_of, opened, renew

Play = Callable[[web.WebSocketResponse], Awaitable[object]]


class Platform:
    """One address; `play` is what the platform does with whoever connects."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self.url = ""
        self.play: Play = self.listen
        self.heard: list[object] = []

    async def listen(self, peer: web.WebSocketResponse) -> None:
        """Hear until the other side leaves; pings are answered."""
        async for frame in peer:
            self.heard.append(frame.data)

    async def mute(self, peer: web.WebSocketResponse) -> None:
        """Answer nothing, pings included."""
        while (frame := await peer.receive()).type is not WSMsgType.CLOSE:
            self.heard.append(frame.type)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        peer = web.WebSocketResponse(autoping=self.play != self.mute)
        await peer.prepare(request)
        await self.play(peer)
        return peer


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    async with aiohttp.ClientSession() as http:
        made = Platform(http)
        app = web.Application()
        app.router.add_get("/", made.handle)
        async with TestServer(app) as server:
            made.url = str(server.make_url("/"))
            yield made


def reach(platform: Platform, ping: Callable[[], str] | None = None) -> AbstractAsyncContextManager[Socket]:
    return opened(platform.http, platform.url, "Matrix", "line", ping=ping)


async def test_an_address_where_nobody_is_is_told_without_its_key(platform: Platform, unused_tcp_port: int) -> None:
    with pytest.raises(ChannelDown, match="Matrix's line cannot be reached: ") as told:
        async with opened(platform.http, f"ws://127.0.0.1:{unused_tcp_port}/?key=secret", "Matrix", "line"):
            pass

    assert "secret" not in str(told.value)


async def test_a_handshake_that_takes_too_long_is_given_up(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "CONNECT_SECONDS", 0.02)

    with stdlib_socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(ChannelDown, match="cannot be reached: TimeoutError"):
            async with opened(platform.http, url, "Matrix", "line"):
                pass


async def test_a_refused_handshake_is_what_the_adapter_says_it_is(platform: Platform) -> None:
    nowhere = f"{platform.url}nowhere"
    with pytest.raises(ChannelDown, match="Matrix refuses the line: 404"):
        async with opened(platform.http, nowhere, "Matrix", "line"):
            pass
    with pytest.raises(ChannelRefused, match="the token"):
        async with opened(
            platform.http, nowhere, "Matrix", "line", not_let_in=lambda _: ChannelRefused("the token is wrong")
        ):
            pass


async def test_a_greeting_is_waited_for_and_what_makes_no_sense_is_passed_over(platform: Platform) -> None:
    async def greet(peer: web.WebSocketResponse) -> None:
        for text in ("{", "[1]", '{"op": 0}', '{"op": 10}'):
            await peer.send_str(text)
        await platform.listen(peer)

    platform.play = greet
    async with reach(platform) as line:
        assert await line.greeting(lambda frame: frame["op"] == 10) == {"op": 10}
        with pytest.raises(ChannelDown, match="Matrix opened the line but does not greet"):
            await line.greeting(lambda frame: True, 0.01)


async def test_the_end_of_the_socket_ends_everything_with_its_reason(platform: Platform) -> None:
    async def leave(peer: web.WebSocketResponse) -> None:
        await peer.close(code=4009)

    platform.play = leave
    before = asyncio.all_tasks()
    with pytest.raises(ChannelDown, match=r"Matrix closed the line \(4009\)"):
        async with reach(platform) as line, InFlight("matrix") as work:
            await first_of("matrix", read=line.receive(), beat=line.beat(lambda: 60.0), work=work.failed())

    assert {task for task in asyncio.all_tasks() - before if task.get_name().startswith("matrix")} == set()
    assert not await line.is_alive()


async def test_a_peer_that_answers_nothing_is_noticed_by_the_beat_and_by_a_probe(platform: Platform) -> None:
    platform.play = platform.mute
    async with reach(platform) as line:
        reading = asyncio.create_task(line.receive())
        with pytest.raises(ChannelDown, match="Matrix's line is open but does not answer pings"):
            await line.is_alive(0.02)
        with pytest.raises(ChannelDown, match="Matrix's line fell silent"):
            await line.beat(lambda: 0.02)
        reading.cancel()

    assert platform.heard[:2] == [WSMsgType.PING, WSMsgType.PING]


async def test_a_living_peer_is_known_by_its_pongs_or_by_the_platforms_own(platform: Platform) -> None:
    async with reach(platform) as line:
        reading = asyncio.create_task(line.receive())
        assert await line.is_alive()
        reading.cancel()

    async def echo(peer: web.WebSocketResponse) -> None:
        async for frame in peer:
            await peer.send_str(frame.data)

    async def read(line: Socket) -> None:
        while await line.next_json() == {"op": 1}:
            line.answered()

    platform.play = echo
    async with reach(platform, ping=lambda: '{"op": 1}') as line:
        answering = asyncio.create_task(read(line))
        assert await line.is_alive()
        answering.cancel()


async def test_nobody_is_called_silent_while_we_ourselves_do_not_read(platform: Platform) -> None:
    async with reach(platform) as line:
        assert await line.is_alive(0.01)


async def test_more_than_so_much_is_not_read_before_some_of_it_is_done() -> None:
    gate = asyncio.Event()
    async with InFlight("matrix", most=2) as work:
        await work.begin(gate.wait)
        full = asyncio.create_task(work.begin(gate.wait))
        await asyncio.sleep(0)
        waits = not full.done()
        gate.set()
        await full

    assert waits


async def test_in_turn_keeps_the_order_and_nothing_follows_a_failure() -> None:
    done: list[int] = []

    async def do(number: int) -> None:
        await asyncio.sleep(0)
        if number == 2:
            raise ChannelDown("could not be stored")
        done.append(number)

    async with InFlight("matrix", in_turn=True) as work:
        for number in range(4):
            await work.begin(partial(do, number))
        with pytest.raises(ChannelDown, match="could not be stored"):
            await work.failed()

    assert done == [0, 1]


async def test_what_was_accepted_is_done_before_the_end_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "DRAIN_SECONDS", 0.02)
    done: list[str] = []

    async def store() -> None:
        await asyncio.sleep(0)
        done.append("stored")

    async with InFlight("matrix") as work:
        await work.begin(store)
        await work.begin(asyncio.Event().wait)

    assert done == ["stored"]


@pytest.mark.parametrize(("repeats", "stored"), [(True, []), (False, ["stored"])])
async def test_when_cancelled_only_what_nobody_repeats_is_done(repeats: bool, stored: list[str]) -> None:
    done: list[str] = []

    async def store() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        done.append("stored")

    async def live() -> None:
        async with InFlight("matrix", repeats=repeats) as work:
            await work.begin(store)
            await asyncio.Event().wait()

    living = asyncio.create_task(live())
    await asyncio.sleep(0)
    living.cancel()
    await asyncio.wait([living])

    assert living.cancelled()
    assert done == stored


async def test_a_line_that_breaks_too_often_is_given_up_and_says_why() -> None:
    lives: list[str] = []

    async def live() -> str:
        lives.append("")
        return f"break {len(lives)}"

    with pytest.raises(ChannelDown, match="break 3"):
        await renew("matrix", live, pauses=(0.0, 0.0))


async def test_a_line_that_lived_long_enough_may_break_again() -> None:
    lives: list[str] = []

    async def live() -> str:
        lives.append("")
        if len(lives) == 9:
            raise ChannelRefused("enough")
        return "break"

    with pytest.raises(ChannelRefused):
        await renew("matrix", live, pauses=(0.0,), proven_seconds=0.0)
