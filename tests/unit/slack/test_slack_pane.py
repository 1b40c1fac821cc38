"""The pane of the assistant: phrases, a title, and a sign while an answer is prepared."""

import pytest

from channels.base import MessageRefused
from channels.messages import Address
from channels.running.typing_sign import TakesBackTyping
from tests.platforms.slack.workspace import BOT, GROUP
from tests.unit.slack.bench import ALICE, DIRECT, Bench, say


async def test_a_conversation_in_the_pane_has_phrases_a_title_and_a_sign_until_it_is_answered(bench: Bench) -> None:
    await bench.connected()
    slack, workspace = bench.slack, bench.slack.workspace
    thread = slack.open_pane()
    where = ("D0ALICE", thread)
    await slack.until_sees(lambda: where in workspace.prompts)
    slack.say("why is the  build\nred?", thread=thread)
    slack.say("well?", thread=thread)
    heard = (await bench.inbox.first(2))[0]
    await slack.until_sees(lambda: where in workspace.titles)
    await bench.channel.show_typing(heard.address, ALICE, heard.message)
    status = workspace.statuses[where]
    await bench.channel.send(say("because", heard.address, answers=heard.message))

    assert heard.address == Address(channel="slack", room="D0ALICE", thread=thread)
    assert [prompt["message"] for prompt in workspace.prompts[where]] == ["What can you do for me?", "你能帮我做什么？"]
    assert workspace.titles[where] == "why is the build red?"
    assert "working" in status
    assert where not in workspace.statuses


async def test_who_looks_at_another_channel_is_offered_phrases_anew(bench: Bench) -> None:
    await bench.connected()
    thread = bench.slack.open_pane()
    await bench.until_called("assistant.threads.setSuggestedPrompts")
    bench.slack.look_elsewhere(thread)
    await bench.until_called("assistant.threads.setSuggestedPrompts", 2)

    assert bench.inbox.heard == 0


async def test_an_answer_in_the_pane_grows_as_a_stream(bench: Bench) -> None:
    await bench.connected()
    thread = bench.slack.open_pane()
    bench.slack.say("go on", thread=thread)
    [heard] = await bench.inbox.first()
    live = await bench.channel.open_live(heard.address, ALICE, heard.message)
    await live.show("one")
    await live.show("one two")
    await live.close()
    message = bench.slack.workspace.said_by_bot("D0ALICE")[-1]

    assert bench.slack.seen("D0ALICE")[-1][1].text == "one two"
    assert not message.streaming


async def test_the_sign_stands_in_a_channels_thread_too_and_is_taken_back(bench: Bench) -> None:
    await bench.connected()
    mention = bench.slack.say(f"<@{BOT}> hello", room=GROUP)
    [heard] = await bench.inbox.first()
    await bench.channel.show_typing(heard.address, ALICE, heard.message)
    shown = set(bench.slack.workspace.statuses)
    await bench.channel.take_back_typing(heard.address, heard.message)
    await bench.channel.take_back_typing(heard.address, heard.message)
    await bench.channel.show_typing(DIRECT, ALICE, None)

    assert isinstance(bench.channel, TakesBackTyping)
    assert shown == {(GROUP, mention)}
    assert bench.slack.workspace.statuses == {}
    assert len(bench.slack.called("assistant.threads.setStatus")) == 2


async def test_what_slack_refuses_there_is_no_trouble(bench: Bench) -> None:
    await bench.connected()
    for method in ("setSuggestedPrompts", "setTitle", "setStatus"):
        bench.slack.refuse(f"assistant.threads.{method}", "missing_scope")
    thread = bench.slack.open_pane()
    bench.slack.say("still heard", thread=thread)
    [heard] = await bench.inbox.first()
    with pytest.raises(MessageRefused, match="missing_scope"):
        await bench.channel.show_typing(heard.address, ALICE, heard.message)

    assert heard.text == "still heard"
