"""Code of any scripting language as a row of tokens: names with their dots, texts, commands in backquotes, signs.

It is a careful reader of strings and comments, not a parser: enough to see which function is called with which literal
words. It reads what no grammar is at hand for, and what a grammar cannot parse. It never fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from governance.shell.scope import UNKNOWN

MAX_TOKENS = 12_000


class TokenKind(StrEnum):
    """What a token is. Alphabetical."""

    COMMAND = "command"
    NAME = "name"
    SIGN = "sign"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; a text stands without its quotes and escapes, with UNKNOWN for what is put into it."""

    kind: TokenKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexis:
    """How a language writes comments, what its backquotes mean, and into which quotes values are put (`filled`)."""

    comments: str
    backquote: TokenKind = TokenKind.TEXT
    filled: str = '"'
    words: str = ""


LEXES: dict[str, Lexis] = {
    "awk": Lexis(comments=r"#[^\n]*", filled=""),
    "javascript": Lexis(comments=r"//[^\n]*|/\*.*?(?:\*/|$)|^#![^\n]*", filled="`"),
    "lua": Lexis(comments=r"--\[\[.*?(?:\]\]|$)|--[^\n]*|^#![^\n]*", filled=""),
    "perl": Lexis(comments=r"(?<!\$)#[^\n]*|^=\w+.*?^=cut", backquote=TokenKind.COMMAND, words=r"q[qwxr]?"),
    "php": Lexis(comments=r"//[^\n]*|#[^\n]*|/\*.*?(?:\*/|$)", backquote=TokenKind.COMMAND),
    "ruby": Lexis(
        comments=r"#(?!\{)[^\n]*|^=begin.*?^=end", backquote=TokenKind.COMMAND, words=r"%[qQwWxir]?(?=[{(\[<|!/])"
    ),
    "other": Lexis(comments=r"(?:#|//|;;|--\s)[^\n]*", backquote=TokenKind.COMMAND),
}
"""The languages that are known, by name."""

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": " ", "\n": ""}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|[0-7]{3}|.)", re.DOTALL)
_FILLED = re.compile(r"\$\{([^{}]*)\}|#\{([^{}]*)\}|\{\$([^{}]*)\}|[$@][A-Za-z_]\w*")
_PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}


@cache
def _pattern(language: str) -> re.Pattern[str]:
    lexis = LEXES[language]
    quoted = rf"|(?P<quoted>(?<![\w$.>-])(?:{lexis.words})\s*(?P<open>[^\w\s,;=)]))" if lexis.words else ""
    long = r"|(?P<long>\[(?P<level>=*)\[.*?(?:\](?P=level)\]|$))" if language == "lua" else ""
    return re.compile(
        rf"(?P<comment>{lexis.comments}){long}{quoted}"
        r"|(?P<text>'(?:[^'\\]|\\.)*(?:'|$)|\"(?:[^\"\\]|\\.)*(?:\"|$))|(?P<back>`(?:[^`\\]|\\.)*(?:`|$))"
        r"|(?P<symbol>(?<![\w:]):[A-Za-z_]\w*)"
        r"|(?P<name>[$@&]*[A-Za-z_$][\w$]*(?:(?:\??\.|::|->)[A-Za-z_$][\w$]*)*[!?]?)"
        r"|(?P<number>\d[\w.]*)|(?P<space>[ \t\r]+)|(?P<sign>.)",
        re.DOTALL | re.MULTILINE,
    )


def unescaped(text: str) -> str:
    """A text with its escapes replaced."""
    return _ESCAPE.sub(_letter, text)


def _letter(match: re.Match[str]) -> str:
    code = match[1]
    digits = code[1:].strip("{}")
    if code[0] in "xu" and digits and re.fullmatch(r"[0-9a-fA-F]+", digits):
        return chr(int(digits, 16)) if 0 < int(digits, 16) < 0x110000 else " "  # noqa: PLR2004  # the end of Unicode
    if re.fullmatch(r"[0-7]{3}", code):
        return chr(int(code, 8)) or " "
    return _ESCAPES.get(code, code)


def tokens_of(code: str, language: str) -> Iterator[list[Token]]:
    """The rows of tokens: the code itself, then whatever is put into its texts."""
    pending = [code]
    left = MAX_TOKENS
    while pending and left > 0:
        row, inner = _row(pending.pop(0), language, left)
        left -= len(row) + 1
        pending.extend(inner)
        yield row


def _row(code: str, language: str, most: int) -> tuple[list[Token], list[str]]:
    row: list[Token] = []
    inner: list[str] = []
    pattern, lexis, at = _pattern(language), LEXES[language], 0
    while at < len(code) and len(row) < most:
        match = pattern.match(code, at)
        if match is None:
            break
        at = match.end()
        if match["text"] is not None:
            row.append(_text(match["text"], match["text"][0] in lexis.filled, inner))
        elif match["back"] is not None:
            token = _text(match["back"], filled=True, inner=inner)
            row.append(Token(lexis.backquote, token.text))
        elif language == "lua" and match["long"] is not None:
            row.append(Token(TokenKind.TEXT, match["long"].strip("[]=")))
        elif lexis.words and match["quoted"] is not None:
            token, at = _between(match, code, at)
            row.append(token)
        elif match["name"] is not None:
            row.append(Token(TokenKind.NAME, match["name"]))
        elif match["symbol"] is not None:
            row.append(Token(TokenKind.TEXT, match["symbol"][1:]))
        elif match["number"] is not None or match["sign"] is not None:
            row.append(Token(TokenKind.SIGN, match[0]))
    return row, inner


def _text(quoted: str, filled: bool, inner: list[str]) -> Token:  # noqa: FBT001  # of this module alone
    body = quoted[1:-1] if len(quoted) > 1 and quoted[-1] == quoted[0] else quoted[1:]
    if filled:
        inner.extend(code for match in _FILLED.finditer(body) for code in match.groups() if code)
        body = _FILLED.sub(UNKNOWN, body)
    return Token(TokenKind.TEXT, unescaped(body))


def _between(match: re.Match[str], code: str, at: int) -> tuple[Token, int]:
    """A text between brackets or marks of its own, as `qx{ls}` and `%w[a b]`."""
    opening = match["open"]
    closing, depth, end = _PAIRS.get(opening, opening), 1, at
    while end < len(code) and depth:
        if code[end] == "\\":
            end += 1
        elif code[end] == closing:
            depth -= 1
        elif code[end] == opening:
            depth += 1
        end += 1
    word = match["quoted"][: -len(opening)].strip()
    kind = TokenKind.COMMAND if word.endswith("x") else TokenKind.TEXT
    return Token(kind, _FILLED.sub(UNKNOWN, code[at : end - 1])), end
