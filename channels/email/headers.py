"""Reads the headers of mails as mail programs write them, which is not always as RFC 5322 and 2047 say.

QQ Mail and Tencent Exmail put an encoded name into quotes; many programs split an encoded word in the middle of a sign,
write a file's name as it lies on the disk, or name a character set that they do not mean (`charsets`).
"""

import base64
import binascii
import quopri
import re
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import TYPE_CHECKING

from channels.email.charsets import decoded, meant, of_bytes

if TYPE_CHECKING:
    MailPolicy = EmailPolicy[EmailMessage]
else:  # it is generic for the type checker alone
    MailPolicy = EmailPolicy

_WORD = r"=\?([\w.:-]{1,40})(?:\*[\w-]*)?\?([BbQq])\?([^?]*)\?="
_ENCODED_WORD = re.compile(_WORD)
_ENCODED_WORDS = re.compile(rf"{_WORD}(?:\s*{re.sub('[(](?=[^?])', '(?:', _WORD)})*")
_QUOTED_NAME = re.compile(r"\A(\s*)\"((?:[\w .-]*=\?[\w.:*-]{1,60}\?[BbQq]\?[^?\"\\]*\?=)+[\w .-]*)\"(?=\s*<)")
_CHARSET_OF_PARAMETER = re.compile(r"(\*(?:0\*)?=\s*\"?)([\w.:-]{1,40})(?=')")
_BARE_NAME = re.compile(
    r"(;\s*(?:file)?name\s*=\s*)((?!\")(?:=\?[^\";]+\?=|[^\s\";]+(?:[ \t]+[^\s\";=]+)+))(?=\s*(?:;|\Z))", re.IGNORECASE
)
_WITH_NAMES = frozenset({"cc", "from", "reply-to", "sender", "to"})
_WITH_PARAMETERS = frozenset({"content-disposition", "content-type"})


class _Headers(MailPolicy):
    """Those of every part as well; a header that is as the standards say is left as it is."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        """The name and the value, with what programs write wrongly put right."""
        name, value = super().header_source_parse(list(sourcelines))
        if not value.isascii():
            value = of_bytes(value.encode("utf-8", "surrogateescape"))
        kind = name.lower()
        if "=?" in value:
            if kind in _WITH_NAMES:
                value = _QUOTED_NAME.sub(r"\1\2", value)
            value = _ENCODED_WORDS.sub(_joined, value)
        if kind in _WITH_PARAMETERS:
            value = _CHARSET_OF_PARAMETER.sub(lambda found: f"{found[1]}{meant(found[2])}", value)
            value = _BARE_NAME.sub(r'\1"\2"', value)
        return name, value


POLICY = _Headers()


def _joined(found: re.Match[str]) -> str:
    """Encoded words that follow each other as one in UTF-8: some programs cut them in the middle of a sign."""
    pieces: list[tuple[str, bytes]] = []
    for charset, how, text in _ENCODED_WORD.findall(found[0]):
        content = _content(how, text)
        if content is None:
            return found[0]
        if pieces and pieces[-1][0] == charset.lower():
            pieces[-1] = (charset.lower(), pieces[-1][1] + content)
        else:
            pieces.append((charset.lower(), content))
    text = "".join(decoded(content, charset) for charset, content in pieces)
    return f"=?utf-8?B?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?="


def _content(how: str, text: str) -> bytes | None:
    if how in "Qq":
        return quopri.decodestring(text.encode("ascii", "replace"), header=True)
    plain = re.sub(r"[^A-Za-z0-9+/]", "", text)
    try:
        return base64.b64decode(plain[: len(plain) - (len(plain) % 4 == 1)] + "=" * (-len(plain) % 4))
    except binascii.Error:
        return None
