"""The arguments of a call in a row of tokens: their texts put together, their lists, the functions called within."""

import base64
import binascii
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from governance.shell.code import vocabulary
from governance.shell.code.acts import Acts
from governance.shell.code.tokens import Token, TokenKind
from governance.shell.scope import HOME, UNKNOWN

_HOMES = frozenset({"process.env.HOME", "os.homedir", "Dir.home", "homedir"})
_MAKES_PATHS = re.compile(
    r"(?:.*[.:>])?(?:join|resolve|normalize|expand_path|catfile|glob|globSync|realpath|realpathSync|Pathname)"
)
MAX_ARGUMENTS = 64
MAX_TOKENS = 400
MAX_VALUE = 4_096
MAX_READ = 30_000


@dataclass(slots=True)
class Value:
    """An argument: its text or its texts, the functions that are called within it, whether it is put together.

    `makes_path` holds where a function such as `path.join` makes one path of its arguments, and `begins_part` where one
    of those begins.
    """

    value: Any = UNKNOWN
    raw: str = ""
    names: list[str] = field(default_factory=list)
    built: bool = False
    makes_path: bool = False
    begins_part: bool = False


@dataclass(slots=True)
class CodeReader:
    """One piece of code as it is read. `values` are the texts that its variables hold, `left` bounds the work.

    `local` are the variables that hold what a file or the environment says.
    """

    acts: Acts
    language: str
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    local: set[str] = field(default_factory=set)
    left: int = MAX_READ

    @property
    def starts_programs(self) -> bool:
        """Whether bare names such as `exec` start programs in it."""
        return self.language != "javascript" or bool(vocabulary.NEEDS_PROCESSES.search(self.code))


def arguments_of(row: Sequence[Token], at: int, script: CodeReader, closing: str) -> list[Value]:
    """The arguments from `at` to the closing sign, or to the end of the statement."""
    found = [Value(value=None)]
    depth = 0
    for token in row[at : at + MAX_TOKENS]:
        script.left -= 1
        if script.left <= 0:
            script.acts.asks("elsewhere.long", script.acts.name)
            break
        if token.kind is TokenKind.SIGN:
            ends = token.text == closing or (closing == "\n" and token.text in ";\n)}]")
            if depth == 0 and ends:
                break
            depth += (token.text in "([{") - (token.text in ")]}")
            if token.text == "," and depth == 0:
                found.append(Value(value=None))
                continue
        _add(found[-1], token, depth, script)
        if len(found) > MAX_ARGUMENTS:
            break
    return [_finished(one) for one in found]


def _add(one: Value, token: Token, depth: int, script: CodeReader) -> None:
    """Take one more token into an argument: texts grow together, texts in brackets become a list."""
    one.raw += "" if len(one.raw) > MAX_TOKENS else f"'{token.text}'" if token.kind is TokenKind.TEXT else token.text
    if token.kind is TokenKind.NAME:
        one.names.append(token.text)
        if token.text in _HOMES:
            one.value = HOME if not isinstance(one.value, list) and UNKNOWN in (one.value or UNKNOWN) else one.value
            return
        if _MAKES_PATHS.fullmatch(token.text) and not isinstance(one.value, list):
            one.value, one.makes_path = "", True
            return
        known = script.values.get(token.text.lstrip("$@&"), UNKNOWN)
        text = known if isinstance(known, str) else UNKNOWN
        one.built = one.built or bool(script.values.get(token.text.lstrip("$@&") + "!"))
    elif token.kind is TokenKind.SIGN:
        if token.text == "[" and one.value is None:
            one.value = []
        one.built = one.built or token.text in {"+", "."}
        one.begins_part = one.begins_part or (one.makes_path and token.text == ",")
        return
    else:
        text = token.text
    if isinstance(one.value, str) and len(one.value) > MAX_VALUE:
        return
    if isinstance(one.value, list):
        one.value.append(text)
    elif one.begins_part:
        one.value, one.begins_part = posixpath.join(one.value or "", text), False
    elif depth == 0 or one.value is None or text != UNKNOWN:
        one.value = (
            (one.value or "") + text
            if token.kind is not TokenKind.NAME or text != UNKNOWN
            else (one.value or "") + UNKNOWN
        )


def _finished(one: Value) -> Value:
    """The argument, with a decoded text in its place where that can be told."""
    if one.value is None or len(one.value) > MAX_VALUE:
        one.value = UNKNOWN
    decoder = next((name for name in one.names if vocabulary.DECODES.fullmatch(name)), "")
    if decoder and isinstance(one.value, str):
        one.built = True
        one.value = _decoded(one.value.replace(UNKNOWN, ""))
    return one


def _decoded(text: str) -> str:
    """What base64 or hexadecimal digits say; UNKNOWN for anything else."""
    packed = re.sub(r"(?:base64|hex|utf-?8|m0?|H\*)$", "", text)
    try:
        raw = (
            binascii.unhexlify(packed)
            if re.fullmatch(r"(?:[0-9a-f]{2})+", packed)
            else base64.b64decode(packed, validate=True)
        )
    except (ValueError, binascii.Error):
        return UNKNOWN
    return raw.decode("utf-8", "replace").replace("\0", " ") or UNKNOWN
