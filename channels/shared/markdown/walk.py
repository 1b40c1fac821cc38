"""A tree as lines: what all dialects have in common, and a method for each thing that one of them may do otherwise.

As it stands it writes plain words, for those who show no marks: nothing of what was said is lost, an address included.
"""

from collections.abc import Sequence

from channels.shared.markdown.reader import read
from channels.shared.markdown.tree import (
    Block,
    Break,
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
    Styled,
    Table,
    Words,
)

MARGIN = "\0"
"""Before a line that stays at the margin whatever it belongs to; the reader leaves no such sign in a text."""
BULLET, DONE, OPEN = "•", "☑", "☐"
LINE = "———"


class Walk:
    """Goes through a tree and makes lines of it, with an empty one wherever one was written."""

    def write(self, blocks: Sequence[Block]) -> str:
        """The text."""
        return "\n".join(self.lines(blocks)).replace(MARGIN, "")

    def within(self, text: str, *, is_first: bool) -> str:
        """Markdown that stands beside other parts of a message: the blanks around it part it from them."""
        blank = "" if is_first else text[: len(text) - len(text.lstrip())]
        rest = text[len(blank) :]
        return f"{blank}{self.write(read(rest))}{rest[len(rest.rstrip()) :] if rest.strip() else ''}"

    def lines(self, blocks: Sequence[Block]) -> list[str]:
        """The lines of blocks that stand below each other."""
        lines: list[str] = []
        before: Block | None = None
        for block in blocks:
            if before is not None and (block.gap or self.parts(before, block)):
                lines.append("")
            lines += self.block(block)
            before = block
        return lines

    def parts(self, _before: Block, _after: Block) -> bool:
        """Whether the dialect needs an empty line between them where none was written."""
        return False

    def block(self, block: Block) -> list[str]:
        """The lines of one block."""
        match block:
            case Paragraph():
                lines = self.spans(block.spans).split("\n")
            case Heading():
                lines = self.heading(block)
            case Code():
                lines = self.code(block)
            case Divider():
                lines = [self.rule()]
            case Quoted():
                lines = self.quote(block)
            case Listing():
                lines = self.listing(block)
            case Table():
                lines = self.table(block)
        return lines

    def heading(self, heading: Heading) -> list[str]:
        """A title."""
        return [" ".join(self.spans(heading.spans).split("\n"))]

    def code(self, code: Code) -> list[str]:
        """A block of code."""
        return [*([code.about] if code.about else []), *code.text.split("\n")]

    def rule(self) -> str:
        """A line between parts."""
        return LINE

    def quote(self, quote: Quoted) -> list[str]:
        """Another's words."""
        return [f"> {line.removeprefix(MARGIN)}".rstrip() for line in self.lines(quote.blocks)]

    def listing(self, listing: Listing) -> list[str]:
        """A list, what belongs to a point below its words."""
        lines: list[str] = []
        for place, item in enumerate(listing.items):
            if item.gap:
                lines.append("")
            mark = self.mark(item, None if listing.start is None else listing.start + place)
            first, *rest = self.lines(item.blocks) or [""]
            if first.startswith(MARGIN):
                first, rest = "", [first, *rest]
            blank = " " * self.indent(mark)
            lines.append(f"{mark}{first}".rstrip(" "))
            lines += [line if not line or line.startswith(MARGIN) else blank + line for line in rest]
        return lines

    def mark(self, item: Item, number: int | None) -> str:
        """What stands before a point."""
        box = "" if item.is_done is None else f"{DONE if item.is_done else OPEN} "
        return (box or f"{BULLET} ") if number is None else f"{number}. {box}"

    def indent(self, mark: str) -> int:
        """How far what belongs to a point stands from the margin."""
        return len(mark) if mark[0].isdigit() else 2

    def table(self, table: Table) -> list[str]:
        """A table."""
        return [" · ".join(" ".join(self.spans(cell).split()) for cell in row) for row in table.rows]

    def spans(self, spans: Sequence[Span]) -> str:
        """The text of spans."""
        return "".join(
            self.span(
                span,
                spans[at - 1] if at else None,
                spans[at + 1] if at + 1 < len(spans) else None,
            )
            for at, span in enumerate(spans)
        )

    def span(self, span: Span, before: Span | None, after: Span | None) -> str:
        """One span, between those two."""
        match span:
            case Words(text):
                return self.words(text, begins=before is None or isinstance(before, Break))
            case Break():
                return self.line_end()
            case CodeSpan(text):
                return self.code_span(text)
            case Styled():
                return self.styled(span, before, after)
            case Link():
                return self.link(span)

    def words(self, text: str, *, begins: bool) -> str:  # noqa: ARG002 -- for dialects in which the beginning of a line counts
        """Letters, shown as they are; `begins` where a line does."""
        return text

    def line_end(self) -> str:
        """The end of a line within a paragraph."""
        return "\n"

    def code_span(self, text: str) -> str:
        """Code within a line."""
        return text

    def styled(self, styled: Styled, _before: Span | None, _after: Span | None) -> str:
        """Words that are set differently."""
        return self.spans(styled.spans)

    def link(self, link: Link) -> str:
        """A link; nothing of it is lost where none can be had."""
        label = self.spans(link.spans).strip()
        return f"{label} ({link.url})" if label and label != link.url else link.url or label


PLAIN = Walk()
"""Plain words."""
