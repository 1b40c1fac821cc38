"""What is remembered is read by whoever it belongs to, and found by words that are not quite its own."""

import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest

from agents.memory.entries import MemoryBasis, MemoryKind, MemoryLayer, MemoryName, MemoryReader, NewMemory
from agents.memory.memories import Memories, MemoryMissing
from agents.memory.words import words_of
from governance.record.transaction import Store, Transaction
from tests.load.memory.questions import others, questions
from tests.unit.people_stage import HandClock

ANSWERED = 0.85


def fact(words: str, layer: MemoryLayer = MemoryLayer.PERSON, **more: Any) -> NewMemory:
    return NewMemory(layer=layer, kind=MemoryKind.FACT, words=words, basis=MemoryBasis(words="as I said"), **more)


def reader(**more: Any) -> MemoryReader:
    return MemoryReader(**{"person_id": uuid4(), "agent": "assistant", "conversation": "chat:1", **more})


async def remembered(memories: Memories, store: Store, who: MemoryReader, *news: NewMemory) -> None:
    async with store.transaction() as work:
        for new in news:
            await memories.add(who, work, new)


def ways_in(memories: Memories) -> dict[str, Callable[..., Awaitable[Any]]]:
    """Every public method that asks the database."""
    return {
        name: getattr(memories, name)
        for name, _ in inspect.getmembers(Memories, inspect.iscoroutinefunction)
        if not name.startswith("_")
    }


def argument(name: str, layer: MemoryLayer, who: MemoryReader, work: Transaction) -> Any:
    """Something for a parameter of that name, which reaches for an entry of that layer."""
    known = {
        "reader": who,
        "work": work,
        "text": "the secret garden of gnomes",
        "name": MemoryName(layer=layer, number=1),
        "layer": layer,
        "new": fact("something new", layer),
    }
    return known[name]


INTACT = """select count(*) from nexora_memories where state = 'kept' and confirmed = 1
and words = 'the secret garden of gnomes in ' || layer"""


class RolledBack(Exception):
    """Nothing of it stays."""


async def test_no_method_shows_or_changes_for_any_reader_what_is_anothers(store: Store) -> None:
    anna, ben = uuid4(), uuid4()
    owner = reader(person_id=anna, agent="gardener", conversation="chat:garden", is_admin=True)
    memories = Memories(store)
    everything = [fact(f"the secret garden of gnomes in {layer.value}", layer) for layer in MemoryLayer]
    await remembered(memories, store, owner, *everything)
    readers = [
        reader(person_id=person, agent=agent, conversation=room, is_direct=direct, is_admin=admin)
        for person in (anna, ben)
        for agent in ("", "gardener", "cook")
        for room in ("", "chat:garden", "chat:kitchen")
        for direct in (True, False)
        for admin in (True, False)
    ]
    tried = 0

    for name, method in ways_in(memories).items():
        parameters = list(inspect.signature(method).parameters.values())
        assert parameters[0].name == "reader", f"{name} must take who reads"
        for who in readers:
            for layer in MemoryLayer:
                if (owned := who.owner(layer)) is not None and owned in owner.owners:
                    continue
                tried += 1
                shown = await outcome(store, method, parameters, layer, who)
                assert f"gnomes in {layer.value}" not in shown, (name, who, layer)

    assert tried > 500


async def outcome(
    store: Store, method: Any, parameters: list[inspect.Parameter], layer: MemoryLayer, who: MemoryReader
) -> str:
    """What a method shows, and what stands in the entries after it; nothing of it stays."""
    needed = [each for each in parameters if each.default is inspect.Parameter.empty]
    shown = ""
    with suppress(RolledBack):
        async with store.transaction() as work:
            with suppress(MemoryMissing):
                shown = repr(await method(*(argument(each.name, layer, who, work) for each in needed)))
            assert await work.fetchval(INTACT) == 3, method
            raise RolledBack
    return shown


async def test_where_others_read_along_nothing_of_a_person_is_read(store: Store) -> None:
    who, memories = reader(), Memories(store)
    await remembered(
        memories, store, who, fact("likes herons"), fact("we chose the heron logo", MemoryLayer.CONVERSATION)
    )
    among_others = MemoryReader(person_id=who.person_id, agent="assistant", conversation="chat:1", is_direct=False)

    assert {each.label for each in await memories.search(who, "heron")} == {"1", "C1"}
    assert [each.label for each in await memories.search(among_others, "heron")] == ["C1"]
    assert [each.label for each in (await memories.listed(among_others))[0]] == ["C1"]


async def test_most_questions_are_answered_in_the_first_five_without_vectors(store: Store) -> None:
    who, memories = reader(), Memories(store)
    asked = questions()
    entries = [*dict.fromkeys(each.entry for each in asked), *others(300)]
    await remembered(memories, store, who, *(fact(words) for words in entries))
    some = asked[::4]
    answered = [one.entry in [each.words for each in await memories.search(who, one.question)] for one in some]

    assert len(asked) >= 300
    assert sum(answered) / len(some) >= ANSWERED


async def test_what_is_said_again_is_confirmed_and_goes_before_what_was_said_once(store: Store) -> None:
    who, memories = reader(), Memories(store)
    await remembered(memories, store, who, fact("the herons nest by the lake"), fact("the herons nest by the river"))
    await remembered(memories, store, who, fact("The herons nest by the lake"), fact("the herons  nest by the lake"))

    found = await memories.search(who, "where do herons nest")
    assert [(each.words, each.confirmed) for each in found] == [
        ("the herons nest by the lake", 3),
        ("the herons nest by the river", 1),
    ]


async def test_the_last_forgetting_can_be_taken_back_for_a_day(store: Store) -> None:
    clock = HandClock()
    store.now = clock
    who, memories = reader(), Memories(store)
    await remembered(memories, store, who, fact("likes herons"), fact("likes storks"), fact("likes owls"))
    async with store.transaction() as work:
        await memories.forget(who, work, MemoryName(layer=MemoryLayer.PERSON, number=1))
    clock.move(minutes=1)
    async with store.transaction() as work:
        await memories.forget_all(who, work, MemoryLayer.PERSON)

    assert await memories.search(who, "herons storks owls") == []
    async with store.transaction() as work:
        assert {each.words for each in await memories.take_back(who, work)} == {"likes storks", "likes owls"}
    clock.move(days=1)
    async with store.transaction() as work:
        assert await memories.take_back(who, work) == []


async def test_a_correction_is_found_by_its_new_words_and_secrets_are_masked(store: Store) -> None:
    who, memories = reader(), Memories(store)
    await remembered(memories, store, who, fact("works in Berlin"))
    name = MemoryName(layer=MemoryLayer.PERSON, number=1)
    async with store.transaction() as work:
        await memories.correct(who, work, name, fact("works in Lisbon with key sk-7Rk0VbQ2xLm9ZtYp4Ws8"))

    assert await memories.search(who, "Berlin") == []
    assert [each.words for each in await memories.search(who, "Lisbon")] == ["works in Lisbon with key ***"]


async def test_a_reader_without_entries_costs_no_query_after_the_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, memories = reader(), Memories(store)
    assert await memories.search(who, "herons") == []
    asked: list[str] = []
    fetch = store.fetch

    async def counted(query: str, *arguments: object) -> Any:
        asked.append(query)
        return await fetch(query, *arguments)

    monkeypatch.setattr(store, "fetch", counted)
    assert await memories.search(who, "herons") == []
    assert asked == []
    memories.hear(f"memory:person:{who.person_id}")
    await memories.search(who, "herons")
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("周三开会", "星期三的会"),
        ("Wednesday meeting", "礼拜三"),
        ("五月出差", "a trip in May"),
        ("Allergies", "allergic"),
        ("DEPLOYED", "deployments"),
        ("ｏｒｉｏｎ－ｓｔｇ", "orion-stg"),
        ("café", "cafe"),
    ],
)
def test_the_same_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert words_of(one).keys() & words_of(other).keys()
