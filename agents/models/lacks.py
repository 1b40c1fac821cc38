"""What the settings say about models: what cannot be right, and where each is asked. Nobody is asked for it."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from agents.models.choice import outside
from agents.models.prices import bundled_list
from agents.models.providers.known import PROVIDERS, REHEARSAL
from agents.models.providers.provider import WireProtocol, is_on_this_machine
from agents.models.providers.settings import ModelSettings
from agents.models.providers.sites import base_url_of, is_outside, key_of, provider_of, settled_site
from channels.mistakes import nearest


def lacks(settings: ModelSettings, environment: Mapping[str, str], labels: Sequence[str]) -> Iterator[str]:
    """A sentence for each of these labels (provider/model) whose provider nobody knows, or that has no key."""
    for label in dict.fromkeys(labels):
        name = label.partition("/")[0]
        if name == REHEARSAL:
            continue
        provider = provider_of(settings, name)
        base_url = base_url_of(settings, environment, provider)
        if provider.wire is WireProtocol.LITELLM and name not in PROVIDERS and not _is_known_to_litellm(name):
            yield f"{label}: no provider is named {name}{_near(name)}; one of your own needs its base_url"
        elif is_outside(settings, base_url):
            yield outside(settings, label, base_url)
        elif provider.keys and not key_of(settings, environment, provider)[1] and not _is_here(base_url):
            yield f"{label} has no key: set {provider.keys[0]}"


def addresses(
    settings: ModelSettings, environment: Mapping[str, str], labels: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Each of these labels with where it is asked, or both of two sites where the key has to show which is meant."""
    for label in dict.fromkeys(labels):
        provider = provider_of(settings, label.partition("/")[0])
        settled = settled_site(settings, environment, provider)
        if settled:
            yield label, settled
        elif provider.other_site:
            yield label, f"{provider.base_url} or {provider.other_site}, whichever takes the key"


def _near(name: str) -> str:
    near = nearest(name, PROVIDERS)
    return f" (did you mean {near}?)" if near else ""


def _is_here(base_url: str) -> bool:
    return bool(base_url) and is_on_this_machine(base_url)


def _is_known_to_litellm(name: str) -> bool:
    """Whether it has code or a price for that provider; True where it is not installed."""
    found = find_spec("litellm")
    if found is None:
        return True
    folders = found.submodule_search_locations or []
    if any(Path(folder, "llms", name).is_dir() for folder in folders):
        return True
    prices = bundled_list()
    return prices is not None and f'"litellm_provider": "{name}"' in prices.read_text(encoding="utf-8")
