"""While nothing can be stored, whoever presses is told so by the platforms that have a place for it."""

import asyncio

import pytest

from channels.messages import Button, Card
from tests.contract.stage import Stage, driver_of

CARD = Card(id="abcdefgh23456789", title="Run?", buttons=(Button(choice="a", label="Approve"),))


@pytest.mark.parametrize(
    ("kind", "mode"), [("discord", "gateway"), ("mattermost", "socket"), ("slack", "socket"), ("telegram", "polling")]
)
async def test_a_press_that_cannot_be_stored_is_told_to_who_pressed_and_the_next_one_counts(
    kind: str, mode: str
) -> None:
    driver = driver_of(kind, mode)
    assert driver is not None
    async with Stage(kind, mode, driver) as stage:
        home = await stage.home()
        [ref] = await stage.send(home, card=CARD)
        stage.refuse(1)
        await driver.press(ref.id, "Approve")
        await _told(stage, "Not yet")
        await driver.press(ref.id, "Approve")
        await stage.until(lambda: any(event.press for event in stage.heard))

    assert len(stage.refused) == 1


async def _told(stage: Stage, words: str) -> None:
    async with asyncio.timeout(5):
        while not any(words in told for told in await stage.driver.told(stage.driver.alice)):  # noqa: ASYNC110 -- polled
            await asyncio.sleep(0.01)
