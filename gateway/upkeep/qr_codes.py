"""A link as a QR code: with half blocks for a terminal, as SVG for a page. The library loads when one is drawn."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # nobody may ever draw one
    from segno import QRCode

QUIET = 2
"""Empty modules around it in a terminal, where lines are few; phones want four, and take two."""
_BLACK_ON_WHITE, _PLAIN = "\x1b[30;107m", "\x1b[0m"
_HALVES = {(False, False): " ", (False, True): "▄", (True, False): "▀", (True, True): "█"}


def in_blocks(link: str, *, coloured: bool) -> str:
    """Lines of half blocks. Without colours it is drawn for light letters on a dark ground."""
    rows = [[bool(module) for module in row] for row in _made(link).matrix_iter(border=QUIET)]
    if not coloured:
        rows = [[not module for module in row] for row in rows]
    if len(rows) % 2:
        rows.append([not coloured] * len(rows[0]))
    lines = (
        "".join(_HALVES[halves] for halves in zip(*pair, strict=True)) for pair in zip(*[iter(rows)] * 2, strict=True)
    )
    return "\n".join(f"{_BLACK_ON_WHITE}{line}{_PLAIN}" if coloured else line for line in lines)


def as_svg(link: str, title: str) -> str:
    """An element for a page, black on white whatever the page's colours are."""
    made = _made(link)
    return str(
        made.svg_inline(scale=5, border=4, dark="#000", light="#fff", title=title, svgclass="code", lineclass=None)
    )


def _made(link: str) -> "QRCode":
    import segno  # noqa: PLC0415  # most gateways never draw one

    return segno.make_qr(link, error="l", boost_error=False)
