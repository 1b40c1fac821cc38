"""JavaScript, Ruby, Perl, PHP, Lua and others: what their calls with literal words do, read from rows of tokens."""

import itertools
import re
from collections.abc import Sequence

from governance.shell.code import vocabulary
from governance.shell.code.acts import Acts
from governance.shell.code.arguments import CodeReader, Value, arguments_of
from governance.shell.code.tokens import Token, TokenKind
from governance.shell.elsewhere.databases import judge_sql
from governance.shell.elsewhere.senders import stays_here
from governance.shell.elsewhere.sql import is_sql
from governance.shell.scope import UNKNOWN

_WORDS = frozenset({"eval", "exec", "open", "system", "unlink", "require"})
"""Functions that are often called without brackets, by Perl and Ruby."""
_ENVIRONMENT = frozenset({"process.env", "ENV", "%ENV"})
MAX_CODE_DEEP = 4


def read_row(row: Sequence[Token], script: CodeReader) -> None:
    """Judge one row of tokens; code inside texts is left in `script.codes`."""
    for at, token in enumerate(row):
        if token.kind is TokenKind.TEXT:
            script.acts.mentions(token.text)
        elif token.kind is TokenKind.COMMAND:
            script.acts.runs(token.text)
        elif token.kind is TokenKind.NAME:
            following = row[at + 1] if at + 1 < len(row) else Token(TokenKind.SIGN, "\n")
            if following == Token(TokenKind.SIGN, "="):
                _remember(token.text, row, at + 2, script)
            elif following == Token(TokenKind.SIGN, "("):
                _called(token.text, arguments_of(row, at + 2, script, ")"), script)
            elif (
                following.kind in {TokenKind.TEXT, TokenKind.COMMAND}
                or (following.kind is TokenKind.NAME and token.text in _WORDS)
                or (following.kind is TokenKind.NAME and following.text[:1] in "$@")
            ):
                _called(token.text, arguments_of(row, at + 1, script, "\n"), script)
        elif token.text == "[" and at + 1 < len(row) and row[at + 1].kind is not TokenKind.SIGN:
            _computed(row, at, script)


def sweep(script: CodeReader) -> None:
    """Calls with a literal command wherever they stand in the bare text, should its tokens have been misread."""
    for match in itertools.islice(vocabulary.SWEPT.finditer(script.code), 40):
        if script.starts_programs or match["name"] not in {"exec", "spawn", "system"}:
            script.acts.runs(match["text"])
    if vocabulary.CLOUDS.search(script.code):
        for match in itertools.islice(vocabulary.CLOUD_COMMANDS.finditer(script.code), 5):
            script.acts.asks("elsewhere.changes", match[0], network=True, elsewhere=True)
    for match in itertools.islice(vocabulary.EXECUTED.finditer(script.code), 40):
        script.acts.runs(match[2])


def sends_files(script: CodeReader) -> None:
    """Perl, PHP and Ruby hand files to sockets in many ways: a file that is read beside an address elsewhere asks."""
    if script.language not in {"perl", "php", "ruby"} or not vocabulary.SPEAKING.search(script.code):
        return
    remote = vocabulary.REMOTE.search(script.code)
    local = vocabulary.READS_LOCAL.search(script.code)
    posts = vocabulary.POSTS.search(script.code)
    if remote and local and not stays_here([remote[0]]):
        script.acts.asks("elsewhere.sends", f"{remote[0]} … {local[0]}", network=True)
    elif remote and posts and not stays_here([remote[0]]):
        script.acts.asks("elsewhere.changes", f"{remote[0]} … {posts[0]}", network=True, elsewhere=True)


def _remember(name: str, row: Sequence[Token], at: int, script: CodeReader) -> None:
    values = arguments_of(row, at, script, "\n")
    if values and row[at : at + 1] != [Token(TokenKind.SIGN, "=")]:
        script.values[name.lstrip("$@&")] = values[0].value
        if _is_local(values, script):
            script.local.add(name)
        if script.language in {"perl", "ruby", "php"} and vocabulary.DECODES.fullmatch(next(iter(values[0].names), "")):
            script.values[name.lstrip("$@&") + "!"] = True


def _called(name: str, args: list[Value], script: CodeReader) -> None:
    name = name.replace("::", ".").replace("->", ".").replace("?.", ".")
    last = name.rpartition(".")[2].rstrip("!?")
    if name.startswith("$") and script.language == "php" and "." not in name:
        name = last = _variable_function(name, args, script)
    first = args[0].value if args else UNKNOWN
    decoded = any(
        (one.built and any(vocabulary.DECODES.fullmatch(part) for part in one.names))
        or (one.built and one.value == UNKNOWN and not one.names)
        for one in args
    )
    acts = script.acts
    shown = f"{name}({', '.join(one.raw for one in args)})"
    if vocabulary.RUNS.fullmatch(name) or (
        last in vocabulary.RUNS_BARE and script.starts_programs and _may_run(name, script)
    ):
        _starts(last, args, acts)
        if decoded:
            acts.asks("elsewhere.hides", shown)
    elif vocabulary.EVALS.fullmatch(name):
        _evaluates(last, args, shown, script)
    elif last in {
        "send",
        "__send__",
        "public_send",
        "const_get",
        "method",
        "require",
        "import",
        "call_user_func",
        "call_user_func_array",
    }:
        _by_name(last, args, shown, script)
    elif last == "open" and script.language in {"perl", "ruby"}:
        _opens(args, acts)
    else:
        _touches(name, last, args, acts)
    _speaks(name, last, args, shown, script)
    if (
        last in {"query", "execute", "exec", "do", "prepare", "pg_query", "mysqli_query", "raw"}
        and isinstance(first, str)
        and is_sql(first)
    ):
        if vocabulary.DATABASES.search(script.code):
            judge_sql(first, acts)
    elif (vocabulary.CHANGES_CLOUD.fullmatch(name) and vocabulary.CLOUDS.search(script.code)) or (
        vocabulary.CHANGES_STORE.fullmatch(name) and "." in name and vocabulary.DATABASES.search(script.code)
    ):
        acts.asks("elsewhere.changes", shown, network=True, elsewhere=True)


def _may_run(name: str, script: CodeReader) -> bool:
    """Whether a bare `exec` or a method of that name starts a program: in JavaScript patterns have one too."""
    if "." not in name:
        return not (
            script.language == "javascript"
            and name in {"run", "fork", "system", "popen"}
            and "child_process" not in script.code
        )
    owner = name.rpartition(".")[0].rpartition(".")[2]
    return (
        owner in {"child_process", "cp", "Kernel", "Process", "IO", "os", "io", "shell", "sh", "proc", "childProcess"}
        or script.values.get(owner) == "child_process"
    )


def _starts(last: str, args: list[Value], acts: Acts) -> None:
    values = [one.value for one in args]
    texts = [value for value in values if isinstance(value, str) and value]
    listed = next((value for value in values if isinstance(value, list)), None)
    if last == "fork":
        return
    if listed is not None:
        acts.runs_words([*(texts[:1] if not isinstance(values[0], list) else []), *listed])
    elif len(texts) > 1 and last in {"system", "exec", "spawn", "popen", "capture2", "capture3", "capture2e", "popen3"}:
        acts.runs_words(texts)
    elif texts:
        acts.runs(texts[0])


def _evaluates(last: str, args: list[Value], shown: str, script: CodeReader) -> None:
    decoded = any(
        one.built and (one.value != UNKNOWN or any(vocabulary.DECODES.fullmatch(name) for name in one.names))
        for one in args
    )
    fetched = any(vocabulary.SPEAKS.fullmatch(name.replace("::", ".")) for one in args for name in one.names)
    if last in {"parse", "CodeReader"} or (last == "load" and script.language != "lua" and not decoded):
        return
    if decoded or fetched or (last in {"unserialize", "Marshal.load"} and decoded):
        script.acts.asks("elsewhere.hides", shown)
    if last != "unserialize" and args and isinstance(args[-1].value, str) and UNKNOWN not in args[-1].value:
        script.codes.append(args[-1].value)


def _by_name(last: str, args: list[Value], shown: str, script: CodeReader) -> None:
    """A function or a module that is named by a text: asks where the name is put together, else does what it names."""
    first = args[0].value if args else UNKNOWN
    if not isinstance(first, str):
        return
    if args[0].built and (
        (UNKNOWN in first and last in {"require", "import"} and not args[0].names)
        or vocabulary.HIDDEN_NAMES.search(first)
    ):
        script.acts.asks("elsewhere.hides", shown)
    if last not in {"require", "import"} and vocabulary.HIDDEN_NAMES.fullmatch(first):
        _called(first, args[1:], script)


def _variable_function(name: str, args: list[Value], script: CodeReader) -> str:
    value = script.values.get(name.lstrip("$"), UNKNOWN)
    if isinstance(value, str) and vocabulary.HIDDEN_NAMES.fullmatch(value):
        script.acts.asks("elsewhere.hides", f"{name}()")
        return value
    if value == UNKNOWN and args and args[0].value != UNKNOWN and script.values.get(name.lstrip("$") + "!"):
        script.acts.asks("elsewhere.hides", f"{name}()")
    return name


def _opens(args: list[Value], acts: Acts) -> None:
    """`open` of Perl and Ruby, which may start a program by a pipe in its name or mode."""
    texts = [one.value for one in args if isinstance(one.value, str)]
    texts = [text for text in texts if text.strip(UNKNOWN)]
    if len(texts) > 1 and re.fullmatch(r"-\||\|-", texts[0]):
        acts.runs_words(texts[1:]) if len(texts) > 2 else acts.runs(texts[1])  # noqa: PLR2004  # the mode and one command line
        return
    for text in texts:
        if text.startswith("|") or text.rstrip().endswith("|"):
            acts.runs(text.strip().strip("|"))
        elif match := re.match(r"\s*(>>?|\+?<)\s*(\S+)", text):
            (acts.writes if ">" in match[1] else acts.reads)(match[2])
        elif not vocabulary.MODES.fullmatch(text):
            (acts.writes if any(re.fullmatch(r"[wa]\S{0,2}|>>?(?::.*)?|\+<", one) for one in texts) else acts.reads)(
                text
            )


def _touches(name: str, last: str, args: list[Value], acts: Acts) -> None:
    texts = [
        text
        for one in args
        for text in (one.value if isinstance(one.value, list) else [one.value])
        if isinstance(text, str)
    ]
    paths = [text for text in texts if text.strip(UNKNOWN)]
    if not paths:
        return
    if vocabulary.REMOVES.fullmatch(name):
        acts.removes(paths[0], tree=bool(vocabulary.TREES.search(name)))
    elif vocabulary.WRITES.fullmatch(name):
        acts.writes(paths[0])
    elif vocabulary.MOVES.fullmatch(name) and len(paths) > 1:
        acts.runs_words(["mv" if last.startswith(("rename", "mv")) else "cp", *paths[:2]])
    elif vocabulary.READS.fullmatch(name):
        writes = any(re.fullmatch(r"[wax]\+?b?\+?", text) for text in paths[1:])
        (acts.writes if writes else acts.reads)(paths[0])


def _speaks(name: str, last: str, args: list[Value], shown: str, script: CodeReader) -> None:
    carries = vocabulary.ASKS_OTHERS.fullmatch(name) and _is_local(args, script)
    if not (carries or vocabulary.SPEAKS.fullmatch(name)) or not vocabulary.SPEAKING.search(script.code):
        return
    texts = [
        text
        for one in args
        for text in (one.value if isinstance(one.value, list) else [one.value])
        if isinstance(text, str)
    ]
    if stays_here([text for text in texts if "://" in text]):
        return
    local = _is_local(args, script)
    if last in {"mail", "sendmail", "send_message"} and script.language in {"php", "ruby", "perl"}:
        script.acts.asks("elsewhere.sends", shown, network=True, elsewhere=True)
    elif local and (last not in {"write", "end"} or "createServer" not in script.code):
        script.acts.asks("elsewhere.sends", shown, network=True)
    elif not vocabulary.HERE.search(shown) and _changes_there(name, last, args, texts, script):
        script.acts.asks("elsewhere.changes", shown, network=True, elsewhere=True)


def _is_local(values: list[Value], script: CodeReader) -> bool:
    """Whether something of it is what a file or the environment of this machine says."""
    return any(
        vocabulary.READS.fullmatch(part.replace("::", ".")) or part in _ENVIRONMENT or part in script.local
        for one in values
        for part in one.names
    )


def _changes_there(name: str, last: str, args: list[Value], texts: list[str], script: CodeReader) -> bool:
    """Whether a request would send or change something, whatever it carries; `curl -d` is judged like it."""
    has_address = any("://" in text for text in texts)
    if last in vocabulary.CHANGES_BY_REQUEST:
        return has_address or vocabulary.CLIENTS.fullmatch(name.rpartition(".")[0]) is not None
    if script.language == "lua" and last == "request":
        return has_address and len(args) > 1
    return last in {"fetch", "request", "axios", "got"} and any(vocabulary.METHOD.search(one.raw) for one in args)


def _computed(row: Sequence[Token], at: int, script: CodeReader) -> None:
    """`object['na' + 'me'](…)`: a member by a name that is put together."""
    values = arguments_of(row, at + 1, script, "]")
    end = next((index for index in range(at, min(at + 60, len(row))) if row[index] == Token(TokenKind.SIGN, "]")), -1)
    called = 0 <= end < len(row) - 1 and row[end + 1] == Token(TokenKind.SIGN, "(")
    name = values[0].value if len(values) == 1 else UNKNOWN
    if called and isinstance(name, str) and vocabulary.HIDDEN_NAMES.search(name):
        if values[0].built:
            script.acts.asks("elsewhere.hides", name)
        _called(name, arguments_of(row, end + 2, script, ")"), script)
