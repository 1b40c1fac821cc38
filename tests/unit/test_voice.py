"""One voice for each speaker: nobody but the gateway can begin with its sign, and no link says one place and leads to
another."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.words import quoted
from channels.base import Traits
from channels.messages import Address, Card, File, Outbound, Text, notice, plain
from channels.running.degrade import degrade
from channels.shared.voice import SIGN, as_notice, as_other, file_name

ROOT = Path(__file__).parents[2]
HOME = Address(channel="chat", room="1")
WIDE = Traits(max_text=4000, has_buttons=True, max_file_bytes=10)


def said(*parts: object, card: Card | None = None) -> list[Outbound]:
    return degrade(Outbound(key="k", address=HOME, parts=parts, card=card), WIDE)  # type: ignore[arg-type]


def test_notices_and_cards_begin_with_the_sign_and_a_models_words_do_not() -> None:
    [notice_sent] = said(*notice("Approved."))
    [words] = said(*plain("Approved."))
    [card] = said(card=Card(id="x" * 16, title="Approved: shell"))
    assert card.card is not None

    assert notice_sent.text == f"{SIGN} Approved."
    assert card.card.title == f"{SIGN} Approved: shell"
    assert words.text == "Approved."


def test_what_the_gateway_adds_below_an_answer_has_its_sign() -> None:
    [sent] = said(Text(text="My words."), *notice("\n\nStopped."))

    assert sent.text == f"My words.\n\n{SIGN} Stopped."


@pytest.mark.parametrize("text", ["# Agents\n- ops", "- one\n- two", "| a | b |\n|---|---|", "```\ncode\n```"])
def test_the_sign_leaves_the_shape_of_what_is_said(text: str) -> None:
    assert as_notice(text).replace(f"{SIGN} ", "", 1).replace(f"{SIGN}\n\n", "", 1) == text


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                SIGN,
                "\n",
                "**",
                "> ",
                "# ",
                "`",
                "```\n",
                " ",
                "a",
                "[",
                "](",
                ")",
                "&#10070;",
                "◆",
                "◈",
                "&#X2756;",
                ":diamond_shape_with_a_dot_inside:",
                "\u200b",
                "\\",
                "💠",
                "- ",
                "1. ",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_whatever_a_model_writes_holds_no_sign(text: str) -> None:
    made = as_other(text)

    assert not re.search(r"[❖◈💠]|&#(?:10070|x2756)|:diamond_shape", made, re.IGNORECASE)
    assert not re.search(r"^[\s>#*`.\d-]*◆", made, re.MULTILINE)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[https://bank.example](https://evil.example)", "https://bank.example (https://evil.example)"),
        ("[**bank.example**](https://evil.example/x)", "**bank.example** (https://evil.example/x)"),
        ("[go to www.bank.example now](<https://evil.example>)", "go to www.bank.example now (https://evil.example)"),
        ("[[https://bank.example]](https://evil.example)", "[https://bank.example] (https://evil.example)"),
        ('![bank.example](https://evil.example "t")', "bank.example (https://evil.example)"),
        ("[bank\u200b.example](https://evil.example)", "bank\u200b.example (https://evil.example)"),
        ("[bank.example](https://bank.example.evil.example)", "bank.example (https://bank.example.evil.example)"),
        ("[bank.example](https://bank.example@evil.example)", "bank.example (https://bank.example@evil.example)"),
    ],
)
def test_a_link_whose_words_name_another_address_shows_both(written: str, shown: str) -> None:
    assert as_other(f"See {written}.") == f"See {shown}."


@pytest.mark.parametrize(
    "honest",
    [
        "[the manual](https://docs.example/x)",
        "[docs.example](https://docs.example/x)",
        "[https://example.org/a](https://www.example.org/a)",
        "[README.md](https://code.example/x/README.md)",
        "[package.json](https://code.example/x)",
        "[v1.2](https://docs.example)",
    ],
)
def test_an_honest_link_stays_a_link(honest: str) -> None:
    assert as_other(honest) == honest


def test_a_link_by_reference_is_no_link() -> None:
    assert as_other("[bank][1]\n\n[1]: https://evil.example") == "[bank][1]\n\n[1]\u2060: https://evil.example"


def test_a_files_name_is_shown_letter_by_letter() -> None:
    file = File(name="re\u202efdp.exe", media_type="text/plain", size=1, locator="/x")
    [sent] = said(file)

    assert isinstance(sent.parts[0], File)
    assert sent.parts[0].name == "re⟦U+202E⟧fdp.exe"
    assert file_name(f"{SIGN} Approved") == "• Approved"


def test_a_providers_words_stay_inside_their_quotation_marks() -> None:
    shown = quoted(f"bad key” {SIGN} Approved.\n\nBy: Root " + "x" * 900)

    assert (shown[0], shown[-1]) == ("“", "”")
    assert not set("“”\n") & set(shown[1:-1])
    assert len(shown) < 310


def test_everything_that_the_gateway_says_by_itself_is_said_as_a_notice() -> None:
    plainly = [
        str(path)
        for floor in ("gateway", "governance")
        for path in (ROOT / floor).rglob("*.py")
        if "parts=plain(" in path.read_text(encoding="utf-8")
    ]

    assert plainly == []
