"""Whether a host may be reached through the proxy, and the connection to the very addresses that were judged."""

import asyncio
import socket
import ssl
from asyncio import StreamReader, StreamWriter

from aiohttp.abc import AbstractResolver

from channels.base import NexoraError
from governance.egress.addresses import HostRefused, is_address, plain_host
from governance.egress.hosts import CONNECT, WEB_PORTS, NetworkReach

CONNECT_SECONDS = 15.0
_FIRST_FREE_PORT = 1024
_SSH_PORT = 22
UNLISTED = "it is neither listed nor approved"
LOW_PORT = "a port below 1024 that is not one of the web passes only where a rule lists it"
SSH = "ssh passes only where an admin lists the host with port 22; use an https:// address, or tell the person"
OFFERED = frozenset({LOW_PORT, SSH, UNLISTED})
"""Why a host was blocked that a rule would let pass."""
_ADDRESS = "a tunnel to an address passes only where that very address was named; name the host instead"


class NotReached(NexoraError):
    """The host does not answer."""


def judge(reach: NetworkReach, host: str, port: int, method: str) -> str:
    """The host in the form in which it is looked up; raises HostRefused. Nothing is looked up here."""
    if port < _FIRST_FREE_PORT and port not in WEB_PORTS and not reach.lists(host, port, method):
        raise HostRefused(SSH if port == _SSH_PORT else LOW_PORT)
    if not (reach.allows(host, port, method) or (method == CONNECT and reach.looks_into(host, port))):
        raise HostRefused(UNLISTED)
    if reach.server(host, port) is not None:
        return host
    plain = plain_host(host)
    if method == CONNECT and is_address(plain) and not reach.names(plain, port):
        raise HostRefused(_ADDRESS)
    return plain


async def dial(
    reach: NetworkReach, resolver: AbstractResolver, host: str, port: int, trust: ssl.SSLContext | None = None
) -> tuple[StreamReader, StreamWriter]:
    """Connect to a host that was judged, by TLS where there is something to `trust`.

    Raises HostRefused for addresses that are not public, NotReached.
    """
    server = reach.server(host, port)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            if server is not None:
                return await asyncio.open_connection(server.host, server.port)
            return await _pinned(resolver, host, port, trust)
    except ssl.SSLError as problem:
        raise NotReached(f"{host} has no certificate that is trusted: {problem.reason}") from problem
    except TimeoutError as problem:
        raise NotReached(f"{host} does not answer") from problem
    except OSError as problem:
        raise NotReached(f"{host} cannot be reached: {problem.strerror or 'it has no address'}") from problem


async def _pinned(
    resolver: AbstractResolver, host: str, port: int, trust: ssl.SSLContext | None
) -> tuple[StreamReader, StreamWriter]:
    """The first that answers of the addresses that the resolver let pass, and no other."""
    last = OSError(f"{host} has no address")
    for found in await resolver.resolve(host, port, socket.AF_UNSPEC):
        try:
            name = host if trust else None
            return await asyncio.open_connection(found["host"], port, ssl=trust, server_hostname=name)
        except ssl.SSLError:
            raise
        except OSError as problem:
            last = problem
    raise last
