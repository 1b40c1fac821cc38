"""Requests as cards: the template's variables, presses that can be believed, and what happens without a template."""

import asyncio
from datetime import timedelta

import pytest

from channels.base import ChannelDown, ChannelState, Streaming
from channels.dingtalk import cards
from channels.messages import Button, Card, Ref
from tests.platforms.dingtalk.office import ALICE, BOB, GROUP, REQUEST
from tests.platforms.dingtalk.server import Refusal
from tests.unit.dingtalk.bench import BOB_ACCOUNT, CARD, CREATE, DIRECT, IN_GROUP, KEY, Bench, ask

OUTCOME = Card(id=CARD.id, title="Denied by Bob at 14:02", facts=CARD.facts)


async def test_a_request_is_a_card_whose_every_variable_is_a_string_shown_as_written(bench: Bench) -> None:
    ref = await bench.channel.send(ask())
    [(said, sight)] = bench.fake.seen(ALICE)

    assert said.id == ref.id
    assert sight.text == "Run a command?\nTool: shell\nRisk: high\nrm -rf **build** `x`\nAsked by Bob"
    assert sight.buttons == ["Approve", "Deny"]
    assert bench.fake.office.cards[ref.id].variables["tone2"] == "danger"


async def test_a_card_names_the_place_and_cannot_be_forwarded(bench: Bench) -> None:
    await bench.channel.send(ask())
    await bench.channel.send(ask(IN_GROUP))
    private, public = bench.fake.called(CREATE)

    assert private["openSpaceId"] == f"dtv1.card//IM_ROBOT.{ALICE}"
    assert public["openSpaceId"] == f"dtv1.card//IM_GROUP.{GROUP}"
    assert not private["imRobotOpenSpaceModel"]["supportForward"]
    assert not public["imGroupOpenSpaceModel"]["supportForward"]
    assert private["callbackType"] == "STREAM"


async def test_a_request_that_is_sent_again_after_a_crash_is_the_same_card(bench: Bench) -> None:
    first = await bench.channel.send(ask(key="same"))
    second = await bench.build().send(ask(key="same", may_repeat=True))
    other = await bench.channel.send(ask(IN_GROUP, key="same"))

    assert first == second
    assert other.id != first.id
    assert len(bench.fake.seen(ALICE)) == 1


async def test_a_press_names_who_pressed_what_and_where(bench: Bench) -> None:
    await bench.connected()
    ref = await bench.channel.send(ask(IN_GROUP))
    bench.fake.press(ref.id, "Deny", BOB)
    [event] = await bench.inbox.first()

    assert event.press is not None
    assert (event.press.id, event.press.choice, event.press.message) == (CARD.id, "d", ref)
    assert (event.sender.id, event.address) == (BOB_ACCOUNT.id, IN_GROUP)


async def test_a_press_is_answered_after_it_is_stored_and_changes_nothing(bench: Bench) -> None:
    await bench.connected()
    ref = await bench.channel.send(ask())
    bench.inbox.held_room = "all"
    pressed = bench.fake.press(ref.id, "Deny", ALICE, frame="p1")
    await bench.inbox.first()
    early = dict(bench.fake.stream.answers)
    bench.inbox.release.set()

    assert await pressed
    assert "p1" not in early
    assert bench.fake.stream.answers["p1"]["data"] == '{"response": {}}'


async def test_a_card_is_rewritten_only_once_its_press_is_answered(bench: Bench) -> None:
    await bench.connected()
    ref = await bench.channel.send(ask())
    bench.inbox.held_room = "all"
    pressed = bench.fake.press(ref.id, "Deny", ALICE)
    await bench.inbox.first()
    rewriting = asyncio.create_task(bench.channel.send(ask(key="k2", card=OUTCOME, replaces=ref)))
    early, _ = await asyncio.wait({rewriting}, timeout=0.1)
    bench.inbox.release.set()
    await pressed

    assert not early
    assert await rewriting == ref
    [(_, sight)] = bench.fake.seen(ALICE)
    assert sight.text.startswith("Denied by Bob at 14:02")
    assert sight.buttons == []


async def test_a_press_that_could_not_be_stored_is_not_answered_and_comes_again(bench: Bench) -> None:
    await bench.connected()
    ref = await bench.channel.send(ask())
    bench.inbox.failures = 1
    pressed = bench.fake.press(ref.id, "Deny", ALICE)
    await bench.inbox.first()

    assert await pressed
    assert bench.inbox.heard == 2


async def test_a_press_delivered_twice_has_one_event_id(bench: Bench) -> None:
    await bench.connected()
    ref = await bench.channel.send(ask())
    await bench.fake.press(ref.id, "Deny", ALICE, frame="p1")
    await bench.fake.press(ref.id, "Deny", ALICE, frame="p1")
    await bench.fake.press(ref.id, "Deny", ALICE, frame="p2")

    assert bench.inbox.heard == 3
    assert len(bench.inbox.kept) == 2


@pytest.mark.parametrize(
    "params",
    [
        {"card": '["another0another0","staff:alice01"]', "choice": "a"},
        {"card": '["7QX47QX47QX47QX4","cidGROUPgroup0000000000=="]', "choice": "a"},
        {"card": '["7QX47QX47QX47QX4","staff:alice01"]', "choice": "approve"},
        {"card": '["7QX47QX47QX47QX4"]', "choice": "a"},
        {"card": "7", "choice": "a"},
        {"card": "{", "choice": "a"},
        {},
    ],
)
async def test_a_press_that_does_not_fit_its_cards_name_is_not_heard(bench: Bench, params: dict[str, str]) -> None:
    await bench.connected()
    ref = await bench.channel.send(ask())
    assert await bench.fake.spawn(bench.fake._pressed(ref.id, ALICE, params, "p1", 1))
    await bench.heard("afterwards")

    assert [event.press for event in bench.inbox.kept.values()] == [None]


def test_a_name_holds_for_one_card_in_one_room_and_one_key() -> None:
    track = cards.track_id(KEY, "k", "room", "card")

    assert cards.is_ours(KEY, track, "room", "card")
    assert not cards.is_ours(KEY, track, "room", "card2")
    assert not cards.is_ours(KEY, track, "room2", "card")
    assert not cards.is_ours(b"x" * 32, track, "room", "card")
    assert not cards.is_ours(KEY, track[:-1] + "0é", "room", "card")
    assert len(track) <= 64


def test_a_callback_of_another_shape_is_no_press() -> None:
    assert cards.pressed({"cardPrivateData": {"params": ["x"]}}) is None
    assert cards.pressed({"cardPrivateData": "x"}) is None


# Without a template


async def test_without_a_template_a_request_is_plain_words_with_its_codes_and_the_health_says_so(bench: Bench) -> None:
    bench.channel = bench.build(card_template_id="", stream_template_id="")
    await bench.connected()
    await bench.heard()
    await bench.channel.send(ask(IN_GROUP))
    health = await bench.channel.probe()

    assert bench.texts(GROUP) == [f"{CARD.title}\nTool: shell\nRisk: high\n{CARD.body}\n{CARD.note}\n{CARD.fallback}"]
    assert (health.state, health.reason) == (
        ChannelState.UP,
        "No card_template_id is set, so requests are words with /approve CODE.",
    )
    assert not bench.channel.traits.has_buttons
    assert not bench.channel.traits.can_edit
    assert bench.channel.traits.streaming is Streaming.NONE


async def test_a_template_that_is_not_published_turns_requests_into_words_until_it_is(bench: Bench) -> None:
    await bench.connected()
    bench.fake.office.published.remove(REQUEST)
    await bench.channel.send(ask())
    lacking, health = bench.channel.traits, await bench.channel.probe()
    bench.fake.office.published.add(REQUEST)
    await bench.channel.send(ask(key="k2"))
    bench.ahead = timedelta(minutes=11)
    healed = bench.channel.traits
    await bench.channel.send(ask(key="k3"))

    assert not lacking.has_buttons
    assert health.state is ChannelState.UP
    assert "card_template_id" in health.reason
    assert "卡片模板不存在或未发布" in health.reason
    assert [bool(sight.buttons) for _, sight in bench.fake.seen(ALICE)] == [False, False, True]
    assert CARD.fallback in bench.texts()[0]
    assert healed.has_buttons
    assert (await bench.channel.probe()).reason == ""


async def test_a_missing_permission_is_said_by_its_name(bench: Bench) -> None:
    await bench.connected()
    bench.fake.scopes.remove("Card.Instance.Write")
    await bench.channel.send(ask())

    assert CARD.fallback in bench.texts()[0]
    assert "the app needs the permission Card.Instance.Write" in (await bench.channel.probe()).reason


async def test_a_refusal_of_one_card_says_nothing_of_the_template(bench: Bench) -> None:
    bench.fake.refusals[CREATE].append(Refusal(400, "param.contentUnsafe"))
    await bench.channel.send(ask())
    await bench.channel.send(ask(key="k2"))

    assert [bool(sight.buttons) for _, sight in bench.fake.seen(ALICE)] == [False, True]


async def test_a_platform_in_trouble_is_no_reason_to_give_up_cards(bench: Bench) -> None:
    bench.fake.faults.append("500")
    with pytest.raises(ChannelDown):
        await bench.channel.send(ask())

    assert bench.channel.traits.has_buttons
    assert bench.fake.seen(ALICE) == []


async def test_an_outcome_of_what_cannot_be_rewritten_is_said_anew(bench: Bench) -> None:
    in_words = await bench.channel.send(ask(key="k2", card=OUTCOME, replaces=Ref(address=DIRECT, id="said-1")))
    gone = Ref(address=DIRECT, id=cards.track_id(KEY, "gone", DIRECT.room, CARD.id))
    after = await bench.channel.send(ask(key="k3", card=OUTCOME, replaces=gone))

    assert bench.texts() == ["Denied by Bob at 14:02\nTool: shell\nRisk: high"] * 2
    assert in_words.id != after.id


async def test_more_buttons_than_the_template_has_and_long_labels_are_cut(bench: Bench) -> None:
    buttons = tuple(Button(choice=choice, label=choice * 99) for choice in "abcdef")
    await bench.channel.send(ask(card=Card(id=CARD.id, title="t", buttons=buttons)))
    [(_, sight)] = bench.fake.seen(ALICE)

    assert [len(label) for label in sight.buttons] == [40] * 4
