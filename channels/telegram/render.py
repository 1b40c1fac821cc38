"""Markdown, mentions and cards in the platform's HTML. Everything that is not our own markup is escaped.

Facts: core.telegram.org/bots/api#html-style. Links are http and https only; nothing nests inside code.
"""

from collections.abc import Iterable
from html import escape

from channels.messages import BodyKind, Card, Mention, Part, Quote, Text
from channels.shared.markdown.reader import read
from channels.shared.markdown.tables import cells_of, columns, records, wide
from channels.shared.markdown.tree import Cell, Code, Heading, Link, Quoted, Span, Style, Styled, Table, without_bold
from channels.shared.markdown.walk import MARGIN, Walk

PHONE = 42
"""Columns that a phone shows of text in a font of fixed width; a wider table is told row by row."""
_STYLES = {Style.BOLD: "b", Style.ITALIC: "i", Style.STRUCK: "s"}


def render_parts(parts: Iterable[Part]) -> str:
    """The words of a message; files are left out, they travel by themselves."""
    return "".join(_part(part, is_first=place == 0) for place, part in enumerate(parts))


def _part(part: Part, *, is_first: bool) -> str:
    if isinstance(part, Text):
        return _HTML.within(part.text, is_first=is_first)
    if isinstance(part, Mention):
        name = escape(part.account.name or part.account.id, quote=False)
        return f'<a href="tg://user?id={int(part.account.id)}">{name}</a>' if part.account.id.isdigit() else f"@{name}"
    if isinstance(part, Quote):
        return f"<blockquote>{escape(part.text, quote=False)}</blockquote>\n"
    return ""


def render_markdown(text: str) -> str:
    """Markdown as models write it, a fence or a star left open included."""
    return _HTML.write(read(text))


class _Html(Walk):
    """The platform's HTML. Lists, tables, titles and rules are lines, columns, bold words and strokes."""

    def heading(self, heading: Heading) -> list[str]:
        title = " ".join(self.spans(without_bold(heading.spans)).split("\n"))
        return [f"<b>{title}</b>" if title else ""]

    def code(self, code: Code) -> list[str]:
        text = "\n".join([code.about, code.text] if code.about else [code.text])
        return [f"{MARGIN}{line}" for line in _code(text, code.language).split("\n")]

    def quote(self, quote: Quoted) -> list[str]:
        """One quote; the platform takes none within another, so that one is marked as in plain words."""
        first, *rest = _INNER.lines(quote.blocks) or [""]
        *rest, last = [f"<blockquote>{first}", *rest]
        return [f"{MARGIN}{line}" for line in (*rest, f"{last}</blockquote>")]

    def table(self, table: Table) -> list[str]:
        """Columns in a font of fixed width where a phone shows them, a wide table row by row, else as written."""
        rows = cells_of(table)
        shown = _code("\n".join(columns(rows)), "")
        if wide(rows) > PHONE and len(rows) > 1:
            shown = "\n\n".join(map(self._record, records(table)))
        if len(shown) > 3 * sum(map(len, table.written)) // 2 + 200:
            shown = escape("\n".join(table.written), quote=False)
        return [f"{MARGIN}{line}" for line in shown.split("\n")]

    def _record(self, record: tuple[Cell, list[tuple[Cell, Cell]]]) -> str:
        title, pairs = record
        lines = [f"<b>{self._flat(title)}</b>"] if title else []
        lines += [f"{self._flat(name)}: {self._cell(cell)}" if name else self._cell(cell) for name, cell in pairs]
        return "\n".join(lines)

    def _cell(self, cell: Cell) -> str:
        return " ".join(self.spans(cell).split("\n"))

    def _flat(self, cell: Cell) -> str:
        return self._cell(without_bold(cell))

    def words(self, text: str, *, begins: bool) -> str:  # noqa: ARG002 -- no line of it begins anything
        return escape(text, quote=False)

    def code_span(self, text: str) -> str:
        return f"<code>{escape(text.strip() or text, quote=False)}</code>"

    def styled(self, styled: Styled, _before: Span | None, _after: Span | None) -> str:
        tag = _STYLES[styled.style]
        return f"<{tag}>{self.spans(styled.spans)}</{tag}>"

    def link(self, link: Link) -> str:
        """A link; anything but http and https is shown as what it is instead of being followed."""
        label = self.spans(link.spans).strip()
        if not link.url.startswith(("http://", "https://")):
            return f"{label} ({escape(link.url, quote=False)})" if link.url and not link.is_bare else label
        return f'<a href="{escape(link.url)}">{label or escape(link.url, quote=False)}</a>'


class _Inner(_Html):
    """What stands in a quote."""

    def quote(self, quote: Quoted) -> list[str]:
        return [f"{MARGIN}&gt; {line.removeprefix(MARGIN)}" for line in self.lines(quote.blocks)]


_HTML, _INNER = _Html(), _Inner()


def _code(text: str, language: str) -> str:
    body = escape(text, quote=False)
    if not body.strip():
        return body
    return f'<pre><code class="language-{escape(language)}">{body}</code></pre>' if language else f"<pre>{body}</pre>"


def render_card(card: Card) -> str:
    """Title, facts, body and note; the buttons are the keyboard's."""
    lines = [f"<b>{escape(card.title, quote=False)}</b>"]
    lines += [f"<b>{escape(fact.label, quote=False)}:</b> {escape(fact.value, quote=False)}" for fact in card.facts]
    if card.body.strip():
        lines.append(_body(card))
    if card.note:
        lines.append(f"<i>{escape(card.note, quote=False)}</i>")
    return "\n".join(lines)


def _body(card: Card) -> str:
    if card.body_kind is BodyKind.TEXT:
        return escape(card.body, quote=False)
    return _code(card.body, "diff" if card.body_kind is BodyKind.DIFF else "")


def plain_card(card: Card) -> str:
    """The same without markup, for when the platform does not take ours."""
    facts = [f"{fact.label}: {fact.value}" for fact in card.facts]
    return "\n".join(filter(None, [card.title, *facts, card.body, card.note]))
