"""Documents made for a test: the smallest that Word, PowerPoint, Acrobat and Jupyter would open."""

import io
import json
from collections.abc import Mapping, Sequence
from zipfile import ZIP_DEFLATED, ZipFile

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_P = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_RELS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def zipped(parts: Mapping[str, str]) -> bytes:
    """An archive of these parts."""
    held = io.BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return held.getvalue()


def docx(body: str, *, styles: str = "", **more: str) -> bytes:
    """A Word file with that inner XML as its body, and other parts of `word/` by their names."""
    parts = {"word/document.xml": f"<w:document {_W}><w:body>{body}</w:body></w:document>"}
    parts["word/styles.xml"] = f"<w:styles {_W}>{styles}</w:styles>"
    parts |= {f"word/{name}.xml": f"<w:{name} {_W}>{text}</w:{name}>" for name, text in more.items()}
    return zipped(parts)


def pptx(slides: Sequence[str], notes: Mapping[int, str] | None = None) -> bytes:
    """A presentation of slides with that inner XML, stored in the opposite order, and notes by number of slide."""
    count = len(slides)
    files = {number: count + 1 - number for number in range(1, count + 1)}
    ids = "".join(f'<p:sldId id="{255 + number}" r:id="r{number}"/>' for number in files)
    links = "".join(
        f'<Relationship Id="r{number}" Type="{_KIND}/slide" Target="slides/slide{file}.xml"/>'
        for number, file in files.items()
    )
    parts = {
        "ppt/presentation.xml": f"<p:presentation {_P}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": f"<Relationships {_RELS}>{links}</Relationships>",
    }
    for number, file in files.items():
        inner = slides[number - 1]
        parts[f"ppt/slides/slide{file}.xml"] = f"<p:sld {_P}><p:cSld><p:spTree>{inner}</p:spTree></p:cSld></p:sld>"
        if text := (notes or {}).get(number):
            link = f'<Relationship Id="n" Type="{_KIND}/notesSlide" Target="../notesSlides/notes{file}.xml"/>'
            parts[f"ppt/slides/_rels/slide{file}.xml.rels"] = f"<Relationships {_RELS}>{link}</Relationships>"
            parts[f"ppt/notesSlides/notes{file}.xml"] = f"<p:notes {_P}>{shape(text)}</p:notes>"
    return zipped(parts)


def shape(*lines: str) -> str:
    """A box of a slide with these paragraphs."""
    paragraphs = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
    return f"<p:sp><p:txBody>{paragraphs}</p:txBody></p:sp>"


def pdf(pages: Sequence[str]) -> bytes:
    """A PDF with a line of ASCII on each page."""
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, text in enumerate(pages):
        shown = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode() if text else b""
        about = f"/Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * at} 0 R"
        objects.append(f"<< /Type /Page {about} /Resources << /Font << /F1 3 0 R >> >> >>".encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown))
    whole, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    begins = len(whole)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return (
        whole
        + head
        + table
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (
            len(objects) + 1,
            begins,
        )
    )


def notebook(*cells: Mapping[str, object]) -> bytes:
    """A notebook of these cells."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
