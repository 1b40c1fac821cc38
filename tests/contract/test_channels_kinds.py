"""Whatever a person can send reaches the agent as words, as a file, or as a sentence that says what was there."""

import pytest

from channels.running import catalogue
from gateway import commands
from tests.contract.kinds import COMMAND, Content, SendsContents, read_of
from tests.contract.stage import Stage, driver_of


def cases(*, is_others: bool = False) -> list[object]:
    """Every kind of content on every platform, in its first mode; or those alone that pass somebody's words on."""
    return [
        pytest.param((kind, driver.modes[0]), content, id=f"{kind}-{content.name}")
        for kind in catalogue.kinds()
        if (driver := driver_of(kind)) is not None and isinstance(driver, SendsContents)
        for content in driver.contents
        if content.is_others or not is_others
    ]


async def sent(stage: Stage, content: Content) -> str:
    """Send it; what the agent reads of it. The command in it, if any, must be none."""
    await stage.home()
    assert isinstance(stage.driver, SendsContents)
    await stage.driver.send_content(content)
    event = (await stage.hears(2))[1]
    assert [file.name for file in event.files] == list(content.files)
    assert commands.parse(event.text) is None
    return read_of(event)


@pytest.mark.parametrize(("stage", "content"), cases(), indirect=["stage"])
async def test_whatever_a_person_sends_reaches_the_agent(stage: Stage, content: Content) -> None:
    read = await sent(stage, content)

    assert read
    assert content.missing_in(read) == []


@pytest.mark.parametrize(("stage", "content"), cases(is_others=True), indirect=["stage"])
async def test_a_command_inside_somebody_elses_words_is_none(stage: Stage, content: Content) -> None:
    assert COMMAND in await sent(stage, content)
    assert commands.parse(stage.heard[1].text) is None
    assert COMMAND not in stage.heard[1].text
