"""A press that takes a reason opens a form; what is written there comes beside the press."""

from dataclasses import replace

import pytest

from channels.messages import Button, Ref, Tone
from tests.platforms.discord.town import BOB, GROUP
from tests.unit.discord.bench import BOB_HERE, CARD, DIRECT, ROOM, Bench

DENY = Button(choice="d", label="Deny", tone=Tone.DANGER, takes_reason=True)
ASKING = replace(CARD, buttons=(CARD.buttons[0], DENY))


async def pressed(bench: Bench, label="Deny", address=ROOM, card=ASKING, person=BOB):
    """The interaction of a press, once the bot has answered it; the card stays as it was sent."""
    ref = await bench.send(address, card=card)
    message = bench.fake.town.find(address.room, ref.id)
    button = next(b for row in message.components for b in row["components"] if b["label"] == label)
    interaction = await bench.fake.press(message, button, person)
    await bench.until(lambda: interaction.taken or not bench.fake.lets_open_forms)
    return interaction


async def test_a_denial_asks_why_and_comes_with_the_reason(bench: Bench):
    async with bench.listening():
        asked = await pressed(bench)
        assert bench.heard == []
        sent = await bench.fake.submit(asked, "  not on a Friday\n")
        await bench.until(lambda: sent.taken)
    [event] = bench.heard

    assert (event.press.id, event.press.choice, event.text) == (CARD.id, "d", "not on a Friday")
    assert (event.sender.id, event.address, event.is_direct) == (BOB, ROOM, False)
    assert event.press.message == Ref(address=ROOM, id=asked.message.id)
    assert (asked.taken, sent.taken) == (9, 6)


async def test_a_reason_may_be_left_out(bench: Bench):
    async with bench.listening():
        await bench.fake.submit(await pressed(bench, address=DIRECT), "")
        await bench.until(lambda: bench.heard)
    [event] = bench.heard

    assert (event.press.choice, event.text, event.parts) == ("d", "", ())


async def test_a_form_that_is_closed_leaves_the_card_as_it_was(bench: Bench):
    async with bench.listening():
        await pressed(bench)
        await bench.say("meanwhile")

        assert await bench.hears() == ["meanwhile"]
    card = bench.fake.town.messages[0]
    assert [button["label"] for button in card.components[0]["components"]] == ["Approve", "Deny"]


async def test_a_button_that_takes_no_reason_opens_no_form(bench: Bench):
    async with bench.listening():
        interaction = await pressed(bench, "Approve")

    assert (interaction.taken, interaction.form) == (6, None)
    assert [event.press.choice for event in bench.heard] == ["a"]


async def test_a_form_that_cannot_be_opened_leaves_the_press_that_it_was(bench: Bench):
    bench.fake.lets_open_forms = False
    async with bench.listening():
        interaction = await pressed(bench)
        await bench.until(lambda: interaction.taken)

    assert interaction.taken == 6
    assert [(event.press.choice, event.text) for event in bench.heard] == [("d", "")]


async def test_a_press_that_is_told_again_opens_nothing_and_counts_for_nothing(bench: Bench):
    async with bench.listening():
        asked = await pressed(bench)
        event = next(e for e in bench.fake.gateway.session.events if e["t"] == "INTERACTION_CREATE")
        await bench.fake.gateway.push("INTERACTION_CREATE", event["d"])
        await bench.say("meanwhile")
        await bench.hears()

    assert len(bench.called("POST", f"/interactions/{asked.id}")) == 1
    assert [event.text for event in bench.heard] == ["meanwhile"]


async def test_a_press_that_another_connection_has_answered_counts_for_nothing(bench: Bench):
    async with bench.listening():
        await pressed(bench)
        bench.channel._interactions._asked_why.clear()
        event = next(e for e in bench.fake.gateway.session.events if e["t"] == "INTERACTION_CREATE")
        await bench.fake.gateway.push("INTERACTION_CREATE", event["d"])
        await bench.say("meanwhile")
        await bench.hears()

    assert [event.text for event in bench.heard] == ["meanwhile"]


async def test_a_reason_that_was_not_stored_is_told_so_and_comes_again(bench: Bench):
    bench.unstorable.add("too risky")
    async with bench.listening():
        sent = await bench.fake.submit(await pressed(bench), "too risky")
        await bench.until(lambda: bench.heard)

    assert sent.taken == 4
    assert [event.text for event in bench.heard] == ["too risky"]


async def test_what_is_answered_to_a_reason_is_shown_to_its_writer_alone(bench: Bench):
    async with bench.listening():
        await bench.fake.submit(await pressed(bench), "no")
        await bench.until(lambda: bench.heard)
        await bench.send(ROOM, text="You may not.", only_for=BOB_HERE, receipt=bench.heard[0].press.receipt)

    assert [(m.only_for, m.channel) for m in bench.fake.town.messages[-1:]] == [(BOB, GROUP)]


@pytest.mark.parametrize(
    ("locale", "label", "asks"), [("en-GB", "Deny", "Reason (optional)"), ("zh-CN", "拒绝", "理由（可不填）")]
)
async def test_a_form_speaks_the_language_of_whoever_pressed_under_the_words_of_the_button(
    bench: Bench, locale, label, asks
):
    bench.fake.locale = locale
    card = replace(ASKING, buttons=(replace(DENY, label=label),))
    async with bench.listening():
        asked = await pressed(bench, label, DIRECT, card)

    assert asked.form["title"] == label
    assert [each["label"] for each in asked.form["components"]] == [asks]


async def test_an_answer_is_asked_for_in_a_form_that_has_to_be_filled_in(bench: Bench):
    button = Button(choice="o", label="Answer …", takes_answer=True)
    async with bench.listening():
        asked = await pressed(bench, "Answer …", card=replace(CARD, buttons=(button,)))
        sent = await bench.fake.submit(asked, "blue")
        await bench.until(lambda: sent.taken)
    [event] = bench.heard

    assert (event.press.id, event.press.choice, event.text) == (CARD.id, "o", "blue")
