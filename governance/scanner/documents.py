"""The words of documents inside a package, as a model would get them: PDF by pypdf, Office files by their own parts.

Office files are read part by part, since libraries leave out what is hidden, and that is what matters here: comments,
notes, hidden words, properties. Everything is bounded; what could not be read whole is said to be uncertain.
"""

import io
import re
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from governance.packages.package import PackageFile
from governance.scanner.report import ScanFinding, ScanVerdict, finding

MOST_SECONDS = 0.7
"""Of the processor, for one document: beyond it the rest is not read, and a person is asked."""
MOST_DOCUMENT_BYTES = 8 << 20
_MOST_PART_BYTES = 4 << 20
_MOST_TEXT = 1 << 20
_MOST_PARTS = 400
_WORDS = re.compile(r"(?:word|ppt|xl|docProps|customXml)/.*\.(?:xml|rels)$|(?:content|meta)\.xml$")
_ENDS = re.compile(
    r"</(?:w:p|a:p|si|row|text:p|text:h|c|Relationship|dc:\w+|cp:\w+|vt:\w+)>|<w:br/>|/>(?=<Relationship)"
)
_TAGS = re.compile(r"<[^>]{0,4000}>")
_HIDDEN_RUNS = re.compile(
    r"<w:r(?: [^>]*)?>(?:(?!</w:r>).)*?<w:(?:vanish(?: w:val=\"(?:1|true|on)\")?/>"
    r"|color w:val=\"FFFFFF\"|sz w:val=\"[1-4]\"/)"
    r"(?:(?!</w:r>).)*?</w:r>",
    re.DOTALL,
)
_REMOTE = re.compile(
    r"<Relationship\b(?=[^>]*TargetMode=\"External\")(?=[^>]*/(?:attachedTemplate|oleObject|frame|subDocument|image|externalLinkPath)\")"
    r"[^>]*Target=\"(https?:[^\"]+|file:[^\"]+|\\\\[^\"]+)\""
)
_DYNAMIC = re.compile(
    r"\bDDE(?:AUTO)?\b\s|\bINCLUDE(?:PICTURE|TEXT)\s+\W*https?:|\bWEBSERVICE\s*\(|=\s*cmd\s*\|", re.IGNORECASE
)
_PDF_ACTS = ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData")


@dataclass(slots=True)
class DocumentWords:
    """What was read of a document: its words, those that no reader sees, and what about it is odd."""

    shown: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    findings: list[ScanFinding] = field(default_factory=list)


def words_of_document(file: PackageFile) -> DocumentWords:
    """The words of a document; with a finding where it is locked, damaged, too large or could not be read whole."""
    words = DocumentWords()
    if len(file.content) > MOST_DOCUMENT_BYTES:
        words.findings.append(_unread(file))
        return words
    try:
        if file.content.startswith(b"%PDF-"):
            _read_pdf(file, words)
        elif file.content.startswith(b"PK"):
            _read_office(file, words)
        else:
            words.findings.append(_unread(file))
    except Exception:  # noqa: BLE001  # what breaks a reader is what somebody hostile would send
        words.findings.append(_unread(file))
    return words


def _unread(file: PackageFile) -> ScanFinding:
    return finding("uncertain.document", ScanVerdict.WARN, file.path, snippet=file.content[:12].hex(" "))


def _read_pdf(file: PackageFile, words: DocumentWords) -> None:
    from pypdf import PdfReader  # noqa: PLC0415  # with the first PDF

    reader: Any = PdfReader(io.BytesIO(file.content))
    if reader.is_encrypted and not reader.decrypt(""):
        words.findings.append(_unread(file))
        return
    began = time.process_time()
    words.shown.extend(str(value) for value in (reader.metadata or {}).values())
    pages = len(reader.pages)
    for number in range(pages):
        if time.process_time() - began > MOST_SECONDS or sum(map(len, words.shown)) > _MOST_TEXT:
            words.findings.append(_unread(file))
            break
        page = reader.pages[number]
        words.shown.append(str(page.extract_text()))
        words.shown.extend(_notes_of(page))
    root = str(reader.trailer.get("/Root", {}).get_object())
    acts = [act for act in _PDF_ACTS if act in root or act.encode() in file.content]
    if acts:
        severity = ScanVerdict.BLOCK if "/Launch" in acts else ScanVerdict.WARN
        words.findings.append(finding("document.acts", severity, file.path, snippet=" ".join(acts)))


def _notes_of(page: Any) -> Iterator[str]:
    """Comments on a page, and the addresses behind its links."""
    for each in page.get("/Annots") or ():
        note = each.get_object()
        yield str(note.get("/Contents") or "")
        action = note.get("/A")
        if action is not None:
            yield str(action.get_object().get("/URI") or "")


def _read_office(file: PackageFile, words: DocumentWords) -> None:
    archive = zipfile.ZipFile(io.BytesIO(file.content))
    entries = archive.infolist()
    if len(entries) > _MOST_PARTS or any(entry.flag_bits & 1 for entry in entries):
        words.findings.append(_unread(file))
    for entry in entries[:_MOST_PARTS]:
        if entry.filename.endswith("vbaProject.bin") or "/activeX/" in entry.filename:
            words.findings.append(finding("document.acts", ScanVerdict.WARN, file.path, snippet=entry.filename))
        if not _WORDS.match(entry.filename) or entry.filename.startswith(("word/theme", "ppt/theme", "xl/theme")):
            continue
        with archive.open(entry) as part:
            raw = part.read(_MOST_PART_BYTES + 1)
        if len(raw) > _MOST_PART_BYTES:
            words.findings.append(_unread(file))
        _read_part(file, entry.filename, raw[:_MOST_PART_BYTES].decode("utf-8", "replace"), words)


def _read_part(file: PackageFile, name: str, part: str, words: DocumentWords) -> None:
    for found in _REMOTE.finditer(part):
        is_code = re.search(r"/(?:attachedTemplate|oleObject|frame|subDocument)\"", found[0])
        severity = ScanVerdict.BLOCK if is_code else ScanVerdict.WARN
        words.findings.append(finding("document.remote", severity, file.path, snippet=f"{name}: {found[1]}"))
    if name.endswith(".rels"):
        words.shown.extend(re.findall(r'Target="(https?:[^"]+)"', part))
        return
    words.hidden.extend(_plain(run[0]) for run in _HIDDEN_RUNS.finditer(part[:_MOST_TEXT]))
    text = _plain(part)
    if found_field := _DYNAMIC.search(text):
        words.findings.append(finding("document.remote", ScanVerdict.BLOCK, file.path, snippet=found_field[0]))
    if "docProps/" in name or re.search(r"[^\W\d_]{3}", text):
        words.shown.append(text[:_MOST_TEXT])


def _plain(part: str) -> str:
    """The words of a part, a line for each paragraph, row or property."""
    return re.sub(r"\n{3,}", "\n\n", unescape(_TAGS.sub("", _ENDS.sub("\n", part))))
