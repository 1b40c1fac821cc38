"""No thinking reaches a person, whatever its tags are called and however the answer is cut into pieces."""

import pytest

from agents.models.wire.reasoning_filter import Habit, ReasoningFilter, spoken

SECRET = "the budget is 40k"
TAGGED = {
    "think": f"<think>{SECRET}</think>\n\nHello!",
    "thinking": f"<thinking>\n{SECRET}\n</thinking>\nHello!",
    "reasoning, in capitals": f"<Reasoning>{SECRET}</REASONING>Hello!",
    "two spellings": f"<think>{SECRET}</thinking>Hello!",
    "Magistral": f"[THINK]{SECRET}[/THINK]Hello!",
    "Kimi": f"◁think▷{SECRET}◁/think▷Hello!",
    "Command A": f"<|START_THINKING|>{SECRET}<|END_THINKING|>Hello!",
    "Seed": f"<seed:think>{SECRET}</seed:think>Hello!",
    "Harmony": f"<|channel|>analysis<|message|>{SECRET}<|end|><|start|>assistant<|channel|>final<|message|>Hello!",
    "blank around": f"\n  <think>\n\n</think>\n <think>{SECRET}</think>\n\n Hello!",
    "opened by the template": f"{SECRET}.\n</think>\n\nHello!",
    "opened by the template, in one line": f"{SECRET}.</think>Hello!",
    "opened by the template, otherwise spelled": f"{SECRET}.\n</reasoning>\nHello!",
    "code in thinking that the template opened": f"{SECRET}\n```\nx\n```\n</think>\nHello!",
}
LITERAL = [
    "a <think>b</think>",
    "Write `<think>` and `</think>` around it.",
    "Like so:\n```xml\n<think>\nhm\n</think>\n```\nDone.",
    "~~~\n```\n</think>\n~~~",
    "The closing </think> tag ends it.",
    "<thinly veiled>",
    "<th",
    "1 < 2 and [THIN",
    "``",
]


def grown(text: str, size: int, habit: Habit | None = None) -> list[str]:
    """What a person sees after each piece and at the end."""
    reasoning_filter, seen, all_seen = ReasoningFilter(habit or Habit()), "", []
    for at in range(0, len(text), size):
        seen += reasoning_filter.pass_on(text[at : at + size])
        all_seen.append(seen)
    return [*all_seen, seen + reasoning_filter.rest()]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 1_000])
@pytest.mark.parametrize("kind", TAGGED)
def test_thinking_is_hidden_at_every_moment(kind: str, size: int) -> None:
    for habit in (Habit(), Habit(opens=True)):
        seen = grown(TAGGED[kind], size, habit)

        assert seen[-1].strip() == "Hello!"
        assert not any(word in each for each in seen for word in ("budget", "40k", "think", "<", "◁", "["))


@pytest.mark.parametrize("size", [1, 3, 1_000])
def test_later_thinking_is_hidden_too(size: int) -> None:
    text = f"First I look.\n<think>{SECRET}</think>\nThen I answer.\n\n[THINK]{SECRET}[/THINK]\nDone."
    for habit in (Habit(), Habit(opens=False)):
        seen = grown(text, size, habit)

        assert seen[-1].split() == ["First", "I", "look.", "Then", "I", "answer.", "Done."]
        assert not any("40k" in each for each in seen)


@pytest.mark.parametrize("size", [1, 2, 4, 1_000])
@pytest.mark.parametrize("text", LITERAL)
def test_what_a_person_should_read_stays(text: str, size: int) -> None:
    for habit in (Habit(), Habit(opens=False)):
        assert grown(text, size, habit)[-1] == text
    assert spoken(text) == text


def test_thinking_that_never_ends_is_not_shown() -> None:
    assert grown(f"<think>{SECRET}", 4)[-1] == ""
    assert grown(f"So.\n<think>{SECRET}", 4, Habit(opens=False))[-1] == "So.\n"


def test_a_server_is_unknown_until_its_first_answer_and_then_shown_at_once() -> None:
    habit = Habit()
    first = grown("Hello there, and welcome.", 5, habit)
    second = grown("Hello again, and welcome.", 5, habit)

    assert set(first[:-1]) == {""}
    assert first[-1] == "Hello there, and welcome."
    assert second[0] == "Hello"


def test_a_server_whose_template_opens_the_thinking_is_held_back_from_then_on() -> None:
    habit = Habit()
    grown(TAGGED["opened by the template"], 5, habit)

    assert set(grown("Plain for once.", 5, habit)[:-1]) == {""}
    assert habit.opens


def test_a_server_that_has_a_field_for_thinking_is_shown_at_once() -> None:
    reasoning_filter = ReasoningFilter(Habit())

    assert reasoning_filter.pass_on("Hel") == ""
    assert reasoning_filter.thinks_apart() == "Hel"
    assert reasoning_filter.pass_on("lo") == "lo"


def test_one_that_opens_its_thinking_itself_is_shown_as_soon_as_that_is_over() -> None:
    assert grown(f"<think>{SECRET}</think>Hello, you.", 1)[-3] == "Hello, you"
