"""Tool calls in the pieces in which real servers send them; what OpenAI itself and Ollama do is in `test_answer`."""

import pytest

from tests.unit.test_answer import fed, piece


def test_two_calls_with_one_id_are_told_apart_by_their_numbers() -> None:
    calls = fed(piece(0, "call_1", "read", '{"p":"a"}'), piece(1, "call_1", "read", '{"p":"b"}'))

    assert calls == [("call_1", "read", '{"p":"a"}'), ("made_1", "read", '{"p":"b"}')]


def test_two_calls_with_one_id_and_no_number_are_told_apart_by_whole_arguments() -> None:
    calls = fed(piece(None, "call_1", "read", '{"p":"a"}'), piece(None, "call_1", "read", '{"p":"b"}'))

    assert calls == [("call_1", "read", '{"p":"a"}'), ("made_1", "read", '{"p":"b"}')]


def test_two_interleaved_calls_with_one_id_keep_their_arguments() -> None:
    calls = fed(
        piece(0, "x", "read", ""),
        piece(1, "x", "read", ""),
        piece(0, arguments='{"p":1}'),
        piece(1, arguments='{"p":2}'),
    )

    assert [arguments for _, _, arguments in calls] == ['{"p":1}', '{"p":2}']


def test_two_calls_without_ids_under_one_number_are_told_apart_by_whole_arguments() -> None:
    calls = fed(piece(0, None, "read", '{"p":1}'), piece(0, None, "list", '{"p":2}'))

    assert calls == [("made_1", "read", '{"p":1}'), ("made_2", "list", '{"p":2}')]


def test_arguments_under_another_number_belong_to_the_call_that_lacks_them() -> None:
    calls = fed(piece(0, "a", "read", ""), piece(1, arguments='{"p"'), piece(1, arguments=":1}"))

    assert calls == [("a", "read", '{"p":1}')]


def test_a_number_that_wanders_with_every_piece_ends_no_call() -> None:
    calls = fed(piece(0, "a", "read", '{"p"'), piece(1, "a", "read", ":1"), piece(2, "a", "read", "}"))

    assert calls == [("a", "read", '{"p":1}')]


def test_an_id_that_is_new_with_every_piece_ends_no_call() -> None:
    calls = fed(piece(0, "a", "read", '{"p"'), piece(0, "b", "read", ":1}"))

    assert calls == [("a", "read", '{"p":1}')]


@pytest.mark.parametrize(
    "pieces",
    [
        [piece(0, "a", "read_"), piece(0, None, "file"), piece(0, arguments='{"p":1}')],
        [piece(0, "a", "read_"), piece(0, "a", "read_file"), piece(0, "a", "read_file", '{"p":1}')],
        [piece(0, "a", arguments='{"p"'), piece(0, "a", "read_file", ":1}")],
        [piece(0, arguments='{"p"'), piece(0, "a", "read_file", ":1}")],
        [piece(0, "a", "read_file"), piece(0, arguments='{"p":1}'), piece(0, "a", "read_file", "")],
    ],
    ids=["in pieces", "growing", "after the arguments", "last of all", "repeated at the end"],
)
def test_a_name_may_come_in_pieces_repeated_or_late(pieces: list[dict]) -> None:
    assert fed(*pieces) == [("a", "read_file", '{"p":1}')]


def test_an_empty_object_before_the_arguments_is_no_arguments() -> None:
    assert fed(piece(0, "a", "read", {}), piece(0, arguments='{"p":1}')) == [("a", "read", '{"p":1}')]
