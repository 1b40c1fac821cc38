"""The little languages of awk, sed, dc and editors: the commands that they start, the files that they open.

awk is read with its regular expressions taken for texts and again with them taken out, so that a quotation mark in one
of them hides nothing.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from governance.shell.code.acts import Acts
from governance.shell.code.arguments import CodeReader, arguments_of
from governance.shell.code.tokens import Token, TokenKind, tokens_of
from governance.shell.scope import UNKNOWN

_REGEX = re.compile(r"(^|[(,~!{;&|\n])(\s*)/(?:[^/\\\n]|\\.)+/")
_SED_RUNS = re.compile(r"(?:^|[;{}\n$/\d!,])[ \t]*e[ \t]+([^\n]+)")
_SED_RUNS_RESULT = re.compile(
    r"(?:^|[;{}\n$/\d! \t])s([^\w\s\\])(?:\\.|(?!\1)[^\\\n])*\1(?:\\.|(?!\1)[^\\\n])*\1"
    r"[gpIiMm\d]*e[gpIiMm\d]*(?=[\s;}]|$)"
)
_EDITOR_RUNS = re.compile(r"(?:^|\n|\|)[ \t]*:?(?:[\d,.$%]*[ \t]*(?:r|w|read|write)?[ \t]*!|shell[ \t])[ \t]*([^\n]+)")
_DC_RUNS = re.compile(r"!(?![<>=])[ \t]*([^\n]+)")
_LISP_RUNS = re.compile(r"\((?:async-)?shell-command(?:-to-string)?\s+\"((?:[^\"\\]|\\.)+)\"")
_TCL_RUNS = re.compile(r"\b(?:exec|spawn)\s+(?:-\w+\s+)*(?:--\s+)?([^\]\n;]+)")
_TCL_FILES = re.compile(
    r"\b(?P<deed>open|source|file\s+delete)\s+(?:-\w+\s+)*(?P<path>\"[^\"]+\"|\{[^}]+\}|[^\s\]]+)(?:\s+(?P<mode>\S+))?"
)
_SED_FILES = re.compile(r"(?:^|[;{}\n$/\dgp!])[ \t]*([rRwW])[ \t]+([^\n;}]+)")


def read_awk(code: str, acts: Acts) -> None:
    """Judge a program of awk."""
    script = CodeReader(acts, "awk", code)
    for text in {code, _REGEX.sub(r"\1\2R", code)}:
        for row in tokens_of(text, "awk"):
            _read_row(row, script)


def _read_row(row: Sequence[Token], script: CodeReader) -> None:
    acts = script.acts
    printing = False
    for at, token in enumerate(row):
        if token.kind is TokenKind.TEXT:
            acts.mentions(token.text)
        if token.kind is TokenKind.NAME:
            printing = printing or token.text in {"print", "printf"}
            _of_name(row, at, script)
        elif token.text in ";\n}":
            printing = False
        elif token.text == "|" and "|" not in {_sign(row, at - 1), _sign(row, at + 1)}:
            _of_pipe(row, at, script)
        elif token.text == ">" and printing:
            acts.writes(_text_from(row, at + 1 + (_sign(row, at + 1) == ">"), script))


def _of_name(row: Sequence[Token], at: int, script: CodeReader) -> None:
    name = row[at].text
    if _sign(row, at + 1) == "=" and _sign(row, at + 2) != "=":
        script.values[name] = _text_from(row, at + 2, script)
    elif name == "system" and _sign(row, at + 1) == "(":
        for one in arguments_of(row, at + 2, script, ")"):
            script.acts.runs(one.value if isinstance(one.value, str) else UNKNOWN)
    elif name == "getline":
        later = at + 1 + (at + 1 < len(row) and row[at + 1].kind is TokenKind.NAME)
        if _sign(row, later) == "<":
            script.acts.reads(_text_from(row, later + 1, script))


def _of_pipe(row: Sequence[Token], at: int, script: CodeReader) -> None:
    after = at + 1 + (_sign(row, at + 1) == "&")
    if after < len(row) and row[after].text == "getline":
        start = at
        while start > 0 and row[start - 1].kind is not TokenKind.SIGN:
            start -= 1
        script.acts.runs(_text_from(row, start, script))
    else:
        script.acts.runs(_text_from(row, after, script))


def _sign(row: Sequence[Token], at: int) -> str:
    return row[at].text if 0 <= at < len(row) and row[at].kind is TokenKind.SIGN else ""


def _text_from(row: Sequence[Token], at: int, script: CodeReader) -> str:
    """The texts and variables that stand beside each other, which awk joins."""
    return "".join(_pieces(row, at + (_sign(row, at) == "("), script))


def _pieces(row: Sequence[Token], at: int, script: CodeReader) -> Iterator[str]:
    while (
        at < len(row)
        and row[at].kind in {TokenKind.NAME, TokenKind.TEXT}
        and row[at].text not in {"getline", "print", "printf"}
    ):
        known = script.values.get(row[at].text, UNKNOWN)
        yield row[at].text if row[at].kind is TokenKind.TEXT else known if isinstance(known, str) else UNKNOWN
        at += 1


def read_editor(code: str, acts: Acts) -> None:
    """Judge the commands of a line editor or a debugger: those that begin with `!` or `shell` start a program."""
    for match in _EDITOR_RUNS.finditer(code):
        acts.runs(match[1])
    for match in _LISP_RUNS.finditer(code):
        acts.runs(match[1])


def read_sed(code: str, acts: Acts) -> None:
    """Judge a script of sed."""
    for match in _SED_RUNS.finditer(code):
        acts.runs(match[1])
    for match in _SED_RUNS_RESULT.finditer(code):
        acts.asks("elsewhere.hides", match[0].strip())
    for match in _SED_FILES.finditer(code):
        (acts.reads if match[1] in "rR" else acts.writes)(match[2].strip())


def read_dc(code: str, acts: Acts) -> None:
    """Judge a text for the calculator, which hands the rest of a line behind `!` to a shell."""
    for match in _DC_RUNS.finditer(code):
        acts.runs(match[1])


def read_tcl(code: str, acts: Acts) -> None:
    """Judge a script of Tcl or expect: the programs that it starts, the files that it opens or removes."""
    for match in _TCL_RUNS.finditer(code):
        acts.runs(match[1])
    for match in _TCL_FILES.finditer(code):
        path = match["path"].strip('{}"')
        if path.startswith("|"):
            acts.runs(path[1:])
        elif match["deed"].startswith("file"):
            acts.removes(path, tree=True)
        else:
            (acts.writes if re.match(r"\W*[wa]|\W*r\+", match["mode"] or "") else acts.reads)(path)


LITTLE: dict[str, Callable[[str, Acts], None]] = {
    "awk": read_awk,
    "dc": read_dc,
    "editor": read_editor,
    "sed": read_sed,
    "tcl": read_tcl,
}
"""By language, what reads it."""
