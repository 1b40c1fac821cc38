"""A tree as Markdown again, for platforms that read a dialect of it. What was only letters stays letters there.

What our reader takes for a mark another may not, and the other way round: so every mark is written so that the
strictest reader of CommonMark takes it, and every sign that is none is escaped where it could be one. A platform
overrides what its dialect has otherwise.
"""

import re
import unicodedata

from channels.shared.markdown.links import host_of, is_web, misleads
from channels.shared.markdown.tree import (
    Block,
    Break,
    Code,
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
from channels.shared.markdown.walk import MARGIN, Walk
from channels.shared.markdown.words import JOINER

ACTS = re.compile(r"\\(?=[!-/:-@\[-`{-~])|`|\*(?!\s)|(?<!\s)\*|(?<!\w)_+(?![\s_])|(?<![\s_])_+(?!\w)|~(?=~)|(?<=~)~")
MARKS = re.compile(r"[\\`*_~]")
"""Signs of which some of `ACTS` are; quick to look for."""
_LINKS = re.compile(r"\](?=\s*\()")
_DEFINES = re.compile(r"^(\s*\[[^\]\n]+\])(?=:)", re.MULTILINE)
_BEGINS = re.compile(r"^(?=[ \t]*(?:#{1,6}(?:[ \t]|$)|>|[-+*](?:[ \t]|$)|[-=]+[ \t]*$|(?:[-*_][ \t]*){3,}$))")
_NUMBERED = re.compile(r"^([ \t]*\d{1,9})(?=[.)](?:[ \t]|$))")
_TICKS = re.compile(r"`+")
_BRACKETS = re.compile(r"(?<!\\)[\[\]]")
_LANGUAGE = re.compile(r"[\w+#.-]{1,20}")


class Dialect(Walk):
    """Markdown, with the marks of CommonMark, tables and strikethrough."""

    marks = {Style.BOLD: "**", Style.ITALIC: "*", Style.STRUCK: "~~"}  # noqa: RUF012 -- overridden, never changed
    has_tables = True
    encodes_brackets = False
    """Whether a bracket in the address of a link ends it, though it was opened there."""
    keeps_code_in_lists = False
    """Whether code may be indented; where it may not, it stands at the margin, and the list goes on below it."""

    def parts(self, before: Block, after: Block) -> bool:
        """A rule below words would make them a title; words below a quote, a list or a row would become part of it."""
        if isinstance(after, Divider):
            return True
        if isinstance(before, Quoted):
            return isinstance(after, Paragraph | Quoted)
        goes_on = isinstance(before, Listing) or (isinstance(before, Table) and self.has_tables)
        return goes_on and isinstance(after, Paragraph | Table)

    def heading(self, heading: Heading) -> list[str]:
        """A title of its level."""
        return [f"{'#' * heading.level} {' '.join(self.spans(heading.spans).split())}".rstrip()]

    def rule(self) -> str:
        """Three strokes."""
        return "---"

    def code(self, code: Code) -> list[str]:
        """A fence that nothing inside it closes."""
        inside = self.code_text("\n".join([code.about, code.text] if code.about else [code.text]))
        mark = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(inside)), default=0))
        name = code.language if _LANGUAGE.fullmatch(code.language) else ""
        return self.at_margin([f"{mark}{name}", *(inside.split("\n") if inside else ()), mark])

    def at_margin(self, lines: list[str]) -> list[str]:
        """The lines of code, where the dialect wants them."""
        return lines if self.keeps_code_in_lists else [f"{MARGIN}{line}" for line in lines]

    def code_text(self, text: str) -> str:
        """Code in which nothing acts."""
        return text

    def mark(self, item: Item, number: int | None) -> str:
        """A dash or a number, and the box of a task as a sign."""
        shown = super().mark(item, number)
        if number is not None:
            return shown
        return "- " if item.is_done is None else f"- {shown}"

    def table(self, table: Table) -> list[str]:
        """A table with bars."""
        head, *rows = [f"| {' | '.join(map(self.cell, row))} |" for row in table.rows]
        return [head, f"|{'---|' * len(table.rows[0])}", *rows]

    def cell(self, spans: tuple[Span, ...]) -> str:
        """One cell, whose bars are letters."""
        return " ".join(self.spans(spans).split()).replace("|", "\\|")

    def words(self, text: str, *, begins: bool) -> str:
        """Letters that stay letters."""
        shown = ACTS.sub(lambda found: self.escaped(found[0]), text) if MARKS.search(text) else text
        shown = self.inert(shown)
        if "]" in shown:
            shown = _LINKS.sub(f"]{JOINER}", shown)
        return unbegun(shown) if begins else shown

    def calm(self, text: str) -> str:
        """The text as it was written, only what acts broken: where escaping every sign would make it too long."""
        return _DEFINES.sub(rf"\1{JOINER}", _LINKS.sub(f"]{JOINER}", self.inert(text)))

    def escaped(self, sign: str) -> str:
        """Signs that are none."""
        return "".join(f"\\{each}" for each in sign)

    def inert(self, text: str) -> str:
        """Words in which nothing of the platform's own acts."""
        return text

    def code_span(self, text: str) -> str:
        """Code between as many ticks as it needs."""
        inside = self.code_text(text)
        runs, count = {len(run) for run in _TICKS.findall(inside)}, 1
        while count in runs:
            count += 1
        blank = " " if inside.startswith("`") or inside.endswith("`") else ""
        return f"{'`' * count}{blank}{inside}{blank}{'`' * count}"

    def span(self, span: Span, before: Span | None, after: Span | None) -> str:
        """One span; an exclamation mark before a link makes no picture of it."""
        shown = super().span(span, before, after)
        is_apart = isinstance(span, Link) and isinstance(before, Words) and before.text.endswith("!")
        return f"{JOINER}{shown}" if is_apart else shown

    def styled(self, styled: Styled, before: Span | None, after: Span | None) -> str:
        """Words between marks. A joiner stands where CommonMark asks for a blank, as Chinese has none."""
        mark = self.marks[styled.style]
        inside = self.spans(styled.spans)
        if not inside.strip() or not mark:
            return inside
        letters = said(styled.spans)
        begin = JOINER if _is_sign(letters[:1]) and _touches(before, -1) else ""
        end = JOINER if _is_sign(letters[-1:]) and _touches(after, 0) else ""
        return f"{mark}{begin}{inside}{end}{mark}"

    def link(self, link: Link) -> str:
        """A link to the web whose words promise no other place; everything else is words."""
        label = self.spans(link.spans).strip()
        letters = said(link.spans).strip()
        if not self.leads(link.url):
            return self.dead_link(link, label)
        if link.is_bare:
            return self.address(link.url)
        if misleads(letters, link.url):
            return f"{label} ({self.address(link.url)})"
        if "[" in letters or "]" in letters:
            label = _BRACKETS.sub(lambda found: self.escaped(found[0]), label)
        url = (
            link.url.replace("(", "%28").replace(")", "%29")
            if self.encodes_brackets or _is_uneven(link.url)
            else link.url
        )
        return f"[{label or host_of(link.url)}]({url})"

    def leads(self, url: str) -> bool:
        """Whether the platform may follow it."""
        return is_web(url)

    def address(self, url: str) -> str:
        """A bare address, of which the platform makes a link itself."""
        return url

    def dead_link(self, link: Link, label: str) -> str:
        """What leads nowhere, with the address that was written."""
        if link.is_bare:
            return self.words(link.url, begins=False)
        return f"[{label}]{JOINER}({self.words(link.url, begins=False)})"


def unbegun(text: str) -> str:
    """Words that begin a line, which is then no title, point, quote, rule or target of links."""
    if not text or text[0].isalpha():
        return text
    if _BEGINS.match(text):
        return f"{JOINER}{text}"
    if found := _NUMBERED.match(text) or _DEFINES.match(text):
        return f"{found[1]}{JOINER}{text[found.end() :]}"
    return text


def _is_sign(letter: str) -> bool:
    return bool(letter) and unicodedata.category(letter)[0] in "PS"


def _touches(span: Span | None, end: int) -> bool:
    """Whether a letter of that span stands directly beside."""
    letters = "" if span is None or isinstance(span, Break) else said((span,))
    return bool(letters) and not letters[end].isspace() and not _is_sign(letters[end])


def _is_uneven(url: str) -> bool:
    """Whether its brackets would end the link early."""
    depth = 0
    for sign in url:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return True
    return depth != 0
