"""Whether our own mail server vouches for the From line (RFC 8601, RFC 7489). Everything unclear is a no.

A From line is written by whoever sends. What counts is the topmost Authentication-Results, if it bears the name of our
own server: it says `dmarc=pass` for the very domain of the From line, once. Comments and quoted strings, which a sender
can fill at will, are taken out before anything is read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.sayings import saying

_PAIR = re.compile(r"\s*=\s*")
_HIDDEN = "\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """Our server found that the domain of the From line stands behind this mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubted:
    """It did not; `because` is a sentence for the log and for an admin. `is_ours`: our server did speak."""

    because: str
    is_ours: bool


def judge(topmost: str | None, authserv_id: str, domain: str) -> Trusted | Doubted:
    """`topmost` is the value of the first Authentication-Results as it stands in the mail, `domain` that of From."""
    if topmost is None:
        return Doubted(because=saying("doubt.no_results"), is_ours=False)
    stated = _bare(topmost)
    if stated is None:
        return Doubted(because=saying("doubt.malformed"), is_ours=False)
    name, *results = stated.split(";")
    server = (name.split() or [""])[0].strip(_HIDDEN)
    if server.lower() != authserv_id.lower():
        because = saying("doubt.other_server", server=repr(server[:100]), ours=repr(authserv_id))
        return Doubted(because=because, is_ours=False)
    return _read(results, domain.lower())


def _read(results: Sequence[str], domain: str) -> Trusted | Doubted:
    """What our own server found."""
    found = [words for result in results if (words := _PAIR.sub("=", result.lower()).split()) and _is_dmarc(words[0])]
    if len(found) != 1:
        return Doubted(because=saying("doubt.no_dmarc"), is_ours=True)
    [[verdict, *properties]] = found
    if verdict.partition("=")[2] != "pass":
        return Doubted(because=saying("doubt.found", verdict=verdict[:40]), is_ours=True)
    if [one for one in properties if one.startswith("header.from=")] != [f"header.from={domain}"]:
        return Doubted(because=saying("doubt.other_domain"), is_ours=True)
    return Trusted()


def _is_dmarc(word: str) -> bool:
    return word.partition("=")[0].partition("/")[0] == "dmarc"


def _bare(value: str) -> str | None:
    """The value without comments and with each quoted string made opaque; None when one of them does not end."""
    out: list[str] = []
    depth, quoted, index = 0, False, 0
    while index < len(value):
        sign = value[index]
        if sign == "\\" and (depth or quoted):
            index += 1
        elif quoted:
            quoted = sign != '"'
        elif depth or sign == "(":
            depth += (sign == "(") - (sign == ")")
            out.append(" ")
        elif sign == '"':
            quoted = True
            out.append(_HIDDEN)
        elif sign in ")\x00":
            return None
        else:
            out.append(sign)
        index += 1
    return None if depth or quoted else "".join(out)
