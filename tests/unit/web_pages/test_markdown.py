"""What agents write, as HTML that can do nothing."""

import time

import pytest

from gateway.web.console.markdown import render, settled
from tests.browser.hostile import STRINGS
from tests.platforms.console import _read


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("a **b *c* d**", "<p>a <strong>b <em>c</em> d</strong></p>"),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
        ("**never closed", "<p>**never closed</p>"),
        ("**a *b** c*", "<p><strong>a *b</strong> c*</p>"),
        ("~~gone~~ \\*kept\\*", "<p><del>gone</del> *kept*</p>"),
        ("one\ntwo", "<p>one<br>two</p>"),
        ("# Title", "<h3>Title</h3>"),
        ("---", "<hr>"),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("```py\nx < 1\n\n**no**", '<pre tabindex="0"><code>x &lt; 1\n\n**no**</code></pre>'),
        ("1. a\n   - b\n2. c", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"),
        ("3. late", '<ol start="3"><li>late</li></ol>'),
        ("> q\n> r", "<blockquote><p>q<br>r</p></blockquote>"),
    ],
)
def test_marks_are_drawn(written, drawn):
    assert render(written) == drawn


def test_a_table_has_headings_and_cells():
    drawn = render("| a | b |\n|---|:-:|\n| 1 | **2** |")

    assert '<th scope="col">a</th><th scope="col">b</th>' in drawn
    assert "<td>1</td><td><strong>2</strong></td>" in drawn


def test_an_address_ends_before_the_punctuation():
    page = _read(render("see https://x.example/a_b?c=1&d=2, and (https://y.example/)."))

    assert page.links == ["https://x.example/a_b?c=1&d=2", "https://y.example/"]


@pytest.mark.parametrize("hostile", STRINGS)
def test_hostile_words_bring_no_tag_of_their_own(hostile):
    page = _read(render(hostile))

    assert all(link.startswith(("http://", "https://")) for link in page.links)
    assert "<script" not in render(hostile)
    assert "<img" not in render(hostile)


@pytest.mark.parametrize(
    "piece", ["[", "*", "`", "_ ", "> ", "- ", "a|", "http://", "[a](", "*a **b ", "\\", "~~", "1. ", "<b ", "``x"]
)
def test_time_grows_with_the_length_and_no_faster(piece):
    def seconds(count: int) -> float:
        begun = time.process_time()
        render(piece * count)
        return time.process_time() - begun

    assert seconds(40_000) < 2


def test_a_growing_text_is_settled_up_to_its_last_finished_block():
    text = "first\n\nsecond\n\n```\ncode\n\nmore"

    assert text[settled(text) :] == "```\ncode\n\nmore"
    assert settled("no end yet") == 0
    assert settled(text + "\n```\n\nthird") == len(text) + len("\n```\n\n")
