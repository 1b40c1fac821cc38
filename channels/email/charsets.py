"""Names of character sets as mail programs mean them: the larger set that a name stands for in practice.

Programs write GB18030 and say gb2312, write windows-1252 and say iso-8859-1. Browsers read them so as well
(encoding.spec.whatwg.org, "names and labels"); each larger set holds all of the smaller one.
"""

import re
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    MailPolicy = EmailPolicy[EmailMessage]
else:  # it is generic for the type checker alone
    MailPolicy = EmailPolicy

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
_ASCII = frozenset({"", "ascii", "us-ascii", "ansi-x3.4-1968"})
_ENCODED_WORD = re.compile(r"=\?([\w.:-]{1,40})((?:\*[\w-]*)?\?[BbQq]\?)")
_PARAMETER = re.compile(r"(\*(?:0\*)?=\s*\"?)([\w.:-]{1,40})(?=')")


def meant(name: str) -> str:
    """The encoding, as Python names it, of text that says it is `name`."""
    return _MEANT.get(name.strip().lower().replace("_", "-"), name)


def decoded(content: bytes, name: str) -> str:
    """The text of `content` that says it is `name`; what makes no sense in it becomes U+FFFD.

    Text that says nothing, or ASCII and is more, is UTF-8 where it can be that.
    """
    if name.strip().lower().replace("_", "-") in _ASCII:
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return content.decode("cp1252", "replace")
    try:
        return content.decode(meant(name), "replace")
    except LookupError:  # an encoding that nobody knows
        return content.decode("utf-8", "replace")


class _Headers(MailPolicy):
    """Reads headers, those of every part as well, by what the names of their character sets mean."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        """The name and the value as they stand there, but for the names of character sets."""
        name, value = super().header_source_parse(list(sourcelines))
        if "=?" in value:
            value = _ENCODED_WORD.sub(lambda found: f"=?{meant(found[1])}{found[2]}", value)
        if "'" in value:
            value = _PARAMETER.sub(lambda found: f"{found[1]}{meant(found[2])}", value)
        return name, value


POLICY = _Headers()
