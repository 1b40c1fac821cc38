"""Long words, large files, cards without buttons: what each platform gets instead, and that nothing vanishes."""

import hashlib
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import CommandsNeed, Traits
from channels.messages import (
    Account,
    Address,
    Button,
    Card,
    Fact,
    File,
    Mention,
    Outbound,
    Quote,
    Ref,
    Text,
    plain,
)
from channels.running.degrade import degrade
from channels.shared.split import measure, split_text, tail, take
from channels.text.visible import visible

HOME = Address(channel="chat", room="1")
PLAIN = Traits(max_text=100)
RICH = Traits(max_text=4096, counts_utf16=True, has_buttons=True, max_file_bytes=1000)
FAMILY = "👩\u200d👩\u200d👧"
E_ACUTE = "e\u0301"


def message(**content: object) -> Outbound:
    return Outbound(key="k", address=HOME, **content)  # type: ignore[arg-type]


def texts(messages: list[Outbound]) -> list[str]:
    return [each.text for each in messages]


def test_a_short_message_passes_as_it_is() -> None:
    original = message(
        parts=(Mention(account=Account(channel="chat", id="7", name="bob")), Text(text=" look")),
        replaces=Ref(address=HOME, id="3"),
        answers=Ref(address=HOME, id="2"),
    )

    assert degrade(original, PLAIN) == [original]


def test_a_message_that_says_nothing_becomes_no_message() -> None:
    assert degrade(message(parts=plain("  \n ")), PLAIN) == []


def test_the_first_piece_replaces_and_answers_and_the_others_have_keys_of_their_own() -> None:
    three = message(
        parts=plain(" ".join(["word"] * 50)), replaces=Ref(address=HOME, id="3"), answers=Ref(address=HOME, id="2")
    )
    pieces = degrade(three, PLAIN)

    assert [piece.key for piece in pieces] == ["k", "k#2", "k#3"]
    assert [piece.replaces is not None for piece in pieces] == [True, False, False]
    assert [piece.answers is not None for piece in pieces] == [True, False, False]


def test_the_same_message_is_always_split_the_same_way() -> None:
    long = message(parts=plain("some words and more " * 40))

    assert degrade(long, PLAIN) == degrade(long, PLAIN)


def test_text_is_cut_between_paragraphs_before_lines_before_words() -> None:
    paragraphs = "a" * 60 + "\n\n" + "b " * 30
    lines = "a" * 60 + "\n" + "b " * 30
    words = "a" * 60 + " " + "b" * 60

    assert split_text(paragraphs, PLAIN)[0] == "a" * 60
    assert split_text(lines, PLAIN)[0] == "a" * 60
    assert split_text(words, PLAIN) == ["a" * 60, "b" * 60]


def test_a_cut_code_fence_is_closed_and_opened_again_with_its_language() -> None:
    code = "\n".join(f"line {number}" for number in range(30))
    pieces = split_text(f"Look:\n```python\n{code}\n```\nDone.", PLAIN)
    inside = "\n".join(piece.removeprefix("Look:\n") for piece in pieces)

    assert len(pieces) > 2
    assert all(piece.count("```") % 2 == 0 for piece in pieces)
    assert all(piece.startswith("```python\n") for piece in pieces[1:-1])
    assert [line for line in inside.splitlines() if line.startswith("line ")] == code.splitlines()
    assert pieces[-1].endswith("Done.")


def test_a_fence_that_begins_late_moves_whole_into_the_next_piece() -> None:
    text = "words " * 10 + "\n```\n" + "x" * 60 + "\n```"

    assert split_text(text, PLAIN) == [("words " * 10).rstrip(), "```\n" + "x" * 60 + "\n```"]


@pytest.mark.parametrize("whole", [FAMILY, E_ACUTE, "🇩🇪", "👍🏽", "😀"])
def test_no_cut_falls_inside_one_character(whole: str) -> None:
    for limit in range(8, 24):
        pieces = split_text(whole * 20, Traits(max_text=limit, counts_utf16=True))

        assert "".join(pieces) == whole * 20
        assert all(len(piece) % len(whole) == 0 for piece in pieces)
        assert all(len(piece.encode("utf-16-le")) // 2 <= limit for piece in pieces)


def test_a_huge_text_is_split_in_time_that_grows_with_its_length() -> None:
    text = "```py\n" + "x = '😀'  # a line\n" * 60_000 + "```\nend"
    pieces = split_text(text, RICH)

    assert sum(piece.count("😀") for piece in pieces) == 60_000
    assert all(piece.count("```") % 2 == 0 for piece in pieces)
    assert pieces[-1].endswith("end")


def test_lengths_count_as_the_platform_counts() -> None:
    assert measure("a😀", Traits(max_text=9, counts_utf16=True)) == 3
    assert measure("a😀", Traits(max_text=9)) == 2
    assert take("a😀b", 2, Traits(max_text=9, counts_utf16=True)) == "a"
    assert tail("b😀a", 2, Traits(max_text=9, counts_utf16=True)) == "a"
    assert tail("short", 9, PLAIN) == "short"


pieces_of_text = st.lists(
    st.one_of(
        st.text(alphabet="ab é😀\u0301\u200d🇩", max_size=60),
        st.sampled_from(["\n```py\n", "\n```\n", "\n", "\n\n", "\n~~~\n", "\n`````\n", " ", "x" * 150]),
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(pieces_of_text, st.booleans(), st.integers(min_value=64, max_value=120))
def test_whatever_is_split_fits_and_keeps_every_sign(given_text: list[str], utf16: bool, limit: int) -> None:
    text = "".join(given_text)
    traits = Traits(max_text=limit, counts_utf16=utf16)
    pieces = split_text(text, traits)

    assert all(measure(piece, traits) <= limit for piece in pieces)
    assert _signs("\n".join(pieces)) == _signs(text)


def _signs(text: str) -> str:
    """Every sign that is not blank; the lines of fences are left out, because a cut may add or drop one."""
    return "".join(re.sub(r"(?m)^(`{3,}|~{3,})[^\n]*$", "", text).split())


def test_halves_of_characters_and_zero_bytes_never_leave() -> None:
    [sent] = degrade(message(parts=plain("a\ud83db\0c")), PLAIN)

    assert sent.text == "a\ufffdb\ufffdc"


def test_files_follow_the_words_one_by_one() -> None:
    file = File(name="a.txt", media_type="text/plain", size=5, locator="/tmp/a.txt")
    words, first, second = degrade(message(parts=(file, Text(text="see"), file)), RICH)

    assert words.parts == (Text(text="see"),)
    assert (first.parts, second.parts) == ((file,), (file,))
    assert [each.key for each in (words, first, second)] == ["k", "k#2", "k#3"]


@pytest.mark.parametrize(
    ("traits", "language", "words"),
    [
        (RICH, "en", "film.mp4 is too large to send here: 3.0 MB, and this channel takes 1000 B."),
        (RICH, "zh", "film.mp4 太大，无法在此发送：3.0 MB，本渠道上限为 1000 B。"),
        (PLAIN, "en", "film.mp4 (3.0 MB) cannot be sent here: this channel takes no files."),
    ],
)
def test_a_file_that_cannot_travel_becomes_a_sentence(traits: Traits, language: str, words: str) -> None:
    file = File(name="film.mp4", media_type="video/mp4", size=3 * 2**20, locator="/tmp/film.mp4")
    [sent] = degrade(message(parts=(file,), in_language=language), traits)

    assert words in sent.text


CARD = Card(
    id="abcdefgh23456789",
    title="Run?",
    note="Expires soon",
    buttons=(Button(choice="a", label="Approve"),),
    fallback="/approve 7QX4",
)


def test_a_card_comes_last_and_alone() -> None:
    words, card = degrade(message(parts=plain("please decide"), card=CARD), RICH)

    assert (words.text, words.card) == ("please decide", None)
    assert (card.parts, card.card, card.key) == ((), replace(CARD, title="❖ Run?"), "k#2")


def test_a_card_without_buttons_says_what_to_type() -> None:
    [sent] = degrade(message(card=CARD), PLAIN)
    assert sent.card is not None

    assert sent.card.buttons == ()
    assert sent.card.note == "Expires soon\n/approve 7QX4"


@pytest.mark.parametrize("fallback", [CARD.fallback, "/批准 7QX4", "/zurückziehen 7QX4"])
def test_a_card_in_a_group_says_how_its_commands_are_heard_where_a_mention_is_needed(fallback: str) -> None:
    needing = replace(PLAIN, commands_need=CommandsNeed.MENTION)
    [group] = degrade(message(card=replace(CARD, fallback=fallback)), needing)
    [alone] = degrade(replace(message(card=CARD), only_for=Account(channel="chat", id="7")), needing)
    [wordless] = degrade(message(card=replace(CARD, fallback="")), needing)
    assert group.card is not None
    assert alone.card is not None
    assert wordless.card is not None

    assert group.card.note.endswith("In a group, mention me before such a command, or I do not hear it.")
    assert (alone.card.note, wordless.card.note) == ("Expires soon\n/approve 7QX4", "Expires soon")


def test_a_cut_card_body_tells_how_much_is_hidden_and_the_digest_of_the_whole() -> None:
    body = "line of a diff\n" * 1000
    [sent] = degrade(message(card=Card(id=CARD.id, title="t", body=body)), RICH)
    assert sent.card is not None
    shown, _, sentence = sent.card.body.rpartition("\n")

    assert body.startswith(shown)
    assert f"{len(body) - len(shown)} more characters are hidden" in sentence
    assert hashlib.sha256(body.encode()).hexdigest()[:12] in sentence
    assert measure(sent.card.body, RICH) <= RICH.max_card_body


def test_the_sentence_about_hidden_text_speaks_chinese_too() -> None:
    [sent] = degrade(message(card=Card(id=CARD.id, title="t", body="x" * 9000), in_language="zh"), RICH)
    assert sent.card is not None

    assert "个字符" in sent.card.body


@pytest.mark.parametrize("count", [1, 13, 60, 400])
def test_a_card_fits_however_many_and_long_its_facts_are(count: int) -> None:
    facts = tuple(Fact(label=f"label {number}", value="v" * 500) for number in range(count))
    card = Card(id=CARD.id, title="t" * 900, facts=facts, body="b" * 9000, note="n" * 2000, buttons=CARD.buttons)
    for traits in (RICH, Traits(max_text=2000, has_buttons=True)):
        [sent] = degrade(message(card=card), traits)
        assert sent.card is not None
        whole = f"{sent.card.title}{sent.card.body}{sent.card.note}"
        whole += "".join(f"{fact.label}: {fact.value}\n" for fact in sent.card.facts)

        assert measure(whole, traits) <= traits.max_text
        assert "hidden" in sent.card.body


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\u2066", "\ufeff", "\x1b", "\r", "\U000e0041", "\u00ad"])
def test_what_nobody_can_see_is_written_out_on_cards(hidden: str) -> None:
    shown = visible(f"rm{hidden}x")

    assert shown == f"rm⟦U+{ord(hidden):04X}⟧x"


def test_emoji_that_are_joined_stay_joined_and_joined_letters_do_not() -> None:
    assert visible(FAMILY) == FAMILY
    assert visible("r\u200dm") == "r⟦U+200D⟧m"
    assert visible("a\tb\r\nc") == "a\tb\nc"


def test_what_a_crash_may_have_sent_already_says_so() -> None:
    again = message(parts=plain("hello"), may_repeat=True)
    card = message(card=CARD, may_repeat=True)
    edit = replace(card, replaces=Ref(address=card.address, id="7"))

    assert texts(degrade(again, PLAIN)) == ["(may be a repeat) hello"]
    assert texts(degrade(again, Traits(max_text=100, sends_idempotently=True))) == ["hello"]
    assert [each.card.title for each in degrade(card, PLAIN) if each.card] == ["❖ (may be a repeat) Run?"]
    assert [each.card.title for each in degrade(edit, PLAIN) if each.card] == ["❖ (may be a repeat) Run?"]
    assert [each.card.title for each in degrade(edit, replace(PLAIN, can_edit=True)) if each.card] == ["❖ Run?"]


def test_mentions_and_quotes_of_a_long_message_become_words() -> None:
    bob = Account(channel="chat", id="7", name="bob")
    long = message(parts=(Quote(text="first\nsecond"), Mention(account=bob), Text(text=" look " * 40)))
    pieces = degrade(long, PLAIN)

    assert pieces[0].text.startswith("> first\n> second\n@bob")
