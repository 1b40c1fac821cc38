"""The benchmark must see what goes wrong, or its zeros mean nothing."""

from tests.load.platform import Sent
from tests.load.traffic import REPEAT_MARKS, Asked, tally

CHAT, OTHER = 10_001, 10_002


def asked(*numbers: int) -> Asked:
    found = Asked(tag="burst")
    found.at[CHAT] = dict.fromkeys(numbers, 1000.0)
    return found


def answers(*texts: str, chat: int = CHAT) -> list[Sent]:
    return [Sent(chat=chat, id=100 + place, text=text, at=1000.5 + place) for place, text in enumerate(texts)]


def test_answers_in_order_are_honest():
    result = tally(asked(0, 1), answers("echo: burst 0", "echo: burst 1"))

    assert result.is_honest
    assert result.seconds == (0.5, 1.5)
    assert result.last_at == 1001.5


def test_a_missing_answer_is_lost_also_when_something_else_was_said():
    result = tally(asked(0, 1), answers("echo: burst 0", "Something went wrong."))

    assert (result.lost, result.strange) == (1, ("Something went wrong.",))
    assert not result.is_honest


def test_an_answer_in_somebody_elses_chat_answers_nothing():
    assert tally(asked(0), answers("echo: burst 0", chat=OTHER)).lost == 1


def test_a_number_is_not_taken_for_another_that_begins_with_it():
    assert tally(asked(1, 12), answers("echo: burst 12")).lost == 1


def test_a_repeat_without_a_mark_is_a_broken_promise():
    result = tally(asked(0), answers("echo: burst 0", "echo: burst 0"))

    assert (result.repeated, result.unmarked) == (1, 1)
    assert not result.is_honest


def test_a_marked_repeat_is_counted_and_honest_in_both_languages():
    for mark in REPEAT_MARKS:
        result = tally(asked(0), answers("echo: burst 0", f"({mark}) echo: burst 0"))

        assert (result.repeated, result.unmarked, result.is_honest) == (1, 0, True)


def test_an_answer_before_an_earlier_ones_is_out_of_order():
    result = tally(asked(0, 1, 2), answers("echo: burst 1", "echo: burst 0", "echo: burst 2"))

    assert result.disordered == 1
    assert not result.is_honest


def test_a_repeat_does_not_count_as_out_of_order():
    result = tally(asked(0, 1), answers("echo: burst 0", "echo: burst 1", f"{REPEAT_MARKS[0]} burst 0"))

    assert (result.disordered, result.repeated) == (0, 1)


def test_latencies_are_those_of_first_answers():
    result = tally(asked(0, 1), answers("echo: burst 0", "echo: burst 1", f"{REPEAT_MARKS[0]} burst 0"))

    assert result.latency(50) == 1.0
    assert result.latency(99) < 1.5


def test_the_marks_are_those_that_people_read():
    from channels.locales import in_each  # noqa: PLC0415 - only this test compares the two

    assert all(any(mark in sentence for mark in REPEAT_MARKS) for sentence in in_each("channel.repeat").values())
