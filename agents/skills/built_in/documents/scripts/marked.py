"""Markdown as blocks: what a document is written from. Everything that is not understood stays as text."""

import re
from dataclasses import dataclass, field

LEFT, UP = "<<", "^^"
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_ITEM = re.compile(r"( *)([-*+]|\d{1,4}[.)])\s+(.*)$")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)\s*$")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]:\s*(.*)$")
_RULE = re.compile(r"(-\s*){3,}$|(\*\s*){3,}$|(_\s*){3,}$")
_DIVIDER = re.compile(r"\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<bold>.+?)\*\*|__(?P<bold2>\S.*?)__|(?<![\w*])\*(?P<italic>[^*\s](?:[^*]*[^*\s])?)\*"
    r"|\[\^(?P<note>[^\]\s]+)\]|\[(?P<label>[^\]]+)\]\((?P<link>[^)\s]+)\)|\\(?P<sign>[\\`*_\[\]|#])"
)


@dataclass
class MarkedRun:
    """A piece of text in one way; `note` names a footnote, `link` is an address."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""
    note: str = ""


@dataclass
class MarkedBlock:
    """A heading, paragraph, item, quote, code, table, picture or rule; `level` is that of headings and items."""

    kind: str
    runs: list[MarkedRun] = field(default_factory=list)
    level: int = 0
    ordered: bool = False
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)
    aligns: list[str] = field(default_factory=list)


def read(text: str) -> tuple[list[MarkedBlock], dict[str, str]]:
    """The blocks of a text, and its footnotes by their names."""
    lines = text.replace("\r\n", "\n").lstrip("\ufeff").split("\n")
    blocks: list[MarkedBlock] = []
    notes: dict[str, str] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        if found := _FOOTNOTE.match(line):
            notes[found[1]] = found[2]
        elif line.lstrip().startswith("```"):
            end = next((n for n in range(at + 1, len(lines)) if lines[n].lstrip().startswith("```")), len(lines))
            blocks.append(MarkedBlock("code", text="\n".join(lines[at + 1 : end])))
            at = end
        elif "|" in line and at + 1 < len(lines) and "|" in lines[at + 1] and _DIVIDER.match(lines[at + 1].strip()):
            end = next((n for n in range(at + 2, len(lines)) if "|" not in lines[n]), len(lines))
            blocks.append(_table(lines[at:end]))
            at = end - 1
        else:
            _line(line, blocks)
        at += 1
    return [block for block in blocks if block.kind != "gap"], notes


def _line(line: str, blocks: list[MarkedBlock]) -> None:
    last = blocks[-1] if blocks else None
    if not line.strip():
        blocks.append(MarkedBlock("gap"))
    elif found := _HEADING.match(line):
        blocks.append(MarkedBlock("heading", runs(found[2]), level=len(found[1])))
    elif _RULE.match(line.strip()):
        blocks.append(MarkedBlock("rule"))
    elif found := _PICTURE.match(line.strip()):
        blocks.append(MarkedBlock("picture", runs(found[1]), text=found[2]))
    elif found := _ITEM.match(line):
        blocks.append(MarkedBlock("item", runs(found[3]), level=len(found[1]) // 2, ordered=found[2][0].isdigit()))
    elif line.startswith(">"):
        _more(last, "quote", line.lstrip("> "), blocks)
    elif last and last.kind == "item" and line.startswith("  "):
        last.runs += runs(" " + line.strip())
    else:
        _more(last, "paragraph", line.strip(), blocks)


def _more(last: "MarkedBlock | None", kind: str, text: str, blocks: list[MarkedBlock]) -> None:
    """Go on with a block of that kind, or begin one. Between Chinese signs a line break is no blank."""
    if last and last.kind == kind:
        before = last.runs[-1].text[-1:] if last.runs else ""
        wide = before > "\u2e7f" and text[:1] > "\u2e7f"
        last.runs += runs(text if wide else " " + text)
    else:
        blocks.append(MarkedBlock(kind, runs(text)))


def _table(lines: list[str]) -> MarkedBlock:
    rows = [_cells(line) for line in (lines[0], *lines[2:])]
    width = max(map(len, rows))
    marks = [cell.strip() for cell in _cells(lines[1])]
    aligns = ["center" if m[:1] == m[-1:] == ":" else "right" if m[-1:] == ":" else "left" for m in marks]
    return MarkedBlock(
        "table", rows=[row + [""] * (width - len(row)) for row in rows], aligns=aligns + ["left"] * width
    )


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner.removesuffix("|") if not inner.endswith("\\|") else inner
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]


def spans(rows: list[list[str]]) -> list[tuple[int, int, int, int]]:
    """The joined cells of a table: first row, first column, last row, last column."""
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            beside = (r, c - 1) if cell == LEFT and c else (r - 1, c) if cell == UP and r else None
            owner[r, c] = owner[beside] if beside else (r, c)
    found: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for cell, own in owner.items():
        found.setdefault(own, []).append(cell)
    return [
        (*own, max(r for r, _ in cells), max(c for _, c in cells)) for own, cells in found.items() if len(cells) > 1
    ]


def runs(text: str) -> list[MarkedRun]:
    """The pieces of a line."""
    found: list[MarkedRun] = []
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            found.append(MarkedRun(text[at : match.start()]))
        at = match.end()
        if match["code"]:
            found.append(MarkedRun(match["code"], code=True))
        elif bold := match["bold"] or match["bold2"]:
            found += [_with(run, bold=True) for run in runs(bold)]
        elif match["italic"]:
            found += [_with(run, italic=True) for run in runs(match["italic"])]
        elif match["note"]:
            found.append(MarkedRun("", note=match["note"]))
        elif match["link"]:
            found.append(MarkedRun(match["label"], link=match["link"]))
        else:
            found.append(MarkedRun(match["sign"]))
    if at < len(text):
        found.append(MarkedRun(text[at:]))
    return found


def _with(run: MarkedRun, *, bold: bool = False, italic: bool = False) -> MarkedRun:
    run.bold, run.italic = run.bold or bold, run.italic or italic
    return run


def plain(text: str) -> str:
    """The words of a line without their marks."""
    return "".join(run.text for run in runs(text))
