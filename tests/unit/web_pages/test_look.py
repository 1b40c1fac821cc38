"""The look that numbers can hold: contrast of every pair of colours, in light and in dark; and the chart."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gateway.web.console.charts import Bar, bars, nice, shortened

CSS = (Path(__file__).parents[3] / "gateway" / "web" / "static" / "console.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
)
WORDS = [
    ("ink", "ground"),
    ("ink", "paper"),
    ("ink", "code"),
    ("soft", "ground"),
    ("soft", "paper"),
    ("accent", "ground"),
    ("accent", "paper"),
    ("on-accent", "accent"),
    ("on-tint", "tint"),
    ("bad", "paper"),
    ("bad", "bad-tint"),
    ("on-bad", "bad"),
    ("good", "good-tint"),
    ("good", "paper"),
    ("warn", "warn-tint"),
    ("warn", "ground"),
]


def luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("words", "ground"), WORDS)
def test_words_can_be_read(palette, words, ground):
    assert contrast(palette[words], palette[ground]) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_edges_of_fields_can_be_seen(palette):
    assert contrast(palette["field"], palette["paper"]) >= 3


def test_both_palettes_name_the_same_colours():
    assert LIGHT.keys() == DARK.keys()


def test_a_chart_tells_what_it_shows_and_its_bars_have_the_right_heights():
    given = [Bar(label="2026-01-01", lower=300, upper=100), Bar(label="<b>", lower=0, upper=0)]
    drawn = ET.fromstring(bars(given, title="Tokens", description="<most> on day one"))
    heights = [float(rect.get("height")) for rect in drawn.iter("rect")]

    assert [drawn[0].tag, drawn[1].tag] == ["title", "desc"]
    assert drawn[1].text == "<most> on day one"
    assert heights == [139.5, 46.5]


@pytest.mark.parametrize(("number", "top"), [(0, 4), (4, 4), (5, 8), (9, 20), (21, 40), (401, 800), (1999, 2000)])
def test_a_scale_ends_at_a_round_number(number, top):
    assert nice(number) == top


def test_large_numbers_are_shortened():
    assert [shortened(number) for number in (999, 1200, 3_000_000, 2 * 10**9)] == ["999", "1.2k", "3M", "2G"]
