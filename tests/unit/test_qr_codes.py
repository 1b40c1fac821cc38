"""Links as QR codes: every module that the library computed is where a phone looks for it."""

from xml.etree import ElementTree as ET

import segno

from gateway.upkeep.qr_codes import QUIET, as_svg, in_blocks

LINK = "https://accounts.example.org/page/launcher?ticket=abc&name=Nexora"
UPPER, LOWER = {"▀", "█"}, {"▄", "█"}


def modules(drawing: str, *, dark: bool) -> list[list[bool]]:
    """What was drawn, line by line; `dark` tells whether a block is a dark module or a light one."""
    rows = []
    for line in drawing.splitlines():
        rows += [[(block in UPPER) is dark for block in line], [(block in LOWER) is dark for block in line]]
    return rows


def expected() -> list[list[bool]]:
    made = segno.make_qr(LINK, error="l", boost_error=False)
    return [[bool(module) for module in row] for row in made.matrix_iter(border=QUIET)]


def test_a_terminal_shows_every_module_with_and_without_colours():
    plain = modules(in_blocks(LINK, coloured=False), dark=False)
    coloured = in_blocks(LINK, coloured=True)
    bare = coloured.replace("\x1b[30;107m", "").replace("\x1b[0m", "")

    assert plain[: len(expected())] == expected()
    assert modules(bare, dark=True)[: len(expected())] == expected()
    assert not any(plain[-1])
    assert all(line.startswith("\x1b[30;107m") and line.endswith("\x1b[0m") for line in coloured.splitlines())


def test_a_page_shows_it_black_on_white_under_a_title_of_ours():
    svg = ET.fromstring(as_svg(LINK, 'Scan <this> & "go"'))

    assert svg.find("title").text == 'Scan <this> & "go"'
    assert {path.get("fill") or path.get("stroke") for path in svg.iter("path")} == {"#fff", "#000"}
    assert "style" not in svg.attrib
