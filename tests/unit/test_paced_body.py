"""How often a streamed body is read, against a real server that sends a byte at a time."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientPayloadError, ClientSession, web

from agents.models.wire.paced_body import AT_ONCE_SECONDS, PAUSE_SECONDS, PacedBody


@asynccontextmanager
async def serving(send: Callable[[web.StreamResponse, web.Request], Awaitable[None]]) -> AsyncGenerator[str, None]:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await send(response, request)
        return response

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def read_all(url: str, session: ClientSession) -> list[bytes]:
    async with session.get(url) as response:
        body, pieces = PacedBody(response), []
        while data := await body.read():
            pieces.append(data)
        return pieces


async def test_a_body_that_takes_its_time_is_read_by_the_clock_and_whole() -> None:
    sent = b"".join(b"%03d " % number for number in range(150))

    async def finely(response: web.StreamResponse, _: web.Request) -> None:
        for at in range(0, len(sent), 4):
            await response.write(sent[at : at + 4])
            await asyncio.sleep(0.005)

    async with serving(finely) as url, ClientSession() as session:
        began = asyncio.get_running_loop().time()
        pieces = await read_all(url, session)
        later = asyncio.get_running_loop().time() - began - AT_ONCE_SECONDS

    assert b"".join(pieces) == sent
    whole, after_the_beginning = len(pieces), [piece for piece in pieces if len(piece) > 4 * 5]
    assert 3 <= len(after_the_beginning) <= later / PAUSE_SECONDS + 2
    assert whole < 100


async def test_the_beginning_is_read_as_it_comes() -> None:
    heard: asyncio.Queue[None] = asyncio.Queue()

    async def in_turns(response: web.StreamResponse, _: web.Request) -> None:
        for _number in range(20):
            await response.write(b"x")
            await heard.get()

    async with serving(in_turns) as url, ClientSession() as session, session.get(url) as response:
        body = PacedBody(response)
        began = asyncio.get_running_loop().time()
        for _number in range(20):
            assert await body.read() == b"x"
            heard.put_nowait(None)

        assert await body.read() == b""
        assert asyncio.get_running_loop().time() - began < 20 * PAUSE_SECONDS / 2


async def test_a_connection_serves_the_next_request_after_a_paced_body() -> None:
    peers = []

    async def slowly(response: web.StreamResponse, request: web.Request) -> None:
        peers.append(request.transport.get_extra_info("peername"))
        for _number in range(40):
            await response.write(b"word ")
            await asyncio.sleep(0.01)

    async with serving(slowly) as url, ClientSession() as session:
        first = await read_all(url, session)
        second = await read_all(url, session)

    assert b"".join(first) == b"".join(second) == b"word " * 40
    assert peers[0] == peers[1]


async def test_a_body_that_breaks_off_while_nobody_reads_is_noticed() -> None:
    async def breaking(response: web.StreamResponse, request: web.Request) -> None:
        for _number in range(40):
            await response.write(b"word ")
            await asyncio.sleep(0.01)
        assert request.transport is not None
        request.transport.abort()

    async with serving(breaking) as url, ClientSession() as session:
        with pytest.raises(ClientPayloadError):
            await read_all(url, session)


async def test_a_reader_that_is_cancelled_in_the_pause_leaves_a_connection_that_reads() -> None:
    async def forever(response: web.StreamResponse, _: web.Request) -> None:
        while True:
            await response.write(b"word ")
            await asyncio.sleep(0.01)

    async with serving(forever) as url, ClientSession() as session, session.get(url) as response:
        body = PacedBody(response)
        clock = asyncio.get_running_loop().time
        until = clock() + AT_ONCE_SECONDS + PAUSE_SECONDS
        while clock() < until:
            await body.read()
        reading = asyncio.ensure_future(body.read())
        await asyncio.sleep(0)
        assert response.connection is not None
        assert response.connection.transport is not None
        assert not response.connection.transport.is_reading()
        reading.cancel()
        await asyncio.wait([reading])

        assert response.connection.transport.is_reading()
        response.close()
