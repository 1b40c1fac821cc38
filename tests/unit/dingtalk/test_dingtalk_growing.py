"""An answer that is shown while it grows, and is complete whatever happens."""

from datetime import timedelta

import pytest

from channels.base import ChannelDown, MessageRefused, RateLimited, Streaming
from channels.messages import Address, Ref
from tests.platforms.dingtalk.office import ALICE, ANSWER, GROUP
from tests.unit.dingtalk.bench import ALICE_ACCOUNT, DIRECT, GROW, IN_GROUP, Bench, say


async def grow(bench: Bench, *texts: str, address: Address = DIRECT, resumes: Ref | None = None) -> Ref:
    live = await bench.channel.open_live(address, ALICE_ACCOUNT, None, resumes)
    assert live.standing() == resumes
    for text in texts:
        await live.show(text)
    ref = await live.close()
    assert ref == live.standing()
    assert ref is not None
    return ref


@pytest.mark.parametrize(("address", "room"), [(DIRECT, ALICE), (IN_GROUP, GROUP)])
async def test_an_answer_grows_in_one_card_and_is_closed_by_its_final_text(
    bench: Bench, address: Address, room: str
) -> None:
    ref = await grow(bench, "one", "one", "one **two**", address=address)
    final = await bench.channel.send(say("one **two** three", address, replaces=ref))
    [(said, live)] = bench.fake.seen(room)

    assert final == ref
    assert said.id == ref.id
    assert (live.text, live.bold) == ("one two three", ["two"])
    assert not bench.fake.office.cards[ref.id].is_open
    assert bench.fake.noticed == 3


async def test_a_final_text_that_is_sent_twice_closes_the_card_once(bench: Bench) -> None:
    ref = await grow(bench, "one")
    await bench.channel.send(say("all", replaces=ref))
    again = await bench.build().send(say("all", replaces=ref))

    assert again == ref
    assert bench.texts() == ["all"]


async def test_an_answer_that_the_card_does_not_take_follows_whole_as_a_message(bench: Bench) -> None:
    bench.fake.office.stream_cap = 100
    ref = await grow(bench, "the beginning")
    await bench.channel.send(say("长" * 200, replaces=ref, in_language="zh"))

    assert bench.texts() == ["回答见下方消息。", "长" * 200]
    assert not bench.fake.office.cards[ref.id].is_open


async def test_a_missing_permission_ends_the_growing_but_not_the_answer(bench: Bench) -> None:
    await bench.connected()
    bench.fake.scopes.remove("Card.Streaming.Write")
    live = await bench.channel.open_live(DIRECT, ALICE_ACCOUNT, None)
    await live.show("one")
    with pytest.raises(MessageRefused, match=r"Card\.Streaming\.Write"):
        await live.show("one two")
    await bench.channel.send(say("one two three", replaces=await live.close()))

    assert bench.texts()[-1] == "one two three"
    assert bench.channel.traits.streaming is Streaming.NONE
    assert "stream_template_id" in (await bench.channel.probe()).reason


async def test_a_template_that_is_not_published_is_left_alone_for_a_while(bench: Bench) -> None:
    bench.fake.office.published.remove(ANSWER)
    for _ in range(2):
        live = await bench.channel.open_live(DIRECT, ALICE_ACCOUNT, None)
        with pytest.raises(MessageRefused, match="templateNotExist"):
            await live.show("one")
        assert await live.close() is None
    asked = bench.fake.noticed
    bench.ahead += timedelta(minutes=11)

    assert asked == 1
    assert bench.channel.traits.streaming is Streaming.NATIVE


async def test_an_answer_that_a_crash_interrupted_goes_on_in_its_card(bench: Bench) -> None:
    ref = await grow(bench, "half")
    bench.channel = bench.build()
    again = await grow(bench, "half of it", resumes=ref)
    await bench.channel.send(say("the whole", replaces=again))

    assert again == ref
    assert bench.texts() == ["the whole"]


async def test_a_card_that_is_closed_cannot_go_on(bench: Bench) -> None:
    ref = await grow(bench, "half")
    await bench.channel.send(say("whole", replaces=ref))
    live = await bench.channel.open_live(DIRECT, ALICE_ACCOUNT, None, ref)

    with pytest.raises(MessageRefused, match="finished"):
        await live.show("more")


async def test_updates_that_come_too_fast_are_told_to_wait(bench: Bench) -> None:
    bench.fake.office.stream_gap = 60.0
    live = await bench.channel.open_live(DIRECT, ALICE_ACCOUNT, None)
    await live.show("one")
    await live.show("one two")
    with pytest.raises(RateLimited) as limited:
        await live.show("one two three")

    assert limited.value.retry_after_seconds == 2.0
    assert limited.value.whole_bot


async def test_a_card_whose_beginning_nobody_confirmed_is_not_begun_twice(bench: Bench) -> None:
    live = await bench.channel.open_live(DIRECT, ALICE_ACCOUNT, None)
    bench.fake.faults.append("drop")
    with pytest.raises(ChannelDown):
        await live.show("one")
    assert live.standing() is None
    await live.show("one two")
    first, second = bench.fake.called("/v1.0/card/instances/createAndDeliver")

    assert first["outTrackId"] == second["outTrackId"]
    assert bench.texts() == ["one two"]


async def test_nothing_is_said_before_there_is_something_to_show(bench: Bench) -> None:
    live = await bench.channel.open_live(DIRECT, ALICE_ACCOUNT, None)
    await live.show("  \n")

    assert await live.close() is None
    assert bench.fake.noticed == 0
    assert bench.fake.called(GROW) == []
