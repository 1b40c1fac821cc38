"""Writes slides from Markdown: write_pptx.py in.md out.pptx [--template F]. A `#` heading begins a slide."""

import argparse
import sys
from pathlib import Path

import marked
from pptx import Presentation
from pptx.util import Emu, Inches, Pt

NOTE = ("note:", "notes:", "备注：", "备注:")
_TITLE, _CONTENT, _TITLE_ONLY = 0, 1, 5
_SMALL, _LEFT = Pt(14), Inches(0.6)


def main() -> None:
    """Write it, and say what was written."""
    reader = argparse.ArgumentParser()
    reader.add_argument("source", type=Path)
    reader.add_argument("target", type=Path)
    reader.add_argument("--template", type=Path)
    given = reader.parse_args()
    blocks, _ = marked.read(given.source.read_text(encoding="utf-8-sig"))
    deck = Presentation(str(given.template)) if given.template else _new()
    slides = list(_slides(blocks))
    for number, slide in enumerate(slides):
        _add(deck, slide, given.source.parent, is_first=not number)
    given.target.parent.mkdir(parents=True, exist_ok=True)
    deck.save(str(given.target))
    crowded = [str(number) for number, slide in enumerate(slides, 1) if sum(b.kind == "item" for b in slide) > 8]
    print(f"wrote {given.target}: {len(slides)} slides" + (f"; too full: {', '.join(crowded)}" if crowded else ""))


def _new():
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    return deck


def _slides(blocks: list[marked.MarkedBlock]):
    slide: list[marked.MarkedBlock] = []
    for block in blocks:
        if block.kind == "rule" or (block.kind == "heading" and block.level <= 2 and slide):
            if slide:
                yield slide
            slide = []
        if block.kind != "rule":
            slide.append(block)
    if slide:
        yield slide


def _add(deck, blocks: list[marked.MarkedBlock], folder: Path, *, is_first: bool) -> None:
    title = blocks[0] if blocks[0].kind == "heading" else None
    rest, notes = _apart(blocks[1:] if title else blocks)
    texts = [b for b in rest if b.kind in {"paragraph", "item", "quote", "code", "heading"}]
    others = [b for b in rest if b.kind in {"table", "picture"}]
    is_title = is_first and not others and all(b.kind == "paragraph" for b in texts)
    layout = _TITLE if is_title else _CONTENT if texts else _TITLE_ONLY
    slide = deck.slides.add_slide(deck.slide_layouts[layout])
    _stretch(deck, slide)
    if title and slide.shapes.title is not None:
        _fill(slide.shapes.title.text_frame.paragraphs[0], title.runs)
    room_from = Inches(1.6)
    if texts:
        body = slide.placeholders[1]
        _texts(body.text_frame, texts)
        if others:
            body.height = Inches(min(2.4, 0.5 + 0.4 * len(texts)))
            room_from = body.top + body.height + Inches(0.1)
    for block in others:
        room_from = _other(deck, slide, block, folder, room_from)
    if notes:
        slide.notes_slide.notes_text_frame.text = "\n".join(notes)


def _apart(blocks: list[marked.MarkedBlock]) -> tuple[list[marked.MarkedBlock], list[str]]:
    """What is on the slide, and what is only said."""
    notes, rest = [], []
    for block in blocks:
        text = "".join(run.text for run in block.runs)
        start = next((each for each in NOTE if text.lower().startswith(each)), "")
        if start and block.kind == "paragraph":
            notes.append(text[len(start) :].strip())
        else:
            rest.append(block)
    return rest, notes


def _stretch(deck, slide) -> None:
    """The usual layouts are made for narrow slides: give what they hold the width of this one."""
    for shape in slide.placeholders:
        left, top, height = Inches(0.6), shape.top, shape.height
        shape.left, shape.top, shape.width, shape.height = left, top, deck.slide_width - 2 * left, height


def _texts(frame, blocks: list[marked.MarkedBlock]) -> None:
    for number, block in enumerate(blocks):
        paragraph = frame.paragraphs[0] if not number else frame.add_paragraph()
        paragraph.level = min(block.level, 4) if block.kind == "item" else 0
        _fill(paragraph, [marked.MarkedRun(block.text, code=True)] if block.kind == "code" else block.runs)


def _fill(paragraph, runs: list[marked.MarkedRun]) -> None:
    for run in runs:
        added = paragraph.add_run()
        added.text = run.text or (f"[{run.note}]" if run.note else "")
        if run.bold:
            added.font.bold = True
        if run.italic:
            added.font.italic = True
        if run.code:
            added.font.name = "Consolas"
        if run.link:
            added.hyperlink.address = run.link


def _other(deck, slide, block: marked.MarkedBlock, folder: Path, top: int) -> int:
    """Add a table or a picture below that height; where it ends."""
    width, room = deck.slide_width - 2 * _LEFT, deck.slide_height - top - Inches(0.3)
    if block.kind == "picture":
        place = folder / block.text
        if not place.is_file():
            sys.exit(f"there is no picture {block.text}; paths are relative to the Markdown file")
        picture = slide.shapes.add_picture(str(place), _LEFT, top)
        scale = min(width / picture.width, room / picture.height, 1)
        picture.width, picture.height = int(picture.width * scale), int(picture.height * scale)
        picture.left = (deck.slide_width - picture.width) // 2
        return top + picture.height
    height = Emu(min(room, Inches(0.4) * len(block.rows)))
    table = slide.shapes.add_table(len(block.rows), len(block.rows[0]), _LEFT, top, width, height).table
    for r, row in enumerate(block.rows):
        for c, text in enumerate(row):
            if text not in {marked.LEFT, marked.UP}:
                paragraph = table.cell(r, c).text_frame.paragraphs[0]
                _fill(paragraph, marked.runs(text))
                paragraph.font.size = _SMALL
    for first_row, first, last_row, last in marked.spans(block.rows):
        table.cell(first_row, first).merge(table.cell(last_row, last))
    return top + height


if __name__ == "__main__":
    main()
