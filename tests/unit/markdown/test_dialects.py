"""The tree, written for each platform: what the strictest reader of CommonMark makes of it is what was meant."""

import re

import pytest
from markdown_it import MarkdownIt

from channels.dingtalk.render import markdown as dingtalk
from channels.discord.render import markdown as discord
from channels.feishu.render import markdown as feishu
from channels.mattermost.render import markdown as mattermost
from channels.qq.render import markdown as qq
from channels.qq.render import plain as qq_plain
from channels.slack.render import markdown as slack
from channels.telegram.render import render_markdown as telegram
from channels.wecom.app.render import markdown as wecom_app
from channels.wecom.render import markdown as wecom
from tests.platforms.telegram.html import parse

JOINER = "\u2060"
STANDARD = [slack, mattermost, wecom, qq, dingtalk]
"""Dialects that a strict reader of CommonMark can read; the others have entities, one line of code, or fewer marks."""
MARKDOWN = [*STANDARD, discord, feishu]
EVERY = [*MARKDOWN, wecom_app, qq_plain, telegram]


def strictly(text: str) -> str:
    """As a reader of CommonMark with tables shows it."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return re.sub(r"\s*\n\s*", "\n", parser.render(text).replace(JOINER, "")).strip()


@pytest.mark.parametrize("write", STANDARD)
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**“词”**字", "<p><strong>“词”</strong>字</p>"),
        ("字**（一）**，字", "<p>字<strong>（一）</strong>，字</p>"),
        ("***x*** ~~y~~", "<p><em><strong>x</strong></em> <s>y</s></p>"),
        ("2*3*4 x**2 + y**2 a_b_c __init__.py", "<p>2*3*4 x**2 + y**2 a_b_c __init__.py</p>"),
        (r"\*a\* \# b \`c\`", "<p>*a* # b `c`</p>"),
        ("`` a`b ``", "<p><code>a`b</code></p>"),
        ("[**b** \\[c\\]](https://x.org/a_(b))", '<p><a href="https://x.org/a_(b)"><strong>b</strong> [c]</a></p>'),
        ("![p](https://x.org/p.png)", '<p><a href="https://x.org/p.png">p</a></p>'),
        ("wow\\![p](https://x.org/p.png)", '<p>wow!<a href="https://x.org/p.png">p</a></p>'),
        ("a\n---\nb", "<p>a</p>\n<hr />\n<p>b</p>"),
        ("> a\nb", "<blockquote>\n<p>a</p>\n</blockquote>\n<p>b</p>"),
        ("\\- a\n\\# b\n1\\. c", None),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
    ],
)
def test_a_strict_reader_sees_what_was_meant(write, written: str, shown: str | None) -> None:
    if shown is None:
        assert "<li>" not in strictly(write(written))
        assert "<h1>" not in strictly(write(written))
    else:
        assert strictly(write(written)) == shown


CODE = "1. Look:\n    ```sh\n    rm *_x_*  # **all** <b>\n      y\n    ```\n2. Done"


@pytest.mark.parametrize("write", EVERY)
def test_code_in_a_list_keeps_its_signs_and_its_own_indent(write) -> None:
    shown = write(CODE)

    assert "rm *_x_*  # **all** " in shown.replace(JOINER, "")
    assert re.search(r"(?m)^(?:   )?`?  y`?(?:</code></pre>)?$", shown)
    assert re.search(r"(?m)^2\. Done$", shown)


@pytest.mark.parametrize("write", EVERY)
def test_nothing_of_a_table_is_lost(write) -> None:
    shown = write("| a | b\\|c |\n|---|---|\n| `x | y` | [l](https://x.org) |\n| 1 | 2 | 3 |\nafter")
    words = shown.replace(JOINER, "").replace("\\|", "|").replace("&#124;", "|")

    for word in ("b|c", "x | y", "https://x.org", "3", "after"):
        assert word in words


@pytest.mark.parametrize("write", EVERY)
def test_points_keep_their_numbers_and_stand_below_each_other(write) -> None:
    lines = [line.rstrip() for line in write("7. a\n   - b\n   - c\n8. d").split("\n")]

    assert lines[0] == "7. a"
    assert [line.lstrip() for line in lines[1:3]] in (["- b", "- c"], ["• b", "• c"])
    assert lines[1].startswith("  ")
    assert lines[3] == "8. d"


CALLS = {
    slack: r"<[@!](?!doctype)",
    mattermost: r"(?<![\w.])@\w",
    wecom: r"<@|@all",
    wecom_app: r"<@|@all",
    qq: r"<[@!]|@all",
    qq_plain: r"<[@!]|@all",
    feishu: r"<at|<@",
    discord: r"(?<!\\)<@[!&]?\d",
}


@pytest.mark.parametrize("write", CALLS)
@pytest.mark.parametrize(
    "written",
    [
        "@~~all~~",
        "@*all*",
        "<*@*all>",
        "<*@*1>",
        "<\\@1>",
        "@`all`",
        "\\<!here>",
        "<~~!~~here>",
        "<*at* id=all>",
        "<\\at id=all>",
    ],
)
def test_marks_that_go_leave_no_call(write, written: str) -> None:
    assert re.search(CALLS[write], write(written)) is None


@pytest.mark.parametrize("write", EVERY)
def test_an_answer_that_grows_is_well_formed_at_every_moment(write) -> None:
    text = (
        f"## T\n\n{CODE}\n\n> q **b\n\n| a | b |\n|---|---|\n| 1 | `2` |\n\n```py\nx = 1\n```\nend [l](https://x.org)"
    )
    for end in range(len(text)):
        shown = write(text[:end])
        assert shown.count("```") % 2 == 0
        if write is telegram:
            parse(shown)


def test_a_wide_table_is_told_row_by_row_on_a_phone() -> None:
    shown = telegram(
        f"| host | used | note |\n|---|---|---|\n| **db-1** | 91 % | {'long words ' * 5}|\n| db-2 |  | ok |"
    )

    assert shown == f"<b>db-1</b>\nused: 91 %\nnote: {('long words ' * 5).strip()}\n\n<b>db-2</b>\nnote: ok"
