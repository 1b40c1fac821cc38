"""One request to whoever has a package, bounded in bytes and time, every address and every redirect judged."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import aiohttp

from gateway.capabilities.wrong import SourceWrong
from governance.egress.addresses import HostRefused
from governance.egress.egress import LONG_URL, MAX_REDIRECTS, Egress

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SECURE_PORT, _PLAIN_PORT = 443, 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much may come, and how long it may take from the first look-up to the last byte."""

    most_bytes: int = 50 << 20
    seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What came back. `url` is where the redirects ended, `media_type` lowercase without parameters."""

    url: str
    status: int
    media_type: str
    body: bytes = field(repr=False)


async def reach(
    egress: Egress,
    url: str,
    bounds: Bounds,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Reached:
    """What the server answers. Raises SourceWrong with a sentence for whatever goes wrong on the way.

    A status of 400 or more is an ordinary answer. Only a GET follows redirects: what is sent goes nowhere else.
    """
    host = urlsplit(url).hostname or url
    try:
        async with asyncio.timeout(bounds.seconds):
            for _ in range(MAX_REDIRECTS + 1):
                _require_secure(egress, url)
                async with egress.exchange(method, url, headers=headers or {}, body=body) as answer:
                    place = answer.headers.get("Location", "")
                    if answer.status not in _REDIRECTS or not place:
                        return await _taken(answer, bounds)
                if method != "GET":
                    raise SourceWrong("moved", url=url, place=place)
                url = urljoin(url, place)
                if len(url) > LONG_URL:
                    raise SourceWrong("circles", host=host)
        raise SourceWrong("circles", host=host)
    except TimeoutError as problem:
        raise SourceWrong("silent", host=host, seconds=f"{bounds.seconds:g}") from problem
    except HostRefused as problem:
        raise SourceWrong("inside", url=url, because=str(problem)) from problem
    except aiohttp.ClientConnectorDNSError as problem:
        raise SourceWrong("no_address", host=host) from problem
    except (aiohttp.ClientError, OSError, ValueError) as problem:
        raise SourceWrong("broken_off", host=host, because=str(problem) or type(problem).__name__) from problem


def _require_secure(egress: Egress, url: str) -> None:
    """Code that came over an open line is nobody's word; only servers inside, which an admin listed, may have one."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return
    port = parts.port or (_SECURE_PORT if parts.scheme == "https" else _PLAIN_PORT)
    if parts.scheme != "http" or not egress.allow.holds(parts.hostname or "", port):
        raise SourceWrong("open_line", url=url)


async def _taken(answer: aiohttp.ClientResponse, bounds: Bounds) -> Reached:
    """Read to the end; what a compressed body unpacks to counts, not what was sent."""
    body = bytearray()
    async for piece in answer.content.iter_chunked(65_536):
        body += piece
        if len(body) > bounds.most_bytes:
            raise SourceWrong("endless", host=str(answer.url.host), megabytes=str(bounds.most_bytes >> 20))
    return Reached(url=str(answer.url), status=answer.status, media_type=answer.content_type.lower(), body=bytes(body))
