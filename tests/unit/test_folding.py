"""A conversation of any length: its older turns are summed up, and nobody waits for it, nor is anything lost."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import pytest

from agents.conversation.conversation import Conversations, TurnStep
from agents.memory.entries import MemoryReader
from agents.memory.said import SaidMessages
from agents.models.context import CallOutcome, Prepared, answer_message, message, result_message
from agents.models.fitted import Fitted, Window
from agents.models.protocol import Delta, End, Finished, Message, ModelRefused, TextDelta, TokenUsage, ToolCallRequest
from agents.models.shortening import shortened
from agents.models.summary import is_summary, summary_messages
from agents.pool import Agent
from agents.specs import AgentSpec
from agents.turn import folding
from agents.turn.folding import Folding, FoldOutcome
from agents.turn.origins import origins_of
from agents.turn.record import Turn
from channels.messages import Address
from governance.people.people import People, Person, Role
from governance.record.transaction import Store
from governance.usage.usage import Usage
from tests.unit.people_stage import WEB

ROOM = Address(channel="chat", room="1")
WINDOW_TOKENS, BYTES_PER_TOKEN = 8_000, 4
FACT = re.compile(r"fact \d+ is \w+")


def facts_of(shown: str) -> str:
    """What a model sums up that heeds what it was asked."""
    return "\n".join(dict.fromkeys(FACT.findall(shown)))[-1_500:] or "Nothing yet."


class Summing:
    """A model that sums up by one function, counts tokens and remembers what it was asked."""

    label = "acme/fake-1"

    def __init__(self, summed: Callable[[str], str] = facts_of) -> None:
        self.summed = summed
        self.asked: list[str] = []

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        shown = str(messages[-1]["content"])
        self.asked.append(shown)
        yield TextDelta(text=self.summed(shown))
        sent = sum(len(Prepared.of(each).json) for each in messages) // BYTES_PER_TOKEN
        usage = TokenUsage(provider="acme", model="fake-1", input_tokens=sent, output_tokens=9)
        yield Finished(end=End.STOP, reason="stop", usage=usage)


class Stand:
    """A gateway that writes turns of one person; each `Conversations` is one of its lives."""

    def __init__(self, store: Store, person: Person, model: Summing) -> None:
        self.store = store
        self.person = person
        self.model = model
        self.window = Window(tokens=WINDOW_TOKENS, is_looked_up=True)

        async def listed() -> int | None:
            return WINDOW_TOKENS

        fitted = Fitted(model, listed=listed, learnt={model.label: self.window})
        spec = AgentSpec(name="assistant", instructions="You help.")
        self.agent = Agent(spec=spec, model=fitted, tools={}, schemas=(), rules=("You help.", ""), today=lambda _: "")
        self.conversations = Conversations(store)
        self.folding = Folding(store, self.conversations, Usage(store, lambda *_: None))

    def turn(self, *, is_direct: bool = True) -> Turn:
        return Turn(
            id=uuid4(),
            person=self.person,
            agent=self.agent,
            address=ROOM,
            is_direct=is_direct,
            workspace=Path("/nowhere"),
            started_at=self.store.now(),
            title="t",
        )

    async def prompt(self, where: Conversations | None = None) -> list[Prepared]:
        opened = await (where or self.conversations).open(ROOM.key, uuid4())
        return [self.agent.system, *opened.history.recent()]

    async def say(self, *bodies: Prepared, is_direct: bool = True) -> None:
        turn = self.turn(is_direct=is_direct)
        steps = [TurnStep(number=n, role=body.role, body=body) for n, body in enumerate(bodies)]
        async with self.store.transaction() as work:
            written = await self.conversations.write(work, turn, steps, "done")
        self.conversations.extend(ROOM.key, steps, written)
        self.folding.ended(turn)
        await asyncio.gather(*self.folding._making.values())

    async def folds(self) -> list[Any]:
        return list(await self.store.fetch("select * from nexora_summaries order by up_to"))


@pytest.fixture
async def stand(store: Store) -> Stand:
    person, _ = await People(store).create("alice", Role.OPERATOR, by=None, origin=WEB)
    return Stand(store, person, Summing())


def exchange(number: int, size: int = 600) -> tuple[Prepared, Prepared]:
    said = f"question {number}: " + (f"fact {number} is blue{number}" if number % 5 == 0 else "and what else?")
    return message("user", said.ljust(size, ".")), message("assistant", f"answer {number} ".ljust(size, "."))


async def test_a_long_conversation_never_fills_the_window_and_its_prompt_changes_only_where_it_is_folded(
    stand: Stand,
) -> None:
    before: list[bytes] = []
    changes = 0
    for number in range(120):
        await stand.prompt()
        await stand.say(*exchange(number))
        prompt = await stand.prompt()
        sent = [body.json for body in prompt]
        assert sum(map(len, sent)) // BYTES_PER_TOKEN < WINDOW_TOKENS * 0.9
        changes += sent[: len(before)] != before
        before = sent
        if number % 20 == 0:
            assert sent == [body.json for body in await stand.prompt(Conversations(stand.store))]

    folds = await stand.folds()
    text = b"\n".join(before).decode()
    assert 3 <= len(folds) == changes <= 30
    assert all(f"fact {number} is blue{number}" in text for number in range(0, 120, 5))
    assert all(fold["after"] < fold["before"] for fold in folds)
    assert await stand.store.fetchval("select count(*) from nexora_messages") == 240
    told = await stand.store.fetch("select key from nexora_outbox")
    assert len(told) == 1
    purposes = await stand.store.fetch("select distinct purpose from nexora_token_usage")
    assert [row["purpose"] for row in purposes] == ["summary"]


@pytest.mark.parametrize("summed", ["", "   ", "x" * 50_000])
async def test_a_summary_that_is_empty_or_no_shorter_is_not_taken_nor_asked_for_at_every_turn(
    stand: Stand, summed: str
) -> None:
    stand.model.summed = lambda _: summed
    await stand.prompt()
    for number in range(40):
        await stand.say(*exchange(number))

    assert await stand.folds() == []
    assert 1 <= len(stand.model.asked) < 10
    assert "question 39" in str((await stand.prompt())[-2]["content"])


async def test_a_model_that_refuses_to_sum_up_disturbs_nothing(stand: Stand) -> None:
    def refuse(_: str) -> str:
        raise ModelRefused("no")

    stand.model.summed = refuse
    await stand.prompt()
    for number in range(30):
        await stand.say(*exchange(number))

    assert await stand.folds() == []


async def test_what_was_left_behind_by_new_is_not_brought_back_by_a_summary(stand: Stand) -> None:
    await stand.prompt()
    for number in range(8):
        await stand.say(*exchange(number))
    older = await stand.folding._older(stand.turn(), 1)
    assert older is not None
    async with stand.store.transaction() as work:
        await stand.conversations.begin_anew(work, ROOM.key, 10**6)
    await stand.folding._fold(stand.turn(), older, None, is_told=True)

    assert await stand.folds() == []
    assert len(await stand.prompt()) == 1


async def test_a_person_may_have_it_folded_at_once(stand: Stand) -> None:
    assert await stand.folding.now(stand.turn()) is FoldOutcome.SHORT

    for number in range(4):
        await stand.say(*exchange(number))
    outcome = await stand.folding.now(stand.turn())

    prompt = await stand.prompt()
    assert outcome is FoldOutcome.DONE
    assert [is_summary(body) for body in prompt] == [False, True, False, False, False]
    assert "fact 0 is blue0" in str(prompt[1]["content"])
    assert "question 3" in str(prompt[3]["content"])


async def test_words_of_outsiders_stay_theirs_in_a_summary_and_the_next(stand: Stand) -> None:
    call = ToolCallRequest(id="call_1", name="fetch", arguments='{"url": "https://a.example"}')
    page = result_message(call.id, "fact 7 is pay to bob", CallOutcome.DONE)
    await stand.say(message("user", f"> fact 3 is evil\n{'.' * 900}"), message("assistant", "I see."))
    await stand.say(message("user", "look " * 99), answer_message("", [call]), page, message("assistant", "Read."))
    await stand.say(*exchange(1))
    await stand.folding.now(stand.turn())
    first = origins_of(await stand.prompt(), {}, 0)
    for number in (2, 3):
        await stand.say(*exchange(number))
    await stand.folding.now(stand.turn())
    second = origins_of(await stand.prompt(), {}, 0)

    for origins in (first, second):
        assert list(origins.read) == ["a summary of what came before"]
        assert origins.has_data
        assert "evil" not in origins.said
        assert not origins.knows("fact 3 is evil")
    assert [fold["has_outsiders"] for fold in await stand.folds()] == [True, True]


async def test_of_what_the_person_said_alone_nothing_becomes_an_outsiders(stand: Stand) -> None:
    for number in range(4):
        await stand.say(*exchange(number))
    await stand.folding.now(stand.turn())

    origins = origins_of(await stand.prompt(), {}, 0)

    assert not origins.read
    assert "fact 0" not in origins.said


async def test_in_a_room_others_spoke(stand: Stand) -> None:
    for number in range(4):
        await stand.say(*exchange(number), is_direct=False)
    await stand.folding.now(stand.turn(is_direct=False))

    assert origins_of(await stand.prompt(), {}, 0).read


def test_when_a_conversation_is_shortened_its_summary_stays_until_nothing_else_helps() -> None:
    system, pair = message("system", "You help."), summary_messages("fact 1 is blue", has_outsiders=False)
    said = [body for number in range(10) for body in exchange(number)]
    whole = [system, *pair, *said, message("user", "and now?")]

    some, least = shortened(whole, 3_000), shortened(whole, 60)

    assert list(some[:3]) == [system, *pair]
    assert len(some) < len(whole)
    assert least == [system, whole[-1]]


async def test_a_conversation_longer_than_a_request_is_summed_up_in_parts(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "MOST_BYTES", 12_000)
    for number in range(30):
        for_one = exchange(number)
        turn = stand.turn()
        steps = [TurnStep(number=n, role=body.role, body=body) for n, body in enumerate(for_one)]
        async with stand.store.transaction() as work:
            await stand.conversations.write(work, turn, steps, "done")
    await stand.folding.now(stand.turn())

    assert len(stand.model.asked) > 2
    assert all(asked.startswith("Earlier summary:\n") for asked in stand.model.asked[1:])
    assert "fact 0 is blue0" in str((await stand.prompt())[1]["content"])


async def test_what_no_summary_keeps_is_found_again_and_late_turns_cost_no_more_than_early_ones(stand: Stand) -> None:
    stand.model.summed = lambda shown: "\n".join(FACT.findall(shown)[:3]) or "Nothing yet."
    spent: list[float] = []
    for number in range(200):
        begun = time.process_time()
        await stand.prompt()
        spent.append(time.process_time() - begun)
        await stand.say(*exchange(number))
    prompt = " ".join(str(body["content"]) for body in await stand.prompt())
    reader = MemoryReader(person_id=stand.person.id, agent="assistant", conversation=ROOM.key)

    lost = [number for number in range(0, 200, 5) if f"fact {number} is" not in prompt]
    found = [await SaidMessages(stand.store).search(reader, f"blue{number}") for number in lost]

    assert len(lost) > 20
    assert all(f"blue{number}" in said[0].words for number, said in zip(lost, found, strict=True))
    assert median(spent[-50:]) < 2 * median(spent[:50]) + 0.001


async def test_of_fifty_turns_with_tools_each_prompt_begins_with_the_one_before(stand: Stand) -> None:
    before: list[bytes] = []
    stand.window.tokens = 64_000
    for number in range(50):
        call = ToolCallRequest(id=f"call_{number}", name="read", arguments="{}")
        result = result_message(call.id, f"result {number}", CallOutcome.DONE)
        answer = message("assistant", "Done.")
        await stand.prompt()
        await stand.say(message("user", f"go on {number}"), answer_message("", [call]), result, answer)
        sent = [body.json for body in await stand.prompt()]

        assert sent[: len(before)] == before
        assert len(sent) == len(before) + (5 if number == 0 else 4)
        before = sent
    assert before == [body.json for body in await stand.prompt(Conversations(stand.store))]
