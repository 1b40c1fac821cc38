"""Which site of a provider is asked: several have two, in mainland China and elsewhere, and a key is good for one.

Nobody's words are sent to find out: the list of models tells whether a site takes the key.
"""

import asyncio
import ipaddress
from collections.abc import Iterable, Mapping

import aiohttp
from yarl import URL

from agents.models.providers.known import PROVIDERS
from agents.models.providers.provider import Provider
from agents.models.providers.settings import ModelSettings, ProviderSettings, Region

ASKED_SECONDS = 5.0
_MAX_BYTES = 1_000_000


def provider_of(settings: ModelSettings, name: str, added: Provider | None = None) -> Provider:
    """What is known of that name, with what the settings say instead. A name nobody knows is litellm's to know.

    `added` is what a plugin brings under it.
    """
    return (settings.providers.get(name) or ProviderSettings()).over(name, added)


def key_of(settings: ModelSettings, environment: Mapping[str, str], provider: Provider) -> tuple[str, str]:
    """Where the key was found, and the key; both empty without one."""
    given = settings.providers.get(provider.name)
    if given and given.api_key:
        return f"models.providers.{provider.name}.api_key", given.api_key.get_secret_value()
    return next(((name, key) for name in provider.keys if (key := environment.get(name, "").strip())), ("", ""))


def base_url_of(
    settings: ModelSettings,
    environment: Mapping[str, str],
    provider: Provider,
    found: Mapping[str, str] | None = None,
) -> str:
    """The address: what is settled, else the site that took the key (`found`, by name), else the first known one."""
    return settled_site(settings, environment, provider) or (found or {}).get(provider.name, provider.base_url)


def settled_site(settings: ModelSettings, environment: Mapping[str, str], provider: Provider) -> str:
    """The address of which there is no doubt; empty where the key has to show it.

    From the settings, else OPENAI_BASE_URL and its kin, else OLLAMA_HOST, else the region, else the variable that holds
    the key.
    """
    given = settings.providers.get(provider.name)
    if given and given.base_url:
        return given.base_url
    if address := environment.get(f"{provider.name.upper()}_BASE_URL", "").strip():
        return address.rstrip("/")
    if provider.name == "ollama" and (host := environment.get("OLLAMA_HOST", "").strip()):
        return _ollama_address(host)
    if not provider.other_site or settings.region is Region.CN:
        return provider.mainland_site or provider.base_url
    variable = key_of(settings, environment, provider)[0]
    if variable in provider.other_site_keys:
        return provider.other_site
    return provider.base_url if variable in provider.keys and provider.other_site_keys else ""


async def sites_found(
    http: aiohttp.ClientSession,
    settings: ModelSettings,
    environment: Mapping[str, str],
    names: Iterable[str],
    *,
    patience: float = ASKED_SECONDS,
) -> dict[str, str]:
    """The site that takes the key, by the name of each provider that has two; who takes it nowhere is absent."""
    doubtful = []
    for name in dict.fromkeys(names):
        provider = provider_of(settings, name)
        key = key_of(settings, environment, provider)[1]
        if key and not settled_site(settings, environment, provider):
            doubtful.append((provider, key))
    sites = [
        (provider.name, site, key) for provider, key in doubtful for site in (provider.base_url, provider.other_site)
    ]
    taken = await asyncio.gather(*[_takes(http, site, key, patience) for _, site, key in sites])
    found: dict[str, str] = {}
    for (name, site, _), is_taken in zip(sites, taken, strict=True):
        if is_taken:
            found.setdefault(name, site)
    return found


def is_outside(settings: ModelSettings, base_url: str) -> bool:
    """Whether `models.region` forbids that address: it is not known to lie there. An empty one is litellm's own."""
    if settings.region is Region.ANY:
        return False
    host = (URL(base_url).host or "").lower() if base_url else ""
    if not host:
        return True
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        known = {URL(each.mainland_site).host for each in PROVIDERS.values() if each.mainland_site}
        is_inside = host in known or "." not in host or host.endswith((".cn", ".localhost"))
        return not is_inside and host not in settings.region_hosts


async def _takes(http: aiohttp.ClientSession, site: str, key: str, patience: float) -> bool:
    """Whether its list of models is given for that key. MiniMax answers 200 to a wrong one, without a list."""
    try:
        async with (
            asyncio.timeout(patience),
            http.get(f"{site}/models", headers={"Authorization": f"Bearer {key}"}, allow_redirects=False) as response,
        ):
            if response.status != 200 or (response.content_length or 0) > _MAX_BYTES:  # noqa: PLR2004 - OK
                return False
            body = await response.json(content_type=None)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return False
    return isinstance(body, Mapping) and isinstance(body.get("data"), list)


def _ollama_address(host: str) -> str:
    """OLLAMA_HOST is [scheme://]host[:port]; a server told to listen everywhere is reached on this machine."""
    scheme, _, rest = host.rpartition("://")
    name, _, port = rest.rstrip("/").partition(":")
    reached = "127.0.0.1" if name in ("", "0.0.0.0") else name  # noqa: S104 - compared with, not bound to
    return f"{scheme or 'http'}://{reached}:{port or '11434'}/v1"
