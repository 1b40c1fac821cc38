"""The language that a platform tells of a person, on every platform that tells one."""

from channels.messages import Button, Card
from tests.contract.asked import needs
from tests.contract.drivers import TellsLanguage
from tests.contract.stage import Stage

CARD = Card(id="abcdefgh23456789", title="Run?", buttons=(Button(choice="a", label="Approve"),))


@needs(TellsLanguage)
async def test_a_press_comes_with_the_language_in_which_the_person_uses_the_platform(stage: Stage) -> None:
    assert isinstance(stage.driver, TellsLanguage)
    [card] = await stage.send(await stage.home(), card=CARD)
    await stage.driver.press(card.id, "Approve")
    press = next(event for event in await stage.hears(2) if event.press is not None)

    assert press.language == stage.driver.platform_language
