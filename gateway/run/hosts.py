"""The command `nexora hosts`: which servers this very configuration talks to, and by which setting. It asks nobody.

docs/what-it-talks-to.md tells the same of every setting there is.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import suppress

from yarl import URL

from agents.models.providers.known import PROVIDERS
from agents.models.providers.settings import ModelSettings
from agents.models.providers.sites import key_of, provider_of, settled_site
from agents.specs import SpecFolder, SpecInvalid
from agents.toolbox.search_engines import WAYS
from channels.base import NexoraError
from channels.home import home_language, settle
from channels.locales import say
from channels.options import ChannelOptions
from channels.text.columns import left
from channels.text.columns import width as columns
from channels.text.retold import retold
from gateway.database.pool import shown
from gateway.settings import sources as settings_sources
from gateway.settings.model import Configuration, Settings
from gateway.settings.network import proxies_of


def show(_chosen: argparse.Namespace) -> int:
    """Print the table; raises NexoraError where the settings cannot be read."""
    configuration, problems = settings_sources.examine(os.environ)
    if configuration is None:
        raise NexoraError("; ".join(retold(str(problem), home_language()) for problem in problems))
    settle(configuration.settings.place)
    language = home_language()
    rows = sorted(set(hosts_of(configuration, language)))
    width = max((columns(host) for host, _ in rows), default=0)
    for host, why in rows:
        sys.stdout.write(f"{left(host, width)}  {why}\n")
    sys.stdout.write(f"{say('hosts.always', language)}\n")
    return 0


def hosts_of(configuration: Configuration, language: str) -> Iterator[tuple[str, str]]:
    """Each host with the setting that makes us talk to it."""
    settings = configuration.settings
    for name, channel in configuration.channels.items():
        if channel.options is not None:
            yield from _of_channel(name, channel.options)
    yield from _of_models(settings, language)
    if engine := settings.search.asked:
        yield _host(engine.url or WAYS[engine.kind].default_url), "search.engine"
    if settings.dsn:
        yield shown(settings.dsn), "database.url"
    for name, address in settings.onboarding.hosts.items():
        yield _host(address), say("hosts.onboarding", language, setting=f"onboarding.hosts.{name}")
    for scheme, proxy in proxies_of(settings.network, os.environ).by_scheme.items():
        yield _host(str(proxy)), say("hosts.proxy", language, scheme=scheme)


def _of_channel(name: str, options: ChannelOptions) -> Iterator[tuple[str, str]]:
    for field, value in options.model_dump().items():
        if isinstance(value, str) and "://" in value:
            yield _host(value), f"channels.{name}.{field}"
        elif isinstance(value, str) and value and field.endswith("_host"):
            yield f"{value}:{getattr(options, field.replace('_host', '_port'))}", f"channels.{name}.{field}"


def _of_models(settings: Settings, language: str) -> Iterator[tuple[str, str]]:
    given = settings.models
    labels = [*(given.use or _by_key(given)), *((given.transcription,) if given.transcription else ())]
    folder = SpecFolder(settings.agents.folder)
    for name in folder.names():
        with suppress(SpecInvalid):  # told by `nexora check`
            labels += folder.load(name).model
    for label in dict.fromkeys(labels):
        provider = provider_of(given, label.partition("/")[0])
        sites = settled_site(given, os.environ, provider) or (provider.base_url, provider.other_site)
        for site in (sites,) if isinstance(sites, str) else sites:
            if site:
                yield _host(site), say("hosts.model", language, label=label)
        if label.count("/") and not provider.base_url:
            yield say("hosts.litellm", language), say("hosts.model", language, label=label)
    if given.find_local and not labels:
        for provider in PROVIDERS.values():
            if provider.is_local:
                yield _host(settled_site(given, os.environ, provider)), "models.find_local"


def _by_key(given: ModelSettings) -> Iterator[str]:
    """The model of the provider whose key is set, which answers when nothing else is said."""
    for name in dict.fromkeys([*given.providers, *PROVIDERS]):
        provider = provider_of(given, name)
        if provider.model and key_of(given, os.environ, provider)[1]:
            yield f"{name}/{provider.model}"
            return


def _host(address: str) -> str:
    url = URL(address)
    port = f":{url.port}" if url.port and not url.is_default_port() else ""
    return f"{url.host}{port}"
