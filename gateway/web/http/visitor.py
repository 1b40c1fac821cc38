"""Where a request comes from and under which address it reached us.

Forwarding headers are believed of nobody but the proxies that the settings trust; being on this machine earns no trust.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from aiohttp import web

from gateway.settings.model import Network, Settings
from governance.people.people import Origin

SECURE_COOKIE = "__Host-nexora"
PLAIN_COOKIE = "nexora"
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "::1", "localhost"})


def client_address(request: web.Request, settings: Settings) -> str:
    """The IP address of whoever sent this: the peer, or the nearest address that no trusted proxy has."""
    trusted = settings.server.trusted_proxies
    found = _address(request.remote or "")
    if found is None:
        return ""
    hops = [hop.strip() for value in request.headers.getall("X-Forwarded-For", []) for hop in value.split(",")]
    while _is_trusted(found, trusted) and hops:
        nearer = _address(hops.pop())
        if nearer is None:
            break
        found = nearer
    return str(found)


def distrusted_proxy(request: web.Request, settings: Settings) -> str:
    """The address of a proxy that forwards this and is not trusted, so that it stands for everybody; empty for none.

    A stranger can send the header as well, so only a peer of a private network is taken for a proxy.
    """
    peer = _address(request.remote or "")
    if peer is None or not peer.is_private or _is_trusted(peer, settings.server.trusted_proxies):
        return ""
    return str(peer) if "X-Forwarded-For" in request.headers else ""


def is_https(request: web.Request, settings: Settings) -> bool:
    """Whether the browser speaks https: as a trusted proxy says, or because the public address says so."""
    peer = _address(request.remote or "")
    if peer is not None and _is_trusted(peer, settings.server.trusted_proxies):
        forwarded = request.headers.get("X-Forwarded-Proto", "")
        if forwarded:
            return forwarded.rpartition(",")[2].strip().lower() == "https"
    public = urlsplit(settings.public_url)
    return request.scheme == "https" or (public.scheme == "https" and public.netloc.lower() == request.host.lower())


def is_on_this_machine(request: web.Request, settings: Settings) -> bool:
    """Whether this is plain http that never left this machine, by the connection and by the name that was asked for."""
    peer = _address(request.remote or "")
    name = (urlsplit(f"//{request.host}").hostname or "").lower()
    return (
        not is_https(request, settings)
        and peer is not None
        and peer.is_loopback
        and "X-Forwarded-For" not in request.headers
        and name in _LOOPBACK_NAMES
    )


def cookie_name(request: web.Request, settings: Settings) -> str:
    """The session's cookie; the plain name only where a browser would not keep the other."""
    return PLAIN_COOKIE if is_on_this_machine(request, settings) else SECURE_COOKIE


def own_origins(request: web.Request, settings: Settings) -> frozenset[str]:
    """The values of Origin that mean a page of ours."""
    scheme = "https" if is_https(request, settings) else "http"
    public = urlsplit(settings.public_url)
    return frozenset({f"{scheme}://{request.host.lower()}", f"{public.scheme}://{public.netloc.lower()}"})


def origin_of(request: web.Request, settings: Settings) -> Origin:
    """Where a change that this request makes comes from, for the record."""
    agent = request.headers.get("User-Agent", "")
    return Origin(source="web", address=client_address(request, settings), user_agent=agent[:400])


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _is_trusted(address: IPv4Address | IPv6Address, trusted: tuple[Network, ...]) -> bool:
    return any(address in network for network in trusted if network.version == address.version)
