"""What somebody wrote in a reply, and what their mail program put below or between it. Guesses, but never decides.

Programs mark the words that are answered by `>`, by a line that divides, or by a block of From, Sent, To and Subject.
"""

import re
from collections.abc import Sequence

from channels.email.languages import DIVIDER, FIRST_HEADER, NEXT_HEADER

_ATTRIBUTION = re.compile(r".{4,300}(?:[:：]|写道|寫道|wrote)\s*")
_ATTRIBUTION_BEGINS = re.compile(r"\s*(?:on|am|le|el|il|em|op|den|dne|dnia|pada|vào|在|于|於)\s?\S", re.IGNORECASE)
_SIGNATURE = re.compile(r"-- ?")


def split_reply(text: str) -> tuple[str, str]:
    """(what was written, what was quoted), both without marks; a signature below `-- ` is in neither."""
    lines = text.replace("\r\n", "\n").split("\n")
    end = next((index for index in range(len(lines)) if _divides(lines, index)), len(lines))
    written, quoted = _unmixed(lines[:end])
    quoted += [line for line in lines[end:] if not DIVIDER.fullmatch(line)]
    return _joined(without_signature(written)), _joined([line.removeprefix("> ").removeprefix(">") for line in quoted])


def without_signature(lines: Sequence[str]) -> list[str]:
    """The lines above the mark of a signature (RFC 3676)."""
    for index, line in enumerate(lines):
        if _SIGNATURE.fullmatch(line):
            return list(lines[:index])
    return list(lines)


def _divides(lines: Sequence[str], index: int) -> bool:
    line = lines[index]
    if DIVIDER.fullmatch(line):
        return True
    return bool(FIRST_HEADER.match(line)) and any(NEXT_HEADER.match(each) for each in lines[index + 1 : index + 3])


def _unmixed(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    written: list[str] = []
    quoted: list[str] = []
    for line in lines:
        if not line.startswith(">"):
            written.append(line)
            continue
        if not quoted:
            _drop_attribution(written)
        quoted.append(line[1:].removeprefix(" "))
    return written, quoted


def _drop_attribution(written: list[str]) -> None:
    """Take `On Monday Alice wrote:` off the end, over two lines where a program has wrapped it."""
    while written and not written[-1].strip():
        written.pop()
    if not written or not _ATTRIBUTION.fullmatch(written[-1]):
        return
    if _ATTRIBUTION_BEGINS.match(written[-1]):
        written.pop()
    elif len(written) > 1 and _ATTRIBUTION_BEGINS.match(written[-2]):
        del written[-2:]
    elif "@" in written[-1] or any(sign.isdigit() for sign in written[-1]):
        written.pop()


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip()
