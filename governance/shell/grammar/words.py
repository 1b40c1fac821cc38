"""From a word of the syntax tree to the arguments it becomes: quotes, escapes, braces, constants, word splitting.

What cannot be known before the run becomes UNKNOWN. It expands no file names and runs nothing.
"""

import itertools
import posixpath
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from governance.shell.environment import judge_assignment
from governance.shell.grammar.tree import Node, hides_substitution, nested, text_of
from governance.shell.places import names_secret
from governance.shell.scope import HOME, UNKNOWN, Findings, Scope, Word, clip
from governance.values.reasons import why
from governance.values.verdicts import Risk

MAX_BRACES = 256
WORDS_A_UNIT = 8
"""So many words cost a unit of work."""
MAX_VALUE = 65_536
_FACTS = frozenset({"arch", "basename", "cal", "date", "dirname", "mktemp", "nproc", "seq", "uname"})
SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PLAIN = re.compile(rf"\$\{{({_NAME})\}}")
_SLICE = re.compile(rf"\$\{{({_NAME}): ?(\d+)(?::(\d+))?\}}")
_REPLACE = re.compile(rf"\$\{{({_NAME})(//?)([\w.,:-]+)/([\w./ -]*)\}}")
_DEFAULT = re.compile(rf"\$\{{({_NAME}|[0-9@*]):?-([\w./:~ -]*)\}}")
_CASED = re.compile(rf"\$\{{({_NAME})(,,|\^\^)\}}")
_ASSIGNS = re.compile(rf"\$\{{({_NAME})(?:\[[^\]]*\])?:?=")
_RUNS = re.compile(r"\$\{[^}]*@[PAE]\}")
_ANSI = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|c.|.)", re.DOTALL)
_SPELT_OUT = re.compile(r"\\(?:x[0-9a-fA-F]{2}|[0-7]{3}|u[0-9a-fA-F]{4})")
_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    quoted: bool = False
    expanded: bool = False
    carries: bool = False
    printed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads words in a scope. `substitute` judges a command substitution and gives its output, or UNKNOWN."""

    scope: Scope
    findings: Findings
    substitute: Callable[[Node], str]

    def words(self, node: Node) -> list[Word]:
        """The arguments that one word becomes."""
        pieces = _home(self._pieces(node))
        found = [word for variant in _braces(pieces) for word in _split(variant, self.scope.value("IFS"))]
        self.findings.work_left -= len(found) // WORDS_A_UNIT
        return found

    def carries(self, node: Node) -> bool:
        """Whether the word holds what a program printed, by the variables and substitutions in it; judges nothing."""
        if node.type == "command_substitution" or any(nested(node, frozenset({"command_substitution"}))):
            return not _prints_facts(node)
        return any(name in text_of(node) for name in self.scope.carrying)

    def text(self, node: Node) -> str:
        """The word as one text, without splitting, as in an assignment or a here-string."""
        return "".join(piece.text for piece in _home(self._pieces(node)))

    def _pieces(self, node: Node) -> list[_Piece]:
        kind = node.type
        if kind in {"word", "number", "variable_name", "brace_expression"}:
            return list(self._literal(text_of(node)))
        if kind == "raw_string":
            return [_Piece(text_of(node)[1:-1], quoted=True)]
        if kind == "ansi_c_string":
            source = text_of(node)[2:-1]
            return [_Piece(unescape_ansi(source), quoted=True, printed=_SPELT_OUT.search(source) is not None)]
        if kind in {"command_name", "translated_string"}:
            return [piece for child in node.named_children for piece in self._pieces(child)]
        if kind in {"concatenation", "string"}:
            quoted = kind == "string"
            return list(self._parts(node, quoted=quoted)) or [_Piece("", quoted)]
        return [self._expansion(node)]

    def _literal(self, text: str) -> Iterator[_Piece]:
        if hides_substitution(text):
            self.findings.ask(why("shell.unforeseen", shown=clip(text)))
        if "\\" not in text:
            yield _Piece(text)
            return
        for plain, escaped in re.findall(r"([^\\]*)(?:\\(.|$))?", text, re.DOTALL):
            if plain:
                yield _Piece(plain)
            if escaped and escaped != "\n":
                yield _Piece(escaped, quoted=True)

    def _parts(self, node: Node, *, quoted: bool) -> Iterator[_Piece]:
        """The children of a string or concatenation, and the text between them, which the grammar leaves out."""
        source = node.text
        start = node.start_byte
        at = 1 if quoted else 0
        end = len(source) - at
        for child in node.children:
            if child.type == '"':
                continue
            if child.start_byte - start > at:
                yield self._between(source[at : child.start_byte - start].decode(), quoted=quoted)
            at = child.end_byte - start
            if child.type == "string_content":
                yield self._between(child.text.decode(), quoted=True)
            elif child.is_named:
                yield from (replace(piece, quoted=quoted or piece.quoted) for piece in self._pieces(child))
            else:
                yield self._between(child.text.decode(), quoted=quoted)
        if at < end:
            yield self._between(source[at:end].decode(), quoted=quoted)

    def _between(self, text: str, *, quoted: bool) -> _Piece:
        if hides_substitution(text):
            self.findings.ask(why("shell.unforeseen", shown=clip(text)))
        return _Piece(re.sub(r'\\([$`"\\\n])', _unescape_quoted, text) if quoted else text, quoted)

    def _expansion(self, node: Node) -> _Piece:
        kind = node.type
        if kind == "command_substitution":
            text = self.substitute(node).rstrip("\n")
            carries = UNKNOWN in text and not _prints_facts(node)
            return _Piece(text, expanded=True, carries=carries, printed=not _finds_program(node))
        for inner in nested(node, SUBSTITUTIONS) if kind != "process_substitution" else ():
            self.substitute(inner)
        if kind == "process_substitution":
            path = f"/dev/fd/{63 - len(self.scope.streams)}"
            self.scope.feeding[path] = tuple(
                posixpath.basename(text_of(one)) for one in nested(node, frozenset({"command_name"}))
            )
            self.scope.streams[path] = self.substitute(node)
            return _Piece(path, quoted=True, expanded=True)
        if kind == "simple_expansion":
            name = text_of(node)[1:]
            return _Piece(self._variable(name), expanded=True, carries=name in self.scope.carrying)
        if kind == "expansion":
            source = text_of(node)
            carries = any(name in self.scope.carrying for name in re.findall(_NAME, source))
            return _Piece(self._parameter(source), expanded=True, carries=carries)
        if kind == "arithmetic_expansion":
            return _Piece("0", quoted=True, expanded=True)
        if kind not in {"extglob_pattern", "regex", "array", "subscript"}:
            self.findings.unsure(why("shell.not_understood", shown=clip(text_of(node))))
        return _Piece(UNKNOWN, expanded=True)

    def _variable(self, name: str) -> str:
        if name in {"?", "#", "$", "!", "RANDOM", "LINENO", "SECONDS", "UID", "EUID", "PPID"}:
            return UNKNOWN if name in {"$", "!", "PPID"} else "0"
        if name in {"@", "*"} or name.isdigit():
            unset = not (self.scope.in_function or self.scope.has_arguments) and name != "0"
            return "" if unset else UNKNOWN
        value = self.scope.value(name)
        self.findings.work_left -= len(value) // 64
        return value if self.findings.work_left > 0 else UNKNOWN

    def _parameter(self, source: str) -> str:
        if _RUNS.search(source):
            self.findings.ask(why("shell.expands_value", shown=clip(source)), Risk.HIGH)
        if match := _PLAIN.fullmatch(source):
            return self._variable(match[1])
        if source.startswith("${#"):
            return "0"
        if source[2:-1] in {"@", "*"} or source[2:-1].isdigit():
            return self._variable(source[2:-1])
        return self._changed(source)

    def _changed(self, source: str) -> str:
        if match := _SLICE.fullmatch(source):
            value, start = self._variable(match[1]), int(match[2])
            return UNKNOWN if UNKNOWN in value else value[start : start + int(match[3]) if match[3] else None]
        if match := _REPLACE.fullmatch(source):
            value = self._variable(match[1])
            too_long = len(value) * len(match[4]) > MAX_VALUE
            return (
                UNKNOWN
                if UNKNOWN in value or too_long
                else value.replace(match[3], match[4], -1 if match[2] == "//" else 1)
            )
        if match := _DEFAULT.fullmatch(source):
            value = self._variable(match[1])
            if self.findings.contained and not match[1].isdigit() and match[1] not in {"@", "*", *self.scope.variables}:
                value = ""  # the sandbox begins with no variables but a few
            self._judge_default(source, match[2], value)
            return value or match[2]
        if match := _CASED.fullmatch(source):
            value = self._variable(match[1])
            return value.lower() if match[2] == ",," else value.upper()
        if match := _ASSIGNS.match(source):
            self._judge_default(source, source[match.end() : -1], UNKNOWN)
            judge_assignment(match[1], UNKNOWN, self.findings)
            self.scope.forget([match[1]])
        return UNKNOWN

    def _judge_default(self, source: str, default: str, value: str) -> None:
        """A value that may turn out to be a place of secrets asks where it stands, since no one knows where it goes."""
        if UNKNOWN in value and names_secret(default):
            self.findings.ask(why("shell.default_secret", shown=clip(source)), Risk.HIGH)


def _finds_program(node: Node) -> bool:
    """Whether a substitution looks up where a program is, as `$(which python3)`."""
    return re.match(r"\$\((?:which|command -v|type -p|realpath|readlink -f)\s", text_of(node)) is not None


def _prints_facts(node: Node) -> bool:
    """Whether all that a substitution runs are programs that print the time, a name of the system or a number."""
    names = {text_of(one) for one in nested(node, frozenset({"command_name"}))}
    return bool(names) and names <= _FACTS


def _unescape_quoted(match: re.Match[str]) -> str:
    return "" if match[1] == "\n" else match[1]


def unescape_ansi(text: str) -> str:
    """The text of `$'…'`, also of `echo -e` and of a format of `printf`."""
    return _ANSI.sub(_ansi, text)


def _ansi(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if 0 < number <= sys.maxunicode else UNKNOWN
    if code[0] in "01234567":
        return chr(int(code, 8) & 0xFF) if int(code, 8) & 0xFF else UNKNOWN
    if code[0] == "c" and len(code) == 2:  # noqa: PLR2004  # \cX is a letter and its control character
        return chr(ord(code[1]) & 0x1F) if ord(code[1]) & 0x1F else UNKNOWN
    return _LETTERS.get(code, code)


def _home(pieces: list[_Piece]) -> list[_Piece]:
    first = pieces[0] if pieces else None
    if first is None or first.quoted or first.expanded or not first.text.startswith("~"):
        return pieces
    tail = first.text[1:]
    if tail.startswith("+"):
        return [_Piece(UNKNOWN, expanded=True), *pieces[1:]]
    return [_Piece(HOME + tail), *pieces[1:]]


def _split(pieces: list[_Piece], marks: str) -> Iterator[Word]:
    """Cut what came from an expansion where `IFS` says; what is empty without quotes vanishes."""
    current: list[str] = []
    started = glob = expanded = carries = False
    composed = len(pieces) > 1 and any(piece.expanded or piece.quoted for piece in pieces)
    printed = any(piece.printed for piece in pieces)
    for piece in pieces:
        expanded, carries = expanded or piece.expanded, carries or piece.carries
        parts = _parted(piece.text, marks) if piece.expanded and not piece.quoted else [piece.text]
        for index, part in enumerate(parts):
            if index and (started or "".join(current)):
                yield Word(
                    text="".join(current), glob=glob, expanded=True, carries=carries, composed=composed, printed=printed
                )
                current, started, glob = [], False, False
            current.append(part)
            started = started or piece.quoted
            glob = glob or (not piece.quoted and any(mark in part for mark in "*?["))
    if started or "".join(current):
        yield Word(
            text="".join(current), glob=glob, expanded=expanded, carries=carries, composed=composed, printed=printed
        )


def _parted(text: str, marks: str) -> list[str]:
    """A text at the letters of `IFS`; where those are not known, only the run would tell its words."""
    if UNKNOWN in marks:
        return [UNKNOWN] if text.strip() else [text]
    return re.split(f"[{re.escape(marks)}]+", text) if marks else [text]


def _braces(pieces: list[_Piece]) -> list[list[_Piece]]:
    """The variants that brace expansion makes, in order; one UNKNOWN when there would be too many."""
    if not any("{" in piece.text and not piece.quoted and not piece.expanded for piece in pieces):
        return [pieces]
    marks = [piece if piece.quoted or piece.expanded else None for piece in pieces]
    symbols: list[str | _Piece] = []
    for piece, mark in zip(pieces, marks, strict=True):
        symbols.extend([mark] if mark else list(piece.text))
    variants = _variants(symbols)
    if variants is None:
        return [[_Piece(UNKNOWN, expanded=True)]]
    return [_home([_Piece(item) if isinstance(item, str) else item for item in _joined(one)]) for one in variants]


def _joined(symbols: list[str | _Piece]) -> list[str | _Piece]:
    joined: list[str | _Piece] = []
    for symbol in symbols:
        last = joined[-1] if joined else None
        if isinstance(symbol, str) and isinstance(last, str):
            joined[-1] = last + symbol
        else:
            joined.append(symbol)
    return joined


def _variants(symbols: list[str | _Piece]) -> list[list[str | _Piece]] | None:
    found = _first_group(symbols)
    if found is None:
        return [symbols]
    start, end, choices = found
    rest = _variants(symbols[end + 1 :])
    if rest is None:
        return None
    heads: list[list[str | _Piece]] = []
    for choice in choices:
        inner = _variants(choice)
        if inner is None:
            return None
        heads.extend(symbols[:start] + one for one in inner)
    if len(heads) * len(rest) > MAX_BRACES:
        return None
    return [head + tail for head in heads for tail in rest]


def _first_group(symbols: list[str | _Piece]) -> tuple[int, int, list[list[str | _Piece]]] | None:
    for start, symbol in enumerate(symbols):
        if symbol != "{":
            continue
        depth, cuts = 0, [start]
        for end in range(start, len(symbols)):
            here = symbols[end]
            depth += 1 if here == "{" else -1 if here == "}" else 0
            if here == "," and depth == 1:
                cuts.append(end)
            if depth == 0:
                choices = _choices(symbols, [*cuts, end])
                if choices:
                    return start, end, choices
                break
    return None


def _choices(symbols: list[str | _Piece], cuts: list[int]) -> list[list[str | _Piece]]:
    if len(cuts) > 2:  # noqa: PLR2004  # the two ends and at least one comma
        return [symbols[a + 1 : b] for a, b in itertools.pairwise(cuts)]
    inside = symbols[cuts[0] + 1 : cuts[1]]
    text = "".join(item for item in inside if isinstance(item, str))
    if match := re.fullmatch(r"(-?\d+)\.\.(-?\d+)(?:\.\.-?\d+)?", text):
        low, high = int(match[1]), int(match[2])
        if abs(high - low) > MAX_BRACES:
            return [[_Piece(UNKNOWN, expanded=True)]]
        step = 1 if high >= low else -1
        return [list(str(number)) for number in range(low, high + step, step)]
    if match := re.fullmatch(r"([A-Za-z])\.\.([A-Za-z])", text):
        low, high = ord(match[1]), ord(match[2])
        step = 1 if high >= low else -1
        return [[chr(code)] for code in range(low, high + step, step)]
    return []
