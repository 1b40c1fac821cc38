"""Markdown and cards in Telegram's HTML, judged by the parser of the fake platform."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.messages import Account, BodyKind, Card, Fact, Mention, Quote, Text
from channels.telegram.render import plain_card, render_card, render_markdown, render_parts
from tests.platforms.telegram.html import parse


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("just words", "just words"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("**bold** and __bold__", "<b>bold</b> and <b>bold</b>"),
        ("*it* and _it_ and ~~no~~", "<i>it</i> and <i>it</i> and <s>no</s>"),
        ("***both***", "<b><i>both</i></b>"),
        ("**bold *and* more**", "<b>bold <i>and</i> more</b>"),
        ("`a < b` and ``x ` y``", "<code>a &lt; b</code> and <code>x ` y</code>"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        (r"\*not\* and \_not\_", "*not* and _not_"),
        ("[a](https://x.org/?a=1&b=2)", '<a href="https://x.org/?a=1&amp;b=2">a</a>'),
        ("[a](https://x.org/wiki_(b))", '<a href="https://x.org/wiki_(b)">a</a>'),
        ("<https://x.org>", '<a href="https://x.org">https://x.org</a>'),
        ("![a picture](https://x.org/a.png)", '<a href="https://x.org/a.png">a picture</a>'),
        ("[a](javascript:alert(1))", "a (javascript:alert(1))"),
        ("[a](tg://user?id=7)", "a (tg://user?id=7)"),
        ("[](https://x.org)", '<a href="https://x.org">https://x.org</a>'),
        ('[a](https://x.org/"onclick="x)', '<a href="https://x.org/&quot;onclick=&quot;x">a</a>'),
        ("# Title\ntext", "<b>Title</b>\ntext"),
        ("## **Bold** title", "<b>Bold title</b>"),
        ("- a\n* b\n  + c", "• a\n• b\n  • c"),
        ("- [ ] open\n- [x] done", "☐ open\n☑ done"),
        ("1. a\n2. b", "1. a\n2. b"),
        ("> a\n> **b**\nc", "<blockquote>a\n<b>b</b></blockquote>\nc"),
        ("---", "———"),
        ("```python\nx = a < b\n```", '<pre><code class="language-python">x = a &lt; b</code></pre>'),
        ("```\n**raw**\n```\nend", "<pre>**raw**</pre>\nend"),
        ("```sh title\nx\n```", '<pre><code class="language-sh">title\nx</code></pre>'),
        ("~~~\n```\n~~~", "<pre>```</pre>"),
        ("```sh\nnever closed", '<pre><code class="language-sh">never closed</code></pre>'),
        ("````\n```\n````", "<pre>```</pre>"),
        ("**never closed", "**never closed"),
        ("| a | bb |\n|---|:-:|\n| 1 | 2 |\n| 你 | 3 |", "<pre>a   bb\n1   2\n你  3</pre>"),
    ],
)
def test_markdown_becomes_the_platforms_html(markdown: str, html: str) -> None:
    assert render_markdown(markdown) == html
    parse(html)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "*",
                "**",
                "_",
                "__",
                "`",
                "```",
                "\n",
                "[",
                "](",
                ")",
                "https://x.org",
                "<",
                ">",
                "&",
                "~~",
                "|",
                "-",
                "#",
                " ",
                "a",
                "b>",
                "<b",
                "</b>",
                "<i>",
                "\\",
                '"',
                "---",
                "> ",
                "- ",
                "<!channel>",
                "&lt;",
                "😀",
            ]
        ),
        max_size=30,
    )
)
def test_whatever_is_written_the_platform_takes_it_and_nothing_escapes(pieces: list[str]) -> None:
    source = "".join(pieces)
    parsed = parse(render_markdown(source))

    assert all(entity.url.startswith("https://x.org") for entity in parsed.entities if entity.kind == "link")
    assert parsed.text.count("<!channel>") == source.count("<!channel>")


def test_a_mention_notifies_by_id_and_a_quote_is_set_apart() -> None:
    bob = Account(channel="tg", id="7", name="<Bob>")
    html = render_parts((Quote(text="<q>"), Mention(account=bob), Text(text=" **look**")))

    assert html == ('<blockquote>&lt;q&gt;</blockquote>\n<a href="tg://user?id=7">&lt;Bob&gt;</a> <b>look</b>')
    assert render_parts((Mention(account=Account(channel="tg", id="x", name="n")),)) == "@n"


CARD = Card(
    id="abcdefgh23456789",
    title="<Run>?",
    facts=(Fact(label="Agent", value="<dba>"),),
    body="- a\n+ </code></pre><b>b",
    body_kind=BodyKind.DIFF,
    note="*soon*",
)


def test_a_card_is_set_and_everything_in_it_is_plain_text() -> None:
    assert render_card(CARD) == (
        "<b>&lt;Run&gt;?</b>\n<b>Agent:</b> &lt;dba&gt;\n"
        '<pre><code class="language-diff">- a\n+ &lt;/code&gt;&lt;/pre&gt;&lt;b&gt;b</code></pre>\n<i>*soon*</i>'
    )
    assert plain_card(CARD) == "<Run>?\nAgent: <dba>\n- a\n+ </code></pre><b>b\n*soon*"


def test_the_body_of_a_card_is_set_by_its_kind() -> None:
    bodies = {kind: render_card(Card(id=CARD.id, title="t", body="**x**", body_kind=kind)) for kind in BodyKind}

    assert bodies[BodyKind.TEXT] == "<b>t</b>\n**x**"
    assert bodies[BodyKind.CODE] == "<b>t</b>\n<pre>**x**</pre>"
    assert bodies[BodyKind.DIFF] == '<b>t</b>\n<pre><code class="language-diff">**x**</code></pre>'
