"""No picture in a text of a model or of a card is fetched by whoever reads it: it is a link that may be followed."""

import re
from collections.abc import Callable

import pytest

from gateway.web.console.markdown import render
from tests.unit.markdown.test_dialects import EVERY, MARKDOWN, STANDARD, strictly, telegram

SINK = "https://evil.example/p.png?q=canary"
BEACONS = [
    f"![beacon]({SINK})",
    f"![]({SINK})",
    f"[![beacon]({SINK})]({SINK})",
    f"![beacon][1]\n\n[1]: {SINK}",
    f"![1]\n\n[1]: {SINK}",
    f"!\\[beacon]({SINK})",
    f"\\![beacon]({SINK})",
    f"**!**[beacon]({SINK})",
    f"!*[beacon]({SINK})*",
    f"!\u200b[beacon]({SINK})",
    f"<img src={SINK}>",
    f'<svg><image href="{SINK}"/></svg>',
    f"| a |\n|---|\n| ![beacon]({SINK}) |",
    f"> - ![beacon]({SINK})",
]


@pytest.mark.parametrize("beacon", BEACONS)
def test_the_console_shows_no_picture_of_anywhere_else(beacon: str) -> None:
    shown = str(render(beacon))

    assert not re.search(r"<(?:img|image|svg|picture|video|audio|iframe|link|object|embed)\b", shown), shown
    assert "background" not in shown


@pytest.mark.parametrize("beacon", BEACONS)
@pytest.mark.parametrize("write", EVERY, ids=lambda write: write.__module__.removeprefix("channels."))
def test_no_channel_is_given_a_picture_of_anywhere_else(write: Callable[[str], str], beacon: str) -> None:
    shown = str(write(beacon))

    if write in STANDARD:
        assert "<img" not in strictly(shown), shown
    if write in MARKDOWN:
        assert not re.search(r"(?<!\\)!\[[^\]]*\]\(", shown), shown
        assert not re.search(r"^[\s>-]*\[[^\]]+\]:", shown, re.MULTILINE), shown
    if write is telegram:
        assert not re.search(r"<(?:img|image|svg)\b", shown), shown
