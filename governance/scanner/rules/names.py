"""Packages whose names are those of well-known ones but for a letter, and packages that come from nowhere known."""

import re
from collections.abc import Iterator

from governance.scanner.pieces import ScanPiece
from governance.scanner.report import ScanFinding, ScanVerdict, finding
from governance.scanner.rules.hosts import Trust, trust_of
from governance.scanner.rules.written_patterns import WrittenPattern

_KNOWN = frozenset(
    {
        *("requests", "numpy", "pandas", "scipy", "flask", "django", "fastapi", "urllib3", "boto3", "botocore"),
        *("cryptography", "setuptools", "beautifulsoup4", "selenium", "tensorflow", "keras", "pytorch", "matplotlib"),
        *("pillow", "pyyaml", "sqlalchemy", "openai", "anthropic", "langchain", "colorama", "pydantic", "transformers"),
        *("playwright", "paramiko", "scrapy", "tornado", "twisted", "psycopg2", "pymongo", "celery", "jinja2", "httpx"),
        *("aiohttp", "lodash", "express", "react", "axios", "webpack", "typescript", "eslint", "prettier", "moment"),
        *("chalk", "commander", "dotenv", "mongoose", "puppeteer", "nodemon", "cross-env", "electron"),
        *("jquery", "socket.io"),
    }
)
_REAL = frozenset(
    {
        *("request", "transformer", "psycopg", "panda", "preact", "requests2", "lodash-es", "pydantic2", "chalk2"),
        *("commanders", "httpx2", "boto", "numba", "selenide", "reactor", "keras2", "moments", "pandas2", "celery2"),
    }
)
"""Near to well-known ones, and not meant to be taken for them."""
_INSTALLS = WrittenPattern("names.installs")
_WORD = re.compile(r"@?[A-Za-z][\w./-]*")
_EXTRAS = re.compile(r"\[[^\]]*\]|(?<=\s)#.*|--?[\w-]+(?:[ =]\S+)?")
_FROM = WrittenPattern("names.source")
_BLOCK, _WARN, _OK = ScanVerdict.BLOCK, ScanVerdict.WARN, ScanVerdict.OK


def name_findings(piece: ScanPiece) -> Iterator[ScanFinding]:
    """Packages that a piece installs or needs and that are not what they seem."""
    for found in list(_INSTALLS.finditer(piece.text))[:60]:
        for word in _WORD.findall(_EXTRAS.sub("", found[1] or found[2])):
            yield from _like(word, piece, found.start())
    if re.search(r"(?:^|/)requirements[\w-]*\.txt$", piece.file):
        for found in re.finditer(r"^([A-Za-z][\w.-]*)", piece.text, re.MULTILINE):
            yield from _like(found[1], piece, found.start())
    for found in list(_FROM.finditer(piece.text))[:10]:
        source = found[1] or found[2]
        trust = trust_of(source.removeprefix("git+"))
        if trust is Trust.ILL or (found[1] and "http://" in source and trust is Trust.ORDINARY):
            yield _at(piece, found.start(), "package.source", _BLOCK, found[0])
        elif trust is Trust.ORDINARY and "://" in source:
            yield _at(piece, found.start(), "package.source", _WARN, found[0])


def _like(word: str, piece: ScanPiece, at: int) -> Iterator[ScanFinding]:
    name = word.lower().replace("_", "-").partition("[")[0]
    if name in _KNOWN or name in _REAL or len(name) < 5 or "/" in name:  # noqa: PLR2004  # short names are near to many
        return
    close = next((known for known in _KNOWN if len(known) > 5 and _is_near(name, known)), None)  # noqa: PLR2004  # as above
    if close:
        yield _at(piece, at, "package.look_alike", _BLOCK, word, name=word, other=close)


def _is_near(name: str, known: str) -> bool:
    """Whether one letter was changed, added, left out, doubled, or two were swapped."""
    if abs(len(name) - len(known)) > 1:
        return False
    at = next(
        (i for i, (one, other) in enumerate(zip(name, known, strict=False)) if one != other), min(len(name), len(known))
    )
    rest, other = name[at:], known[at:]
    return (
        rest[1:] == other[1:]
        or rest[1:] == other
        or rest == other[1:]
        or (rest[:2] == other[:2][::-1] and rest[2:] == other[2:])
    )


def _at(piece: ScanPiece, at: int, rule: str, severity: ScanVerdict, shown: str, **about: str) -> ScanFinding:
    return finding(rule, severity, piece.file, piece.line + piece.text.count("\n", 0, at), shown, **about)
