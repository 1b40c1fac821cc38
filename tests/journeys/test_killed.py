"""A gateway that is killed with no warning in the middle of a turn, and the next life of it."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from channels.messages import Account
from governance.people.people import Origin, Role
from governance.record.transaction import Store
from tests.journeys.town import TITLE, TOKEN, running, until
from tests.load.processes import Program
from tests.platforms.model import FakeModel, Reply, calling
from tests.platforms.telegram import ALICE, GROUP, FakeTelegram
from tests.platforms.telegram.chats import Message
from tests.unit.people_stage import Stage

SOON = {"lease_seconds": 2}


@dataclass
class Street:
    """What outlives a gateway: its database, its home, and the platforms."""

    dsn: str
    home: Path
    store: Store
    telegram: FakeTelegram
    model: FakeModel

    async def admit(self, *people: dict[str, object], role: Role = Role.OPERATOR) -> None:
        stage = Stage(self.store, self.store.now)  # type: ignore[arg-type]  # only people are needed, no moved clock
        for each in people:
            name = str(each["first_name"]).lower()
            person, _ = await stage.people.create(name, role, by=None, origin=Origin(source="cli"))
            code = await stage.accounts.code_for_person(person)
            await stage.accounts.link_from_chat(Account(channel="telegram", id=str(each["id"]), name=name), code)
            await stage.agent_grants.grant(person.id, "assistant", by=None)

    @asynccontextmanager
    async def doomed(self) -> AsyncIterator[Program]:
        """A gateway in a process of its own, killed at the end of the block."""
        file = self.home.with_suffix(".json")
        file.write_text(json.dumps(self._settings()), encoding="utf-8")
        extra = {"NEXORA_CONFIG": str(file), "NEXORA_HOME": str(self.home), "NEXORA_DB_URL": self.dsn}
        program = await Program.start(["gateway", "up"], self.home.with_suffix(".log"), extra)
        try:
            yield program
        finally:
            await program.end(signal.SIGKILL)

    def _settings(self) -> dict[str, object]:
        provider = {"wire": "openai", "base_url": self.model.url, "api_key": self.model.key}
        return {
            "server": {"port": 0},
            "bus": SOON,
            "channels": {"telegram": {"kind": "telegram", "token": TOKEN, "api_url": self.telegram.base}},
            "models": {"use": ["fake/fake-1"], "find_local": False, "providers": {"fake": provider}},
        }

    async def until_stored(self, query: str) -> None:
        async with asyncio.timeout(20):
            while not await self.store.fetchval(query):  # noqa: ASYNC110  # rows have no event
                await asyncio.sleep(0.02)

    def ask_in_group(self, text: str) -> None:
        mention = {"type": "mention", "offset": 0, "length": len("@ops_bot")}
        self.telegram.chats.say(GROUP, ALICE, text=f"@ops_bot {text}", entities=[mention])

    async def goes_on(self, chat: int = GROUP) -> None:
        """The next two messages are answered too, by a model that refuses a conversation which is not whole."""
        for words in ("And then?", "And after that?"):
            self.model.say(f"Yes: {words}")
            if chat == GROUP:
                self.ask_in_group(words)
            else:
                self.telegram.chats.say(chat, ALICE, text=words)
            await self.telegram.until(lambda: self.telegram.chats.sent[chat][-1].text == f"Yes: {words}", 20)  # noqa: B023  # awaited here
        prompt = self.model.requests[-1]["messages"]
        roles = [message["role"] for message in prompt if message["role"] in ("user", "tool")]

        assert self.model.refusals == []
        assert [message["content"] for message in prompt if message["role"] == "user"][-2:] == [
            "And then?",
            "And after that?",
        ]
        assert roles.count("user") == 3

    @property
    def standing(self) -> list[Message]:
        """What the group sees of the bot."""
        return self.telegram.chats.sent[GROUP]


@pytest_asyncio.fixture(loop_scope="session")
async def street(dsn: str, store: Store, tmp_path: Path) -> AsyncIterator[Street]:
    telegram = FakeTelegram(TOKEN)
    await telegram.start()
    async with FakeModel() as model:
        model.when("Give a title", Reply(text=TITLE))
        yield Street(dsn=dsn, home=tmp_path / "home", store=store, telegram=telegram, model=model)
    await telegram.stop()


async def half_shown(street: Street) -> None:
    """Alice asks in the group, and the gateway dies while the first half of its answer can be seen there."""
    await street.admit(ALICE)
    street.model.hang("Once upon a time")
    street.ask_in_group("tell me a story")
    async with street.doomed():
        await street.telegram.until(lambda: bool(street.standing), 20)
        await street.until_stored("select true from nexora_turns where sight is not null")


async def test_an_answer_that_was_half_shown_is_replaced_by_the_whole_one(street: Street) -> None:
    await half_shown(street)
    [half] = [message.text for message in street.standing]
    street.model.say("There was a heron, and it stood.")
    async with running(street.dsn, street.home, street.telegram, street.model, bus=SOON):
        await street.until_stored("select true from nexora_outbox where state = 'done'")
        answers = [message.text for message in street.standing]
        await street.goes_on()

    assert half.startswith("Once")
    assert answers == ["There was a heron, and it stood."]


async def test_a_half_shown_answer_that_takes_no_edit_any_more_is_sent_anew(street: Street) -> None:
    await half_shown(street)
    street.standing.clear()
    street.model.say("There was a heron, and it stood.")
    async with running(street.dsn, street.home, street.telegram, street.model, bus=SOON):
        await street.telegram.until(lambda: bool(street.standing), 20)
        await street.until_stored("select true from nexora_outbox where state = 'done'")
        answers = [message.text for message in street.standing]
        await street.goes_on()

    assert answers == ["There was a heron, and it stood."]


async def test_a_turn_goes_on_after_its_last_step_and_no_call_runs_twice(street: Street) -> None:
    """One call is done before the end and one is running: the first keeps its result, the second's is not known."""
    await street.admit(ALICE)
    street.model.script(
        calling("shell", command="echo first >> log.txt; cat log.txt"),
        calling("shell", command="echo second >> log.txt; sleep 60"),
    )
    street.telegram.chats.say(int(ALICE["id"]), ALICE, text="do both")
    async with street.doomed():
        await street.until_stored("select count(*) = 1 from nexora_calls where state = 'done'")
        await until(lambda: "second" in log_of(street, "layers/*/*/upper/log.txt"), 20)
    at_the_end = await street.store.fetchval("select max(step) from nexora_messages")

    street.model.say("The first ran; I cannot tell about the second.")
    async with running(street.dsn, street.home, street.telegram, street.model, bus=SOON):
        await street.until_stored("select true from nexora_outbox where state = 'done'")
        prompt = street.model.requests[-1]["messages"]
        results = [message["content"] for message in prompt if message["role"] == "tool"]
        steps = [row["step"] for row in await street.store.fetch("select step from nexora_messages order by id")]
        answers = [message.text for message in street.telegram.chats.sent[int(ALICE["id"])]]
        await street.goes_on(int(ALICE["id"]))
        after = street.model.requests[-1]["messages"]

    assert log_of(street).split() == ["first"], "what had begun left nothing in the workspace"
    assert results[0] == "first\nexit 0"
    assert "nobody knows what it did" in results[1]
    assert steps == list(range(at_the_end + 3))
    states = await street.store.fetch("select state from nexora_calls order by created_at")
    assert [row["state"] for row in states] == ["done", "unknown"]
    assert await street.store.fetchval(
        "select count(*) = 1 from nexora_audit_events where tag = 'agents:tool:outcome_unknown'"
    )
    assert answers == ["The first ran; I cannot tell about the second."]
    assert after[: len(prompt)] == prompt


async def test_a_command_in_the_background_of_a_killed_gateway_is_told_of_by_the_next(street: Street) -> None:
    await street.admit(ALICE)
    street.model.script(calling("shell", command="touch log.txt; sleep 60", background=True))
    street.model.say("It runs.")
    street.telegram.chats.say(int(ALICE["id"]), ALICE, text="begin it")
    async with street.doomed():
        await street.until_stored("select true from nexora_outbox where state = 'done'")
        await until(lambda: bool(list(street.home.glob("layers/*/*/upper/log.txt"))), 20)

    async with running(street.dsn, street.home, street.telegram, street.model, bus=SOON):
        await street.until_stored("select state = 'lost' from nexora_background")
        await street.until_stored("select count(*) = 2 from nexora_outbox where state = 'done'")
        told = [message.text for message in street.telegram.chats.sent[int(ALICE["id"])]]

    assert told[-1].startswith("❖ b1 in the background is gone, because the gateway that ran it died.")
    assert not list(street.home.glob("workspaces/*/log.txt"))


def log_of(street: Street, where: str = "workspaces/*/log.txt") -> str:
    return "".join(file.read_text() for file in street.home.glob(where))
