"""What of a page or a mail nobody who looks would see, and what only seems so."""

import time

import pytest

from channels.page import read_page, readable

UNSEEN = [
    "<style>@media all{{.a{{display:none}}}}</style><p class=a>{}</p>",
    "<style>@media screen and (min-width: 1px){{.a{{display:none}}}}</style><p class=a>{}</p>",
    "<style>@media only screen{{@layer x{{.a{{font-size:0}}}}}}</style><p class=a>{}</p>",
    "<style>@layer base{{.a{{visibility:hidden}}}}</style><p class=a>{}</p>",
    "<style>@supports (display:grid){{.a{{opacity:0}}}}</style><p class=a>{}</p>",
    "<style media=screen>.a{{display:none}}</style><p class=a>{}</p>",
    "<style>div{{ .a{{display:none}} }}</style><div><p class=a>{}</p></div>",
    "<style>.box p.a > span{{display:none}}</style><div class=box><p class=a><span>{}</span></p></div>",
    "<style>[data-x=y]{{display:none}}</style><p data-x=y>{}</p>",
    "<style>u{{display:none}}</style><u>{}</u>",
    "<style>.a{{dis\\70 lay:none}}</style><p class=a>{}</p>",
    "<p style='display:/* */none'>{}</p>",
    "<p style='height:0;overflow:hidden'>{}</p>",
    "<p style='width:1px;height:1px;overflow:hidden'>{}</p>",
    "<p style='position:absolute;clip-path:inset(50%)'>{}</p>",
    "<p style='transform:scale(0)'>{}</p>",
    "<p style='position:absolute;top:-200vh'>{}</p>",
    "<p style='font:0/0 a'>{}</p>",
    "<div style='background:#ffffff'><p><font color=white>{}</font></p></div>",
    "<table bgcolor=#fefefe><tr><td style='color:#fff'>{}</td></tr></table>",
    "<div style='font-size:0'><p style='font-size:2em'>{}</p></div>",
    "<div style='visibility:hidden'><p><b>{}</b></p></div>",
    "<div style='display:none'><p style='display:block;font-size:20px'>{}</p></div>",
    "<p aria-hidden=true style='opacity:0'>{}</p>",
    "<table><tr><th>h<th>i<tr><td>1<td><span style='display:none'>{}</span>2</table>",
]
SEEN = [
    "<div style='font-size:0'><p style='font-size:14px'>{}</p></div>",
    "<table><tr><td style='font-size:0px;padding:2px'><div style='font-size:13px;color:#000'>{}</div>",
    "<div style='visibility:hidden'><p style='visibility:visible'>{}</p></div>",
    "<div style='color:#fff;background:#fff'><p style='color:#000'>{}</p></div>",
    "<table bgcolor=black><tr><td><font color=white>{}</font></td></tr></table>",
    "<div style='background:#fff url(x.png)'><p style='color:#fff'>{}</p></div>",
    "<div style='color:#fff;background:#fff'><a href='https://example.org/'>{}</a></div>",
    "<p aria-hidden=true>{}</p>",
    "<p hidden style='display:block'>{}</p>",
    "<style>.a{{display:none}} .a.b{{display:block}}</style><p class='a b'>{}</p>",
    "<style>@media (prefers-color-scheme:dark){{.a{{display:none}}}}</style><p class=a>{}</p>",
    "<style media=print>.a{{display:none}}</style><p class=a>{}</p>",
    "<noscript><style>.a{{display:none}}</style></noscript><p class=a>{}</p>",
    "<style>.a:hover{{display:none}}</style><p class=a>{}</p>",
    "<p style='color:transparent;-webkit-background-clip:text'>{}</p>",
    "<p style='height:40px;overflow:hidden'>{}</p>",
    "<table><tr><td style='max-width:0;overflow:hidden;height:20px'>{}",
]


@pytest.mark.parametrize("html", UNSEEN)
def test_neither_reader_tells_what_is_not_seen(html: str) -> None:
    page = read_page(html.format("obey"), "https://example.org/")

    assert "obey" not in page.text
    assert page.hidden == len("obey")
    assert "obey" not in readable(html.format("obey"))


@pytest.mark.parametrize("html", SEEN)
def test_both_readers_tell_what_is_seen(html: str) -> None:
    assert "words" in read_page(html.format("words"), "https://example.org/").text
    assert "words" in readable(html.format("words"))


def test_a_mail_stands_on_white_and_of_a_page_that_is_not_known() -> None:
    html = "<p style='color:#ffffff'>pale</p><p>words</p>"

    assert readable(html) == "words"
    assert "pale" in read_page(html, "https://example.org/").text


def test_a_picture_in_words_without_size_is_still_seen() -> None:
    assert readable("<p style='font-size:0'>x<img alt='a heron' src=x>") == "[image: a heron]"


@pytest.mark.parametrize("pump", ["<ul><li>", "<div>", "<blockquote>a", "<b><p>a", "<span>", "<font size=1>"])
def test_a_page_deeper_than_any_browser_shows_costs_no_more(pump: str) -> None:
    began = time.process_time()
    assert "words" in readable(pump * 20_000 + "words")

    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "rules", [".a .b .c{display:none}" * 3000, "*{display:none}" * 200, ".x>.y{color:red}" * 3000, "a{b{" * 50_000]
)
def test_styles_cost_no_more_than_their_length(rules: str) -> None:
    began = time.process_time()
    readable(f"<style>{rules}</style>" + "<i class='a b c'>x</i>" * 3000 + "<p class=y>words")

    assert time.process_time() - began < 5


def test_words_of_a_mail_keep_what_its_form_says() -> None:
    html = (
        "<p>a<br>b</p><div><br></div><ol start=3><li>x<li>y<ul><li>z</ul></ol><pre>if a:<br>    b()</pre>"
        "<table><tr><th>n<th>v<tr><td>1<td><b>2</b></table><blockquote>said<blockquote>before</blockquote></blockquote>"
        "<p>&nbsp;&nbsp;indented <code>x</code> <a href='mailto:a@example.com'>write</a>"
        "<a href='https://example.org/'><img alt=logo></a></p>"
    )

    assert readable(html) == (
        "a\nb\n\n3. x\n4. y\n   - z\n\nif a:\n    b()\n\nn | v\n1 | 2\n\n> said\n>\n> > before\n\n"
        "  indented x write[image: logo] (https://example.org/)"
    )
