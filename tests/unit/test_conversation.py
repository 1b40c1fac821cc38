"""What is kept at hand of conversations, and how much of it."""

from uuid import uuid4

import pytest

from agents import conversation
from agents.context import Prepared, message
from agents.conversation import BYTES_EACH, MOST_BYTES, Conversations, History, Step
from governance.store import Store


def exchange(number: int, size: int) -> list[Prepared]:
    return [message("user", f"question {number}"), message("assistant", f"answer {number} ".ljust(size, "."))]


def test_a_history_holds_no_more_than_a_few_prompts_and_shows_the_same_as_a_whole_one() -> None:
    kept, whole = History(), []
    for number in range(100):
        kept.add(exchange(number, 9_000))
        whole += exchange(number, 9_000)

    assert kept.recent() == History(messages=whole).recent()
    assert kept.size == BYTES_EACH + sum(len(body.json) for body in kept.messages)
    assert kept.size < 2 * MOST_BYTES + 10_000


def test_a_single_turn_that_outgrows_every_prompt_leaves_nothing_half() -> None:
    history = History()
    history.add([message("user", "go")])
    for number in range(40):
        history.add([message("tool", "x" * 20_000, tool_call_id=str(number))])
    history.add(exchange(1, 10))

    assert history.recent()[0]["content"] == "question 1"


async def test_the_longest_unused_conversations_leave_when_the_warm_ones_take_too_much(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "WARM_BYTES", 4 * BYTES_EACH + 500)
    conversations = Conversations(store)
    for room in range(6):
        await conversations.open(f"chat:{room}", uuid4())
    await conversations.open("chat:3", uuid4())
    await conversations.open("chat:6", uuid4())

    assert list(conversations._warm) == ["chat:4", "chat:5", "chat:3", "chat:6"]

    steps = [Step(number=0, role="user", body=message("user", "w" * 3 * BYTES_EACH))]
    conversations.extend("chat:4", steps, newest=1)

    assert list(conversations._warm) == ["chat:4"]
    assert conversations._held == conversations._warm["chat:4"].size

    conversations.forget("chat:4")

    assert conversations._held == 0
