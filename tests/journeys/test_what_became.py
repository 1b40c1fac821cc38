"""What became of an approved call is told: to whoever asked, and on every card, whatever happened in between."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from governance.people.people import Role
from tests.journeys.town import TITLE, TOKEN, Town, running, town
from tests.platforms.model import FakeModel, Reply
from tests.platforms.telegram import FakeTelegram
from tests.platforms.telegram.chats import Message

RISKY = "python3 -c 'print(6*7)' /etc/passwd"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


async def asked(here: Town, command: str = RISKY) -> Message:
    """Alice's agent asks to run something risky; root's card."""
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    await here.person("second", Role.ADMIN)
    here.model.call("shell", command=command)
    here.model.say("I have asked for approval.")
    here.say("alice", "do it")
    await here.hears("alice", "I have asked for approval.")
    await here.hears("second", "wants to run shell")
    return await here.hears("root", "wants to run shell")


async def approved_while_busy(here: Town, card: Message) -> None:
    """The card is approved while a long answer keeps the conversation, so that the call has not begun."""
    here.model.script(Reply(text="working", hangs=True))
    here.say("alice", "do something long")
    await here.telegram.until(lambda: len(here.model.requests) == 3)
    here.press("root", card, "Approve")
    await here.until_stored("select count(*) from nexora_calls where state = 'approved'")


async def demote(here: Town) -> None:
    deciding = here.gateway.deciding
    root = await deciding.people.by_name("root")
    await here.store.fetchval("update nexora_users set password_hash = 'x' where name = 'second' returning id")
    await deciding.people.set_role(root.id, Role.OPERATOR, by=None)


async def take_agent(here: Town) -> None:
    deciding = here.gateway.deciding
    alice = await deciding.people.by_name("alice")
    await deciding.agent_grants.revoke(alice.id, "assistant", by=None)


async def shut_out(here: Town) -> None:
    deciding = here.gateway.deciding
    alice = await deciding.people.by_name("alice")
    await deciding.people.disable(alice.id, by=None)


async def take_tool(here: Town) -> None:
    await here.store.fetch("update nexora_calls set tool = 'gone' where state = 'approved'")


async def remove_agent(here: Town) -> None:
    alice = await here.gateway.deciding.people.by_name("alice")
    await here.gateway.deciding.agent_grants.grant(alice.id, "removed", by=None)
    await here.store.fetch("update nexora_calls set agent = 'removed' where state = 'approved'")


Change = Callable[[Town], Awaitable[None]]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (demote, "0 of those who approved may still decide, and 1 are needed"),
        (take_agent, "whoever asked may not use this agent any more"),
        (shut_out, "whoever asked has been shut out"),
        (take_tool, "the agent does not have the tool gone any more"),
        (remove_agent, "there is no usable agent removed any more"),
    ],
)
async def test_an_approved_call_that_does_not_run_is_told_with_the_reason(here: Town, change: Change, why: str) -> None:
    card = await asked(here)
    await approved_while_busy(here, card)
    await change(here)
    here.model.say("So it goes.")

    if change is shut_out:  # who is shut out cannot say /stop any more
        root = await here.gateway.deciding.people.by_name("root")
        await here.gateway.cancellation.stop(f"telegram:{here.people['alice']}:", root)
    else:
        here.say("alice", "/stop")
    told = await here.hears("alice", "was approved by root, on telegram as 1001, but it did not run:")
    for name in ("root", "second", "alice"):
        shown = await here.hears(name, "Approved, but not run")
        assert f"Not run because: {why}" in shown.text.replace("*", "")
        assert not shown.keyboard

    assert why in told.text
    assert await here.store.fetchval("select state from nexora_calls") == "refused"
    assert "agents:tool:ran" not in await here.tags()
    assert (await here.tags()).count("guard:call:refused") == 1


async def test_a_decided_call_whose_turn_is_given_up_is_told(here: Town) -> None:
    card = await asked(here)
    await approved_while_busy(here, card)
    await here.store.fetch("update nexora_inbox set tries = 99 where channel = 'nexora'")

    here.say("alice", "/stop")
    told = await here.hears("alice", "was approved by root, on telegram as 1001, but it did not run:")
    await here.hears("root", "Approved, but not run")

    assert "it did not run: the program ended each time it was tried." in told.text
    assert await here.store.fetchval("select state from nexora_calls") == "refused"
    assert (await here.tags()).count("bus:event:buried") == 1


async def test_a_message_that_is_given_up_is_told_in_words_of_a_person(here: Town) -> None:
    await here.person("alice")
    here.model.script(Reply(text="working", hangs=True))
    here.say("alice", "first")
    await here.telegram.until(lambda: len(here.model.requests) == 1)
    here.say("alice", "second")
    await here.until_stored("select count(*) = 1 from nexora_inbox where state = 'ready'")
    await here.store.fetch("update nexora_inbox set tries = 99 where state = 'ready'")

    here.say("alice", "/stop")
    told = await here.hears("alice", "I could not handle your message: the program ended at each of several tries.")
    here.model.say("Here I am.")
    here.say("alice", "third")
    await here.hears("alice", "Here I am.")

    assert "GiveUp" not in told.text


@dataclass
class Lives:
    """A platform and a database that outlive the gateway."""

    dsn: str
    home: Path
    telegram: FakeTelegram
    model: FakeModel
    people: dict[str, int]

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Town]:
        async with running(self.dsn, self.home, self.telegram, self.model, bus={"lease_seconds": 1}) as gateway:
            yield Town(gateway=gateway, telegram=self.telegram, model=self.model, home=self.home, people=self.people)


@pytest_asyncio.fixture(loop_scope="session")
async def lives(dsn: str, tmp_path: Path) -> AsyncIterator[Lives]:
    telegram, model = FakeTelegram(TOKEN), FakeModel()
    model.when("Give a title", Reply(text=TITLE))
    async with AsyncExitStack() as stack:
        await telegram.start()
        stack.push_async_callback(telegram.stop)
        await stack.enter_async_context(model)
        yield Lives(dsn, tmp_path / "home", telegram, model, {})


async def test_what_had_begun_is_unknown_also_when_its_requester_has_lost_the_agent(lives: Lives) -> None:
    async with lives.life() as here:
        card = await asked(here, "touch ran; python3 -c 'import time; time.sleep(60)' /etc/passwd")
        here.press("root", card, "Approve")
        async with asyncio.timeout(10):
            while not list(here.home.glob("layers/*/*/upper/ran")):  # noqa: ASYNC110  # a file has no event
                await asyncio.sleep(0.02)
        await take_agent(here)
    async with lives.life() as here:
        told = await here.hears("alice", "nobody knows what it did")
        for name in ("root", "second", "alice"):
            await here.hears(name, "Approved, but nobody knows what it did: shell")

        assert "had begun when the program ended" in told.text
        assert await here.store.fetchval("select state from nexora_calls") == "unknown"
        tags = await here.tags()
        assert (tags.count("agents:tool:outcome_unknown"), tags.count("guard:call:refused")) == (1, 0)
        here.say("alice", "and now?")
        await here.hears("alice", "You have not been granted an agent yet.")


async def test_a_call_that_waits_for_a_decision_still_waits_after_a_crash(lives: Lives) -> None:
    """One answer of the model asks for something risky, for something free that runs, and for what there is not."""
    async with lives.life() as here:
        await here.person("alice")
        await here.person("root", Role.ADMIN)
        here.model.call_many(
            ("shell", {"command": "touch began; sleep 60"}), ("shell", {"command": RISKY}), ("fly", {"where": "home"})
        )
        here.say("alice", "do all three")
        card = await here.hears("root", "wants to run shell")
        async with asyncio.timeout(10):
            while not list(here.home.glob("layers/*/*/upper/began")):  # noqa: ASYNC110  # a file has no event
                await asyncio.sleep(0.02)
    here.model.say("One is unknown, one waits.")
    async with lives.life() as here:
        await here.hears("alice", "One is unknown, one waits.")
        code = await here.store.fetchval("select code from nexora_approval_requests")
        began, waits, never = (await here.results())[-3:]

        assert "nobody knows what it did" in began
        assert f"as request {code}. It has not run" in waits
        assert never.endswith("It did not run.")
        rows = await here.store.fetch("select state from nexora_calls order by state")
        assert [row["state"] for row in rows] == ["pending", "unknown"]
        here.model.say("It printed 42.")
        here.press("root", card, "Approve")
        await here.hears("alice", "It printed 42.")
        assert (await here.results())[-1] == "42\nexit 0"


async def test_the_first_copy_of_a_card_that_was_sent_twice_ends_as_the_second(lives: Lives) -> None:
    async with lives.life() as here:
        first = await asked(here)
    async with lives.life() as here:
        await here.store.fetch(
            "update nexora_outbox set state = 'ready', ref = null, error = 'interrupted' where key like $1",
            f"card:%:telegram:{here.people['root']}",
        )
        here.gateway.outbox.lanes.wake()
        second = await here.hears("root", "(may be a repeat)")
        assert first.keyboard
        assert second.keyboard
        here.model.say("It printed 42.")
        here.press("root", first, "Approve")
        await here.hears("alice", "It printed 42.")
        await here.telegram.until(lambda: all("Approved and run" in each.text for each in copies(here, first, second)))

        assert not any(each.keyboard for each in copies(here, first, second))


async def test_a_first_copy_with_live_buttons_is_answered_and_mended_when_it_is_pressed(lives: Lives) -> None:
    async with lives.life() as here:
        first = await asked(here)
        await here.store.fetch(
            "update nexora_outbox set state = 'ready', ref = null, error = 'interrupted' where key like $1",
            f"card:%:telegram:{here.people['root']}",
        )
        here.gateway.outbox.lanes.wake()
        second = await here.hears("root", "(may be a repeat)")
        here.model.say("It was denied.")
        here.press("root", second, "Deny")
        await here.hears("alice", "It was denied.")
        await here.telegram.until(lambda: not copies(here, second)[0].keyboard)
        assert copies(here, first)[0].keyboard, "nobody knows where it stands"

        query = here.press("root", first, "Approve")
        await here.telegram.until(lambda: query in here.telegram.chats.answered)
        await here.telegram.until(lambda: not copies(here, first)[0].keyboard)

        assert "Already denied by root" in here.telegram.chats.answered[query]["text"]
        assert "Denied: shell" in copies(here, first)[0].text


def copies(here: Town, *messages: Message) -> list[Message]:
    return [here.telegram.chats.find(here.people["root"], message.id) for message in messages]


@pytest.mark.parametrize("where", ["second", "elsewhere"])
async def test_a_press_on_somebody_else_s_copy_or_in_another_chat_decides_nothing(here: Town, where: str) -> None:
    card = await asked(here)
    approve = card.keyboard[0][0]["callback_data"]
    if where == "second":
        place = next(each for each in here.seen("second") if each.keyboard)
        query = here.telegram.chats.press(here.people["second"], place.id, approve, here.user("root"))
    else:
        here.model.say("Hello.")
        here.say("root", "hello")  # a message of the bot's, under which somebody has put forged buttons
        place = await here.hears("root", "Hello.")
        here.open_chat("elsewhere")
        here.telegram.chats.sent[here.people["elsewhere"]].append(place)
        query = here.telegram.chats.press(here.people["elsewhere"], place.id, approve, here.user("root"))
    await here.telegram.until(lambda: query in here.telegram.chats.answered)

    assert "was not sent to you here" in here.telegram.chats.answered[query]["text"]
    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"
    assert "approvals:press:refused" in await here.tags()
    here.model.say("It printed 42.")
    here.press("root", card, "Approve")
    await here.hears("alice", "It printed 42.")
