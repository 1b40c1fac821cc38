"""Speaks with a server at an address, through the guard of all that agents fetch.

The SDK speaks the protocol over its own HTTP client; its requests are made by `governance.egress`. It follows redirects
within one origin alone, and each is judged like the first (mcp 2.3.0, `mcp/shared/_httpx_utils.py`).
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import httpx2
from mcp.client._transport import TransportStreams
from mcp.client.streamable_http import streamable_http_client

from agents.mcp.definition import HttpTransport
from agents.mcp.ending import ServerEnding
from governance.egress.addresses import HostRefused
from governance.egress.egress import Egress

LONGEST_BODY_BYTES = 8 << 20
"""Of one answer, and of one event of a stream."""
_PIECE_BYTES = 65_536
_EVENTS = "text/event-stream"
_OURS = frozenset({"accept-encoding", "connection", "content-length", "host", "transfer-encoding"})
_DECODED = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding"})


@asynccontextmanager
async def reached(
    transport: HttpTransport,
    headers: Mapping[str, str],
    egress: Egress,
    ending: ServerEnding,
    auth: httpx2.Auth | None = None,
) -> AsyncIterator[TransportStreams]:
    """The streams of the SDK over HTTP; `headers` hold their secrets already."""
    guarded = GuardedTransport(egress, ending)
    patient = httpx2.Timeout(None)
    async with (
        httpx2.AsyncClient(
            transport=guarded, headers=dict(headers), timeout=patient, auth=auth, trust_env=False
        ) as http,
        streamable_http_client(transport.url, http_client=http, max_sse_event_size=LONGEST_BODY_BYTES) as streams,
    ):
        yield streams


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Makes the requests of the SDK. What it may not reach is told to `ending`, in our words."""

    def __init__(self, egress: Egress, ending: ServerEnding) -> None:
        self._egress = egress
        self._ending = ending

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Make one request. Raises httpx2.ConnectError for whatever goes wrong on the way."""
        given = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        context = self._egress.exchange(request.method, str(request.url), headers=given, body=await request.aread())
        try:
            answer = await context.__aenter__()
        except HostRefused as refused:
            self._ending.set(str(refused))
            raise httpx2.ConnectError(str(refused), request=request) from refused
        except (aiohttp.ClientError, OSError) as problem:
            raise httpx2.ConnectError(f"{type(problem).__name__}: {problem}"[:300], request=request) from problem
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in _DECODED]
        return httpx2.Response(
            status_code=answer.status, headers=headers, stream=_Body(answer, context), request=request
        )


class _Body(httpx2.AsyncByteStream):
    """The body of an answer, unpacked, up to a length; a stream of events may go on for ever."""

    def __init__(
        self, answer: aiohttp.ClientResponse, context: AbstractAsyncContextManager[aiohttp.ClientResponse]
    ) -> None:
        self._answer = answer
        self._context = context

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken, endless = 0, self._answer.content_type == _EVENTS
        try:
            async for piece in self._answer.content.iter_any():
                taken += len(piece)
                if taken > LONGEST_BODY_BYTES and not endless:
                    raise httpx2.ReadError(f"the answer is longer than {LONGEST_BODY_BYTES >> 20} MB")
                yield piece
        except (aiohttp.ClientError, OSError) as problem:
            raise httpx2.ReadError(str(problem)[:300]) from problem

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._context.__aexit__(None, None, None)
