"""What somebody wrote, and what their mail program put below or between it. Guesses, but never decides.

Programs mark the words that are answered or passed on by `>`, by a line that divides, or by a block of From, Sent, To
and Subject.
"""

import re
from collections.abc import Sequence

from channels.email.languages import (
    BEGINS_PASSED_ON,
    DIVIDER,
    FIRST_HEADER,
    FROM_CELL,
    NEXT_HEADER,
    SUBJECT_HEADER,
)
from channels.text.plain import printable

_ATTRIBUTION = re.compile(r".{4,300}(?:[:：]|写道|寫道|wrote)\s*")
_ATTRIBUTION_BEGINS = re.compile(r"\s*(?:on|am|le|el|il|em|op|den|dne|dnia|pada|vào|在|于|於)\s?\S", re.IGNORECASE)
_SURE_ATTRIBUTION = re.compile(
    r"\s*(?:(?:on|am|le|el|il giorno|em|op|den)\s.{0,250}\b20\d\d\b.{0,250}"
    r"(?:wrote|schrieb.{0,120}|a écrit|escribió|ha scritto|escreveu|schreef.{0,120}|skrev.{0,120})\s*[:：]"
    r"|.{0,250}20\d\d.{0,250}(?:写道|寫道|のメール|님이 작성)\s*[:：])\s*",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"-- ?")
_RULE = re.compile(r"\s*(?:[-_=—]{3,}|原始邮件|原始郵件|original message)\s*", re.IGNORECASE)
_SIGNED = re.compile(
    r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash:.*\n)*\n(.*?)"
    r"\n-----BEGIN PGP SIGNATURE-----.*?(?:END PGP SIGNATURE-----|\Z)",
    re.DOTALL,
)
_HEADER_LINES = 8
_LONGEST = 600
_AROUND_NAMES = "\"' ;|*\xa0"
"""Signs of a line that a program may have put there."""
_FEWEST_HEADERS = 3


def split_reply(text: str) -> tuple[str, str]:
    """(what was written, what was quoted), both without marks; a signature below `-- ` is in neither."""
    lines = text.replace("\r\n", "\n").split("\n")
    end = next((index for index in range(len(lines)) if _divides(lines, index)), len(lines))
    written, quoted = _unmixed(lines[:end])
    if end < len(lines):
        _drop_rules(written)
    quoted += [line for line in lines[end:] if not DIVIDER.fullmatch(line)]
    return _joined(without_signature(written)), _joined([line.removeprefix("> ").removeprefix(">") for line in quoted])


def split_passed_on(text: str) -> tuple[str, str]:
    """(what was written, the mail that it passes on), of a mail that answers none."""
    lines = text.replace("\r\n", "\n").split("\n")
    end = next((index for index in range(len(lines)) if _passes_on(lines, index)), len(lines))
    written = list(lines[:end])
    if end < len(lines):
        _drop_rules(written)
    below = [line for line in lines[end:] if not DIVIDER.fullmatch(line) and not BEGINS_PASSED_ON.fullmatch(line)]
    if all(line.startswith(">") for line in below if line.strip()):
        below = [line.removeprefix(">").removeprefix(" ") for line in below]
    return _joined(without_signature(written)), _joined(below)


def author_of(passed_on: str) -> str:
    """The name, or else the address, behind the From of a block of headers; "" where there is none."""
    for line in passed_on.split("\n", 3)[:3]:
        if found := FROM_CELL.match(line[:_LONGEST]):
            told = line[found.end() : _LONGEST].strip(" *|\xa0")
            name, _, address = re.sub(r"\s*[\[(]mailto:[^\])]*[\])]", "", told).partition("<")
            shown = name.strip(_AROUND_NAMES) or address.partition(">")[0]
            return printable(shown)[:100].strip(_AROUND_NAMES)
    return ""


def without_signature(lines: Sequence[str]) -> list[str]:
    """The lines above the mark of a signature (RFC 3676)."""
    for index, line in enumerate(lines):
        if _SIGNATURE.fullmatch(line):
            return list(lines[:index])
    return list(lines)


def without_seal(text: str) -> str:
    """The words inside of an OpenPGP signature that stands in the text (RFC 9580, 7)."""
    if "-----BEGIN PGP SIGNED MESSAGE-----" not in text:
        return text
    plain = text.replace("\r\n", "\n")
    return _SIGNED.sub(lambda found: re.sub(r"^- ", "", found[1], flags=re.MULTILINE), plain, count=1)


def _divides(lines: Sequence[str], index: int) -> bool:
    line = lines[index]
    if len(line) > _LONGEST:
        return False
    if DIVIDER.fullmatch(line) or BEGINS_PASSED_ON.fullmatch(line):
        return True
    if line.rstrip().endswith((":", "：")) and _SURE_ATTRIBUTION.fullmatch(line):
        return not any(each.startswith(">") for each in lines[index + 1 : index + 4])
    return bool(FIRST_HEADER.match(line)) and any(
        NEXT_HEADER.match(each[:_LONGEST]) for each in lines[index + 1 : index + 3]
    )


def _passes_on(lines: Sequence[str], index: int) -> bool:
    """Stricter than what divides a reply: whoever writes first may write such lines too."""
    line = lines[index]
    if len(line) > _LONGEST:
        return False
    is_divider = DIVIDER.fullmatch(line) or BEGINS_PASSED_ON.fullmatch(line)
    if not is_divider and not FIRST_HEADER.match(line):
        return False
    block = [
        each[:_LONGEST] for each in lines[index : index + _HEADER_LINES + (2 if is_divider else 0)] if each.strip()
    ]
    headers = [each for each in block if FIRST_HEADER.match(each) or NEXT_HEADER.match(each)]
    if is_divider:
        return bool(headers) or line.strip().startswith("--")
    return len(headers) >= _FEWEST_HEADERS and any(SUBJECT_HEADER.match(each) for each in headers)


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


def _drop_rules(written: list[str]) -> None:
    """Take lines and bare titles off the end, which stand above what is quoted."""
    while written and (not written[-1].strip() or _RULE.fullmatch(written[-1])):
        written.pop()


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip()
