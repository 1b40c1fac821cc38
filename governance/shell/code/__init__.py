"""Code that is given to an interpreter, read for what it does: `read_code`.

Inside a sandbox plain computation, reading and building are free, whatever the language. What starts a program is
judged as that command would be, what touches a place outside as `cat`, `rm` or a redirection would be; what sends files
away, changes another system, or has to be decoded before anybody can read it asks. Python is read by its syntax tree,
other languages by grammars where there is one; everything else, and what cannot be parsed, by its tokens. Bounded in
size and steps; it never raises.
"""

import re
from collections.abc import Iterator

from governance.shell.code.acts import Acts
from governance.shell.code.tokens import Token

MAX_CODE = 65_536

_LANGUAGES = (
    (re.compile(r"(?:python|pypy|ipython)[\d.]*"), "python"),
    (re.compile(r"node(?:js)?|deno|bun|tsx|ts-node|jrunscript|osascript"), "javascript"),
    (re.compile(r"ruby[\d.]*|irb"), "ruby"),
    (re.compile(r"perl[\d.]*|raku"), "perl"),
    (re.compile(r"php[\d.]*"), "php"),
    (re.compile(r"lua(?:jit)?[\d.]*"), "lua"),
    (re.compile(r"[gmn]?awk"), "awk"),
    (re.compile(r"g?sed"), "sed"),
    (re.compile(r"ed|ex|n?vim?|gdb|lldb|emacs"), "editor"),
    (re.compile(r"dc"), "dc"),
    (re.compile(r"tclsh|wish|expect"), "tcl"),
)


def language_of(name: str) -> str:
    """The language that an interpreter reads, `other` where it is none that is known here."""
    return next((language for pattern, language in _LANGUAGES if pattern.fullmatch(name)), "other")


def read_code(name: str, code: str, acts: Acts) -> None:
    """Judge code for the interpreter of that name; findings go into `acts`."""
    language = language_of(name)
    if len(code) > MAX_CODE:
        acts.asks("elsewhere.long", name)
        code = code[:MAX_CODE]
    if language == "python":
        from governance.shell.code.python import read_python  # noqa: PLC0415  # only for what it reads
        from governance.shell.code.values import Unreadable  # noqa: PLC0415  # as above

        try:
            read_python(code, acts)
        except Unreadable:
            language = "other"
        else:
            return
    if language in {"awk", "dc", "editor", "sed", "tcl"}:
        from governance.shell.code.streams import LITTLE  # noqa: PLC0415  # as above

        LITTLE[language](code, acts)
    else:
        _read_rows(language, code, acts)


def _read_rows(language: str, code: str, acts: Acts) -> None:
    from governance.shell.code.arguments import CodeReader  # noqa: PLC0415  # as above
    from governance.shell.code.scripts import (  # noqa: PLC0415  # as above
        MAX_CODE_DEEP,
        read_row,
        sends_files,
        sweep,
    )

    script = CodeReader(acts, language, code)
    for row in _rows(language, code):
        read_row(row, script)
    sweep(script)
    sends_files(script)
    acts.depth += 1
    for inner in script.codes[:10]:
        if acts.depth < MAX_CODE_DEEP:
            _read_rows(language, inner, acts)
    acts.depth -= 1


def _rows(language: str, code: str) -> Iterator[list[Token]]:
    """The tokens of a grammar, and those of the reader of tokens where there is none or the tree is not whole."""
    from governance.shell.code.tokens import tokens_of  # noqa: PLC0415  # as above
    from governance.shell.code.trees import has_grammar, rows_of  # noqa: PLC0415  # as above

    whole = False
    for grammar in ("javascript", "typescript") if language == "javascript" else (language,):
        rows, whole = rows_of(code, grammar) if has_grammar(grammar) else ([], False)
        if whole:
            yield from rows
            return
    yield from rows
    yield from tokens_of(code, language)
