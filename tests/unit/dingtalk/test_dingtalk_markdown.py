"""Words in DingTalk's Markdown: what was written is seen, and nothing in it is alive."""

import json

import pytest

from channels.dingtalk.render import JOINER, MAX_TEXT, json_of, markdown, title_of
from tests.platforms.dingtalk import eyes
from tests.platforms.dingtalk.office import MOST_BYTES


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<font color=red>looks official</font>",
        "</pre><!-- x --><?php ?>",
        "&lt;b&gt; &amp; &#60;",
        "[click](javascript:alert(1))",
        "[click](dingtalk://dingtalkclient/page/link?url=x)",
        "[x][1]\n\n[1]: javascript:alert(1)",
        "[a] (javascript:alert(1))",
        "![a](file:///etc/passwd)",
    ],
)
def test_hostile_words_are_seen_as_written_and_lead_nowhere(text):
    seen = eyes.markdown(markdown(text))

    assert (seen.links, seen.fetched, seen.bold) == ([], [], [])
    for word in text.replace("[", " ").replace("]", " ").replace("(", " ").replace(")", " ").split():
        assert word.removeprefix("!") in seen.text


def test_a_link_whose_label_names_another_address_shows_both():
    seen = eyes.markdown(
        markdown("[https://bank.example/login](https://evil.example/x) and [bank.example](http://a.b)")
    )

    assert seen.links == []
    assert "https://bank.example/login (https://evil.example/x)" in seen.text
    assert "bank.example (http://a.b)" in seen.text


def test_a_link_of_the_same_host_or_with_words_stays_a_link():
    text = "[docs.example.org](https://docs.example.org/a) [a page](https://x.org/a_(b)) [](https://x.org/c)"
    seen = eyes.markdown(markdown(text))

    assert seen.text == "docs.example.org a page x.org"
    assert markdown(text).count("](https://") == 3


def test_an_address_that_cannot_be_read_is_no_link():
    assert eyes.markdown(markdown("[a](https://[::1) [b](https://\u2100.example)")).links == []


def test_a_picture_becomes_a_link_that_nobody_fetches():
    seen = eyes.markdown(markdown("![chart](https://evil.example/?secret=1)"))

    assert seen.fetched == []
    assert seen.links == ["https://evil.example/?secret=1"]


def test_lines_are_not_joined():
    assert eyes.markdown(markdown("one\ntwo\n\nthree\n- a\n- b")).text == "one\ntwo\n\nthree\n- a\n- b"


@pytest.mark.parametrize("code", ["```c\n#include <stdio.h>\n  if (a<b && c) x[1](2);\n```", "`#include <a.h> &lt;`"])
def test_code_can_be_copied_as_it_is(code):
    assert markdown(code) == code


def test_a_fence_left_open_is_closed():
    assert markdown("```py\nx = 1") == "```py\nx = 1\n```"
    assert markdown("a\n```") == "a  \n```\n```"


def test_a_table_becomes_aligned_code_and_a_wide_one_lines():
    table = "| name | 数量 |\n|---|---:|\n| `a` | 1 |\n| bb | 22 |\nafter"
    wide = f"| a | b |\n|---|---|\n| {'x' * 80} | y |"

    assert eyes.markdown(markdown(table)).text == "name  数量\na     1\nbb    22\nafter"
    assert f"a | b\n{'x' * 80} | y" in markdown(wide)


@pytest.mark.parametrize(
    "piece",
    ["中\n", "😀", "<a", "&a;", "\n", "]( ", "\x01", '"', "\\", "a|b\n-|-\n", "[](http://a.b) ", "`", "- [ ] x\n"],
)
def test_no_message_of_the_longest_text_is_too_long_for_the_api(piece):
    units = len(piece.encode("utf-16-le")) // 2
    text = piece * (MAX_TEXT // units)

    assert len(json_of({"title": title_of(text), "text": markdown(text)}).encode()) <= MOST_BYTES


def test_the_title_is_the_first_words_without_marks():
    assert title_of("\n\n## **Report** of `today`\nmore") == "Report of today"
    assert title_of("*" * 9) == "…"
    assert len(title_of("x" * 500)) == 40


def test_what_breaks_a_tag_is_seen_by_nobody():
    assert markdown("<b>") == f"<{JOINER}b>"
    assert json.loads(json_of({"a": "中"})) == {"a": "中"}
