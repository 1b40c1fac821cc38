"""A tree as HTML that does nothing. Every letter is escaped and every tag is one of ours, so no text brings its own.

Pictures are links, for one from afar tells who reads. A link whose words name another host shows both.
"""

from collections.abc import Iterator, Sequence
from html import escape

from channels.shared.markdown.links import host_of, is_web, misleads
from channels.shared.markdown.tree import (
    Block,
    Break,
    Cell,
    Code,
    CodeSpan,
    Divider,
    Heading,
    Item,
    Link,
    Listing,
    Paragraph,
    Quoted,
    Span,
    Style,
    Styled,
    Table,
    Words,
    said,
)
from channels.shared.markdown.walk import DONE, OPEN

_TAGS = {Style.BOLD: "strong", Style.ITALIC: "em", Style.STRUCK: "del"}


class HtmlWriter:
    """Goes through a tree and makes HTML of it; a page overrides what it wants otherwise."""

    first_level = 1
    """The level of the highest title."""
    line_end = "<br>"
    block_end = ""
    attributes: dict[str, str] = {}  # noqa: RUF012 -- overridden, never changed
    """What the tags `a`, `blockquote`, `pre`, `table`, `td` and `th` carry, each with a blank before it."""

    def write(self, blocks: Sequence[Block]) -> str:
        """The HTML."""
        return "".join(f"{self.block(block)}{self.block_end}" for block in blocks)

    def block(self, block: Block) -> str:
        """One block."""
        match block:
            case Paragraph():
                made = f"<p>{self.spans(block.spans)}</p>"
            case Heading():
                level = min(6, block.level + self.first_level - 1)
                made = f"<h{level}>{self.spans(block.spans)}</h{level}>"
            case Code():
                made = self.code(block)
            case Divider():
                made = "<hr>"
            case Quoted():
                made = self._tag("blockquote", self.block_end + self.write(block.blocks))
            case Listing():
                made = self._listing(block)
            case Table():
                made = self.table(block)
        return made

    def code(self, code: Code) -> str:
        """A block of code; the line of its fence names nothing that a page needs."""
        return self._tag("pre", f"<code>{escape(code.text)}{self.code_end(code)}</code>")

    def code_end(self, _code: Code) -> str:
        """What stands below the last line of code."""
        return ""

    def table(self, table: Table) -> str:
        """A table with a head."""
        head, *rows = table.rows
        body = f"<tbody>{''.join(self._row(row, 'td') for row in rows)}</tbody>" if rows else ""
        return self._tag("table", f"<thead>{self._row(head, 'th')}</thead>{body}")

    def spans(self, spans: Sequence[Span]) -> str:
        """The HTML of spans."""
        return "".join(map(self._span, spans))

    def leads(self, url: str) -> bool:
        """Whether a link may lead there."""
        return is_web(url)

    def _span(self, span: Span) -> str:
        match span:
            case Words(text):
                return escape(text)
            case Break():
                return self.line_end
            case CodeSpan(text):
                return f"<code>{escape(text) or ' '}</code>"
            case Styled():
                tag = _TAGS[span.style]
                return f"<{tag}>{self.spans(span.spans)}</{tag}>"
            case Link():
                return self._link(span)

    def _link(self, link: Link) -> str:
        label = self.spans(link.spans)
        if not self.leads(link.url):
            return escape(link.url) if link.is_bare else f"[{label}]({escape(link.url)})"
        words = label if said(link.spans).strip() else escape(host_of(link.url) or link.url)
        shown = f'<a href="{escape(link.url)}"{self.attributes.get("a", "")}>{words}</a>'
        is_honest = link.is_bare or not misleads(said(link.spans), link.url)
        return shown if is_honest else f"{shown} ({escape(link.url)})"

    def _listing(self, listing: Listing) -> str:
        is_loose = any(item.gap for item in listing.items)
        body = "".join(f"<li>{self._item(item, is_loose=is_loose)}</li>{self.block_end}" for item in listing.items)
        if listing.start is None:
            return f"<ul>{self.block_end}{body}</ul>"
        start = f' start="{listing.start}"' if listing.start != 1 else ""
        return f"<ol{start}>{self.block_end}{body}</ol>"

    def _item(self, item: Item, *, is_loose: bool) -> str:
        return "".join(self._in_item(item, is_loose=is_loose))

    def _in_item(self, item: Item, *, is_loose: bool) -> Iterator[str]:
        if item.is_done is not None:
            yield f"{DONE if item.is_done else OPEN} "
        for place, block in enumerate(item.blocks):
            is_paragraph = is_loose or block.gap or any(each.gap for each in item.blocks)
            if isinstance(block, Paragraph) and not is_paragraph:
                yield self.spans(block.spans)
            else:
                yield f"{self.block_end if place else ''}{self.block(block)}{self.block_end}"

    def _row(self, row: Sequence[Cell], tag: str) -> str:
        return f"<tr>{''.join(self._tag(tag, self.spans(cell)) for cell in row)}</tr>{self.block_end}"

    def _tag(self, tag: str, inside: str) -> str:
        return f"<{tag}{self.attributes.get(tag, '')}>{inside}</{tag}>"
