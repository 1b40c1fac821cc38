"""What only looks like a secret: placeholders, names of things, paths. Everything here is pure and linear."""

import math
import re
from collections import Counter

_PLACEHOLDER = re.compile(
    r"x{4}|\*{3}|\.{3}|…|example|your[_-]|[_-]your|[_-]here\b|placeholder|change[_-]?me|dummy|sample|redacted|insert|"
    r"replace|foobar|0{6}|1{6}|123456789|abcdefgh|deadbeef",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"(?:password|passwd|pass|pwd|secret|token|user|username|admin|test|none|null|true|false|string|str|changeit|hidden|"
    r"xxx+|密码|口令)[0-9]?",
    re.IGNORECASE,
)
_FEWEST_SIGNS = 6


def is_placeholder(text: str) -> bool:
    """Whether somebody put this where a secret belongs, as `YOUR_KEY`, `xxxx` or a documentation's example."""
    if len(set(text)) < _FEWEST_SIGNS and len(text) >= _FEWEST_SIGNS:
        return True
    return _PLACEHOLDER.search(text) is not None or _WORDS.fullmatch(text) is not None


def has_digit_and_letter(text: str) -> bool:
    """Whether ASCII letters and digits stand side by side in it."""
    return any("0" <= sign <= "9" for sign in text) and any(sign.isascii() and sign.isalpha() for sign in text)


def is_mixed(text: str) -> bool:
    """Whether it holds a digit, a capital and a small letter, as random keys do and words do not."""
    return has_digit_and_letter(text) and text != text.lower() and text != text.upper()


def is_one_long_word(text: str) -> bool:
    """Whether it is one word of 32 signs or more, which nobody would write in one without a hyphen."""
    return len(text) >= 32 and "-" not in text and "_" not in text  # noqa: PLR2004  # hexadecimal digits of MD5


def entropy(text: str) -> float:
    """Shannon's, in bits for each sign."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values())


_NAME = re.compile(r"[A-Za-z_][A-Za-z]*(?:[_.:/\\-]+[A-Za-z]+)*[_.-]*")
_WORDY = re.compile(r"(?:[A-Za-z]+|v?[0-9]{1,3}|sha[0-9]+|[A-Za-z]+[0-9]{1,2})(?:[_.:/-]+(?:[A-Za-z]*[0-9]{0,3}))*")
_NUMBERS = re.compile(r"[0-9.,:_/+-]+")


def is_name(text: str) -> bool:
    """Whether it is the name of something: letters in words, as `settings.SECRET_KEY` or `my-other-secret`."""
    return _NAME.fullmatch(text) is not None


def is_wordy(text: str) -> bool:
    """Whether it is made of words and short numbers, as `my-tls-secret-2`, `oauth2_client.token` or `v1.2.3`."""
    return _WORDY.fullmatch(text) is not None and all(
        len(part) <= 24 and not _alternates(part)  # noqa: PLR2004  # longer than words are
        for part in re.split(r"[_.:/-]+", text)
    )


def is_number(text: str) -> bool:
    """Whether only digits and what parts them stand there: a count, a date, a version."""
    return _NUMBERS.fullmatch(text) is not None


def is_place(text: str) -> bool:
    """Whether it leads somewhere: a path, an address, the name of a resource in a cloud."""
    return text.startswith(("/", "./", "../", "~/", "arn:", "projects/")) or "://" in text


def _alternates(part: str) -> bool:
    """Whether letters and digits change more than once, as in random signs: `a3f9c1`."""
    return len(re.findall(r"[A-Za-z]+|[0-9]+", part)) > 2  # noqa: PLR2004  # `sha256` has two
