"""People are a scarce channel: what a model may ask of them is bounded, and what they refused is not asked again."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.town import Town, running, town
from tests.platforms.model import Call, Reply

ASKS = 'rules: [{agent: "*", tool: shell, verdict: ask, risk: high, because: commands are reviewed}]\n'


def policy(folder: Path, more: str = "") -> dict[str, object]:
    """Settings with a policy under which every command asks."""
    path = folder / "policy.yaml"
    path.write_text(ASKS + more)
    return {"approvals": {"policy": path}}


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home", **policy(tmp_path)) as built:
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield built


def calls(commands: list[str]) -> Reply:
    return Reply(
        text="Let me see.",
        calls=tuple(Call(name="shell", arguments=json.dumps({"command": command})) for command in commands),
    )


async def denied(here: Town, command: str, *, turns: bool = True) -> None:
    """Root denies the newest question; with `turns` the model is told of it."""
    await here.until_stored("select count(*) > 0 from nexora_approval_requests where status = 'pending'")
    code = await here.store.fetchval("select code from nexora_approval_requests where status = 'pending'")
    if turns:
        here.model.say(f"I was told that {code} was denied.")
    here.say("root", f"/deny {code}")
    await here.until_stored("select count(*) = 0 from nexora_approval_requests where status = 'pending'")
    if turns:
        await here.hears("alice", f"I was told that {code} was denied.")


async def count(here: Town) -> int:
    number: int = await here.store.fetchval("select count(*) from nexora_approval_requests")
    return number


async def test_three_hundred_questions_of_one_turn_are_five_and_the_model_is_told_once(here: Town) -> None:
    for answer in range(5):  # the most of one answer are 64
        here.model.script(calls([f"rm file{answer}-{number}.txt" for number in range(60)]))
    here.model.say("I have asked what I may.")
    here.say("alice", "tidy up")
    await here.hears("alice", "I have asked what I may.", seconds=30)

    results = await here.results()
    assert await count(here) == 5
    assert len(results) == 300
    assert sum("This call is pending" in result for result in results) == 5
    assert sum("5 questions of this answer wait for people already" in result for result in results) == 1
    assert sum(result == "Not put before anybody either, for the same reason." for result in results) == 294
    tags = await here.tags()
    assert (tags.count("guard:call:deferred"), tags.count("guard:call:refused")) == (5, 295)

    await here.person("bob")
    here.model.script(calls(["make report"]))
    here.model.say("I have asked.")
    begun = asyncio.get_running_loop().time()
    here.say("bob", "the report, please")
    await here.hears("root", "make report")
    assert asyncio.get_running_loop().time() - begun < 2


async def test_the_same_question_twice_in_one_answer_is_one(here: Town) -> None:
    here.model.script(calls(["rm one.txt"] * 4))
    here.model.say("I have asked.")
    here.say("alice", "tidy up")
    await here.hears("alice", "I have asked.")

    assert await count(here) == 1


async def test_what_was_denied_is_not_asked_again_before_the_person_speaks_in_whatever_words(here: Town) -> None:
    here.model.script(calls(["rm notes.txt"]))
    here.model.say("I have asked.")
    here.say("alice", "tidy up")
    await here.hears("alice", "I have asked.")
    here.model.script(calls(["rm notes.txt", "find . -name notes.txt -delete", "rm other.txt"]))
    await denied(here, "rm notes.txt")
    again = (await here.results())[-3:]

    assert "this very call was denied" in again[0]
    assert "about the same was denied, and it is not asked again before the person speaks" in again[1]
    assert "This call is pending" in again[2]
    assert await count(here) == 2

    here.model.script(calls(["rm notes.txt", "find . -name notes.txt -delete"]))
    here.model.say("I have asked once more.")
    here.say("alice", "yes, do remove the notes")
    await here.hears("alice", "I have asked once more.")
    again = await here.results()
    assert "is not asked again within 10 min" in again[-2]
    assert "This call is pending" in again[-1]


async def test_a_refusal_still_counts_after_a_restart(dsn: str, tmp_path: Path) -> None:
    home, settings = tmp_path / "home", policy(tmp_path)
    async with town(dsn, home, **settings) as here:
        await here.person("alice")
        await here.person("root", Role.ADMIN)
        here.model.script(calls(["rm notes.txt"]))
        here.model.say("I have asked.")
        here.say("alice", "tidy up")
        await here.hears("alice", "I have asked.")
        for task in asyncio.all_tasks():
            if task.get_name() == "gateway":
                task.cancel()
                await asyncio.wait((task,))
        here.model.script(calls(["unlink notes.txt"]))
        async with running(dsn, home, here.telegram, here.model, **settings) as gateway:
            second = Town(gateway=gateway, telegram=here.telegram, model=here.model, home=home, people=here.people)
            await denied(second, "rm notes.txt")
            assert "about the same was denied" in (await second.results())[-1]


async def test_after_the_third_refusal_in_a_row_no_turn_begins_by_itself_and_the_next_word_tells_of_it(
    here: Town,
) -> None:
    for number in range(3):
        here.model.script(calls([f"rm file{number}.txt"]))
        here.model.say(f"I have asked {number}.")
    here.say("alice", "remove them")  # each denial begins a turn in which the next file is asked for
    await here.hears("alice", "I have asked 0.")
    for number in range(2):
        await here.until_stored(f"select count(*) = {number + 1} from nexora_approval_requests")
        code = await here.store.fetchval("select code from nexora_approval_requests where status = 'pending'")
        here.say("root", f"/deny {code}")
        await here.hears("alice", f"I have asked {number + 1}.")
    asked_so_far = len(here.model.requests)
    code = await here.store.fetchval("select code from nexora_approval_requests where status = 'pending'")
    here.say("root", f"/deny {code}")
    await here.hears("alice", "3 requests in a row were not approved here")
    await here.until_stored("select count(*) = 0 from nexora_inbox where state <> 'done'")
    assert len(here.model.requests) == asked_so_far

    here.model.say("Then I leave them.")
    here.say("alice", "what now?")
    await here.hears("alice", "Then I leave them.")
    said = here.model.requests[-1]["messages"][-1]["content"]
    assert said.startswith(f"[Nexora] Of the earlier requests {code} (shell) was denied.")
    assert said.endswith("what now?")


async def test_a_flood_of_one_person_does_not_keep_anothers_question_away(dsn: str, tmp_path: Path) -> None:
    wide = "questions: { per_turn: 100, per_conversation: 100, per_agent: 100, per_person: 100 }\n"
    async with town(dsn, tmp_path / "home", **policy(tmp_path, wide)) as here:
        for name in ("alice", "bob"):
            await here.person(name)
        await here.person("root", Role.ADMIN)
        for answer in range(15):
            here.model.script(calls([f"rm file{answer}-{number}.txt" for number in range(2)]))
        here.model.say("I have asked it all.")
        here.say("alice", "tidy up")
        await here.hears("alice", "I have asked it all.", seconds=30)
        here.model.script(calls(["make report"]))
        here.model.say("I have asked.")
        begun = asyncio.get_running_loop().time()
        here.say("bob", "the report, please")
        await here.hears("root", "make report")
        took = asyncio.get_running_loop().time() - begun

        waiting = "select count(*) from nexora_outbox where state <> 'done' and key like 'card:%'"
        assert await here.store.fetchval(waiting) > 10  # most of the flood is still on its way
        assert took < 4  # two others' turns at a pace of one message a second, and the way there


async def test_several_of_one_kind_are_one_card_that_shows_each_or_denies_all(here: Town) -> None:
    here.model.script(calls([f"expr 40 + {number}" for number in range(4)]))
    here.model.say("I have asked.")
    here.say("alice", "count")
    card = await here.hears("root", "assistant wants to run shell, 4 times")
    await here.hears("alice", "assistant wants to run shell, 4 times")
    assert "expr 40 + 3" in card.text
    assert sum("wants to run" in message.text for message in here.seen("root")) == 1

    here.press("root", card, "Show each")
    each = await here.hears("root", "wants to run shell\nFor: alice")
    await here.until_stored("select count(*) = 0 from nexora_outbox where state <> 'done'")
    assert sum("wants to run shell\n" in message.text for message in here.seen("root")) == 4
    here.model.say("One has run.")
    here.press("root", each, "Approve")
    await here.hears("alice", "One has run.")
    await here.hears("root", "assistant wants to run shell, 3 times")

    here.model.say("The others were denied.")
    here.press("root", here.telegram.chats.find(here.people["root"], card.id), "Deny all of this conversation")
    await here.hears("alice", "The others were denied.")
    ended = await here.hears("root", "None of these 4 waits any more: shell")
    assert "approved 1, denied 3" in ended.text or "denied 3, approved 1" in ended.text
    await here.hears("alice", "None of these 4 waits any more: shell")
    assert not here.telegram.chats.find(here.people["root"], card.id).keyboard
    told = [each["content"] for each in here.model.requests[-1]["messages"] if "[Nexora]" in str(each["content"])]
    assert sum(text.count("denied") for text in told) == 3


async def test_the_card_of_several_counts_only_where_it_was_sent_and_for_who_may_decide(here: Town) -> None:
    await here.person("bob")
    here.model.script(calls([f"expr 40 + {number}" for number in range(3)]))
    here.model.say("I have asked.")
    here.say("alice", "count")
    card = await here.hears("root", "assistant wants to run shell, 3 times")
    data = {button["text"]: button["callback_data"] for row in card.keyboard for button in row}
    await here.hears("alice", "I have asked.")
    waiting = await here.hears("alice", "assistant wants to run shell, 3 times")

    here.telegram.chats.press(here.people["alice"], waiting.id, data["Deny all of this conversation"], here.user("bob"))
    here.telegram.chats.press(here.people["alice"], waiting.id, data["Show each"], here.user("alice"))
    await here.until_stored("select count(*) = 2 from nexora_audit_events where tag = 'approvals:press:refused'")

    pending = "select count(*) from nexora_approval_requests where status = 'pending'"
    assert await here.store.fetchval(pending) == 3
