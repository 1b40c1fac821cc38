"""What our mails look like: readable, and unable to do anything."""

import time

import pytest

from channels.email.render import CardChoice, card, markdown, say
from channels.messages import Account, BodyKind, Card, Fact, Mention, Quote, Text, Tone, plain


def test_markdown_is_shown_and_its_plain_form_says_the_same() -> None:
    content = say(
        plain("# Done\n\nAll **well**:\n\n- one\n- `two`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\nls -l\n```\n> so")
    )

    assert "<h1>Done</h1>" in content.page
    assert "<strong>well</strong>" in content.page
    assert content.words == "Done\n\nAll well:\n\n- one\n- two\n\na | b\n1 | 2\n\nls -l\n\n> so"


@pytest.mark.parametrize(
    ("written", "page"),
    [
        ("[a](https://x.org/a?b=1&c=2)", '<a href="https://x.org/a?b=1&amp;c=2" rel="noreferrer">a</a>'),
        ("[a](mailto:bob@x.org)", '<a href="mailto:bob@x.org" rel="noreferrer">a</a>'),
        ("[a](javascript:alert(1))", "[a](javascript:alert(1))"),
        ("[a](data:text/html;base64,AAAA)", "[a](data:text/html;base64,AAAA)"),
        ("[a](file:///etc/passwd)", "[a](file:///etc/passwd)"),
        ("[a](//evil.example)", "[a](//evil.example)"),
        ("![tracked](https://evil.example/p.png)", '<a href="https://evil.example/p.png" rel="noreferrer">tracked</a>'),
        ("[bank.example](https://evil.example)", '<a href="https://evil.example" rel="noreferrer">bank.example</a> (https://evil.example)'),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("a &lt; b", "a &amp;lt; b"),
        ('[a](https://x.org "onmouseover=alert(1)")', '<a href="https://x.org" rel="noreferrer">a</a>'),
    ],
)  # fmt: skip
def test_links_lead_where_they_say_and_nothing_else_happens(written: str, page: str) -> None:
    assert markdown(written).strip() == f"<p>{page}</p>"


def test_a_fence_cannot_name_a_class_and_stays_closed() -> None:
    assert markdown('```x" onclick="y\n</code><script>\n```') == (
        "<pre><code>&lt;/code&gt;&lt;script&gt;\n</code></pre>\n"
    )


def test_mentions_and_quotes_are_words() -> None:
    parts = (
        Quote(text="<b>before</b>"),
        Mention(account=Account(channel="email", id="x", name="<Bob>")),
        Text(text=" hi"),
    )
    content = say(parts)

    assert "&lt;b&gt;before&lt;/b&gt;" in content.page
    assert "@&lt;Bob&gt;" in content.page
    assert content.words == "> <b>before</b>\n\n@<Bob> hi"


def test_a_card_shows_every_letter_of_what_is_asked() -> None:
    shown = Card(id="a" * 16, title="Run <it>?", facts=(Fact(label="Agent", value="a\nb"),), body="rm -r *\n  <x>",
                 body_kind=BodyKind.CODE, note="soon")  # fmt: skip
    ways = [CardChoice(label="Approve", tone=Tone.PRIMARY, url="https://n.example/c?t=1&x=2", line="APPROVE code")]
    content = card(shown, ways, "Or answer:")

    assert "rm -r *\n  &lt;x&gt;" in content.page
    assert 'href="https://n.example/c?t=1&amp;x=2"' in content.page
    assert "rm -r *\n  <x>" in content.words
    assert "Approve: https://n.example/c?t=1&x=2" in content.words
    assert "Or answer:\nAPPROVE code" in content.words


@pytest.mark.parametrize("piece", ["[", "*a_", "> ", "- ", "![](", "`", "<a", "|a", "\\", "[a](b"])
def test_hostile_markdown_is_rendered_in_bounded_time(piece: str) -> None:
    began = time.process_time()
    say(plain(piece * (40_000 // len(piece))))

    assert time.process_time() - began < 5
