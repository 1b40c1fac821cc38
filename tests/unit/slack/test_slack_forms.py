"""A button that asks why opens a form; the form's words come beside the press."""

import asyncio

from channels.messages import Outbound, Ref
from tests.platforms.slack.workspace import GROUP
from tests.unit.slack.bench import ALICE, DENY, DIRECT, Bench, in_thread


async def pressed(bench: Bench, label: str, address=DIRECT) -> Ref:
    ref = await bench.channel.send(Outbound(key="k", address=address, card=DENY))
    bench.slack.press(ref.id, label)
    return ref


async def test_the_reason_of_a_denial_is_asked_for_and_comes_with_the_press(bench: Bench) -> None:
    await bench.connected()
    address = in_thread(bench.slack.say("x", room=GROUP))
    await bench.inbox.first()
    ref = await pressed(bench, "Deny", address)
    await bench.slack.until_sees(lambda: "U0ALICE" in bench.slack.workspace.forms)
    before, form = len(bench.inbox.kept), bench.slack.workspace.forms["U0ALICE"]
    bench.slack.submit("not on a Friday")
    heard = (await bench.inbox.first(2))[-1]

    assert before == 1
    assert (form["title"]["text"], form["submit"]["text"]) == ("Deny", "Deny")
    assert heard.press
    assert (heard.press.id, heard.press.choice, heard.text) == (DENY.id, "d", "not on a Friday")
    assert heard.press.message == heard.message == Ref(address=address, id=ref.id)
    assert heard.sender.id == ALICE.id
    assert not heard.is_direct
    assert await bench.channel._sender.replies.post(heard.press.receipt, {"text": "done"})


async def test_a_form_without_words_is_the_press_alone_and_another_button_opens_none(bench: Bench) -> None:
    await bench.connected()
    await pressed(bench, "Approve")
    [approved] = await bench.inbox.first()
    await pressed(bench, "Deny")
    await bench.slack.until_sees(lambda: "U0ALICE" in bench.slack.workspace.forms)
    bench.slack.submit()
    denied = (await bench.inbox.first(2))[-1]

    assert [press.choice for press in (approved.press, denied.press) if press] == ["a", "d"]
    assert (denied.text, denied.parts, denied.address) == ("", (), DIRECT)
    assert len(bench.slack.called("views.open")) == 1


async def test_a_press_counts_at_once_where_slack_opens_no_form(bench: Bench) -> None:
    await bench.connected()
    bench.slack.refuse("views.open", "expired_trigger_id")
    await pressed(bench, "Deny")
    [heard] = await bench.inbox.first()

    assert heard.press
    assert heard.press.choice == "d"


async def test_a_form_that_could_not_be_stored_is_not_acknowledged_and_its_sender_is_told(bench: Bench) -> None:
    await bench.connected()
    await pressed(bench, "Deny")
    await bench.slack.until_sees(lambda: "U0ALICE" in bench.slack.workspace.forms)
    bench.inbox.failures = 1
    bench.slack.submit("no")
    [heard] = await bench.inbox.first()

    assert heard.text == "no"
    assert bench.inbox.heard == 2
    assert any("Not yet" in told for told in bench.slack.whispered("U0ALICE"))


async def test_forms_work_over_http_too(webhook: Bench) -> None:
    await pressed(webhook, "Deny")
    await webhook.slack.until_sees(lambda: "U0ALICE" in webhook.slack.workspace.forms)
    webhook.slack.submit("no payload for you")
    [heard] = await webhook.inbox.first()
    async with asyncio.timeout(5):
        await asyncio.gather(*webhook.slack._tasks)

    assert heard.text == "no payload for you"
    assert len(webhook.slack.requests.acknowledged) == 2
