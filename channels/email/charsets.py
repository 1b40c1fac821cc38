"""Names of character sets as mail programs mean them: the larger set that a name stands for in practice.

Programs write GB18030 and say gb2312, write windows-1252 and say iso-8859-1. Browsers read them so as well
(encoding.spec.whatwg.org, "names and labels"); each larger set holds all of the smaller one.
"""

import re

_MEANT = {
    "big5": "big5hkscs", "cn-big5": "big5hkscs", "x-x-big5": "big5hkscs",
    "chinese": "gb18030", "cp936": "gb18030", "csgb2312": "gb18030", "gb2312": "gb18030", "gb-2312": "gb18030",
    "gb-2312-80": "gb18030", "gb2312-80": "gb18030", "gbk": "gb18030", "ms936": "gb18030", "windows-936": "gb18030",
    "x-gbk": "gb18030",
    "cp-850": "cp850", "iso-8859-8-i": "iso8859-8", "iso8859-8-i": "iso8859-8",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "l1": "cp1252",
    "iso-8859-9": "cp1254", "iso8859-9": "cp1254", "latin5": "cp1254", "latin-5": "cp1254",
    "iso-8859-11": "cp874", "tis-620": "cp874", "tis620": "cp874", "windows-874": "cp874",
    "csshiftjis": "cp932", "ms-kanji": "cp932", "shift-jis": "cp932", "sjis": "cp932", "windows-31j": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949", "euckr": "cp949", "korean": "cp949", "ks-c-5601": "cp949", "ks-c-5601-1987": "cp949",
    "ksc5601": "cp949", "ks-c-5601-1989": "cp949", "windows-949": "cp949",
}  # fmt: skip
_UNSAID = frozenset(
    {"", "8bit", "ascii", "us-ascii", "ansi-x3.4-1968", "default", "none", "unknown", "unknown-8bit", "x-unknown"}
)
_SPELT = {"utf": "utf-8", "utf-8mb4": "utf-8", "utf8mb4": "utf-8", "unicode": "utf-8", "utf-8-sig": "utf-8-sig"}
_HIGH = re.compile(rb"[\x80-\xff]+")
_LONG_RUN = 4
_MUCH_LOST = 0.1
_JIS_WIDE = re.compile(rb"\x1b\$[@B]((?:[\x21-\x7e]{2})*)(?:\x1b\([BJ]|\Z)")


def meant(name: str) -> str:
    """The encoding, as Python names it, of text that says it is `name`."""
    plain = name.strip().strip("\"'").lower().replace("_", "-")
    return _MEANT.get(plain) or _SPELT.get(plain) or name


def decoded(content: bytes, name: str) -> str:
    """The text of `content` that says it is `name`; what makes no sense in it becomes U+FFFD.

    What the bytes are is looked for where they say nothing, name what nobody knows, or are not at all what they say.
    """
    if name.strip().lower().replace("_", "-") in _UNSAID:
        return of_bytes(content)
    encoding = meant(name)
    if encoding.lower() == "iso-2022-jp":
        return _of_jis(content)
    try:
        text = content.decode(encoding, "replace")
    except (LookupError, ValueError):  # an encoding that nobody knows, or that reads no text
        return of_bytes(content)
    lost = text.count("\ufffd")
    return of_bytes(content) if lost > _MUCH_LOST * len(text) else text


def of_bytes(content: bytes) -> str:
    """Text whose encoding is not known: UTF-8 where it can be that, then GB18030 where it looks like it."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if not content[: error.start].isascii() and error.start > len(content) - 4:  # cut short in its last sign
            return content.decode("utf-8", "replace")
    if _is_chinese(content):
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError:
            return content.decode("utf-8", "replace")
    return content.decode("cp1252", "replace")


def _is_chinese(content: bytes) -> bool:
    """Western text has one or two bytes above ASCII in a row, most of them letters; Chinese has a whole sentence."""
    runs = _HIGH.findall(content)
    if sum(map(len, runs)) >= _LONG_RUN * len(runs):
        return True
    letters = sum(sign.isalpha() for run in runs for sign in run.decode("cp1252", "replace"))
    return all(len(run) % 2 == 0 for run in runs) and 2 * letters < sum(map(len, runs))


def _of_jis(content: bytes) -> str:
    """ISO-2022-JP as programs under Windows write it: with the signs of NEC and IBM, which only cp932 knows."""
    try:
        return content.decode("iso2022_jp")
    except UnicodeDecodeError:
        wide = _JIS_WIDE.sub(lambda found: b"".join(map(_shifted, *[iter(found[1])] * 2)), content)
        return wide.decode("cp932", "replace")


def _shifted(first: int, second: int) -> bytes:
    """A sign of two bytes in JIS as Shift_JIS writes it."""
    lead = (first - 0x21) // 2 + 0x81
    trail = second + (0x7E if first % 2 == 0 else 0x1F + (second >= 0x60))  # noqa: PLR2004 -- 0x7F is left out
    return bytes((lead + 0x40 if lead > 0x9F else lead, trail))  # noqa: PLR2004 -- where the second range begins
