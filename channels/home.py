"""Where the deployment is at home: the language, the time zone and the currency for whoever has none of their own.

They are those of the settings, which `settle` notes once at the start; until then, and where the settings leave them
open, the language is that of the machine (`LC_ALL`, `LC_MESSAGES`, `LANG`) and the zone its own.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from channels.locales import DEFAULT, closest

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
DOLLAR = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the settings say. An empty language is the machine's, an empty zone that of a language or the machine's.

    `rate` is how much of the currency one US dollar is.
    """

    language: str = ""
    time_zone: str = ""
    currency: str = DOLLAR
    rate: Decimal = Decimal(1)


class _Settled:
    home = Home()


def settle(home: Home) -> None:
    """Note where this process is at home."""
    _Settled.home = home


def home() -> Home:
    """Where this process is at home."""
    return _Settled.home


def home_language() -> str:
    """The language for somebody of whom nothing tells theirs."""
    return home().language or machine_language(os.environ)


def machine_language(environment: Mapping[str, str]) -> str:
    """The language of the machine, by the first of its variables that is set; English for `C` and the like."""
    given = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    code = given.partition(".")[0].partition("@")[0]
    return closest(code) if code.isascii() and code not in {"C", "POSIX", ""} else DEFAULT
