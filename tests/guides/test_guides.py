"""Each guide leads to an answered message when it is followed, and to a sentence of its own table when it is not."""

import re
from itertools import product
from pathlib import Path

import pytest

from channels.locales import sentences
from channels.running import catalogue
from tests.contract.drivers import driver_of
from tests.guides.console import UNTOLD, Console, Order, Refuses
from tests.guides.consoles import CONSOLES
from tests.guides.pages import LANGUAGES, Step, page

BEGINNING = 24
"""So many signs of a sentence tell which one it is."""
CLAUSE = 5
"""So many signs of a clause tell which one it is."""
CLAUSES = re.compile(r"\{\w+\}|[，。；：（）,;:()]")
WALKS = [
    pytest.param(console, language, id=f"{console.__name__}-{language}")
    for console, language in product(CONSOLES, LANGUAGES)
]
TURNED_ROUND = [
    pytest.param(console, language, order, id=f"{console.__name__}-{language}-{order.first}-{order.then or 'left_out'}")
    for console, language in product(CONSOLES, LANGUAGES)
    for order in console.orders
]


def opened(console: type[Console], language: str, folder: Path) -> tuple[Console, list[Step]]:
    guide = page(console.kind, language)
    return console(guide, folder), guide.lists[console.list_number]


@pytest.mark.parametrize(("console", "language"), WALKS)
async def test_whoever_follows_the_guide_is_answered(console: type[Console], language: str, tmp_path: Path) -> None:
    place, steps = opened(console, language, tmp_path)
    async with place:
        await place.follow(steps)


@pytest.mark.parametrize(("console", "language"), WALKS)
def test_the_steps_of_a_guide_are_numbered_and_name_every_act(
    console: type[Console], language: str, tmp_path: Path
) -> None:
    place, steps = opened(console, language, tmp_path)
    told = [does for step in steps for does in place.told(step)]

    assert [step.number for step in steps] == [*range(1, len(steps) + 1)]
    assert [act.does for act in console.acts if act.does not in told] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind in catalogue.kinds() if kind != "console"])
def test_the_table_of_errors_tells_what_is_seen_what_it_means_and_what_to_do(kind: str, language: str) -> None:
    rows = page(kind, language).troubles

    assert len(rows) >= 5
    assert [row for row in rows if len(row) != 3 or not all(row)] == []


@pytest.mark.parametrize(("console", "language"), WALKS)
def test_what_a_platform_says_to_a_wrong_secret_stands_in_the_table(console: type[Console], language: str) -> None:
    driver = driver_of(console.kind, console.mode)
    assert driver is not None

    assert any(driver.refusal in row[0] for row in page(console.kind, language).troubles)


@pytest.mark.parametrize(("console", "language", "order"), TURNED_ROUND)
async def test_two_steps_turned_round_are_refused_in_words_of_the_table(
    console: type[Console], language: str, order: Order, tmp_path: Path
) -> None:
    place, steps = opened(console, language, tmp_path)
    async with place:
        with pytest.raises(Refuses) as refused:
            await place.follow(turned_round(place, steps, order))

    assert order.says in str(refused.value)
    cells = [cell for row in page(console.kind, language).troubles for cell in row[:2]]
    assert order.says == UNTOLD or any(says in cell for says in told_in(language, order.says) for cell in cells)


def told_in(language: str, says: str) -> list[str]:
    """How somebody who speaks that language reads it: as it stands, or where it is ours, most of our own words."""
    begins = says[:BEGINNING].casefold()
    ours = [key for key, told in sentences("en").items() if isinstance(told, str) and begins in told.casefold()]
    clauses = [clause.strip() for key in ours for clause in CLAUSES.split(str(sentences(language)[key]))]
    return [says, *(clause for clause in clauses if len(clause) >= CLAUSE)]


def turned_round(place: Console, steps: list[Step], order: Order) -> list[Step]:
    """The steps with the one that does the second act before the one that does the first, or without the first."""
    doing = [(index, does) for index, step in enumerate(steps) for does in place.told(step)]
    first = next(index for index, does in doing if does == order.first)
    if not order.then:
        return [*steps[:first], *steps[first + 1 :]]
    then = next(index for index, does in doing if does == order.then and index > first)
    return [*steps[:first], steps[then], *steps[first:then], *steps[then + 1 :]]
