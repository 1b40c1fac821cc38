"""The text of Word and PowerPoint files, in their order: headings, lists, tables, notes.

What was struck out with changes tracked is left out, and what was put in is there. It refuses parts that unpack to more
than `MOST_PART_BYTES`.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from xml.etree.ElementTree import Element, fromstring
from zipfile import BadZipFile, ZipFile

from agents.files.documents.bounds import DocumentBounds, DocumentWrong

MOST_PART_BYTES = 48 << 20
_UNSEEN = frozenset({"Fallback", "del", "moveFrom", "pPr", "rPr", "txbxContent"})
_SIGNS = {"br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t", "tab": "\t"}
_BODY = 9
_HEADING = re.compile(r"(?:heading|标题)\s*(\d)", re.IGNORECASE)


def word(file: BinaryIO, _: DocumentBounds) -> Iterator[str]:
    """The lines of a docx."""
    with _opened(file) as archive:
        body = _part(archive, "word/document.xml")
        if body is None:
            raise DocumentWrong("it holds no Word document")
        yield from _blocks(body, _starts(_part(archive, "word/styles.xml")))
        for name, what in (("footnotes", "^"), ("endnotes", "^"), ("comments", "comment ")):
            yield from _notes(_part(archive, f"word/{name}.xml"), what)
        names = sorted(name for name in archive.namelist() if re.fullmatch(r"word/(header|footer)\d*\.xml", name))
        around = dict.fromkeys(line for name in names for line in _blocks(_part(archive, name), {}) if line.strip())
        if around:
            yield from ("", "## Headers and footers", *around)


def slides(file: BinaryIO, bounds: DocumentBounds) -> Iterator[str]:
    """The lines of a pptx, slide by slide."""
    with _opened(file) as archive:
        whole = _part(archive, "ppt/presentation.xml")
        if whole is None:
            raise DocumentWrong("it holds no presentation")
        links = _links(archive, "ppt/presentation.xml")
        shown = [_value(each, "id", last=True) for each in whole.iter() if _name(each) == "sldId"]
        parts = [links[link][1] for link in shown if link in links]
        bounds.tell(f"{len(parts)} {'slide' if len(parts) == 1 else 'slides'}")
        for number, part in enumerate(parts, 1):
            if bounds.is_over():
                yield f"[stopped before slide {number} of {len(parts)}: it took too long]"
                return
            yield from _slide(archive, part, number)


def _slide(archive: ZipFile, part: str, number: int) -> Iterator[str]:
    slide = _part(archive, part)
    if slide is None:
        return
    hidden = " (hidden)" if _value(slide, "show") == "0" else ""
    yield from ("", f"## Slide {number}{hidden}")
    yield from _drawn(slide)
    for kind, target in _links(archive, part).values():
        if kind.endswith("/notesSlide"):
            notes = [line for line in _drawn(_part(archive, target)) if line.strip() and line.strip() != str(number)]
            if notes:
                yield from ("", "Notes:", *notes)


def _drawn(element: Element | None) -> Iterator[str]:
    """Paragraphs and tables of a slide."""
    for child in element if element is not None else ():
        name = _name(child)
        if name == "tbl":
            yield from _table(child, {})
        elif name == "p":
            level = next((int(_value(each, "lvl") or 0) for each in child if _name(each) == "pPr"), 0)
            if text := _inline(child).strip():
                yield from f"{'  ' * min(level, 8)}{text}".split("\n")
        elif name not in _UNSEEN:
            yield from _drawn(child)


def _blocks(element: Element | None, starts: Mapping[str, str]) -> Iterator[str]:
    """Paragraphs and tables in their order, and what stands in boxes after the paragraph that holds them."""
    for child in element if element is not None else ():
        name = _name(child)
        if name == "tbl":
            yield from ("", *_table(child, starts), "")
        elif name == "p":
            yield from _paragraph(child, starts).split("\n")
            for box in _boxes(child):
                yield from _blocks(box, starts)
        elif name not in _UNSEEN:
            yield from _blocks(child, starts)


def _paragraph(element: Element, starts: Mapping[str, str]) -> str:
    text = _inline(element)
    about = next((each for each in element if _name(each) == "pPr"), None)
    if about is None or not text.strip():
        return text
    marks = {_name(each): each for each in about}
    level = _level(_value(marks.get("outlineLvl"), "val"))
    start = f"{'#' * level} " if level else starts.get(_value(marks.get("pStyle"), "val"), "")
    if "numPr" in marks and not start.startswith("#"):
        depth = next((_value(each, "val") for each in marks["numPr"] if _name(each) == "ilvl"), "0")
        start = f"{'  ' * min(int(depth) if depth.isdigit() else 0, 8)}- "
    return f"{start}{text}"


def _level(outline: str) -> int:
    """The level of heading by that of the outline, which counts from 0; 0 for body text."""
    return min(int(outline) + 1, 6) if outline.isdigit() and int(outline) < _BODY else 0


def _table(element: Element, starts: Mapping[str, str]) -> Iterator[str]:
    for row in _within(element, "tr"):
        cells = [" ".join(filter(None, (line.strip() for line in _cell(each, starts)))) for each in _within(row, "tc")]
        whole = " | ".join(cell.replace("|", r"\|") for cell in cells)
        yield f"| {whole} |"


def _cell(element: Element, starts: Mapping[str, str]) -> Iterator[str]:
    drawn = next((each for each in element if _name(each) == "txBody"), None)
    return _blocks(element, starts) if drawn is None else _drawn(drawn)


def _within(element: Element, name: str) -> Iterator[Element]:
    """The children of that name, through controls and marks around them."""
    for child in element:
        if _name(child) == name:
            yield child
        elif _name(child) in {"sdt", "sdtContent", "ins", "customXml"}:
            yield from _within(child, name)


def _inline(element: Element) -> str:
    """The text of a paragraph."""
    parts = []
    for child in element:
        name = _name(child)
        if name == "t":
            parts.append(child.text or "")
        elif name in _SIGNS:
            parts.append(_SIGNS[name])
        elif name in {"footnoteReference", "endnoteReference"}:
            parts.append(f"[^{_value(child, 'id')}]")
        elif name not in _UNSEEN:
            parts.append(_inline(child))
    return "".join(parts)


def _boxes(element: Element) -> Iterator[Element]:
    for child in element:
        if _name(child) == "txbxContent":
            yield child
        elif _name(child) not in _UNSEEN:
            yield from _boxes(child)


def _notes(element: Element | None, what: str) -> Iterator[str]:
    for note in element if element is not None else ():
        text = " ".join(line.strip() for line in _blocks(note, {}) if line.strip())
        if text:
            by = f" by {author}" if (author := _value(note, "author")) else ""
            yield f"[{what}{_value(note, 'id')}{by}]: {text}"


def _starts(styles: Element | None) -> dict[str, str]:
    """What a paragraph of each style begins with: the signs of a heading, or of a list."""
    starts: dict[str, str] = {}
    for style in styles if styles is not None else ():
        marks = {_name(each): _value(each, "val") for each in style.iter()}
        found = _HEADING.fullmatch(marks.get("name", ""))
        level = int(found[1]) if found else _level(marks.get("outlineLvl", ""))
        if marks.get("name", "").casefold() in {"title", "标题"}:
            level = 1
        start = "#" * min(level, 6) if level else "-" if "numPr" in marks else ""
        if start:
            starts[_value(style, "styleId")] = f"{start} "
    return starts


def _links(archive: ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Of the links of a part, by their ids, the kind and the part that each leads to."""
    folder, name = posixpath.split(part)
    found = _part(archive, f"{folder}/_rels/{name}.rels")
    links = {}
    for link in found if found is not None else ():
        target = posixpath.normpath(posixpath.join(folder, _value(link, "Target"))).lstrip("/")
        links[_value(link, "Id")] = (_value(link, "Type"), target)
    return links


def _opened(file: BinaryIO) -> ZipFile:
    try:
        return ZipFile(file)
    except BadZipFile as problem:
        raise DocumentWrong("it is damaged: its archive cannot be opened") from problem


def _part(archive: ZipFile, name: str) -> Element | None:
    try:
        with archive.open(name) as packed:
            data = packed.read(MOST_PART_BYTES + 1)
    except KeyError:
        return None
    if len(data) > MOST_PART_BYTES:
        raise DocumentWrong(f"a part of it unpacks to more than {MOST_PART_BYTES >> 20} MB")
    return fromstring(data)  # noqa: S314  # in a process that has neither network, files nor much memory


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: Element | None, name: str, *, last: bool = False) -> str:
    """An attribute by its name in any namespace; the `last` of several, as a link beside a number."""
    found = [value for key, value in element.items() if key.rpartition("}")[2] == name] if element is not None else []
    return found[-1 if last else 0] if found else ""
