"""What one call of Python does, once its name and arguments are known as far as they can be."""

import ast
from dataclasses import dataclass, replace
from typing import Any

from governance.shell.code import calls
from governance.shell.code.acts import Acts
from governance.shell.code.folding import DottedName, PathValue, as_text, as_texts
from governance.shell.elsewhere.databases import judge_sql
from governance.shell.elsewhere.senders import stays_here
from governance.shell.elsewhere.sql import is_sql
from governance.shell.scope import UNKNOWN

MAX_SHOWN = 200
MANY_ENDS = 4
"""Who connects to so many ports and machines in one line of code sounds them out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCall:
    """One call: its full name, its arguments as far as they are known, and where they come from.

    `built` holds when an argument is an expression rather than a constant or a name; `place` is the path of which it is
    a method; `imported` are the packages that the code uses.
    """

    name: str
    node: ast.Call
    args: list[Any]
    keywords: dict[str, Any]
    marks: frozenset[str]
    built: bool
    place: PathValue | None
    imported: set[str]

    @property
    def shown(self) -> str:
        """How it is written."""
        return ast.unparse(self.node)[:MAX_SHOWN]

    @property
    def last(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(".")[2]

    def argument(self, index: int, keyword: str = "") -> Any:
        """One argument by its place or its name; UNKNOWN without it."""
        return self.args[index] if len(self.args) > index else self.keywords.get(keyword, UNKNOWN)


def judge_call(call: CodeCall, acts: Acts) -> list[str]:
    """Judge one call; returns the code that it runs, where that is known."""
    if acts.left <= 0:  # nothing more is noted
        return []
    if call.place is not None and call.last in calls.PLACE_METHODS:
        _of_place(call, call.place, acts)
    _starts(call, acts)
    _touches(call, acts)
    _hides(call, acts)
    if calls.SECRETS.fullmatch(call.name):
        acts.asks("elsewhere.secret", call.shown)
    if call.imported & calls.NETWORKING:
        _speaks(call, acts)
    _changes(call, acts)
    return _code_of(call, acts)


def _starts(call: CodeCall, acts: Acts) -> None:
    name, first = call.name, call.argument(0, "args")
    starts = name in calls.SHELLS | calls.PROGRAMS
    if name == "pty.spawn" and isinstance(first, list | tuple):
        acts.runs_words(as_texts(first))
    elif name in calls.SHELLS or (name.startswith("?.") and call.last in {"system", "popen"}):
        acts.runs(as_text(first))
    elif starts:
        _program(call, first, acts)
    values = (*call.args, *call.keywords.values())
    if any(isinstance(one, DottedName) and one.name in calls.SHELLS | calls.PROGRAMS for one in values):
        for value in values:
            for text in [value] if isinstance(value, str) else as_texts(value):
                acts.runs(text)
    if starts and {"decoded", "fetched"} & call.marks:
        acts.asks("elsewhere.hides", call.shown)


def _program(call: CodeCall, first: Any, acts: Acts) -> None:
    if call.name.startswith(("os.exec", "os.spawn", "os.posix_spawn")):
        _executes(call, acts)
    elif isinstance(first, list | tuple):
        acts.runs_words(as_texts(first))
    elif call.name == "asyncio.create_subprocess_exec":
        acts.runs_words([as_text(one) for one in call.args])
    else:
        acts.runs(as_text(first))


def _executes(call: CodeCall, acts: Acts) -> None:
    skipped = 1 if "spawn" in call.name and "posix" not in call.name else 0
    rest = call.args[skipped:]
    listed = next((as_texts(one) for one in rest if isinstance(one, list | tuple)), None)
    program = as_text(rest[0]) if rest else UNKNOWN
    words = listed if listed is not None else [as_text(one) for one in rest[1:]]
    acts.runs_words([program, *words[1:]])


def _touches(call: CodeCall, acts: Acts) -> None:
    name, first = call.name, as_text(call.argument(0, "file"))
    if name in calls.OPENS:
        (acts.writes if _opens_to_write(call) else acts.reads)(first)
    elif name in calls.READS or name.endswith((".read_csv", ".load_dotenv")):
        acts.reads(first)
    elif name in calls.WRITES:
        acts.writes(first)
    elif name in calls.REMOVES:
        acts.removes(first, tree=False)
    elif name == "shutil.rmtree":
        acts.removes(as_text(call.argument(0, "path")), tree=True)
    else:
        _does_as_command(call, first, acts)


def _opens_to_write(call: CodeCall) -> bool:
    if call.name == "os.open":
        return any(flag in call.shown for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"))
    mode = as_text(call.argument(1, "mode"))
    if mode == UNKNOWN:
        return len(call.args) > 1 or "mode" in call.keywords
    return any(letter in mode for letter in "wax+")


def _does_as_command(call: CodeCall, first: str, acts: Acts) -> None:
    name = call.name
    if name in calls.COMMANDS:
        ends = [as_text(one) for one in call.args[:2]]
        if all(one.strip(UNKNOWN) for one in ends):
            acts.runs_words([*calls.COMMANDS[name], *ends])
    elif name in {"os.chmod", "os.chown", "os.lchown", "shutil.chown"}:
        _rights(call, first, acts)
    elif name in {"os.kill", "os.killpg"} and isinstance(call.argument(0), int):
        acts.runs_words(["kill", "-9", "--", str(call.args[0])])
    elif name in {"os.setuid", "os.setgid", "os.seteuid", "os.setresuid", "os.chroot"}:
        acts.asks("elsewhere.privilege", call.shown)


def _rights(call: CodeCall, path: str, acts: Acts) -> None:
    mode = call.argument(1, "mode")
    if path.strip(UNKNOWN) and call.name == "os.chmod":
        acts.runs_words(["chmod", f"{mode:o}" if isinstance(mode, int) and mode >= 0 else "u+rw", path])
    elif path.strip(UNKNOWN):
        acts.runs_words(["chown", "root", path])


def _of_place(call: CodeCall, place: PathValue, acts: Acts) -> None:
    if call.last in calls.PLACE_REMOVES:
        acts.removes(place, tree=False)
    elif call.last in calls.PLACE_WRITES:
        acts.writes(place)
    elif call.last in calls.PLACE_MOVES and call.args:
        acts.runs_words(["mv", place, as_text(call.args[0])]) if as_text(call.args[0]).strip(UNKNOWN) else None
    elif call.last == "chmod":
        _rights(replace(call, name="os.chmod", args=[place, *call.args]), place, acts)
    elif call.last == "open" and any(letter in as_text(call.argument(0, "mode")) for letter in "wax+"):
        acts.writes(place)
    elif call.last in calls.PLACE_READS:
        acts.reads(place)


def _hides(call: CodeCall, acts: Acts) -> None:
    if call.name in calls.LOADS_CODE:
        literal = isinstance(call.argument(0), bytes)
        if literal or {"decoded", "fetched"} & call.marks:
            acts.asks("elsewhere.hides", call.shown)
    elif call.name in {"getattr", "builtins.getattr", "__import__", "importlib.import_module"} and call.built:
        base = call.argument(0)
        name = as_text(call.argument(1 if call.last == "getattr" else 0))
        hidden = call.last != "getattr" or (
            isinstance(base, DottedName) and base.name.partition(".")[0] in calls.HIDDEN_BASES
        )
        if hidden and not _is_constant(call, name):
            acts.asks("elsewhere.hides", call.shown)


def _is_constant(call: CodeCall, name: str) -> bool:
    """Whether the name stands in the code as it is."""
    return bool(name) and UNKNOWN not in name and (f"'{name}'" in call.shown or f'"{name}"' in call.shown)


def _code_of(call: CodeCall, acts: Acts) -> list[str]:
    if call.name in {"timeit.timeit", "timeit.repeat"}:
        return [one for one in as_texts([*call.args[:2], *call.keywords.values()]) if one.strip(UNKNOWN)]
    if call.name not in calls.RUNS_CODE:
        return []
    first = as_text(call.argument(0, "source"))
    hidden = {"decoded", "fetched", "turned"} & call.marks
    if hidden or ("builtins" in call.name and call.built):
        acts.asks("elsewhere.hides", call.shown)
    return [first]


def _speaks(call: CodeCall, acts: Acts) -> None:
    last, local = call.last, "local" in call.marks or "files" in call.keywords
    addresses = [as_text(one) for one in (*call.args[:2], call.keywords.get("url", UNKNOWN)) if "://" in as_text(one)]
    if stays_here(addresses):
        return
    if last in calls.CONNECTS and _sweeps(call, acts):
        acts.asks("elsewhere.attack", call.shown, network=True)
    if last in calls.MAILS and call.imported & {"smtplib", "ftplib", "aiosmtplib"}:
        acts.asks("elsewhere.sends", call.shown, network=True, elsewhere=True)
    elif last in calls.UPLOADS or (last in calls.SENDS and local and _is_of_network(call)):
        acts.asks("elsewhere.sends", call.shown, network=True)
    elif last == "exec_command" and "paramiko" in call.imported:
        acts.runs_words(["ssh", "host", as_text(call.argument(0, "command"))])
    elif _changes_there(call, addresses):
        acts.asks("elsewhere.changes", call.shown, network=True, elsewhere=True)


def _is_of_network(call: CodeCall) -> bool:
    """Whether the object is one that speaks: a package for it, or one that is not known."""
    return (call.name.startswith("?.") and call.last != "get") or call.name.partition(".")[0] in calls.NETWORKING


def _changes_there(call: CodeCall, addresses: list[str]) -> bool:
    """Whether a request would send or change something, whatever it carries; `curl -d` is judged like it."""
    of_client = call.name.partition(".")[0] in calls.NETWORKING
    if not of_client and not call.name.startswith("?."):
        return False
    if call.last in calls.CHANGES_BY_REQUEST:
        return of_client or bool(addresses)
    if call.last in {"Request", "urlopen"} and _has_body(call):
        return True
    return _method(call) in calls.CHANGES_BY_REQUEST


def _sweeps(call: CodeCall, acts: Acts) -> bool:
    """Whether connections go to many ports or machines elsewhere, by a part of the address that runs on."""
    first = call.argument(0)
    ends = as_texts(first) if isinstance(first, list | tuple) else [as_text(one) for one in call.args[:2]]
    if len(ends) < 2 or not ends[0].strip(UNKNOWN) or stays_here([ends[0]]):  # noqa: PLR2004  # a host and a port
        return False
    acts.ends.add((ends[0], ends[1]))
    return UNKNOWN in "".join(ends) or len(acts.ends) >= MANY_ENDS


def _has_body(call: CodeCall) -> bool:
    bodies = [*call.node.args[1:2], *(one.value for one in call.node.keywords if one.arg == "data")]
    return any(not (isinstance(one, ast.Constant) and one.value is None) for one in bodies)


def _method(call: CodeCall) -> str:
    if call.last in {"request", "Request", "urlopen"}:
        return as_text(call.keywords.get("method", call.argument(0) if call.last == "request" else UNKNOWN)).lower()
    return ""


def _changes(call: CodeCall, acts: Acts) -> None:
    if call.imported & calls.DATABASES and call.last in calls.EXECUTES | {"text"}:
        for one in call.args[:1]:
            statement = as_text(one)
            if is_sql(statement):
                judge_sql(statement, acts)
    if call.imported & calls.CLOUDS and call.name.startswith("?.") and calls.CLOUD_CHANGES.fullmatch(call.last):
        if (
            call.last not in {"create_client", "put", "update", "remove", "replace", "create"}
            or "docker" in call.imported
        ):
            acts.asks("elsewhere.changes", call.shown, network=True, elsewhere=True)
    elif call.imported & calls.STORES and call.last in calls.STORE_CHANGES:
        acts.asks("elsewhere.changes", call.shown, network=True, elsewhere=True)
