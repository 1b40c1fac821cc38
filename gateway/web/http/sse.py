"""Streams of server-sent events: numbered frames, heartbeats, and an end when the session behind one is revoked.

A frame carries the number under which its item is kept, so a client that was cut off names the last one it saw and
loses nothing. It refuses to hold a stopping server up.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from aiohttp import web

from gateway.web.http.route import SESSION, needs_of
from governance.sign_in.sessions import Sessions

HEARTBEAT_SECONDS = 10.0
GLANCE_SECONDS = 2.0
END = b"data: [DONE]\n\n"
_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What following a stream uses."""

    sessions: Sessions


class EventStreams:
    """The tasks that answer with a stream just now."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[object]] = set()

    def begun(self, task: asyncio.Task[object]) -> None:
        """This one answers with a stream until it is done."""
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


STREAMS = web.AppKey("streams", EventStreams)


async def close_all(app: web.Application) -> None:
    """End every open stream; clients resume elsewhere. For `app.on_shutdown`."""
    for task in list(app[STREAMS].tasks):
        task.cancel()


def frame(number: int | None, body: str) -> bytes:
    """One event as it travels; `body` holds no line break, being JSON."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}data: {body}\n\n".encode()


def resumes_at(request: web.Request) -> int | None:
    """The number of the last item that the client saw; None when it saw none."""
    given = request.headers.get("Last-Event-ID", "") or request.query.get("after", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < len(str(2**63)) else None


async def begin(request: web.Request) -> web.StreamResponse:
    """Start to answer, so that the client knows at once that it is connected."""
    answer = web.StreamResponse(headers=_HEADERS)
    await answer.prepare(request)
    await answer.write(b"retry: 1000\n\n")
    if (task := asyncio.current_task()) is not None:
        request.app[STREAMS].begun(task)
    return answer


async def follow(
    request: web.Request, answer: web.StreamResponse, items: AsyncGenerator[tuple[int, str], None]
) -> AsyncGenerator[tuple[int, str] | None, None]:
    """The items as they come, and None now and then when none did. Ends with the session; writes the heartbeats."""
    sessions, session, clock = needs_of(request, Needs).sessions, request[SESSION], asyncio.get_running_loop()
    checked = beaten = clock.time()
    async with aclosing(_glancing(items)) as glances:
        async for item in glances:
            yield item
            now = clock.time()
            if now - checked >= HEARTBEAT_SECONDS:
                checked = now
                if not await sessions.is_live(session.id):
                    return
            if item is not None:
                beaten = now
            elif now - beaten >= HEARTBEAT_SECONDS:
                beaten = now
                await answer.write(b": still here\n\n")


async def _glancing(items: AsyncGenerator[tuple[int, str], None]) -> AsyncGenerator[tuple[int, str] | None, None]:
    """The items, and None whenever none came for a while. Waiting is not cut short, so nothing is lost between."""
    waiting = asyncio.ensure_future(anext(items))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=GLANCE_SECONDS)
            if not done:
                yield None
                continue
            item = waiting.result()
            waiting = asyncio.ensure_future(anext(items))
            yield item
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await items.aclose()
