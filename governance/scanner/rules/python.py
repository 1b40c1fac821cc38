"""Python by its syntax tree: where secrets come from and go to, what is decoded and run, what runs at install."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from governance.scanner.pieces import PieceKind, ScanPiece
from governance.scanner.report import ScanFinding, ScanVerdict, finding
from governance.scanner.rules.commands import command_findings
from governance.scanner.rules.hosts import Trust, is_drop, is_plain_address, trust_of, urls_in
from governance.scanner.rules.modules import PythonModule, whole_module_findings
from governance.scanner.rules.places import DOTENV, HARVEST, KEEPERS, SECRET_NAMES, STRONG, WHOLE_ENVIRONMENT
from governance.scanner.rules.written_patterns import WrittenPattern

_BLOCK, _WARN = ScanVerdict.BLOCK, ScanVerdict.WARN
MOST_NODES = 60_000
_ROUNDS = 4
_SENDS = WrittenPattern("python.sends")
_GETS = re.compile(r"^(?:requests|httpx|session|client|urllib\d?|aiohttp|http)\w*(?:\.\w+)*\.get$", re.IGNORECASE)
_NETWORK = WrittenPattern("python.network")
_DECODES = WrittenPattern("python.decodes")
_RUNS_CODE = re.compile(
    r"^(?:builtins\.)?(?:exec|eval|compile|execfile|__import__)$|types\.(?:FunctionType|CodeType)$|runpy\.run_\w+$"
)
_RUNS = WrittenPattern("python.runs")
_FETCHES = WrittenPattern("python.fetches")
_OPENERS = WrittenPattern("python.openers")
_CHARACTERS = re.compile(r"chr\(|\\x[0-9a-f]{2}|join\(map\(chr", re.IGNORECASE)
_LONG_BLOB = 400
_FROM_NUMBERS = re.compile(r"\bchr\(")
_NAME_SERVICE = re.compile(r"(?:gethostbyname|getaddrinfo|resolve)$")
_MAILS = re.compile(r"(?:sendmail|send_message|sendall|sendto)$")
_UNPICKLES = re.compile(r"(?:pickle|dill|marshal|joblib|cloudpickle)\.loads?$")
_NOT_SENT = frozenset({"auth", "cert", "headers", "timeout", "verify"})
"""How a request is made, in which everybody gives a key to whom it belongs."""
_LONGEST_PATH = 200
_DEEPEST = 6
_WRAPPERS = re.compile(r"(?:^|\.)(?:ZipFile|TarFile|GzipFile|open|TextIOWrapper|writer|StringIO|BytesIO)$")
_WHOLE_HOME = re.compile(
    r"(?:walk|rglob|glob|iterdir|make_archive|\.add)\([^\n]*(?:expanduser\(|Path\.home\(\))|Path\.home\(\)[^\n]*\.(?:rglob|glob|iterdir)\("
)
_DANGEROUS = re.compile(r"\b(?:exec|eval|compile|__import__|system|popen|subprocess|run_path|dup2)\b")
_COPIES = re.compile(r"(?:^|\.)(?:copy|copy2|copyfile|copytree|move|rename|replace|make_archive)$")
_FILLS = frozenset({"add", "append", "extend", "setdefault", "update", "write", "writestr"})
_NOBODYS = frozenset({"self", "os", "environ", "cls", "Path", "str", "json"})


def python_findings(piece: ScanPiece) -> Iterator[ScanFinding]:
    """What the Python in a piece does; a block in a document that is no whole module is read as text alone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(piece.text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        if piece.kind is PieceKind.SCRIPT:
            yield finding("uncertain.unparsed", ScanVerdict.OK, piece.file, piece.line)
        return
    module = PythonModule(tree)
    if len(module.nodes) > MOST_NODES:
        yield finding("uncertain.nested", _WARN, piece.file, piece.line)
        return
    yield from _commands(module, piece)
    yield from whole_module_findings(module, piece)
    if not (_NETWORK.search(piece.text) or _DANGEROUS.search(piece.text)):
        return
    _spread(module)
    if copied := _copied(module):
        module.held |= copied
        _spread(module)
    for node in module.nodes:
        if isinstance(node, ast.Call):
            yield from _called(node, module, piece)


@dataclass(frozen=True, slots=True)
class _Gift:
    """A value that names are given, and what is known of it by itself."""

    names: frozenset[str]
    used: frozenset[str]
    is_strong: bool
    is_weak: bool
    is_decoded: bool
    is_fetched: bool


def _gifts(node: ast.AST, module: PythonModule) -> Iterator[tuple[set[str], ast.expr]]:
    """Which names a statement or call gives which value."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield {name for target in targets for name in module.names_in(target)} - _NOBODYS, node.value
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield module.names_in(node.target), node.iter
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if item.optional_vars is not None:
                yield from _wrapped(item.context_expr, item.optional_vars, module)
                yield module.names_in(item.optional_vars), item.context_expr
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for inner in ast.walk(node):
            if isinstance(inner, ast.Return | ast.Yield) and inner.value is not None:
                yield {node.name}, inner.value
    elif isinstance(node, ast.Call):
        yield from _arguments(node, module)


def _wrapped(value: ast.expr, target: ast.expr, module: PythonModule) -> Iterator[tuple[set[str], ast.expr]]:
    """What is written into an archive or a file reaches what that was made upon."""
    if isinstance(value, ast.Call) and value.args and _WRAPPERS.search(module.name(value.func)):
        yield module.names_in(value.args[0]) - _NOBODYS, target


def _arguments(node: ast.Call, module: PythonModule) -> Iterator[tuple[set[str], ast.expr]]:
    own = module.functions.get(node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", ""))
    if own is not None:
        names = [one.arg for one in own.args.args if one.arg not in {"self", "cls"}]
        yield from (({name}, value) for name, value in zip(names, node.args, strict=False))
        known = {one.arg for one in [*own.args.args, *own.args.kwonlyargs]}
        yield from (({one.arg}, one.value) for one in node.keywords if one.arg in known)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _FILLS:
        yield from ((module.names_in(node.func.value) - _NOBODYS, value) for value in node.args)


def _copied(module: PythonModule) -> set[str]:
    """Paths to which files of secrets are copied, so that who reads these reads those."""
    found = set()
    for node in module.nodes:
        if isinstance(node, ast.Call) and len(node.args) > 1 and _COPIES.search(module.name(node.func)):
            first = node.args[0]
            if module.names_in(first) & module.strong or STRONG.search(module.source(first)):
                found.add(ast.unparse(node.args[1]).strip("'\""))
    return {path for path in found if len(path) > 2}  # noqa: PLR2004  # a path, not a sign


def _gift(names: set[str], value: ast.expr, module: PythonModule) -> _Gift | None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        module.texts.update(dict.fromkeys(names, value.value[:500]))
        if STRONG.search(value.value) and len(value.value) < _LONGEST_PATH:
            module.strong |= names
        return None
    code = module.source(value)
    return _Gift(
        names=frozenset(names),
        used=frozenset(module.names_in(value)),
        is_strong=_is_strong(code) or _gathers(code) or bool(_WHOLE_HOME.search(code)),
        is_weak=bool(DOTENV.search(code) or HARVEST.search(code)),
        is_decoded=bool(_DECODES.search(code) or _FROM_NUMBERS.search(code)),
        is_fetched=bool(_FETCHES.search(code)),
    )


def _spread(module: PythonModule) -> None:
    """Carry what is known of values into the names they are given to, until nothing changes."""
    given = [one for node in module.nodes for one in _gifts(node, module) if one[0]]
    found = [_gift(names, value, module) for names, value in given]
    for _ in range(_ROUNDS):
        before = sum(map(len, (module.strong, module.weak, module.decoded, module.fetched)))
        for gift in filter(None, found):
            for known, own in (
                (module.strong, gift.is_strong),
                (module.weak, gift.is_weak),
                (module.decoded, gift.is_decoded),
                (module.fetched, gift.is_fetched),
            ):
                if own or gift.used & known:
                    known.update(gift.names)
        if before == sum(map(len, (module.strong, module.weak, module.decoded, module.fetched))):
            return


def _gathers(code: str) -> bool:
    """Whether the secrets of several services are put together, which none of them needs."""
    return "env" in code and len(set(SECRET_NAMES.findall(code))) > 1


def _is_strong(code: str) -> bool:
    return bool(STRONG.search(code) or WHOLE_ENVIRONMENT.search(code) or KEEPERS.search(code))


def _commands(module: PythonModule, piece: ScanPiece) -> Iterator[ScanFinding]:
    """Commands that the code starts, as what they are; what only the run would tell is a name in them."""
    held = {
        target.id: node.value
        for node in module.nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in module.nodes:
        if isinstance(node, ast.Call) and node.args and _RUNS.search(module.name(node.func)):
            command = _words_of(node.args[0], held)
            if command:
                inner = ScanPiece(
                    file=piece.file, kind=piece.kind, language="shell", text=command, line=piece.line + node.lineno - 1
                )
                yield from command_findings(inner)


def _words_of(node: ast.expr, held: dict[str, ast.expr], deep: int = 0) -> str:
    """The command that an expression makes, as far as the code tells it."""
    if deep > _DEEPEST or isinstance(node, ast.Constant):
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
    if isinstance(node, ast.Name):
        return _words_of(held[node.id], held, deep + 1) if node.id in held else f"${node.id}"
    if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call):
        return _composed(node, held, deep)
    if isinstance(node, ast.FormattedValue):
        return _words_of(node.value, held, deep + 1) or "$x"
    if isinstance(node, ast.List | ast.Tuple):
        words = [_words_of(one, held, deep + 1) or "$x" for one in node.elts]
        through_shell = len(words) > 2 and words[1] in {"-c", "-lc", "/c"}  # noqa: PLR2004  # a shell and its command
        return words[2] if through_shell else " ".join(words)
    return ""


def _composed(node: ast.JoinedStr | ast.BinOp | ast.Call, held: dict[str, ast.expr], deep: int) -> str:
    """What texts that are put together make; the arguments of a call as a path, which most that are met here make."""
    if isinstance(node, ast.Call):
        return "/".join(filter(None, (_words_of(one, held, deep + 1) for one in node.args)))
    parts = node.values if isinstance(node, ast.JoinedStr) else [node.left, node.right]
    return "".join(_words_of(one, held, deep + 1) for one in parts)


def _called(node: ast.Call, module: PythonModule, piece: ScanPiece) -> Iterator[ScanFinding]:
    name = module.name(node.func)
    values = [*node.args, *(one.value for one in node.keywords)]
    used = {used for value in values for used in module.names_in(value)}
    code = "\n".join(module.source(value) for value in values)
    if _UNPICKLES.search(name) and (_FETCHES.search(code) or used & module.fetched):
        yield _at(piece, node, "code.fetched_run", _BLOCK if piece.is_run else _WARN)
    if _RUNS_CODE.search(name):
        yield from _code_run(node, module, piece, code, used)
    if _RUNS.search(name):
        yield from _program_run(node, module, piece, used)
    if (_SENDS.search(name) or _GETS.search(name)) and _NETWORK.search(piece.text):
        yield from _sent(node, module, piece, code)


def _code_run(
    node: ast.Call, module: PythonModule, piece: ScanPiece, code: str, used: set[str]
) -> Iterator[ScanFinding]:
    name = module.name(node.func)
    if name.endswith("__import__") and not (_DECODES.search(code) or _CHARACTERS.search(code)):
        return
    if name.endswith("compile") and "re." in ast.unparse(node.func):
        return
    if _DECODES.search(code) or _CHARACTERS.search(code) or used & module.decoded:
        yield _at(piece, node, "code.decoded_run", _BLOCK)
    elif _FETCHES.search(code) or used & module.fetched:
        yield _at(piece, node, "code.fetched_run", _BLOCK)


def _program_run(node: ast.Call, module: PythonModule, piece: ScanPiece, used: set[str]) -> Iterator[ScanFinding]:
    first = ast.unparse(node.args[0]) if node.args else ""
    if _DECODES.search(first) or (node.args and module.names_in(node.args[0]) & module.decoded):
        severe = _DECODES.search(first) or re.search(r"b(?:64|32|85)decode|fromhex|unhexlify", piece.text)
        yield _at(piece, node, "code.decoded_run", _BLOCK if severe and piece.is_run else _WARN)
    elif used & module.fetched and piece.is_run and re.search(r"\.content|\.text|urlretrieve|\.read\(\)", piece.text):
        shell = any(one.arg == "shell" for one in node.keywords) or module.name(node.func) in {"os.system", "os.popen"}
        yield _at(piece, node, "code.fetched_run", _BLOCK if shell else _WARN)


def _sent(node: ast.Call, module: PythonModule, piece: ScanPiece, code: str) -> Iterator[ScanFinding]:
    name = module.name(node.func)
    values = [*node.args, *(one.value for one in node.keywords if one.arg not in _NOT_SENT)]
    sent = {name for value in values for name in module.names_in(value)}
    places = "\n".join(module.source(value) for value in values)
    drops = is_drop(code) or any(trust_of(url) is Trust.ILL for url in urls_in(code)) or is_plain_address(code)
    is_here = bool(urls_in(code)) and all(trust_of(url) is Trust.HERE for url in urls_in(code))
    if is_here and not drops:
        return
    if _is_strong(places) or sent & module.strong:
        yield _at(piece, node, "flow.secret_sent", _BLOCK)
    elif _NAME_SERVICE.search(name) and ("encode" in places or "hex" in places or sent & module.weak):
        yield _at(piece, node, "flow.secret_sent", _BLOCK if piece.is_run else _WARN)
    elif sent & module.weak or DOTENV.search(places):
        hard = drops or (_MAILS.search(name) and piece.is_run)
        yield _at(piece, node, "flow.secret_sent", _BLOCK if hard else _WARN)
    elif drops and not name.endswith((".connect", "connect")):
        has_data = len(node.args) > 1 or any(
            one.arg in {"data", "json", "files", "params", "content"} for one in node.keywords
        )
        yield _at(piece, node, "flow.sent_to_drop", _BLOCK if has_data and piece.is_run else _WARN)


def _at(piece: ScanPiece, node: ast.AST, rule: str, severity: ScanVerdict) -> ScanFinding:
    line = piece.line + getattr(node, "lineno", 1) - 1
    return finding(rule, severity, piece.file, line, ast.unparse(node)[:400])
