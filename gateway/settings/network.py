"""How this machine reaches models and platforms: through a company's proxy, trusting a company's own authority.

A proxy comes from the settings, else from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY as curl reads them. What
agents fetch never goes through it (`egress.egress` has a session of its own): a proxy reaches what they must not.
aiohttp's own `trust_env` is not used: it asks two threads for every request, and sends what stands in ~/.netrc.
"""

import ipaddress
import os
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import structlog
from aiohttp import (
    ClientHandlerType,
    ClientRequest,
    ClientResponse,
    ClientSession,
    TCPConnector,
    encode_basic_auth,
)
from aiohttp.hdrs import PROXY_AUTHORIZATION
from pydantic import AfterValidator, BaseModel, ConfigDict
from yarl import URL

from channels.base import NexoraError
from channels.options import Secret
from channels.shared import certificates
from channels.shared.socket import not_elsewhere
from governance.record.fence import must_hold

_log = structlog.get_logger(__name__)

_SECURE = {"ws": "http", "wss": "https"}


def _proxy(given: Secret) -> Secret:
    _proxy_url(given.get_secret_value())
    return given


def _pem(given: Path) -> Path:
    path = given.expanduser()
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


class NetworkSettings(BaseModel):
    """How models and platforms are reached; what agents fetch is not touched by it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    proxy: Annotated[Secret, AfterValidator(_proxy)] | None = None
    """http://user:password@host:port of a proxy for models and platforms. Unset: what HTTP_PROXY, HTTPS_PROXY and
    ALL_PROXY say. Mail goes past it, for it is no HTTP."""
    no_proxy: tuple[str, ...] | None = None
    """What is reached without it: hosts, domains with what is below them, addresses and networks, each with a :port if
    need be, or "*". Unset: what NO_PROXY says. This machine is never reached through a proxy."""
    ca_file: Annotated[Path, AfterValidator(_pem)] | None = None
    """Certificates to trust beside the system's, as PEM: those of a company's authority, or of a proxy that looks into
    what passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """Which proxy an address is reached through; `by_scheme` for http and https."""

    by_scheme: Mapping[str, URL]
    exempt: Sequence[str] = ()

    def route(self, url: URL) -> URL | None:
        """The proxy on the way to that address; None for the straight one."""
        proxy = self.by_scheme.get(_SECURE.get(url.scheme, url.scheme))
        if proxy is None or _is_here(url.host or "") or any(_names(each, url) for each in self.exempt):
            return None
        return proxy


def proxies_of(settings: NetworkSettings, environment: Mapping[str, str]) -> Proxies:
    """The proxies in force. One in the environment that cannot be used is told in the log and left out."""
    named = environment.get("no_proxy", environment.get("NO_PROXY", "")).split(",")
    exempt = settings.no_proxy if settings.no_proxy is not None else tuple(each.strip() for each in named)
    exempt = tuple(each for each in exempt if each)
    if settings.proxy is not None:
        proxy = _proxy_url(settings.proxy.get_secret_value())
        return Proxies(by_scheme={"http": proxy, "https": proxy}, exempt=exempt)
    found = {}
    for scheme in ("http", "https"):
        for variable in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"):
            if given := environment.get(variable, "").strip():
                try:
                    found[scheme] = _proxy_url(given)
                except ValueError as error:
                    _log.warning("proxy_not_used", variable=variable, reason=str(error))
                break
    return Proxies(by_scheme=found, exempt=exempt)


def session_for(settings: NetworkSettings, environment: Mapping[str, str], *, strict: bool = True) -> ClientSession:
    """A session that finds its way by itself; whoever asks for it closes it. Raises NexoraError for a bad `ca_file`."""
    routes = proxies_of(settings, environment)

    class Routed(ClientRequest):
        """A request that takes the proxy which its address asks for."""

        def update_proxy(self, proxy: URL | None, proxy_auth: Any, proxy_headers: Any) -> None:
            proxy = proxy or routes.route(self.url)
            if proxy is not None and proxy.user is not None:
                name = {PROXY_AUTHORIZATION: encode_basic_auth(proxy.user, proxy.password or "")}
                proxy = proxy.with_user(None)
                if self.is_ssl():
                    proxy_headers = name  # for the tunnel; what goes through it is not the proxy's to read
                else:
                    self.headers.update(name)
            super().update_proxy(proxy, proxy_auth, proxy_headers)

    trust: ssl.SSLContext | bool = True  # what aiohttp has built already
    if settings.ca_file or not strict:
        try:
            trust = certificates.context(strict=strict, added=str(settings.ca_file) if settings.ca_file else None)
        except OSError as error:
            raise NexoraError(f"network.ca_file: {settings.ca_file} holds no certificates that can be read.") from error
    # No limit over all: whoever presses must not wait for a connection behind two hundred answers.
    connector = TCPConnector(limit=0, ssl=trust)
    return ClientSession(
        connector=connector,
        request_class=Routed if routes.by_scheme else ClientRequest,
        middlewares=(_while_we_hold, not_elsewhere),
    )


async def _while_we_hold(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """No request of a job begins once its lease is over: an adapter may need several for one message, or try again."""
    must_hold()
    return await send(request)


def publish(settings: NetworkSettings) -> None:
    """Let libraries with connections of their own (litellm) read the proxy where they look for it."""
    if settings.proxy is None:
        return
    given = str(_proxy_url(settings.proxy.get_secret_value()))
    os.environ |= {"HTTP_PROXY": given, "HTTPS_PROXY": given, "http_proxy": given, "https_proxy": given}
    if settings.no_proxy is not None:
        os.environ |= {name: ",".join([*settings.no_proxy, "localhost"]) for name in ("NO_PROXY", "no_proxy")}


def _proxy_url(given: str) -> URL:
    """The address of a proxy, to which people often give no scheme. Raises ValueError for one that is of no use."""
    url = URL(given if "://" in given else f"http://{given}")
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"a proxy is written like http://proxy.example:3128; {url.scheme} is not spoken")
    return url


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _names(exempt: str, url: URL) -> bool:
    """Whether an entry of NO_PROXY names that address: itself, what is below it, or a network that it is in."""
    host = (url.host or "").lower().rstrip(".")
    if exempt == "*":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host) in ipaddress.ip_network(exempt.strip("[]"), strict=False)
    name, colon, port = exempt.lower().rpartition(":")
    if colon and port.isdecimal():
        return url.port == int(port) and _names(name, url)
    domain = exempt.lower().removeprefix("*").strip(".")
    return bool(domain) and (host == domain or host.endswith(f".{domain}"))
