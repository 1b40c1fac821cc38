"""What our words become in Discord's dialect, looked at with the eyes of a person."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import MessageRefused
from channels.discord.adapter import TRAITS
from channels.discord.render import card_text, components, contents, escaped, fits, markdown
from channels.messages import BodyKind, Button, Card, Fact, Outbound, plain
from channels.running.card_fit import fit_card
from tests.platforms.discord.eyes import text_of
from tests.unit.discord.bench import DIRECT

SIGNS = string.ascii_letters + string.punctuation + " \n"


def lines(text):
    return markdown(text).split("\n")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("#### Deep", "**Deep**"),
        ("## Kept", "## Kept"),
        ("---", "———"),
        ("- [x] done", "- ☑ done"),
        ("- [ ] open", "- ☐ open"),
        ("__strong__ and snake__case__name", "**strong** and snake__case__name"),
        ("![a ship](https://x.org/a.png)", "[a ship](https://x.org/a.png)"),
        (">>> quoted", "> quoted"),
        ("a || b || c", "a \\|\\| b \\|\\| c"),
        ("`a || b <@1>`", "`a || b <@1>`"),
        ("~~gone~~ *soft* **hard**", "~~gone~~ *soft* **hard**"),
    ],
)
def test_markdown_becomes_the_dialect(written, shown):
    assert markdown(written) == shown


@pytest.mark.parametrize(
    "call", ["<@1>", "<@!1>", "<@&1>", "<#1>", "<:x:1>", "<a:x:1>", "</run:1>", "<t:1>", "<id:home>"]
)
def test_what_would_look_like_a_mention_is_shown_as_written(call):
    assert markdown(f"see {call}") == f"see \\{call}"
    assert markdown(f"see `{call}`") == f"see `{call}`"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[docs](https://x.org/a)", "[docs](https://x.org/a)"),
        ("[x.org](https://www.x.org/a)", "[x.org](https://www.x.org/a)"),
        ("[bank.com](https://evil.org/a)", "bank.com (https://evil.org/a)"),
        ("[https://bank.com](https://bank.com.evil.org)", "https://bank.com (https://bank.com.evil.org)"),
        ("[go](javascript:alert(1))", "[go](javascript:alert(1))"),
    ],
)
def test_a_link_that_promises_another_place_is_written_out(written, shown):
    assert markdown(written) == shown


def test_code_cannot_be_closed_from_inside():
    shown = markdown("````python\nprint('```')\n<@1> @everyone\n````\nafter")

    assert shown.startswith("```python\n")
    assert shown.count("```") == 2
    assert "<@1> @everyone" in shown


def test_other_fences_and_open_ones_become_whole_ones():
    assert markdown("~~~\nx = 1\n~~~") == "```\nx = 1\n```"
    assert markdown("```sh\nls") == "```sh\nls\n```"


def test_a_fence_inside_a_line_opens_nothing():
    assert markdown("use ``` to open") == "use \\`\\`\\` to open"


def test_a_table_is_aligned_text_and_stays_as_written_where_that_would_be_far_longer():
    small = markdown("| name | n |\n|---|---|\n| 早上 | 1 |\n| x | 22 |")
    wide = markdown("| a | b |\n|---|---|\n" + "| x | y |\n" * 40 + f"| {'w' * 300} | z |")

    assert small == "```\nname  n\n早上  1\nx     22\n```"
    assert "| x | y |" in wide
    assert len(wide) < 1000


@given(st.text(SIGNS, max_size=60))
def test_plain_words_are_read_letter_by_letter(words):
    sight = text_of(escaped(words))

    assert sight.strip() == words.strip() or "https://" in words


@given(st.text(st.sampled_from("`*_~|<>@!#[]()\\ab1:/ \n-"), max_size=80))
def test_no_words_of_a_model_become_a_mention_or_a_spoiler(words):
    for piece in contents(Outbound(key="k", address=DIRECT, parts=plain(f"x {words}"))):
        assert "▇" not in text_of(piece)


def test_words_that_grow_by_escaping_are_said_whole_in_several_messages():
    hostile = "||" * 950

    pieces = contents(Outbound(key="k", address=DIRECT, parts=plain(hostile)))

    assert all(fits(piece) for piece in pieces)
    assert "".join(pieces).replace("\\", "") == hostile


def card(**given):
    return Card(id="7QX47QX47QX47QX4", title="Run?", **given)


def test_a_card_shows_its_parts_in_order():
    shown = card_text(
        card(facts=(Fact(label="Tool", value="shell"),), body="-a\n+b", body_kind=BodyKind.DIFF, note="soon")
    )

    assert shown == "**Run?**\n**Tool:** shell\n```diff\n-a\n+b\n```\n-# soon"


def test_a_card_whose_signs_do_not_fit_is_shown_as_code_and_whole():
    body = "*_" * 500
    shown = card_text(fit_card(card(facts=(Fact(label="a|b", value="|" * 300),), body=body), TRAITS))

    assert fits(shown)
    assert body in shown
    assert "a|b: " + "|" * 300 in shown


def test_a_card_that_is_all_fences_hides_its_body_and_says_so():
    shown = card_text(fit_card(card(facts=(Fact(label="x", value="y" * 390),), body="```" * 400), TRAITS), "zh")

    assert fits(shown)
    assert "SHA-256" in shown
    assert "此处放不下" in shown


def test_a_card_that_fits_in_no_form_is_refused():
    with pytest.raises(MessageRefused):
        card_text(card(facts=tuple(Fact(label="x", value="```" * 100) for _ in range(12))))


def test_buttons_stand_five_in_a_row_and_carry_only_what_is_looked_up():
    rows = components(card(buttons=tuple(Button(choice=choice, label="L" * 100) for choice in "abcdefg")))

    assert [len(row["components"]) for row in rows] == [5, 2]
    assert rows[0]["components"][0]["custom_id"] == "ap|7QX47QX47QX47QX4|a"
    assert len(rows[0]["components"][0]["label"]) == 80
