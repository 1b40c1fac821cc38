"""Text as a person has to see it before deciding: what nobody can see is written out, and nothing moves out of sight.

Every mark stands between ⟦ and ⟧: a sign as ⟦U+200B⟧, a run of blanks, tabs or empty lines as ⟦90 × ␣⟧, ⟦8 × ⇥⟧,
⟦12 × ⏎⟧. In code every ⟦ of the text itself is written out, so that no mark can be forged. Letters
that are written from right to left are isolated, so that they never reorder what stands beside them. It knows no
platform and masks nothing.
"""

import re
import unicodedata

FSI, PDI = "\u2068", "\u2069"
"""Between these a text has its own direction, and nothing around it takes part in that."""
MOST_BLANK_LINES = 2
MOST_BLANKS = 24
"""Longer runs of blanks inside a line are counted instead; at its beginning, where code is indented, much longer."""

# Default_Ignorable_Code_Point and bidirectional controls (unicode.org/Public/UCD/latest, DerivedCoreProperties), other
# ends of lines, signs that are drawn as nothing, and what no text should hold.
_SIGNS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_JOINERS = "\u200c\u200d"
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f"
_JOINED = "[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u2190-\u2bff\U0001f000-\U0001faff]"
"""Scripts and pictures in which a joiner is part of how a word is written."""
_IN_NAMES = re.compile(f"[{_SIGNS}]|(?<!{_JOINED})[{_JOINERS}]|[{_JOINERS}](?!{_JOINED})|⟦(?=U\\+|\\d)")
_IN_CODE = re.compile(f"[{_SIGNS}{_JOINERS}{_BLANKS}⟦]")
_BLANK_LINES = re.compile(rf"(?<![^\n])(?:[ \t]*\n){{{MOST_BLANK_LINES + 1},}}")
_LONG_BLANK = re.compile(
    rf"(?<=[^ \t\n])(?: {{{MOST_BLANKS},}}|\t{{{MOST_BLANKS // 4},}})"
    rf"|^(?: {{{4 * MOST_BLANKS},}}|\t{{{MOST_BLANKS},}})",
    re.MULTILINE,
)
_LEFTWARDS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff"
_WORD = re.compile(r"[^\s\"'`]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_SCRIPTS = {"LATIN": "Latin", "CYRILLIC": "Cyrillic", "GREEK": "Greek", "ARMENIAN": "Armenian"}
_WIDE_SIGNS = "＄｀＜＞｜＆＊／＼．－"
_RUN = re.compile(f"[{_LEFTWARDS}]+")


def visible(text: str) -> str:
    """A name, a value or a title with every sign that nobody sees written out as ⟦U+200B⟧."""
    return text if _is_plain(text) else _IN_NAMES.sub(_written_out, text.replace("\r\n", "\n"))


def code(text: str) -> str:
    """What is to be decided about, letter by letter: as `visible`, with long runs of blanks counted as ⟦90 × ␣⟧.

    Joiners and unusual blanks are written out too, for in code they are never just how a word is written.
    """
    seen = _BLANK_LINES.sub(_lines_counted, _IN_CODE.sub(_written_out, text))
    return isolated(_LONG_BLANK.sub(_counted, seen))


def value(text: str) -> str:
    """A value that stands in a line with others: as `visible`, in a direction of its own where it needs one."""
    seen = visible(text)
    return f"{FSI}{seen}{PDI}" if _RUN.search(seen) else seen


def isolated(text: str) -> str:
    """The text with every run of letters that are written from right to left kept to itself."""
    return text if text.isascii() else _RUN.sub(lambda run: f"{FSI}{run[0]}{PDI}", text)


def mixed_words(text: str) -> list[str]:
    """Words in which letters look like those of another script, each once, with what is odd about it.

    Latin beside Cyrillic, Greek or Armenian in one run of letters, and full-width or styled forms of ASCII.
    """
    if text.isascii():
        return []
    found = dict.fromkeys(word for word in _WORD.findall(text) if not word.isascii())
    return [f"{visible(word)} ({odd})" for word in found if (odd := _oddities(word))]


def _oddities(word: str) -> str:
    """The letters of a word that are not what they look like, with their script; empty where there are none."""
    odd: dict[str, dict[str, None]] = {}
    for run in _LETTERS.findall(word):
        scripts = {_script(sign) for sign in run}
        for sign in run:
            if (script := _script(sign)) and script != "Latin" and "Latin" in scripts:
                odd.setdefault(script, {})[sign] = None
    is_word = any(sign.isascii() and sign.isalnum() for sign in word)
    for sign in word:
        if (form := _form(sign)) and (sign.isalpha() or is_word):
            odd.setdefault(form, {})[sign] = None
    return ", ".join(f"{name}: {' '.join(signs)}" for name, signs in sorted(odd.items()))


def _script(sign: str) -> str:
    """The script of a letter that may be taken for one of another; empty for every other sign."""
    return _SCRIPTS.get(unicodedata.name(sign, "").partition(" ")[0], "")


def _form(sign: str) -> str:
    """What is odd about a sign that only looks like one of ASCII that a shell knows; empty where nothing is."""
    if sign.isascii() or not (sign.isalpha() or sign in _WIDE_SIGNS):
        return ""
    if not unicodedata.normalize("NFKC", sign).isascii():
        return ""
    return "full-width" if "\uff01" <= sign <= "\uff5e" else "styled"


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _written_out(found: re.Match[str]) -> str:
    return f"⟦U+{ord(found[0]):04X}⟧"


def _lines_counted(found: re.Match[str]) -> str:
    lines = found[0]
    return f"⟦{lines.count(chr(10))} × {'⏎' if not lines.strip(chr(10)) else '(␣)⏎'}⟧\n"


def _counted(found: re.Match[str]) -> str:
    return f"⟦{len(found[0])} × {'⇥' if found[0][0] == chr(9) else '␣'}⟧"
