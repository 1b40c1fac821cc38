"""Where a platform has forms, a press that takes a reason brings it; a form that is closed presses nothing."""

import pytest

from channels.messages import Button, Card, Ref, Tone
from tests.contract.asked import needs
from tests.contract.drivers import OpensForms
from tests.contract.stage import Stage

CARD = Card(
    id="7QX47QX47QX47QX4",
    title="Run a command?",
    buttons=(
        Button(choice="a", label="Approve", tone=Tone.PRIMARY),
        Button(choice="d", label="Deny", tone=Tone.DANGER, takes_reason=True),
    ),
    fallback="/approve 7QX4",
)


async def denied(stage: Stage, reason: str | None) -> Ref:
    """A card on which alice pressed Deny and filled the form so."""
    [card] = await stage.send(await stage.home(), card=CARD)
    assert isinstance(stage.driver, OpensForms)
    await stage.driver.press_and_say(card.id, "Deny", reason)
    return card


@needs(OpensForms)
@pytest.mark.parametrize("reason", ["not on a Friday", ""])
async def test_what_is_written_in_the_form_is_the_reason_of_the_press(stage: Stage, reason: str) -> None:
    card = await denied(stage, reason)
    event = (await stage.hears(2))[1]

    assert event.press is not None
    assert (event.press.id, event.press.choice, event.text) == (CARD.id, "d", reason)
    assert (event.sender.id, event.press.message) == (stage.driver.alice.id, card)


@needs(OpensForms)
async def test_a_form_that_is_closed_leaves_the_card_as_it_was(stage: Stage) -> None:
    await denied(stage, None)
    await stage.driver.say("let me think")
    events = await stage.hears(2)
    [card] = await stage.driver.hear()

    assert [event.press for event in events] == [None, None]
    assert card.buttons == ("Approve", "Deny")


@needs(OpensForms)
async def test_where_no_form_opens_the_press_alone_counts(stage: Stage) -> None:
    await stage.home()
    assert isinstance(stage.driver, OpensForms)
    stage.driver.open_no_forms()
    [card] = await stage.send(stage.heard[0].address, card=CARD)
    await stage.driver.press_and_say(card.id, "Deny", "never read")
    event = (await stage.hears(2))[1]

    assert event.press is not None
    assert (event.press.choice, event.text) == ("d", "")


@needs(OpensForms)
async def test_a_button_that_takes_no_reason_opens_no_form(stage: Stage) -> None:
    [card] = await stage.send(await stage.home(), card=CARD)
    await stage.driver.press(card.id, "Approve")
    event = (await stage.hears(2))[1]

    assert event.press is not None
    assert (event.press.choice, event.text) == ("a", "")
