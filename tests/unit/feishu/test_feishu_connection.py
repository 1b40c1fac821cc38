"""The long connection: opened, kept, answered in order, and ended at once."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from channels.base import NOT_YET, ChannelDown, ChannelRefused, ChannelState, NotStored, Surroundings
from channels.feishu import Options, build
from channels.messages import Inbound, Quote
from tests.contract.drivers import Cut
from tests.contract.stage import Stage
from tests.contract.test_channels_saying import CARD
from tests.platforms.feishu.driver import Driver
from tests.platforms.feishu.rules import Refused
from tests.platforms.feishu.server import FakeFeishu, too_many
from tests.platforms.feishu.town import ALICE, BOB, Message


def fake(stage: Stage) -> FakeFeishu:
    assert isinstance(stage.driver, Driver)
    return stage.driver.fake


async def test_an_event_in_pieces_is_one_event(stage: Stage):
    fake(stage).sockets.pieces = 3
    await stage.driver.say("in three pieces")

    assert [event.text for event in await stage.hears()] == ["in three pieces"]


async def test_a_slow_room_keeps_its_order_and_holds_up_no_other(stage: Stage):
    first = await stage.driver.say("first")
    await stage.hears()
    stage.channel._sayings._known.clear()  # type: ignore[attr-defined]
    fake(stage).refusals[f"messages/{first}"].append(too_many(1))
    stage.stored.clear()
    await stage.driver.say("slow", answers=first)
    await stage.driver.say("after the slow one")
    stage.stored.set()
    await stage.driver.say("elsewhere", by=stage.driver.bob)
    heard = [event.text for event in await stage.hears(4) if event.sender.id != BOB]

    assert heard == ["first", "slow", "after the slow one"]


async def test_a_quote_carries_its_words_from_memory_or_from_the_platform(stage: Stage):
    home = await stage.home()
    [ours] = await stage.send(home, card=CARD)
    first = await stage.driver.say("the question")
    await stage.driver.say("to yours", answers=ours.id)
    await stage.driver.say("from memory", answers=first)
    await stage.hears(4)
    stage.channel._sayings._known.clear()  # type: ignore[attr-defined]
    await stage.driver.say("asked for", answers=first)
    quotes = [part.text for event in await stage.hears(5) for part in event.parts if isinstance(part, Quote)]

    assert quotes[0].startswith("❖ Run a command?\nAgent: dba")
    assert quotes[1:] == ["the question", "the question"]


async def test_what_is_passed_on_as_one_message_is_heard_with_all_that_is_in_it(stage: Stage):
    await stage.driver.say("hello")
    town = fake(stage).town
    merged = town.say(ALICE, town.direct(ALICE), "merge_forward", {"content": "Merged and Forwarded Message"})
    said = (("text", {"text": "the deploy failed"}), ("text", {"text": "/approve 7QX4"}))
    said += (("file", {"file_key": "k", "file_name": "log.txt"}), ("vote", {"topic": "Roll back?", "options": ["yes"]}))
    merged.within = [Message(f"om_in{number}", "oc_x", BOB, *each) for number, each in enumerate(said)]
    stage.channel._names.note(BOB, "Bob")  # type: ignore[attr-defined]
    fake(stage).tell(town.heard(merged, []))
    _, event = await stage.hears(2)
    quotes = [part for part in event.parts if isinstance(part, Quote)]

    assert [each.text for each in quotes[:2]] == ["the deploy failed", "/approve 7QX4"]
    assert "log.txt" in quotes[2].text
    assert "Roll back?\n- yes" in quotes[3].text
    assert {each.author.name for each in quotes if each.author} == {"Bob"}
    assert event.text == "[Messages that were passed on as one.]"
    assert event.files == ()


async def test_what_feishu_does_not_hand_out_of_what_was_passed_on_is_said(stage: Stage):
    await stage.driver.say("hello")
    town = fake(stage).town
    merged = town.say(ALICE, town.direct(ALICE), "merge_forward", {"content": "Merged and Forwarded Message"})
    fake(stage).refusals[f"messages/{merged.id}"].append(Refused(230002, "The bot can not be outside the group."))
    fake(stage).tell(town.heard(merged, []))
    _, event = await stage.hears(2)
    [quote] = [part for part in event.parts if isinstance(part, Quote)]

    assert "Feishu did not hand it out: The bot can not be outside the group." in quote.text


async def test_an_answer_to_a_file_brings_the_file_along(stage: Stage):
    assert isinstance(stage.driver, Driver)
    sent = await stage.driver.send_file("report.pdf", b"%PDF", "application/pdf")
    await stage.hears()
    await stage.driver.say("from memory", answers=sent)
    await stage.hears(2)
    stage.channel._sayings._known.clear()  # type: ignore[attr-defined]
    await stage.driver.say("asked for", answers=sent)
    _, *answers = await stage.hears(3)

    for event in answers:
        [file] = event.files
        assert (file.name, await stage.channel.fetch(file, 100)) == ("report.pdf", b"%PDF")  # type: ignore[attr-defined]


async def test_somebody_is_known_by_name_from_their_first_words_and_asked_about_once(stage: Stage):
    await stage.driver.say("one")
    await stage.hears()
    await stage.driver.say("two")
    one, two = await stage.hears(2)

    assert (one.sender.name, two.sender.name) == ("Alice", "Alice")
    assert sum("contact" in path for _, path, _ in fake(stage).calls) == 1


async def test_a_name_that_does_not_come_is_waited_for_once_and_never_long(stage: Stage):
    fake(stage).refusals["contact"].append(too_many(30))
    loop = asyncio.get_running_loop()
    began = loop.time()
    await stage.driver.say("one")
    await stage.hears()
    waited = loop.time() - began
    await stage.driver.say("two")
    one, two = await stage.hears(2)

    assert (one.sender.name, two.sender.name) == ("", "")
    assert waited < 3


async def test_an_app_without_the_scope_for_names_asks_no_more(stage: Stage):
    fake(stage).ungranted.add("contact:user.base:readonly")
    for number in range(3):
        await stage.driver.say(f"{number}")
        await stage.hears(number + 1)
    await stage.driver.say("x", by=stage.driver.bob)
    await stage.hears(4)

    assert sum("contact" in path for _, path, _ in fake(stage).calls) <= 1


async def test_a_press_is_stored_before_it_is_answered_and_never_told_twice(stage: Stage):
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    stage.stored.clear()
    await stage.driver.press(ref.id, "Deny")
    await asyncio.sleep(0.05)
    early = list(fake(stage).answers)
    stage.stored.set()
    await fake(stage).until(lambda: fake(stage).answers)

    assert early == []
    assert fake(stage).answers[0]["toast"]["content"] == "Received"


async def test_a_press_that_could_not_be_stored_is_told_to_the_presser_and_the_next_counts(stage: Stage):
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    stage.refuse(1)
    await stage.driver.press(ref.id, "Deny")
    async with asyncio.timeout(5):
        while not fake(stage).toasts:  # noqa: ASYNC110 -- filled by the fake's task
            await asyncio.sleep(0.01)

    [toast] = fake(stage).toasts[stage.driver.alice.id]
    assert toast == {"type": "error", "content": NOT_YET}
    await stage.driver.press(ref.id, "Deny")
    await stage.until(lambda: any(event.press for event in stage.heard))


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Handshake-Status": "403", "Handshake-Msg": "forbidden app"}, ChannelRefused),
        ({"Handshake-Status": "514", "Handshake-Autherrcode": "1000040350", "Handshake-Msg": "too"}, ChannelRefused),
        ({"Handshake-Status": "514", "Handshake-Autherrcode": "1", "Handshake-Msg": "stale"}, ChannelDown),
        ({"Handshake-Status": "500"}, ChannelDown),
    ],
)
async def test_a_refused_handshake_says_why(stage: Stage, headers: dict[str, str], error: type[Exception]):
    fake(stage).sockets.handshake_headers = headers
    with pytest.raises(error, match=headers.get("Handshake-Msg", "400")):
        await stage.build(stage.driver.options("socket")).listen(stage.receive)


@pytest.mark.parametrize(("code", "error"), [(1, ChannelDown), (1000040343, ChannelDown), (1000040345, ChannelRefused)])
async def test_an_endpoint_that_names_no_address_says_why(stage: Stage, code: int, error: type[Exception]):
    fake(stage).endpoint = {"code": code, "msg": "in its own words"}
    with pytest.raises(error, match="in its own words"):
        await stage.build(stage.driver.options("socket")).listen(stage.receive)


@pytest.mark.parametrize("url", ["", "http://127.0.0.1/?service_id=1", "ws://127.0.0.1/", "ws://h/?service_id=x"])
async def test_an_address_that_is_none_is_not_called(stage: Stage, url: str):
    with pytest.raises(ChannelDown, match="no address"):
        stage.channel._connection._checked({"URL": url})  # type: ignore[attr-defined]


async def test_a_key_never_travels_in_the_clear_where_the_api_does_not(stage: Stage):
    options = {**stage.driver.options("socket"), "domain": "lark"}
    connection = stage.build(options)._connection  # type: ignore[attr-defined]
    with pytest.raises(ChannelDown):
        connection._checked({"URL": "ws://open.example.org/?service_id=1"})

    assert connection._checked({"URL": "wss://open.example.org/?service_id=1"}).startswith("wss://")


async def test_pings_follow_the_interval_that_the_platform_names(stage: Stage):
    await stage.hang_up()
    fake(stage).ping_seconds = 0.02
    stage.channel = stage.build(stage.driver.options("socket"))
    stage.listening = asyncio.create_task(stage.channel.listen(stage.receive))
    async with asyncio.timeout(5):
        while fake(stage).sockets.pings < 1:  # noqa: ASYNC110 -- counted, not announced
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)

    # The pong names 60 seconds, which holds from then on.
    assert stage.channel._connection._ping_seconds == 60  # type: ignore[attr-defined]
    assert fake(stage).sockets.pings <= 2


async def test_a_platform_that_answers_no_ping_is_given_up(stage: Stage):
    await stage.hang_up()
    fake(stage).ping_seconds = 0.3
    channel = stage.build(stage.driver.options("socket"))
    listening = asyncio.create_task(channel.listen(stage.receive))
    while not fake(stage).sockets.live:  # noqa: ASYNC110 -- listed, not announced
        await asyncio.sleep(0.01)
    await stage.driver.cut(Cut.DEAF)
    with pytest.raises(ChannelDown, match="Feishu's long connection fell silent"):
        await asyncio.wait_for(listening, 5)


async def test_two_bots_stand_side_by_side_and_one_ends_without_the_other(stage: Stage):
    heard: list[Inbound] = []
    news = asyncio.Event()

    async def receive(inbound: Inbound) -> None:
        heard.append(inbound)
        news.set()

    options = Options.model_validate(stage.driver.options("socket"))
    second = build("second", options, Surroundings(http=stage.http, now=lambda: datetime.now(UTC)))
    listening = asyncio.create_task(second.listen(receive))
    async with asyncio.timeout(5):
        while (await second.probe()).state is not ChannelState.UP:  # noqa: ASYNC110 -- asked, not told
            await asyncio.sleep(0.01)
        await stage.driver.say("to whoever came last")
        await news.wait()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await fake(stage).until(lambda: fake(stage).confirmed["messages"] == 1)
    await stage.driver.say("to the first")

    assert heard[0].address.channel == "second"
    assert [event.text for event in await stage.hears()] == ["to the first"]
    assert (await stage.channel.probe()).state is ChannelState.UP


async def test_an_event_that_makes_no_sense_is_taken_once(stage: Stage):
    await stage.home()
    event = fake(stage).town.event("im.message.receive_v1", {"sender": 7})
    answer = await fake(stage).sockets.push(event)
    unknown = await fake(stage).sockets.push({"anything": ["else"]})

    assert answer is not None
    assert unknown is not None
    assert (answer["code"], unknown["code"]) == (200, 200)


async def test_a_failure_to_store_is_answered_500_and_the_words_of_it_stay_here(stage: Stage):
    await stage.home()

    async def receive(_: Inbound) -> None:
        raise NotStored("the database is on fire")

    stage.receive = receive  # type: ignore[method-assign]
    await stage.hang_up()
    stage.listening = asyncio.create_task(stage.channel.listen(receive))
    town = fake(stage).town
    message = town.say(BOB, town.direct(BOB), "text", {"text": "x"})
    answer = await fake(stage).sockets.push(town.heard(message, []))

    assert answer == {"code": 500, "headers": None, "data": None}
    assert "fire" not in json.dumps(answer)
