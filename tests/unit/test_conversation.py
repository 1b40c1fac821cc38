"""What is kept at hand of conversations, and how much of it."""

import tracemalloc
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from agents.conversation import conversation
from agents.conversation.conversation import (
    BYTES_EACH,
    BYTES_MESSAGE,
    MOST_BYTES,
    Conversations,
    History,
    TurnStep,
    WrittenSteps,
)
from agents.models.context import Prepared, answer_message, message
from agents.models.protocol import ToolCallRequest
from channels.messages import Address
from governance.people.people import People, Person, Role
from governance.record.transaction import Store
from tests.unit.people_stage import WEB
from tests.unit.test_sound import HELLO, POISONED, asked, complaint, result

ROOM = Address(channel="chat", room="1")


def exchange(number: int, size: int) -> list[Prepared]:
    return [message("user", f"question {number}"), message("assistant", f"answer {number} ".ljust(size, "."))]


def test_a_history_holds_no_more_than_a_prompt_and_shows_the_newest() -> None:
    kept, whole = History(), []
    for number in range(100):
        kept.add(exchange(number, 9_000))
        whole += exchange(number, 9_000)

    assert kept.recent() == whole[-len(kept.messages) :]
    assert kept.size == BYTES_EACH + sum(BYTES_MESSAGE + len(body.json) for body in kept.messages)
    assert MOST_BYTES // 2 < kept.size <= MOST_BYTES


def test_a_single_turn_that_outgrows_every_prompt_leaves_nothing_half() -> None:
    history = History()
    history.add([message("user", "go")])
    for number in range(40):
        call = ToolCallRequest(id=f"call_{number}", name="read_file", arguments="{}")
        history.add([answer_message("", [call]), message("tool", "x" * 20_000, tool_call_id=call.id)])
    history.add([message("assistant", "Done."), *exchange(1, 10)])

    assert complaint(history.recent()) == ""
    assert [body["content"] for body in history.recent() if body["role"] == "user"] == ["go", "question 1"]
    assert history.size <= MOST_BYTES


async def test_the_longest_unused_conversations_leave_when_the_warm_ones_take_too_much(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "WARM_BYTES", 4 * BYTES_EACH + BYTES_EACH // 2)
    conversations = Conversations(store)
    for room in range(6):
        await conversations.open(f"chat:{room}", uuid4())
    await conversations.open("chat:3", uuid4())
    await conversations.open("chat:6", uuid4())

    assert list(conversations._warm) == ["chat:4", "chat:5", "chat:3", "chat:6"]

    steps = [TurnStep(number=0, role="user", body=message("user", "w" * 3 * BYTES_EACH))]
    conversations.extend("chat:4", steps, WrittenSteps(before=0, newest=1))

    assert list(conversations._warm) == ["chat:4"]
    assert conversations._held == conversations._warm["chat:4"].size

    conversations.forget("chat:4")

    assert conversations._held == 0


def test_what_all_conversations_take_in_memory_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short messages in many conversations, each of which is read as every kind of model reads it."""
    monkeypatch.setattr(conversation, "WARM_BYTES", 2_000_000)
    conversations = Conversations(store)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(40_000):
        key = f"chat:{number % 2_000}"
        history = conversations._warm.get(key) or History()
        conversations.forget(key)
        history.add(exchange(number, 20))
        assert all(body["role"] for body in history.recent())
        conversations._keep(key, history)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert 0.5 * conversations._held < taken < 1.1 * conversation.WARM_BYTES
    assert conversations._held <= conversation.WARM_BYTES


@dataclass(frozen=True, kw_only=True)
class Assistant:
    name: str = "assistant"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A turn, as a conversation knows it."""

    id: UUID
    address: Address
    person: Person
    started_at: datetime
    agent: Assistant = Assistant()
    title: str = "t"


class Teller:
    """Writes turns of one person, as gateways do; each `Conversations` is another gateway."""

    def __init__(self, store: Store, person: Person) -> None:
        self._store = store
        self._person = person

    async def write(
        self, where: Conversations, turn: UUID, bodies: list[Prepared], *, first: int = 0, state: str = "running"
    ) -> None:
        told = Told(id=turn, address=ROOM, person=self._person, started_at=self._store.now())
        steps = [TurnStep(number=n, role=str(body["role"]), body=body) for n, body in enumerate(bodies, start=first)]
        async with self._store.transaction() as work:
            written = await where.write(work, told, steps, state)
        where.extend(ROOM.key, steps, written)


@pytest.fixture
async def teller(store: Store) -> Teller:
    person, _ = await People(store).create("alice", Role.OPERATOR, by=None, origin=WEB)
    return Teller(store, person)


async def told(where: Conversations, turn: UUID | None = None) -> list[Prepared]:
    return (await where.open(ROOM.key, turn or uuid4())).history.recent()


async def test_a_turn_that_is_run_again_leaves_its_conversation_whole(store: Store, teller: Teller) -> None:
    turn, dead, here = uuid4(), Conversations(store), Conversations(store)
    await teller.write(dead, uuid4(), exchange(1, 10), state="done")
    await teller.write(dead, turn, [HELLO, asked()])

    opened = await here.open(ROOM.key, turn)
    await teller.write(here, turn, [result()], first=2)
    await teller.write(here, turn, [message("assistant", "so")], first=3, state="done")

    whole = [*exchange(1, 10), HELLO, asked(), result(), message("assistant", "so")]
    assert opened.history.recent() == whole[:2]
    assert [body for _, body in opened.own] == [HELLO, asked()]
    assert await told(here) == whole == await told(Conversations(store))


async def test_what_another_gateway_wrote_between_two_steps_is_not_passed_over(store: Store, teller: Teller) -> None:
    here, there, turn = Conversations(store), Conversations(store), uuid4()
    await here.open(ROOM.key, turn)
    await teller.write(here, turn, [HELLO, asked()])
    await teller.write(there, turn, [result()], first=2)
    await teller.write(here, turn, [message("assistant", "so")], first=3, state="done")

    assert await told(here) == [HELLO, asked(), result(), message("assistant", "so")]


async def test_a_step_that_was_written_elsewhere_is_kept_as_it_was_written(store: Store, teller: Teller) -> None:
    here, there, turn = Conversations(store), Conversations(store), uuid4()
    await here.open(ROOM.key, turn)
    await teller.write(here, turn, [HELLO])
    await teller.write(there, turn, [message("assistant", "theirs")], first=1, state="done")
    await teller.write(here, turn, [message("assistant", "ours")], first=1, state="done")

    assert await told(here) == [HELLO, message("assistant", "theirs")]


async def test_a_turn_that_is_run_again_has_its_own_steps_though_the_conversation_began_anew(
    store: Store, teller: Teller
) -> None:
    turn, here = uuid4(), Conversations(store)
    await teller.write(Conversations(store), turn, [HELLO, asked()])
    await store.fetch("update nexora_conversations set context_from = (select max(id) from nexora_messages)")

    opened = await here.open(ROOM.key, turn)

    assert opened.history.recent() == []
    assert [step for step, _ in opened.own] == [0, 1]


@pytest.mark.parametrize("kind", POISONED)
async def test_stored_rows_of_every_kind_are_read_as_a_conversation_that_can_go_on(
    kind: str, store: Store, teller: Teller
) -> None:
    bodies = [body if body.get("role") else message("user", "once") for body in POISONED[kind]]
    await teller.write(Conversations(store), uuid4(), bodies)

    assert complaint(await told(Conversations(store)), HELLO) == ""
