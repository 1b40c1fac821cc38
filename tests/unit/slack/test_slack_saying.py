"""What we say is seen as meant, and by whom it is meant."""

from pathlib import Path

import pytest

from channels.base import (
    MessageRefused,
)
from channels.messages import (
    Account,
    Address,
    Button,
    Card,
    Fact,
    File,
    Outbound,
    Press,
    Ref,
    plain,
)
from tests.platforms.slack.workspace import CLOSED, GROUP
from tests.unit.slack.bench import ALICE, CARD, DIRECT, Bench, in_thread, say


async def test_hostile_words_call_nobody_and_hide_no_link(bench: Bench) -> None:
    hostile = (
        "<!channel> <!here|x> <@U0BOB> <#C0GROUP|g> <https://evil.example|bank> &lt;!everyone&gt; `<!channel>` "
        "[bank.com](https://evil.example/bank.com) [docs](https://docs.example)"
    )
    ref = await bench.channel.send(say(hostile))
    [(message, sight)] = bench.slack.seen("D0ALICE")

    assert ref == Ref(address=DIRECT, id=message.ts)
    assert sight.pings == []
    assert sight.links == ["https://docs.example"]
    assert "bank.com (https://evil.example/bank.com)" in sight.text
    assert "<!channel>" in sight.text
    assert not message.unfurls


async def test_markdown_is_shown_as_markup_and_html_is_left_alone(bench: Bench) -> None:
    await bench.channel.send(say("**done** in `x.py`\n```html\n<!DOCTYPE html><!-- c --><a href=x>\n```"))
    [(message, sight)] = bench.slack.seen("D0ALICE")

    assert sight.bold == ["done"]
    assert sight.code == ["<!DOCTYPE html><!-- c --><a href=x>", "x.py"]
    assert "\u2060" not in message.blocks[0]["text"]


async def test_the_longest_message_of_the_worst_characters_is_taken(bench: Bench) -> None:
    await bench.channel.send(say(("<@" * bench.channel.traits.max_text)[: bench.channel.traits.max_text]))
    await bench.channel.send(say("&" * bench.channel.traits.max_text))

    assert len(bench.slack.seen("D0ALICE")) == 2


async def test_a_card_is_shown_letter_by_letter_and_its_press_comes_back(bench: Bench) -> None:
    await bench.connected()
    facts = (Fact(label="<!here>", value="*x* <@U0BOB>"), Fact(label="Empty", value=""))
    card = Card(
        id=CARD.id, title="*T* <!channel>", facts=facts, body="`<!channel>`", note="<@U0BOB>", buttons=CARD.buttons
    )
    ref = await bench.channel.send(Outbound(key="k", address=DIRECT, card=card))
    [(_, sight)] = bench.slack.seen("D0ALICE")
    payload = bench.slack.press(ref.id, "Approve")
    [heard] = await bench.inbox.first()

    assert sight.pings == []
    assert sight.code == []
    assert "*x* <@U0BOB>" in sight.text
    assert sight.buttons == ["Approve", "Deny"]
    assert heard.press == Press(id=CARD.id, choice="a", message=ref, receipt=payload["response_url"])
    assert heard.sender == Account(channel="slack", id=ALICE.id, name="alice")


async def test_a_card_becomes_its_outcome(bench: Bench) -> None:
    ref = await bench.channel.send(Outbound(key="k", address=DIRECT, card=CARD))
    outcome = Card(id=CARD.id, title="Approved by Alice", facts=CARD.facts)
    await bench.channel.send(Outbound(key="k2", address=DIRECT, card=outcome, replaces=ref))
    [(message, sight)] = bench.slack.seen("D0ALICE")

    assert sight.buttons == []
    assert sight.text.startswith("Approved by Alice")
    assert message.edits == 1


async def test_an_oversized_card_is_cut_to_what_slack_takes(bench: Bench) -> None:
    facts = tuple(Fact(label="l" * 200, value="v" * 5000) for _ in range(3))
    buttons = tuple(Button(choice=letter, label="b" * 200) for letter in "abcdefghijklmnopqrstuvwxyz")
    huge = Card(id=CARD.id, title="t" * 500, facts=facts, body="x" * 9000, note="n" * 9000, buttons=buttons)
    await bench.channel.send(Outbound(key="k", address=DIRECT, card=huge))

    assert len(bench.slack.seen("D0ALICE")[0][1].buttons) == 25


async def test_a_private_sentence_goes_to_the_presser_alone_on_every_way(bench: Bench) -> None:
    ts = bench.slack.say("x", room=GROUP)
    room, url = in_thread(ts), bench.slack.reply_url(GROUP, "U0ALICE")
    await bench.channel.send(say("by receipt", room, only_for=ALICE, receipt=url))
    bench.slack.refuse("response_url", "500")
    await bench.channel.send(say("by the room", room, only_for=ALICE, receipt=url))
    await bench.channel.send(say("by no stranger", room, only_for=ALICE, receipt="https://evil.example/x"))
    bench.slack.refuse("chat.postEphemeral", "user_not_in_channel")
    await bench.channel.send(say("by direct message", room, only_for=ALICE))
    await bench.channel.send(say("in her own room", DIRECT, only_for=ALICE))

    assert bench.slack.whispered("U0ALICE") == ["by receipt", "by the room", "by no stranger"]
    assert [sight.text for _, sight in bench.slack.seen("D0ALICE")] == ["by direct message", "in her own room"]
    assert bench.slack.seen(GROUP) == []


async def test_a_private_sentence_is_not_shown_in_somebody_elses_direct_room(bench: Bench) -> None:
    bench.slack.workspace.direct("U0BOB")
    await bench.channel.send(say("psst", Address(channel="slack", room="D0BOB"), only_for=ALICE))

    assert bench.slack.seen("D0BOB") == []
    assert [sight.text for _, sight in bench.slack.seen("D0ALICE")] == ["psst"]


async def test_an_answer_in_a_channel_goes_into_the_thread_of_its_question(bench: Bench) -> None:
    ts = bench.slack.say("x", room=GROUP)
    top = Address(channel="slack", room=GROUP)
    await bench.channel.send(say("here", top, answers=Ref(address=top, id=ts)))
    [(message, _)] = bench.slack.seen(GROUP)

    assert message.thread_ts == ts


async def test_a_command_from_a_room_without_the_bot_is_answered_to_its_giver_alone(bench: Bench) -> None:
    await bench.connected()
    closed = Address(channel="slack", room=CLOSED)
    bench.slack.slash("hi", room=CLOSED)
    await bench.inbox.first()
    await bench.channel.send(say("only Alice asks here", closed))
    bench.slack.slash("hi", user="U0BOB", room=CLOSED)
    heard = (await bench.inbox.first(2))[-1]
    await bench.channel.send(say("this is for Bob", closed, answers=heard.message))
    with pytest.raises(MessageRefused, match="not_in_channel"):
        await bench.channel.send(say("for whom?", closed))

    assert bench.slack.whispered("U0ALICE") == ["only Alice asks here"]
    assert bench.slack.whispered("U0BOB") == ["this is for Bob"]


async def test_a_file_is_uploaded_after_its_words(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_bytes(b"report")
    file = File(name="r.txt", media_type="text/plain", size=6, locator=str(tmp_path / "r.txt"))
    await bench.channel.send(Outbound(key="k", address=DIRECT, parts=(*plain("here"), file)))
    words, upload = bench.slack.workspace.said_by_bot("D0ALICE")

    assert words.files == []
    assert [bench.slack.workspace.files[name].content for name in upload.files] == [b"report"]


async def test_a_missing_file_is_refused_before_anything_is_said(bench: Bench) -> None:
    file = File(name="r.txt", media_type="text/plain", size=6, locator="/nowhere/r.txt")
    with pytest.raises(MessageRefused, match="cannot be read"):
        await bench.channel.send(Outbound(key="k", address=DIRECT, parts=(*plain("here"), file)))

    assert bench.slack.seen("D0ALICE") == []


async def test_a_message_that_a_crash_may_have_sent_is_found_by_its_key(bench: Bench) -> None:
    first = await bench.channel.send(say("once"))
    again = await bench.channel.send(say("once", may_repeat=True))
    other = await bench.channel.send(Outbound(key="k2", address=DIRECT, parts=plain("two"), may_repeat=True))

    assert again == first
    assert other != first
    assert [sight.text for _, sight in bench.slack.seen("D0ALICE")] == ["once", "two"]


async def test_what_a_command_answers_is_shown_to_whoever_gave_it_alone(bench: Bench) -> None:
    await bench.connected()
    bench.slack.slash("/people", room=GROUP)
    [heard] = await bench.inbox.first()
    private = {"answers": heard.message, "only_for": heard.sender}
    for _ in range(6):  # Slack takes five answers by the address of a command
        await bench.channel.send(say("root is an admin", heard.address, **private))

    assert bench.slack.seen(GROUP) == []
    assert bench.slack.whispered("U0ALICE") == ["root is an admin"] * 6
    assert len(bench.slack.called("chat.postEphemeral")) == 1
