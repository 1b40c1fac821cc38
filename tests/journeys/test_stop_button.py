"""The button below a growing answer: in a group whoever may speak to that agent ends it, and nobody else."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.groups import Place, place
from tests.journeys.life import TITLE
from tests.platforms.model import Reply
from tests.platforms.telegram import GROUP

ENDED = "select true from nexora_turns where state = 'stopped'"
TOLD = "❖ Whoever asked may end this answer, whoever may use that agent, and an admin."


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with place(dsn, tmp_path / "home", "telegram", agents=("assistant", "writer")) as built:
        yield built


def a_long_story(here: Place) -> None:
    """The next answer never ends by itself."""
    here.model.reset()
    here.model.when("Give a title", Reply(text=TITLE))
    here.model.hang("Once upon a time")


def shown_to(here: Place, name: str) -> list[str]:
    """What somebody was told by the platform, beside their press."""
    answered = here.bots[0].telegram.chats.answered.values()
    return [each["text"] for each in answered if each["by"] == here.number(name)]


async def test_in_a_group_it_is_for_whoever_may_speak_to_that_agent(here: Place) -> None:
    bot = here.bots[0]
    await here.person("root", Role.ADMIN)
    await here.person("alice", agents=("assistant",))
    await here.person("bob", agents=("writer",))
    await here.person("carol", agents=("assistant",))
    a_long_story(here)
    here.say("alice", "tell me a long story", chat=GROUP)
    growing = await bot.reads(GROUP, "Once upon a time")
    assert [[button["text"] for button in row] for row in growing.keyboard] == [["Stop"]]

    here.press("bob", growing, "Stop")
    await bot.telegram.until(lambda: TOLD in shown_to(here, "bob"))
    here.say("bob", "/stop", chat=GROUP)
    await bot.reads(here.number("bob"), TOLD)
    assert not here.model.dropped.is_set()
    here.press("carol", growing, "Stop")
    await here.until_stored(ENDED)
    ended = await bot.reads(GROUP, "❖ Stopped.")

    assert ended.id == growing.id
    assert not ended.keyboard
    assert shown_to(here, "carol") == ["❖ I stopped."]
    assert here.model.dropped.is_set()


async def test_a_press_below_an_answer_that_has_ended_says_so(here: Place) -> None:
    bot = here.bots[0]
    await here.person("alice", agents=("assistant",))
    a_long_story(here)
    here.say("alice", "tell me a long story", chat=GROUP)
    growing = await bot.reads(GROUP, "Once upon a time")
    stale = growing.keyboard
    here.press("alice", growing, "Stop")
    await here.until_stored(ENDED)
    await bot.reads(GROUP, "❖ Stopped.")

    growing.keyboard = stale
    here.press("alice", growing, "Stop")
    said = "❖ Nothing is being answered here right now."
    await bot.telegram.until(lambda: said in shown_to(here, "alice"))

    no_id = re.sub("[0-9a-f]{16}", "no-id-of-anybody", stale[0][0]["callback_data"])
    growing.keyboard = [[{**stale[0][0], "callback_data": no_id}]]
    here.press("alice", growing, "Stop")
    await bot.telegram.until(lambda: shown_to(here, "alice").count(said) > 1)


async def test_in_private_the_platforms_own_button_below_the_draft_ends_it(here: Place) -> None:
    bot = here.bots[0]
    await here.person("alice", agents=("assistant",))
    a_long_story(here)
    here.say("alice", "tell me a long story")
    chats = bot.telegram.chats
    await bot.telegram.until(lambda: bool(chats.stoppable))
    chats.stop(next(iter(chats.stoppable)))
    await bot.reads(here.number("alice"), "❖ Stopped.")

    assert bot.texts(here.number("alice")) == ["Once upon a time\n\n❖ Stopped."]
