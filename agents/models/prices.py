"""What an answer costs, and how much a model reads at once, from the price list inside litellm's package.

The list is read as a file, and litellm never imported for it. It is parsed once, on the first question of cost, and
cut down to a few numbers per chat model.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, Field

log = structlog.get_logger(__name__)

_LIST = "model_prices_and_context_window_backup.json"
_MODES = frozenset({"chat", "responses", "completion"})
_ABOVE = {f"input_cost_per_token_above_{k}k_tokens": k for k in (100, 128, 200, 256, 272, 512)}
_PRECISION = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class _Tier:
    """Dollars per token once an answer's input exceeds `above` tokens."""

    above: int
    input: float
    output: float
    cached: float


_Tiers = tuple[_Tier, ...]


class Price(BaseModel):
    """What a million tokens of one model cost."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    input: float = Field(ge=0, description="Of the input.")
    output: float = Field(ge=0, description="Of the output.")
    cached: float | None = Field(default=None, ge=0, description="Of what was read before; left out: as the input.")


class Prices:
    """Answers one question: what did these tokens cost. `is_free` says which providers cost nothing."""

    def __init__(
        self,
        *,
        path: Path | None = None,
        is_free: Callable[[str], bool] = lambda _: False,
        own: Mapping[str, Price] = MappingProxyType({}),
        rate: float = 1,
    ) -> None:
        """`own` prices, by provider/model in a currency of which one dollar is `rate`, go before those of the list."""
        self._own = {label: _own_tiers(price, rate) for label, price in own.items()}
        self._path = path
        self._is_free = is_free

    def cost_usd(
        self, provider: str, model: str, input_tokens: int, output_tokens: int, cached_tokens: int = 0
    ) -> Decimal | None:
        """US dollars, to eight digits; None when the price is not known. `cached_tokens` are part of the input."""
        label = f"{provider}/{model}"
        if label not in self._own and self._is_free(provider):
            return Decimal(0)
        tiers = self._own.get(label) or self._tiers.get(label)
        if not tiers:
            return None
        tier = next((each for each in reversed(tiers) if input_tokens > each.above), tiers[0])
        cached = min(cached_tokens, input_tokens)
        dollars = (input_tokens - cached) * tier.input + cached * tier.cached + output_tokens * tier.output
        return Decimal(dollars).quantize(_PRECISION)

    @cached_property
    def _tiers(self) -> Mapping[str, _Tiers]:
        """By provider/model. Each model is cut down while the list is parsed, so that its 3 MB never stand in full."""
        path = self._path or bundled_list()
        if path is None:
            log.warning("prices_missing", reason="litellm is not installed")
            return {}
        try:
            text = path.read_text(encoding="utf-8")
            return dict(_entries(json.loads(text, object_pairs_hook=_cut)))
        except (OSError, ValueError) as error:
            log.warning("prices_unreadable", path=str(path), reason=str(error))
            return {}


def _own_tiers(price: Price, rate: float) -> _Tiers:
    million = rate * 1_000_000
    cached = price.input if price.cached is None else price.cached
    return (_Tier(0, price.input / million, price.output / million, cached / million),)


def bundled_list() -> Path | None:
    """The price list of the installed litellm; finding it does not import litellm."""
    found = find_spec("litellm")
    folders = (found.submodule_search_locations or []) if found else []
    return next((path for folder in folders if (path := Path(folder) / _LIST).is_file()), None)


def bundled_window(provider: str, model: str, path: Path | None = None) -> int | None:
    """The longest input in tokens that the list names for a model.

    The list is read anew, which takes a tenth of a second: it is asked once for a model, at its first long request.
    """
    path = path or bundled_list()
    try:
        listed = json.loads(path.read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return None
    named, bare = listed.get(f"{provider}/{model}"), listed.get(model)
    found = named or (bare if bare and bare.get("litellm_provider") == provider else None) or {}
    tokens = found.get("max_input_tokens") or found.get("max_tokens")
    return tokens if isinstance(tokens, int) and tokens > 0 else None


@dataclass(frozen=True, slots=True)
class _Priced:
    provider: str
    tiers: _Tiers


def _cut(pairs: list[tuple[str, Any]]) -> Any:
    """One JSON object: a model's becomes its prices, a tier's or any other stays what it is."""
    entry = dict(pairs)
    if "litellm_provider" not in entry:
        return entry
    tiers = _tiers_of(entry) if entry.get("mode") in _MODES else ()
    return _Priced(provider=str(entry["litellm_provider"]), tiers=tiers) if tiers else None


def _entries(listed: Mapping[str, Any]) -> list[tuple[str, _Tiers]]:
    """OpenAI's and Anthropic's models are listed bare, most others under their provider's name."""
    entries = []
    for name, priced in listed.items():
        if isinstance(priced, _Priced):
            prefix = f"{priced.provider}/"
            entries.append((name if name.startswith(prefix) else prefix + name, priced.tiers))
    return entries


def _tiers_of(entry: Mapping[str, Any]) -> _Tiers:
    """The base price and what replaces it for long inputs; empty when there is no price."""
    tiers = []
    if "input_cost_per_token" in entry:
        tiers.append(_tier(0, entry))
    for name, thousand in _ABOVE.items():
        if name in entry:
            ending = name.removeprefix("input_cost_per_token")
            above = {key.removesuffix(ending): value for key, value in entry.items() if key.endswith(ending)}
            tiers.append(_tier(thousand * 1000, {**entry, **above}))
    for given in entry.get("tiered_pricing") or ():
        bounds = given.get("range") or (0,)
        if "input_cost_per_token" in given:
            tiers.append(_tier(int(bounds[0]), given))
    return tuple(sorted(tiers, key=lambda tier: tier.above))


def _tier(above: int, entry: Mapping[str, Any]) -> _Tier:
    price = float(entry["input_cost_per_token"])
    cached = entry.get("cache_read_input_token_cost")
    return _Tier(
        above, price, float(entry.get("output_cost_per_token") or 0), price if cached is None else float(cached)
    )
