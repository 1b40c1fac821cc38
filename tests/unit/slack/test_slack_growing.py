"""An answer that is shown while it grows."""

from channels.messages import (
    Address,
    Ref,
)
from tests.platforms.slack.workspace import GROUP
from tests.unit.slack.bench import ALICE, DIRECT, Bench, in_thread, say


async def grow(bench: Bench, address: Address, *texts: str) -> Ref:
    live = await bench.channel.open_live(address, ALICE, None)
    for text in texts:
        await live.show(text)
    ref = await live.close()
    assert ref
    return ref


async def test_an_answer_grows_natively_in_a_thread_in_four_calls(bench: Bench) -> None:
    address = in_thread(bench.slack.say("x", room=GROUP))
    before = bench.slack.noticed
    ref = await grow(bench, address, "one", "one **two**")
    await bench.channel.send(say("one **two** three", address, replaces=ref))
    [(message, live)] = bench.slack.seen(GROUP)

    assert bench.slack.noticed - before == 4
    assert [name for name, _ in bench.slack.calls] == [
        "chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update"
    ]  # fmt: skip
    assert (live.text, live.bold) == ("one two three", ["two"])
    assert not message.streaming
    assert message.metadata == {"event_type": "nexora_message", "event_payload": {"key": "k1"}}


async def test_a_final_text_that_is_already_shown_costs_no_call(bench: Bench) -> None:
    address = in_thread(bench.slack.say("x", room=GROUP))
    ref = await grow(bench, address, "all of it")
    before = bench.slack.noticed

    assert await bench.channel.send(say("all of it", address, replaces=ref)) == ref
    assert bench.slack.noticed == before


async def test_an_answer_in_a_direct_conversation_grows_by_edits(bench: Bench) -> None:
    await grow(bench, DIRECT, "one", "one", "one two")
    [(message, live)] = bench.slack.seen("D0ALICE")

    assert (live.text, message.edits) == ("one two", 1)


async def test_words_taken_back_or_a_call_cut_in_two_never_call_the_room(bench: Bench) -> None:
    address = in_thread(bench.slack.say("x", room=GROUP))
    await grow(bench, address, "<", "<!chan", "<!channel", "<!channel> x", "another")
    [(_, live)] = bench.slack.seen(GROUP)

    assert (live.text, live.pings) == ("another", [])
    assert all("<!channel" not in str(body) for _, body in bench.slack.calls)


async def test_a_stream_that_ended_or_was_never_allowed_goes_on_by_edits(bench: Bench) -> None:
    address = in_thread(bench.slack.say("x", room=GROUP))
    bench.slack.refuse("chat.appendStream", "message_not_in_streaming_state")
    bench.slack.refuse("chat.stopStream", "internal_error")
    live = await bench.channel.open_live(address, ALICE, None)
    await live.show("one")
    bench.slack.workspace.said_by_bot(GROUP)[0].streaming = False
    await live.show("one two")
    await live.close()
    bench.slack.refuse("chat.startStream", "feature_not_enabled")
    await grow(bench, address, "three")

    assert [live.text for _, live in bench.slack.seen(GROUP)] == ["one two", "three"]


async def test_a_stream_that_a_crash_left_open_is_ended_by_the_final_text(bench: Bench) -> None:
    address = in_thread(bench.slack.say("x", room=GROUP))
    live = await bench.channel.open_live(address, ALICE, None)
    await live.show("half")
    [message] = bench.slack.workspace.said_by_bot(GROUP)
    await bench.build().send(say("whole", address, replaces=Ref(address=address, id=message.ts)))

    assert not message.streaming
    assert bench.slack.seen(GROUP)[0][1].text == "whole"


async def test_an_answer_made_again_after_a_crash_goes_on_in_the_message_it_was_seen_in(bench: Bench) -> None:
    address = in_thread(bench.slack.say("x", room=GROUP))
    before = await bench.channel.open_live(address, ALICE, None)
    await before.show("half")
    left = before.standing()
    again = await bench.build().open_live(address, ALICE, None, left)
    await again.show("made again")
    [message] = bench.slack.workspace.said_by_bot(GROUP)

    assert left == again.standing() == await again.close()
    assert not message.streaming
    assert bench.slack.seen(GROUP)[0][1].text == "made again"
