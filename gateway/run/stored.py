"""Puts the secrets that the database keeps into the settings that refer to them, once that is there."""

from collections.abc import Mapping

import structlog

from gateway.settings.model import Configuration
from gateway.settings.sources import load
from governance.secrets.names import Holder, SecretRefused
from governance.secrets.store import Secrets

_log = structlog.get_logger(__name__)


async def with_stored(configuration: Configuration, secrets: Secrets) -> Configuration:
    """The settings with those values, each handed to the holder in whose place it stands.

    Raises SettingsWrong where a setting has none that it may have; a channel without its own does not start.
    """
    if not configuration.waits_for:
        return configuration
    wanted: dict[Holder, set[str]] = {}
    for each in configuration.waits_for:
        wanted.setdefault(each.holder, set()).add(each.name)
    return load(configuration.environ, {holder: await _of(secrets, holder, names) for holder, names in wanted.items()})


async def _of(secrets: Secrets, holder: Holder, names: set[str]) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for name in sorted(names):
        try:
            values |= await secrets.reveal(holder, names=[name])
        except SecretRefused as refused:
            _log.warning("secret_refused", holder=str(holder), reason=str(refused))
    return values
