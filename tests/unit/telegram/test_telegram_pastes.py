"""Long texts that a client cut: which pieces belong together, and how they join."""

from datetime import UTC, datetime, timedelta

import pytest
from telegram import Message

from channels.messages import Account, Address, Inbound, Text, words_of
from channels.telegram import described
from channels.telegram.pastes import Pastes

HOME = Address(channel="tg", room="7")
ALICE = Account(channel="tg", id="7")
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def said(number: int, text: str, *, after: float = 0, by: Account = ALICE, album: str = "") -> Inbound:
    at = NOW + timedelta(seconds=after)
    return Inbound(
        event_id=str(number), at=at, address=HOME, sender=by, parts=(Text(text=text),) if text else (), album=album
    )


def gathered(*pieces: Inbound) -> list[Inbound]:
    pastes = Pastes()
    return [found for piece in pieces if (found := pastes.gathered(piece)) is not None]


def test_pieces_of_a_long_text_are_an_album_and_join_where_they_were_cut() -> None:
    first, second, third = gathered(said(1, "a" * 4096), said(2, "b" * 4010, after=1), said(3, "/stop now", after=1))

    assert first.album == second.album == third.album != ""
    assert [piece.continues for piece in (first, second, third)] == [False, True, True]
    assert words_of([*first.parts, *second.parts, *third.parts]) == f"{'a' * 4096}{'b' * 4010}\n/stop now"


@pytest.mark.parametrize(
    "second",
    [
        said(2, "and then", after=3),
        said(2, "me too", by=Account(channel="tg", id="8")),
        said(2, ""),
        said(2, "of an album", album="G1"),
    ],
    ids=["later", "somebody else", "nothing said", "pictures"],
)
def test_what_only_follows_is_no_piece(second: Inbound) -> None:
    assert gathered(said(1, "a" * 4096), second)[1] == second


def test_what_follows_a_short_message_is_no_piece() -> None:
    pieces = [said(1, "a" * 3999), said(2, "b")]

    assert gathered(*pieces) == pieces


def test_a_text_of_signs_outside_the_plane_counts_their_halves() -> None:
    first, second = gathered(said(1, "😀" * 2048), said(2, "b"))

    assert first.album == second.album
    assert second.text == "b"
    assert second.parts == (Text(text="b"),)


def test_the_same_piece_told_again_is_what_it_was() -> None:
    first, again, second = gathered(said(1, "a" * 4096), said(1, "a" * 4096), said(2, "b"))

    assert first == again
    assert second.continues


def test_every_field_of_a_message_that_the_sdk_knows_is_known_here() -> None:
    known = described._ENVELOPE | described._NOTICES | described._FILES | described._SAID.keys()

    assert {field.rstrip("_") for field in Message.__slots__ if not field.startswith("_")} - {
        "from_user",
        "effective_attachment",
        "id",
        "link",
    } - known == set()
