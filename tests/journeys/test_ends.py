"""However a model's answer ends, the person is told what is true of it, and the conversation goes on."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agents.turn import endings, turn
from tests.journeys.town import Town, town
from tests.platforms.model import Call, Reply, echo

FIRST, REST = "To restore the database, first stop the service and then", "copy the backup into its place."


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        yield built


async def in_chinese(here: Town) -> None:
    await here.store.fetch("update nexora_users set language = 'zh'")


def last_asked(here: Town) -> list[tuple[str, str]]:
    messages = here.model.requests[-1]["messages"]
    return [(message["role"], message["content"]) for message in messages if message["role"] != "system"]


@pytest.mark.parametrize(
    ("language", "told", "words"), [("en", "write “go on”", "go on"), ("zh", "回复“继续”", "继续")]
)
async def test_an_answer_that_was_cut_says_so_and_goes_on_where_it_was(
    here: Town, language: str, told: str, words: str
) -> None:
    if language == "zh":
        await in_chinese(here)
    here.model.script(Reply(text=FIRST, reason="length"), Reply(text=REST))

    here.say("alice", "how do I restore?")
    cut = await here.hears("alice", told)
    here.say("alice", words)
    await here.hears("alice", REST)

    assert cut.text.startswith(FIRST)
    assert last_asked(here) == [("user", "how do I restore?"), ("assistant", FIRST), ("user", words)]
    assert here.model.refusals == []


@pytest.mark.parametrize(
    ("reply", "told", "state"),
    [
        (Reply(reason="length"), "reached its limit before it said anything", "done"),
        (Reply(text="Half", reason="content_filter"), "filter cut the answer off here", "failed"),
        (Reply(reason="content_filter"), "filter withheld the answer", "failed"),
        (Reply(text="I can't", reason="refusal"), "The model declined to say more.", "failed"),
        (Reply(reason="refusal"), "The model declined to answer this.", "failed"),
        (
            Reply(text="Well", reason="moonphase"),
            "may not be complete; its provider says that it ended with: “moonphase”",
            "done",
        ),
        (Reply(), "The model gave no answer.", "done"),
    ],
)
async def test_every_end_is_told_and_the_next_message_is_answered(
    here: Town, reply: Reply, told: str, state: str
) -> None:
    here.model.script(reply)
    here.say("alice", "tell me")
    answer = await here.hears("alice", told)
    here.say("alice", "and else?")
    await here.hears("alice", "echo: and else?")

    assert answer.text.startswith(reply.text)
    assert await here.store.fetchval("select state from nexora_turns order by started_at limit 1") == state
    assert here.model.refusals == []


async def test_what_was_declined_or_filtered_is_not_acted_upon(here: Town) -> None:
    call = Call(name="write_file", arguments='{"path": "a.txt", "content": "x"}')
    here.model.script(Reply(text="So", calls=(call,), reason="content_filter"))

    here.say("alice", "write it")
    await here.hears("alice", "filter cut the answer off here")

    assert "guard:call:allowed" not in await here.tags()


async def test_a_call_that_was_cut_does_not_run_and_the_model_is_told_why(here: Town) -> None:
    calls = (Call(name="shell", arguments='{"command": "ls"}'), Call(name="shell", arguments='{"command": "rm -r'))
    here.model.script(Reply(calls=calls, reason="length"), Reply(text="Shorter, then."))

    here.say("alice", "clean up")
    await here.hears("alice", "Shorter, then.")

    results = [message["content"] for message in here.model.requests[-1]["messages"] if message["role"] == "tool"]
    assert "cut at the limit of your answer" in results[1]
    assert "cut at the limit" not in results[0]


async def test_an_answer_longer_than_what_is_sent_says_so(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (turn, endings):
        monkeypatch.setattr(module, "ANSWER_LIMIT", 40)
    here.model.say("word " * 20)

    here.say("alice", "go")
    answer = await here.hears("alice", "cut here, after 40 characters")

    assert answer.text.startswith("word word")


async def test_an_answer_that_broke_off_is_shown_to_the_model_without_our_sentence(here: Town) -> None:
    here.model.cut(FIRST)
    here.say("alice", "how?")
    await here.hears("alice", "The answer broke off. Write “go on”")
    here.say("alice", "go on")
    await here.hears("alice", "echo: go on")

    assert last_asked(here)[1] == ("assistant", FIRST)


@pytest.mark.parametrize(
    ("status", "message", "told", "is_of_settings"),
    [
        (401, "Incorrect API key provided", "An admin can mend this in the settings.", True),
        (404, "The model `x` does not exist", "An admin can mend this in the settings.", True),
        (400, "Unrecognized request argument supplied: colour", "An admin can mend this in the settings.", True),
        (402, "Insufficient Balance", "Its account has to be topped up.", False),
        (400, "This is a strange request", "Ask in other words, or begin anew with /new.", False),
        (400, "data_inspection_failed", "The provider's filter does not let this through", False),
        (400, "context_length_exceeded", "more than the model can read at once", False),
        (503, "overloaded", "cannot be reached right now", False),
    ],
)
async def test_a_refusal_names_whoever_can_mend_it_and_no_one_else(
    here: Town, status: int, message: str, told: str, is_of_settings: bool
) -> None:
    here.model.fail(status, message, times=12)
    here.say("alice", "hello")
    answer = await here.hears("alice", told, seconds=20)

    assert ("settings" in answer.text) == is_of_settings


def refusing(word: str, sentence: str) -> Callable[[dict[str, Any]], Reply]:
    """A provider that takes no conversation in which that word is said."""
    return lambda body: Reply(status=400, message=sentence) if word in str(body["messages"]) else echo(body)


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Input data may contain inappropriate content. (data_inspection_failed)", "filter does not let this through"),
        ("Something is strange here", "does not take this request"),
    ],
)
async def test_what_a_provider_refuses_spoils_nothing_that_is_said_later(here: Town, sentence: str, told: str) -> None:
    here.model.always(refusing("pearl", sentence))
    here.say("alice", "my name is Alice")
    await here.hears("alice", "echo: my name is Alice")

    here.say("alice", "the pearl")
    await here.hears("alice", told)
    for words in ("and now?", "and then?"):
        here.say("alice", words)
        answer = await here.hears("alice", f"echo: {words}")
        assert "begun anew" not in answer.text

    assert [said for role, said in last_asked(here) if role == "user"] == ["my name is Alice", "and now?", "and then?"]
    assert await here.store.fetchval("select count(*) from nexora_messages where body like '%pearl%'") >= 1


async def test_a_conversation_that_a_provider_takes_no_more_begins_anew_and_says_so(here: Town) -> None:
    here.say("alice", "the pearl")
    await here.hears("alice", "echo: the pearl")
    here.model.always(refusing("pearl", "Something is strange here"))

    here.say("alice", "and now?")
    anew = await here.hears("alice", "echo: and now?")
    asked = len(here.model.requests)
    here.say("alice", "and then?")
    await here.hears("alice", "echo: and then?")

    assert "this conversation has begun anew" in anew.text
    assert [said for _, said in last_asked(here)] == ["and now?", "echo: and now?", "and then?"]
    assert len(here.model.requests) == asked + 1


async def test_what_a_model_declined_is_not_shown_to_it_again(here: Town) -> None:
    here.model.script(Reply(text="I", reason="refusal"))
    here.say("alice", "tell me")
    await here.hears("alice", "The model declined to say more.")
    here.say("alice", "something else")
    await here.hears("alice", "echo: something else")

    assert last_asked(here) == [("user", "something else")]


@pytest.mark.parametrize(("tool", "given"), [("shell", {"command": "true"}), ("read_file", {"path": "empty.txt"})])
async def test_a_tool_that_says_nothing_leaves_no_empty_message(here: Town, tool: str, given: dict[str, str]) -> None:
    here.model.call("shell", command="touch empty.txt")
    here.model.call(tool, **given)
    here.model.say("Done.")
    here.say("alice", "do it")
    await here.hears("alice", "Done.")
    results = [each["content"] for each in here.model.requests[-1]["messages"] if each["role"] == "tool"]
    here.say("alice", "and now?")
    await here.hears("alice", "echo: and now?")

    assert len(results) == 2
    assert all(result.strip() for result in results)
    assert here.model.refusals == []
