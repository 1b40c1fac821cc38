"""Reads `winmail.dat`, in which Outlook packs words and files for other Outlooks.

[MS-OXTNEF] describes it. Words and files are read and nothing else, and never beyond what a length says is there.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_SIGNATURE = 0x223E9F78
_BODY, _PROPERTIES, _CODE_PAGE = 0x800C, 0x9003, 0x9007
_BEGINS_FILE, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_TEXT_8, _TEXT_16, _BYTES, _OBJECT = 0x1E, 0x1F, 0x102, 0x0D
_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset({_TEXT_8, _TEXT_16, _BYTES, _OBJECT})
_MANY = 0x1000
_NAMED_FROM = 0x8000
_PLAIN, _HTML, _LONG_NAME, _SHOWN_NAME, _MEDIA_TYPE, _DATA = 0x1000, 0x1013, 0x3707, 0x3001, 0x370E, 0x3701
_MOST = 100_000
_DEFAULT_PAGE = 1252


class BrokenWinmail(ValueError):
    """This is no winmail.dat, or a broken one."""


@dataclass(slots=True)
class Packed:
    """A file in it."""

    name: str = ""
    media_type: str = ""
    content: bytes = b""


@dataclass(slots=True)
class WinmailFiles:
    """What is in it. `html` is the page of the mail where it has one, `text` its plain words."""

    text: str = ""
    html: str = ""
    files: list[Packed] = field(default_factory=list)


def unpacked(content: bytes) -> WinmailFiles:
    """Raises NotReadable."""
    try:
        return _unpacked(content)
    except (struct.error, IndexError, LookupError, OverflowError) as error:
        raise BrokenWinmail(str(error)) from error


def _unpacked(content: bytes) -> WinmailFiles:
    found, page = WinmailFiles(), f"cp{_DEFAULT_PAGE}"
    for kind, value in _attributes(content):
        if kind == _CODE_PAGE:
            page = _page(struct.unpack_from("<I", value)[0])
        elif kind == _BODY:
            found.text = value.rstrip(b"\0").decode(page, "replace")
        elif kind == _PROPERTIES:
            _fill(found, dict(_properties(value, page)), page)
        elif kind == _BEGINS_FILE:
            found.files.append(Packed())
        elif found.files and kind == _FILE_TITLE:
            found.files[-1].name = found.files[-1].name or value.rstrip(b"\0").decode(page, "replace")
        elif found.files and kind == _FILE_DATA:
            found.files[-1].content = value
        elif found.files and kind == _FILE_PROPERTIES:
            _name(found.files[-1], dict(_properties(value, page)))
    return found


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and value of each attribute: level, number and type, length, value, sum (2.1.3)."""
    if len(content) < 6 or struct.unpack_from("<I", content)[0] != _SIGNATURE:  # noqa: PLR2004 -- signature and key
        raise BrokenWinmail("it does not begin as a winmail.dat does")
    at = 6
    while at + 9 <= len(content):
        _, number, length = struct.unpack_from("<BII", content, at)
        at += 9
        if at + length > len(content):
            raise BrokenWinmail("it is cut short")
        yield number & 0xFFFF, content[at : at + length]
        at += length + 2


def _properties(value: bytes, page: str) -> Iterator[tuple[int, str | bytes]]:
    """The texts and bytes among MAPI properties (2.1.3.4); others are passed over by their sizes."""
    count, at = struct.unpack_from("<I", value)[0], 4
    for _ in range(min(count, _MOST)):
        kind, number = struct.unpack_from("<HH", value, at)
        at += 4
        if number >= _NAMED_FROM:
            at = _after_name(value, at)
        is_many, kind = bool(kind & _MANY), kind & ~_MANY
        times = 1
        if is_many or kind in _VARIABLE:
            times, at = struct.unpack_from("<I", value, at)[0], at + 4
        for _ in range(min(times, _MOST)):
            if at > len(value):
                raise BrokenWinmail("it is cut short")
            if kind not in _VARIABLE:
                at += _SIZES[kind]
                continue
            length = struct.unpack_from("<I", value, at)[0]
            inside = value[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4
            if kind == _TEXT_16:
                yield number, inside.decode("utf-16-le", "replace").rstrip("\0")
            elif kind == _TEXT_8:
                yield number, inside.rstrip(b"\0").decode(page, "replace")
            else:
                yield number, inside[16:] if kind == _OBJECT else inside


def _after_name(value: bytes, at: int) -> int:
    """Behind the name of a property that has one: a GUID, and a number or a text."""
    is_text = struct.unpack_from("<I", value, at + 16)[0]
    if not is_text:
        return at + 24
    length = struct.unpack_from("<I", value, at + 20)[0]
    return at + 24 + int(length) + -int(length) % 4


def _fill(found: WinmailFiles, told: dict[int, str | bytes], page: str) -> None:
    plain, html = told.get(_PLAIN), told.get(_HTML)
    found.text = found.text or (plain if isinstance(plain, str) else "")
    found.html = html.decode(page, "replace") if isinstance(html, bytes) else html or ""


def _name(packed: Packed, told: dict[int, str | bytes]) -> None:
    for number in (_SHOWN_NAME, _LONG_NAME):
        if isinstance(name := told.get(number), str) and name:
            packed.name = name
    if isinstance(media_type := told.get(_MEDIA_TYPE), str):
        packed.media_type = media_type.lower()
    if isinstance(content := told.get(_DATA), bytes) and not packed.content:
        packed.content = content


def _page(number: int) -> str:
    return "utf-8" if number == 65001 else f"cp{number}"  # noqa: PLR2004 -- the number of UTF-8
