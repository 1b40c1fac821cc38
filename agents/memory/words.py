"""Texts as the words by which they are found again, in English, Chinese and both in one sentence.

Chinese is taken in pairs of signs, with the single signs beside them, which needs no dictionary of words and finds what
a segmenter would cut elsewhere; English by its stems, with the beginnings of long words beside them. What was measured
stands in docs/decisions/pairs-of-signs-for-memory.md.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b

PAIR, WORD, BEGINNING, SIGN = 1.0, 1.0, 0.35, 0.25
"""How much a word of each sort says about a text."""
MOST_ASKED = 48
"""So many words of a question are looked for, those that say most before the others."""
_RUNS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff々]+|[a-z0-9]+(?:[-_.'][a-z0-9]+)*|[^\W\d_a-z\u3400-\u9fff]+")
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff々]")
_PARTS = re.compile(r"[a-z]+|\d+")
_LONG = 6
_BEGINNING = 5
_SUFFIXES = (
    ("ations", "at"), ("ation", "at"), ("ments", ""), ("ment", ""), ("ingly", ""), ("nesses", ""), ("ness", ""),
    ("ies", "y"), ("ied", "y"), ("ings", ""), ("ing", ""), ("edly", ""), ("ers", ""), ("er", ""), ("ed", ""),
    ("ly", ""), ("es", ""), ("s", ""),
)  # fmt: skip
_SHORTEST_STEM = 3
_STOP = frozenset({
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "before",
    "being", "but", "by", "can", "could", "did", "do", "does", "doing", "done", "for", "from", "get", "had", "has",
    "have", "he", "her", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "let", "like",
    "me", "might", "must", "my", "no", "not", "of", "on", "or", "our", "out", "over", "please", "shall", "she",
    "should", "so", "some", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
    "those", "to", "too", "us", "use", "very", "was", "we", "were", "what", "when", "where", "which", "while",
    "who", "whom", "whose", "why", "will", "with", "would", "you", "your",
})  # fmt: skip
_EMPTY = frozenset(
    "的了是在和与吗呢吧啊呀么什哪怎这那个些有没不要会能可以我你他她它们您谁几多少为被把就都也还很到去来给让对从向着过里上下中一"
)
"""Signs that say nothing alone. A pair of two of them says nothing either."""
_NUMERALS = str.maketrans("零一二三四五六七八九", "0123456789")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_WEEKDAY = re.compile(r"(?:星期|礼拜|周)([一二三四五六日天])")
_MONTH = re.compile(r"(十[一二]?|[一二三四五六七八九]|1[0-2]|[1-9])月")
_TENS = {"十": 10, "十一": 11, "十二": 12}


def words_of(text: str) -> Mapping[str, float]:
    """The words of a text with how much each says, in the order in which they stand."""
    plain = _plain(text)
    found: dict[str, float] = {}
    for word, weight in (*_times(plain), *_words(plain)):
        found[word] = max(weight, found.get(word, 0.0))
    return found


def asked_words(text: str) -> Mapping[str, float]:
    """The words by which something is looked for."""
    words = words_of(text)
    if len(words) <= MOST_ASKED:
        return words
    return dict(sorted(words.items(), key=lambda one: -one[1])[:MOST_ASKED])


@lru_cache(maxsize=8192)
def number_of(owner: str, word: str) -> int:
    """The word as a number of 64 bits that is its own for each owner, so that an index never mixes owners."""
    return int.from_bytes(
        blake2b(f"{owner}\0{word}".encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True
    )


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    apart = unicodedata.normalize("NFD", folded)
    return unicodedata.normalize("NFC", "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f"))


def _times(text: str) -> Iterator[tuple[str, float]]:
    """Days and months, which are one word in all languages and spellings."""
    for found in _WEEKDAY.finditer(text):
        yield f"day:{'一二三四五六日'.find(found[1].replace('天', '日'))}", WORD
    for found in _MONTH.finditer(text):
        name = found[1]
        number = _TENS.get(name) or int(name.translate(_NUMERALS))
        yield f"month:{number - 1}", WORD


def _words(text: str) -> Iterator[tuple[str, float]]:
    for run in _RUNS.findall(text):
        if _CHINESE.match(run):
            yield from _signs(run)
        elif run[0].isascii():
            yield from _latin(run)
        else:
            yield run, WORD


def _signs(run: str) -> Iterator[tuple[str, float]]:
    for first, second in itertools.pairwise(run):
        if not (first in _EMPTY and second in _EMPTY):
            yield first + second, PAIR if first not in _EMPTY and second not in _EMPTY else PAIR / 2
    for sign in run:
        if sign not in _EMPTY:
            yield sign, SIGN


def _latin(run: str) -> Iterator[tuple[str, float]]:
    if not run.isalpha():
        yield run, WORD
        for part in _PARTS.findall(run):
            if part != run:
                yield from _latin(part) if part.isalpha() else ((part, WORD / 2),)
        return
    if run in _STOP or len(run) == 1:
        return
    if (day := _named(run, _DAYS)) is not None:
        yield f"day:{day}", WORD
        return
    if (month := _named(run, _MONTHS)) is not None:
        yield f"month:{month}", WORD
        return
    stem = _stem(run)
    yield stem, WORD
    if len(run) >= _LONG:
        yield f"{run[:_BEGINNING]}…", BEGINNING


def _named(word: str, names: tuple[str, ...]) -> int | None:
    """Which of the names it is, written out or as its first three letters, one or many."""
    single = word.removesuffix("s") if len(word) > len("mons") else word
    return next((at for at, name in enumerate(names) if single == name or single == name[:3]), None)


def _stem(word: str) -> str:
    """The word without what English hangs onto its end."""
    for suffix, instead in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM:
            if suffix in ("s", "es") and word.endswith("ss"):
                break
            word = word.removesuffix(suffix) + instead
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word
