"""Bars as SVG, drawn on the server. A chart says in words what it shows, and a table beside it holds the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

WIDTH, HEIGHT = 720, 220
LEFT, BOTTOM, TOP = 56, 26, 8
MOST_LABELS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day: its label and the two amounts that stand on each other."""

    label: str
    lower: int
    upper: int

    @property
    def total(self) -> int:
        """Both amounts."""
        return self.lower + self.upper


def bars(given: Sequence[Bar], *, title: str, description: str) -> Markup:
    """The chart; every label is escaped."""
    top = nice(max((bar.total for bar in given), default=0))
    height = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT) / max(1, len(given))
    body = [_line(top * part // 4, top, height) for part in range(5)]
    for place, bar in enumerate(given):
        body.append(_bar(bar, LEFT + place * step, step, height / top))
        if place % max(1, -(-len(given) // MOST_LABELS)) == 0:
            x = LEFT + (place + 0.5) * step
            body.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(bar.label[5:])}</text>')
    head = f'<title id="chart-title">{escape(title)}</title><desc id="chart-desc">{escape(description)}</desc>'
    return Markup(  # noqa: S704 -- numbers, and labels that are escaped above
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="chart-title chart-desc">'
        f"{head}{''.join(body)}</svg>"
    )


def nice(number: int) -> int:
    """The smallest of 4, 8, 20, 40, 80, 200, … that holds the number, so that a quarter of it is round too."""
    power = 1
    while True:
        for step in (4, 8, 20):
            if step * power >= number:
                return step * power
        power *= 10


def shortened(number: int) -> str:
    """1200 as 1.2k, 3000000 as 3M."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + letter
    return str(number)


def _line(amount: int, top: int, height: int) -> str:
    y = TOP + height - height * amount / top
    return (
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{shortened(amount)}</text>'
    )


def _bar(bar: Bar, x: float, step: float, scale: float) -> str:
    width = min(step * 0.72, 48)
    left, floor = x + (step - width) / 2, HEIGHT - BOTTOM
    low, high = bar.lower * scale, bar.upper * scale
    pieces = (("in", low, floor - low), ("out", high, floor - low - high))
    drawn = "".join(
        f'<rect class="{kind}" x="{left:.1f}" y="{y:.1f}" width="{width:.1f}" height="{tall:.1f}" rx="1.5"/>'
        for kind, tall, y in pieces
        if tall > 0
    )
    return f"<g><title>{escape(bar.label)}: {bar.total:,}</title>{drawn}</g>"
