"""Through the whole gateway on Slack: a thread, a growing answer, a card with buttons, a press, one run of the call."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from channels.console import notices_room
from governance.people.people import Person, Role
from tests.journeys.life import ended_life, until
from tests.journeys.workspace import SlackTown, slack_life, slack_town
from tests.platforms.model import Call, Reply
from tests.platforms.slack.workspace import GROUP, Message

COMMAND = "python3 -c 'print(6*7)' /etc/passwd"
CALL = Call(name="shell", arguments=json.dumps({"command": COMMAND}))
WANTS = "wants to run shell"
BUTTONS = ["Approve", "Deny", "For this conversation"]


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[SlackTown]:
    async with slack_town(dsn, tmp_path / "home") as built:
        yield built


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call that waits for root: the thread, and the cards there and in root's private room."""

    root: Person
    thread: str
    card: Message
    private: Message


async def asked(here: SlackTown) -> Asked:
    await here.person("alice")
    root = await here.person("root", Role.ADMIN)
    here.model.script(Reply(text="Let me work that out.", calls=(CALL,)))
    here.model.say("I have asked for approval.")
    thread = here.asks("alice", "compute six times seven")
    card = await here.hears(WANTS, thread=thread)
    private = await here.hears(WANTS, room=here.direct("root"))
    await here.hears("I have asked for approval.", thread=thread)
    return Asked(root=root, thread=thread, card=card, private=private)


async def in_console(here: SlackTown, person: Person) -> list[tuple[str, int]]:
    """The cards in somebody's own room of the console as they stand: title and number of buttons."""
    query = "select body from nexora_console_messages where room = $1 order by id"
    rows = await here.store.fetch(query, notices_room(str(person.id)))
    cards = [json.loads(row["body"])["card"] for row in rows]
    cards = [card for card in cards if "Which agent" not in card["title"]]
    return [(card["title"], len(card.get("buttons", ()))) for card in cards]


async def all_said(here: SlackTown) -> None:
    """Wait until nothing is left to be sent or rewritten."""
    await here.until_stored("select count(*) = 0 from nexora_outbox where state <> 'done'")


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_call_is_asked_for_in_a_thread_pressed_and_run_once_and_every_card_says_so(
    dsn: str, tmp_path: Path, mode: str
) -> None:
    async with slack_town(dsn, tmp_path / "home", mode) as here:
        waiting = await asked(here)
        await all_said(here)
        assert here.sight(waiting.card).buttons == [*BUTTONS, "Withdraw"]
        assert here.sight(waiting.private).buttons == BUTTONS
        assert COMMAND in here.sight(waiting.private).text
        assert await in_console(here, waiting.root) == [("❖ assistant wants to run shell", 3)]

        here.model.say("It printed 42.")
        here.press("root", waiting.private, "Approve")
        await here.whispers("root", "Approved")
        answer = await here.hears("It printed 42.", thread=waiting.thread)
        await all_said(here)

        assert answer.thread_ts == waiting.thread
        assert any("42" in result for result in await here.results())
        for copy in (waiting.card, waiting.private):
            assert here.sight(copy).text.startswith("❖ Approved and run: shell")
            assert "By: root" in here.sight(copy).text
            assert here.sight(copy).buttons == []
        assert await in_console(here, waiting.root) == [("❖ Approved and run: shell", 0)]
        assert (await here.tags()).count("agents:tool:ran") == 1
        assert await here.store.fetchval("select count(*) from nexora_inbox where state <> 'done'") == 0


async def test_an_answer_grows_in_its_thread_before_it_is_whole(here: SlackTown) -> None:
    await here.person("alice")
    here.model.say("One heron stood, and then another heron stood beside it.", seconds=2.2)

    thread = here.asks("alice", "a story")
    growing = await here.hears("One heron", thread=thread)
    begun = here.sight(growing).text
    whole = await here.hears("stood beside it.", thread=thread)
    await all_said(here)

    assert "beside it." not in begun
    assert whole.ts == growing.ts
    assert here.slack.called("chat.startStream")[0]["recipient_user_id"] == "U0ALICE"
    assert [message.ts for message in here.slack.workspace.said_by_bot(GROUP)] == [whole.ts]


async def test_what_is_said_in_the_thread_needs_no_mention_and_is_remembered(here: SlackTown) -> None:
    await here.person("alice")
    here.model.say("Noted.")
    here.model.say("You said heron.")
    thread = here.asks("alice", "Remember: heron")
    await here.hears("Noted.", thread=thread)

    here.slack.say("What did I say?", room=GROUP, thread=thread)
    await here.hears("You said heron.", thread=thread)

    prompt = [(message["role"], message["content"]) for message in here.model.requests[-1]["messages"][1:]]
    assert prompt == [("user", "Remember: heron"), ("assistant", "Noted."), ("user", "What did I say?")]


async def test_neither_a_stranger_nor_who_asked_nor_an_operator_decides(here: SlackTown) -> None:
    waiting = await asked(here)
    await here.person("bob")
    here.join("mallory")

    here.press("mallory", waiting.card, "Approve")
    await here.whispers("mallory", "not linked to anybody")
    here.press("alice", waiting.card, "Approve")
    await here.whispers("alice", "admin")
    here.press("bob", waiting.card, "Approve")
    await here.whispers("bob", "admin")

    assert (await here.tags()).count("approvals:press:refused") == 3
    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"
    assert here.sight(waiting.card).buttons == [*BUTTONS, "Withdraw"]


async def test_a_second_press_is_told_who_was_first_and_runs_nothing(here: SlackTown) -> None:
    waiting = await asked(here)
    await here.person("second", Role.ADMIN)
    here.model.say("It printed 42.")

    here.press("root", waiting.card, "Approve")
    here.press("second", waiting.card, "Approve")
    await here.hears("It printed 42.", thread=waiting.thread)
    await here.whispers("second", "Already approved by root")

    assert await here.store.fetchval("select count(*) from nexora_decisions") == 1
    assert (await here.tags()).count("agents:tool:ran") == 1


async def test_a_press_that_slack_delivers_twice_is_one_press(here: SlackTown) -> None:
    waiting = await asked(here)
    here.model.say("It printed 42.")
    here.slack.sockets.ack_seconds = 5

    here.press("root", waiting.private, "Approve")
    assert here.slack.last
    here.slack.tell(*here.slack.last)
    await here.hears("It printed 42.", thread=waiting.thread)
    await until(lambda: sum(name.endswith("interactive") for name in here.slack.sockets.acknowledged) == 2)

    assert await here.store.fetchval("select count(*) from nexora_inbox where lane like '!press:%'") == 1
    assert [told for told in here.slack.whispered("U0ROOT") if "Already" in told] == []


async def test_a_press_after_a_restart_still_runs_the_call_once(dsn: str, tmp_path: Path) -> None:
    async with slack_town(dsn, tmp_path / "home") as first:
        waiting = await asked(first)
        await ended_life()
        async with slack_life(dsn, first.home, first.slack, first.model) as second:
            second.model.say("It printed 42.")
            second.press("root", waiting.card, "Approve")
            await second.hears("It printed 42.", thread=waiting.thread)
            await all_said(second)

            assert (await second.tags()).count("agents:tool:ran") == 1
            assert second.sight(waiting.private).text.startswith("❖ Approved and run: shell")
            assert await in_console(second, waiting.root) == [("❖ Approved and run: shell", 0)]
