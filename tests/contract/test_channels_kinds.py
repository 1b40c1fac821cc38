"""Whatever a person can send reaches the agent as words, as a file, or as a sentence that says what was there."""

from collections.abc import Sequence

from gateway import commands
from tests.contract.asked import needs
from tests.contract.drivers import PlatformDriver
from tests.contract.kinds import COMMAND, Content, SendsContents, read_of
from tests.contract.stage import Stage


def contents(driver: PlatformDriver) -> Sequence[Content]:
    """Every kind of content, in the platform's first mode."""
    assert isinstance(driver, SendsContents)
    return driver.contents if driver.mode == driver.modes[0] else ()


def passed_on(driver: PlatformDriver) -> list[Content]:
    """Those that pass somebody's words on."""
    return [content for content in contents(driver) if content.is_others]


async def sent(stage: Stage, content: Content) -> str:
    """Send it; what the agent reads of it. The command in it, if any, must be none."""
    await stage.home()
    assert isinstance(stage.driver, SendsContents)
    await stage.driver.send_content(content)
    event = (await stage.hears(2))[1]
    assert [file.name for file in event.files] == list(content.files)
    assert commands.parse(event.text) is None
    return read_of(event)


@needs(SendsContents, each=("content", contents))
async def test_whatever_a_person_sends_reaches_the_agent(stage: Stage, content: Content) -> None:
    read = await sent(stage, content)

    assert read
    assert content.missing_in(read) == []


@needs(SendsContents, each=("content", passed_on))
async def test_a_command_inside_somebody_elses_words_is_none(stage: Stage, content: Content) -> None:
    assert COMMAND in await sent(stage, content)
    assert commands.parse(stage.heard[1].text) is None
    assert COMMAND not in stage.heard[1].text
