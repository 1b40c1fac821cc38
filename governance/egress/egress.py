"""What agents may fetch: public web pages, and inner servers that an admin has listed. Everything else is refused.

A URL is judged by name before anything is looked up; then the addresses that its name has are judged, and the
connection is made to those very addresses, so that a second look-up can bring no other; then each redirect is judged
as a URL of its own. Proxies and cookies are not used.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from channels.base import NexoraError
from governance.egress.addresses import NOBODY, AllowList, HostRefused, is_public, listed_host, plain_host
from governance.values.reasons import because, why
from governance.values.verdicts import Allowed, Ask, Refused, Verdict

__all__ = ["AllowList", "Egress", "FetchFailed", "Fetched", "GuardedResolver", "is_public", "judge_url"]

MAX_REDIRECTS = 5
_CONNECT_SECONDS = 30.0
LONG_URL = 2_000
"""A longer URL asks: it is longer than any that people write, and may carry data out."""
_FIRST_FREE_PORT = 1024
_WEB_PORTS = frozenset({80, 443})
_USER_AGENT = "Nexora/0.1"
_ACCEPT = "text/html,application/xhtml+xml,application/json,text/*;q=0.9,*/*;q=0.5"


class FetchFailed(NexoraError):
    """The page could not be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came back. `url` is where the redirects ended, `media_type` lowercase without parameters.

    `charset` is the one that the server names, or empty; `truncated` says that there was more than the limit.
    """

    url: str
    status: int
    media_type: str
    charset: str
    body: bytes = field(repr=False)
    truncated: bool


def judge_url(url: str, allow: AllowList = NOBODY) -> Verdict:
    """Whether a URL may be fetched, as far as its text tells; the address is judged when it is known."""
    try:
        target = _target(url, allow)
    except HostRefused as problem:
        return Refused(because=because(str(problem)))
    if len(url) > LONG_URL:
        return Ask(because=why("url.long", length=str(len(url)), host=str(target.hostname)))
    return Allowed(because=why("url.public", host=str(target.hostname)))


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses a name unless all its addresses are public or the server is listed."""

    def __init__(self, allow: AllowList = NOBODY, inner: AbstractResolver | None = None) -> None:
        self._allow = allow
        self._inner = inner or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host; raises HostRefused when one of them is not public, OSError when there is none."""
        found = await self._inner.resolve(host, port, family)
        if not self._allow.holds(host, port):
            for each in found:
                if not is_public(each["host"]):
                    raise HostRefused(f"{host} leads to {each['host']}, which is not on the open Internet")
        return found

    async def close(self) -> None:
        """Let go of the inner resolver."""
        await self._inner.close()


class Egress:
    """Fetches for agents, over one session of its own that is made on first use. Close it when the gateway ends.

    `per_host` is how many connections there are to one host at a time; 0 sets no limit.
    """

    def __init__(
        self, allow: AllowList = NOBODY, resolver: AbstractResolver | None = None, *, per_host: int = 4
    ) -> None:
        self.allow = allow
        self._per_host = per_host
        self._resolver = GuardedResolver(allow, resolver)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, url: str, *, limit_bytes: int, timeout_seconds: float) -> Fetched:
        """What GET brings, after at most 5 redirects, each judged anew.

        Raises HostRefused when the URL or a redirect leads where agents may not go, FetchFailed with a sentence for
        everything else that goes wrong. A status of 400 or more is an ordinary answer.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._follow(url, limit_bytes)
        except TimeoutError as problem:
            raise FetchFailed(f"{url[:200]} did not answer within {timeout_seconds:g} s") from problem
        except aiohttp.ClientConnectorDNSError as problem:
            raise FetchFailed(f"the host of {url[:200]} has no address") from problem
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            raise FetchFailed(f"{url[:200]} could not be fetched: {str(problem)[:300]}") from problem

    @asynccontextmanager
    async def exchange(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request to a server that a person approved, judged like a page; no redirect is followed.

        It may take any time. Raises HostRefused, aiohttp.ClientError, OSError.
        """
        target = _target(url, self.allow)
        lasting = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
        async with self._own_session().request(
            method, URL(urlunsplit(target)), headers=headers, data=body, allow_redirects=False, timeout=lasting
        ) as answer:
            yield answer

    async def addresses(self, host: str, port: int) -> list[str]:
        """Where a server is reached that speaks no HTTP, judged as one that pages are fetched from.

        Raises HostRefused and OSError.
        """
        name = listed_host(host) if self.allow.holds(host, port) else plain_host(host)
        return [each["host"] for each in await self._resolver.resolve(name, port, socket.AF_UNSPEC)]

    async def _follow(self, url: str, limit_bytes: int) -> Fetched:
        for _ in range(MAX_REDIRECTS + 1):
            target = _target(url, self.allow)
            async with self._get(target) as answer:
                place = answer.headers.get("Location", "")
                if answer.status not in {301, 302, 303, 307, 308} or not place:
                    return await _taken(answer, limit_bytes)
                url = urljoin(urlunsplit(target), place)
                if len(url) > LONG_URL:
                    raise HostRefused(f"it redirects to a URL of {len(url)} characters, which may carry data out")
        raise FetchFailed(f"it redirects more than {MAX_REDIRECTS} times")

    @asynccontextmanager
    async def _get(self, target: SplitResult) -> AsyncIterator[aiohttp.ClientResponse]:
        address = URL(urlunsplit(target))
        async with self._own_session().get(address, allow_redirects=False, max_field_size=16_384) as answer:
            yield answer

    def _own_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            limit = 32 if self._per_host else 0
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=self._resolver, use_dns_cache=False, limit=limit, limit_per_host=self._per_host
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": _USER_AGENT, "Accept": _ACCEPT},
                trust_env=False,
            )
        return self._session


def _target(url: str, allow: AllowList) -> SplitResult:
    """The URL with its host in the one form in which it is looked up; raises HostRefused."""
    if any(letter in url for letter in "\\\t\r\n \0") or not url.isprintable():
        raise HostRefused("the URL holds blanks, backslashes or control characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise HostRefused("the URL cannot be read") from problem
    if parts.scheme not in {"http", "https"}:
        raise HostRefused("only http and https can be fetched")
    if "@" in parts.netloc:
        raise HostRefused("the URL holds a user name, which hides where it leads")
    effective = port if port is not None else 443 if parts.scheme == "https" else 80
    host = _reachable(parts.hostname or "", effective, allow)
    netloc = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=netloc if port is None else f"{netloc}:{port}", fragment="")


def _reachable(host: str, port: int, allow: AllowList) -> str:
    if allow.holds(host, port):
        return listed_host(host)
    plain = plain_host(host)
    if not port or (port < _FIRST_FREE_PORT and port not in _WEB_PORTS):
        raise HostRefused(f"port {port} is not one of the web")
    return plain


async def _taken(answer: aiohttp.ClientResponse, limit_bytes: int) -> Fetched:
    """Read until the limit; what a compressed body unpacks to counts, not what was sent."""
    body = bytearray()
    async for piece in answer.content.iter_chunked(65_536):
        body += piece
        if len(body) > limit_bytes:
            break
    return Fetched(
        url=str(answer.url),
        status=answer.status,
        media_type=answer.content_type.lower(),
        charset=answer.charset or "",
        body=bytes(body[:limit_bytes]),
        truncated=len(body) > limit_bytes,
    )
