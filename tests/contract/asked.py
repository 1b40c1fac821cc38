"""On which platforms a test of the suite is collected: where everything is that it needs, and nowhere else."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

import pytest

from channels.base import Deed
from tests.contract.drivers import Place, PlatformDriver, Power, Room, places

Test = TypeVar("Test", bound=Callable[..., object])
Values = Callable[[PlatformDriver], Iterable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """needs: powers, kinds of call that can be refused alone, and protocols of the driver; without: powers."""

    needs: tuple[Power | Deed | type, ...] = ()
    without: frozenset[Power] = frozenset()
    each: tuple[str, Values] | None = None

    def is_met_by(self, driver: PlatformDriver) -> bool:
        return self.without <= driver.lacks and all(_has(driver, need) for need in self.needs)


_ASKED: dict[Callable[..., object], _Asked] = {}


def needs(
    *needed: Power | Deed | type, without: Iterable[Power] = (), each: tuple[str, Values] | None = None
) -> Callable[[Test], Test]:
    """Collect the test only on platforms that have all of these: powers, refusals of a kind of call, protocols.

    without: and that lack all of those. each: the name of a parameter, and the values that it takes on a platform.
    """

    def mark(test: Test) -> Test:
        _ASKED[test] = _Asked(needs=needed, without=frozenset(without), each=each)
        return test

    return mark


def rooms(driver: PlatformDriver) -> list[Room]:
    """Where people speak there."""
    return [room for room in Room if room is Room.DIRECT or Power.GROUPS not in driver.lacks]


def parametrize(metafunc: pytest.Metafunc) -> None:
    """The platforms of a test that asks for a stage, and its values on each."""
    asked = _ASKED.get(metafunc.function, _Asked())
    met = [(place, driver) for place, driver in _drivers().items() if asked.is_met_by(driver)]
    if asked.each is None:
        metafunc.parametrize("stage", [pytest.param(place, id=str(place)) for place, _ in met], indirect=True)
        return
    name, values = asked.each
    cases = [
        pytest.param(place, value, id=f"{place}-{_named(value)}") for place, driver in met for value in values(driver)
    ]
    metafunc.parametrize(("stage", name), cases, indirect=["stage"])


@cache
def _drivers() -> dict[Place, PlatformDriver]:
    """One of each, to be asked what it lacks and never started; of one channel where the environment names it."""
    only = os.environ.get("NEXORA_TEST_CHANNEL", "")
    return {place: place.driver() for place in places() if only in {"", place.kind}}


def _named(value: object) -> str:
    """How a value is called among the names of the tests."""
    return str(value if isinstance(value, StrEnum) else getattr(value, "name", value)).replace(" ", "_")


def _has(driver: PlatformDriver, need: Power | Deed | type) -> bool:
    if isinstance(need, Power):
        return need not in driver.lacks
    return need in driver.refuses if isinstance(need, Deed) else isinstance(driver, need)


def place_of(request: pytest.FixtureRequest) -> Place:
    """Where a fixture was asked to play."""
    place = request.param
    assert isinstance(place, Place)
    return place
