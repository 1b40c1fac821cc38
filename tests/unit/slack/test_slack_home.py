"""The home shows what waits for its owner, and each button there is a press in their private room."""

from dataclasses import replace

from channels.messages import Outbound, Ref
from tests.unit.slack.bench import ALICE, CARD, DENY, DIRECT, Bench


async def opened(bench: Bench) -> list[dict]:
    bench.slack.open_home()
    await bench.slack.until_sees(lambda: "U0ALICE" in bench.slack.workspace.homes)
    return bench.slack.workspace.homes["U0ALICE"]["blocks"]


def titles(blocks: list[dict]) -> list[str]:
    return [block["text"]["text"] for block in blocks if block["type"] == "header"][1:]


async def test_the_home_shows_each_card_that_waits_and_a_press_there_is_one_in_the_private_room(bench: Bench) -> None:
    await bench.connected()
    bench.waiting = [CARD, replace(DENY, id="other", title="Another?")]
    blocks = await opened(bench)
    bench.slack.press_at_home("Approve")
    [heard] = await bench.inbox.first()

    assert titles(blocks) == ["Run a command?", "Another?"]
    assert heard.press
    assert (heard.press.id, heard.press.choice, heard.press.message) == (CARD.id, "a", None)
    assert (heard.address, heard.is_direct, heard.sender.id) == (DIRECT, True, ALICE.id)


async def test_a_reason_is_asked_for_in_the_home_too(bench: Bench) -> None:
    await bench.connected()
    bench.waiting = [DENY]
    await opened(bench)
    bench.slack.press_at_home("Deny")
    await bench.slack.until_sees(lambda: "U0ALICE" in bench.slack.workspace.forms)
    bench.slack.submit("no")
    [heard] = await bench.inbox.first()

    assert heard.press
    assert (heard.press.id, heard.text, heard.address, heard.message) == (DENY.id, "no", DIRECT, None)


async def test_an_open_home_follows_what_is_asked_and_decided(bench: Bench) -> None:
    await bench.connected()
    nothing = titles(await opened(bench))
    bench.waiting = [CARD]
    ref = await bench.channel.send(Outbound(key="k1", address=DIRECT, card=CARD))
    await bench.until_called("views.publish", 2)
    asked = titles(bench.slack.workspace.homes["U0ALICE"]["blocks"])
    bench.waiting = []
    outcome = replace(CARD, buttons=(), note="Denied by Bob")
    await bench.channel.send(Outbound(key="k2", address=DIRECT, card=outcome, replaces=ref))
    await bench.until_called("views.publish", 3)

    assert (nothing, asked) == ([], ["Run a command?"])
    assert titles(bench.slack.workspace.homes["U0ALICE"]["blocks"]) == []


async def test_more_cards_than_a_home_holds_are_named_and_other_tabs_show_none(bench: Bench) -> None:
    await bench.connected()
    bench.waiting = [replace(CARD, id=f"card{number}") for number in range(60)]
    blocks = await opened(bench)
    event = bench.slack.callback({"type": "app_home_opened", "user": "U0BOB", "channel": "D0BOB", "tab": "messages"})
    await bench.slack.tell("events_api", event)

    assert len(blocks) <= 100
    assert "/pending" in blocks[-1]["text"]["text"]
    assert "U0BOB" not in bench.slack.workspace.homes


async def test_a_home_that_slack_refuses_is_no_trouble_for_the_card(bench: Bench) -> None:
    await bench.connected()
    await opened(bench)
    bench.slack.refuse("views.publish", "internal_error")
    ref = await bench.channel.send(Outbound(key="k", address=DIRECT, card=CARD))
    await bench.until_called("views.publish", 2)

    assert isinstance(ref, Ref)
