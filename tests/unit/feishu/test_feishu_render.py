"""What people and models write calls nobody and hides nothing."""

import json
import time

import pytest

from channels.feishu import render
from channels.messages import Account, BodyKind, Button, Card, Fact, Mention, Quote, Text, Tone
from tests.platforms.feishu import eyes
from tests.platforms.feishu.rules import MAX_CARD_BYTES, check_card

CALLS = (
    "<at id=all></at>", "< at id=all>", "<AT id=ou_x></at>", "`<at id=all></at>`", "```\n<at id=all></at>\n```",
    "`` ` <at id=all> ``", "&lt;at id=all&gt;", "`&lt;at id=all&gt;`", "```\n&#60;at id=all>\n```",
    "~~~\n<at id=all></at>\n~~~", "```\n<at id=all></at>", "[x](<at id=all>)", "[<at id=all>](https://x.org)",
    "\\<at id=all>", "| <at id=all> |\n|---|\n| <at id=all> |", "> <at id=all>", "<person id=ou_x></person>",
    "```py\n```<at id=all>", "**<at id=all>**", "<<at id=all>at id=all>", "`a\n<at id=all>`",
)  # fmt: skip
LINKS = (
    "[click](javascript:alert(1))", "[x]: javascript:alert(1)\n[x]", "[x][y]", "<a href='https://evil.org'>x</a>",
    "<javascript:alert(1)>", "![x](javascript:alert(1))", "[x](data:text/html,y)", "[a](\njavascript:alert(1))",
    "<link url='x'>", "[x]( javascript:alert(1) )",
)  # fmt: skip


def looked_at(text: str) -> eyes.Sight:
    made = json.loads(render.words(render.markdown(text), text))
    check_card(made, len(json.dumps(made, ensure_ascii=False).encode()))
    return eyes.look(made)


@pytest.mark.parametrize("text", CALLS)
def test_no_words_call_anybody(text: str):
    sight = looked_at(text)

    assert sight.pings == []
    assert "id=" in sight.text


@pytest.mark.parametrize("text", LINKS)
def test_no_words_lead_where_no_browser_should_go(text: str):
    assert looked_at(text).links == []


def test_a_link_says_where_it_leads():
    sight = looked_at(
        "[page](https://x.org/a_(b)) [https://bank.com](https://evil.org/p) [x.org](https://www.x.org/) "
        "![pic](https://x.org/i.png) <https://y.org>"
    )

    assert sight.links == ["https://x.org/a_%28b%29", "https://www.x.org/", "https://x.org/i.png"]
    assert "https://bank.com (https://evil.org/p)" in sight.text
    assert "https://y.org" in sight.text


def test_markdown_keeps_what_it_is():
    text = "# Head\n\n> said\n\n1. one\n\n- [ ] do\n\n**b** _i_ ~~s~~ 12:30:45 a < b && c > d :OK: \\* &amp;\n\n---"
    sight = looked_at(text)

    assert sight.bold == ["b"]
    assert "# Head" in sight.text
    assert "> said" in sight.text
    assert "12:30:45 a < b && c > d :OK: * &amp;" in sight.text
    assert "&#58;OK:" in render.markdown(text)


def test_code_is_shown_letter_by_letter():
    code = 'if a < b and x["&"]:\n    print("<div>**no**</div>")  # ```'
    sight = looked_at(f"````python\n{code}\n````\nand `x < y`")

    assert sight.code == [code, "x < y"]


def test_the_sixth_table_is_shown_as_code():
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    made = render.markdown("\n\n".join([f"t\n\n{table}"] * 6))

    assert made.count("```") == 2
    assert made.endswith(f"```\n{table}\n```")
    assert looked_at("\n\n".join([table] * 9)).text.count("| 1 | 2 |") == 9


def test_only_a_mention_calls_and_only_one_person():
    alice = Account(channel="feishu", id="ou_a11cea11ce", name="Alice")
    made = render.parts((
        Quote(text="what <at id=all>\nelse"), Mention(account=alice), Text(text=" hi"),
        Mention(account=Account(channel="feishu", id="all", name="<at id=all>")),
        Mention(account=Account(channel="feishu", id='ou_x"></at><at id=all>')),
    ))  # fmt: skip

    assert eyes.CALL.findall(made) == ["<at id=ou_a11cea11ce>"]


@pytest.mark.parametrize("sign", ["<", "&", "\\", '"', "😀", "字", "\n", "`", "[", "\t"])
def test_the_longest_text_of_any_sign_fits_into_a_card(sign: str):
    text = ("x" + sign * 3999)[: render.MAX_TEXT]
    card = Card(id="a" * 16, title="t", body=text[:2500], facts=(Fact(label="l", value=text[:1500]),))

    assert len(render.words(render.markdown(text), text, streaming=True).encode()) <= MAX_CARD_BYTES
    assert len(render.card(card, is_direct=True, thread="").encode()) <= MAX_CARD_BYTES


@pytest.mark.parametrize(
    "piece", ["`", "``` ", "`a``b```c", "[", "[x](", "![](https://(", "<", ":a", "|-", "> ", "\\", "~~~\n", "&#", "*_"]
)
def test_no_text_keeps_us_busy(piece: str):
    text = (piece * 4000)[: render.MAX_TEXT]
    begun = time.process_time()
    render.markdown(text)
    render.markdown(text.replace("\n", " ") + "\n" + text)

    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("kind", list(BodyKind))
def test_a_card_shows_hostile_words_and_nothing_else(kind: BodyKind):
    hostile = "**b** <at id=all></at> [x](https://evil.org) `c`\n# h\n- l :OK: $x$ ```\n[y](https://evil.org)\n```"
    buttons = (Button(choice="a", label=hostile, tone=Tone.PRIMARY),)
    card = Card(
        id="a" * 16, title=hostile, facts=(Fact(label=hostile, value=hostile),), body=hostile, body_kind=kind,
        note=hostile, buttons=buttons,
    )  # fmt: skip
    made = json.loads(render.card(card, is_direct=False, thread=""))
    check_card(made, 0)
    sight = eyes.look(made)

    assert (sight.pings, sight.links) == ([], [])
    assert sight.text.count("<at id=all></at>") == 5
    assert made["config"]["enable_forward"] is False
    assert len(sight.buttons[0]) <= render.MAX_LABEL


def test_lists_and_notices_show_the_first_words():
    made = json.loads(render.words("x", "## **Hello** `you`\n" + "y" * 200))

    assert made["config"]["summary"]["content"].startswith("Hello you y")
    assert len(made["config"]["summary"]["content"]) == render.MAX_SUMMARY
