"""One module of Python: its names as they are known by, and what only several of its calls together tell."""

import ast
import re
from collections.abc import Iterator

from governance.scanner.pieces import PieceKind, ScanPiece
from governance.scanner.report import ScanFinding, ScanVerdict, finding
from governance.scanner.rules.prose import prose_findings
from governance.scanner.rules.written_patterns import WrittenPattern

_BLOCK, _WARN = ScanVerdict.BLOCK, ScanVerdict.WARN
_LONG_BLOB = 400
_MOST_PARTS, _LONGEST_PATH = 4, 200
_HOME = WrittenPattern("modules.home")
_DANGEROUS_NAMES = frozenset(
    {"system", "exec", "eval", "popen", "subprocess", "os", "run", "Popen", "__import__", "socket", "check_output"}
)
_OBEYED = WrittenPattern("modules.obeyed")
_IMPORTERS = frozenset({"__import__", "importlib.import_module", "builtins.__import__"})
_FETCHES = re.compile(r"urlretrieve|urlopen|requests\.get|httpx\.get|wget\.download|\.content\b")
_WALLET = re.compile(r"0x[a-fA-F0-9]{40}\b|\bbc1[0-9a-z]{20,}")
_PIPED = re.compile(r"(?:curl|wget)\b[^\n|]*\|\s*(?:ba|z)?sh\b|/dev/tcp/|\$\(curl")


class PythonModule:
    """What is known of one module: tainted names by how strong, functions, and the aliases of imports."""

    def __init__(self, tree: ast.Module) -> None:
        self.nodes = list(ast.walk(tree))
        self.aliases: dict[str, str] = {}
        self.functions = {
            one.name: one for one in self.nodes if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        self.texts: dict[str, str] = {}
        self.strong: set[str] = set()
        self.weak: set[str] = set()
        self.decoded: set[str] = set()
        self.fetched: set[str] = set()
        self.held: set[str] = set()
        for node in self.nodes:
            self._import(node)

    def _import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._renamed(node.targets[0].id, node.value)
            self._written(node.targets[0].id, node.value)
        if isinstance(node, ast.Import):
            for one in node.names:
                if one.asname:
                    self.aliases[one.asname] = one.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                self.aliases[one.asname or one.name] = f"{node.module}.{one.name}"

    def _written(self, name: str, value: ast.expr) -> None:
        """The few texts of a value, which may be the parts of a path."""
        parts = [one.value for one in ast.walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if parts and len(parts) <= _MOST_PARTS and sum(map(len, parts)) < _LONGEST_PATH:
            self.texts[name] = "/".join(parts)

    def _renamed(self, name: str, value: ast.expr) -> None:
        """A module or function that gets another name."""
        first = value.args[0] if isinstance(value, ast.Call) and value.args else None
        imports = self.name(value.func) in _IMPORTERS if isinstance(value, ast.Call) else False
        if imports and isinstance(first, ast.Constant) and isinstance(first.value, str):
            self.aliases[name] = first.value
        elif isinstance(value, ast.Name) and value.id in _IMPORTERS:
            self.aliases[name] = value.id

    def name(self, node: ast.AST) -> str:
        """The dotted name of what is called, by the names of modules."""
        if isinstance(node, ast.Attribute):
            return f"{self.name(node.value)}.{node.attr}"
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id, node.id)
        if isinstance(node, ast.Call):
            return self.name(node.func)
        return "?"

    def source(self, node: ast.AST) -> str:
        """The code of an expression with every text in it joined as a path would be, for looking up places."""
        code = ast.unparse(node)
        if other := {name: real for name, real in self.aliases.items() if real in {"os", "pathlib"} and name != real}:
            code = re.sub(rf"\b(?:{'|'.join(map(re.escape, other))})\b", lambda found: other[found[0]], code)
        parts = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        held = [self.texts[one.id] for one in ast.walk(node) if isinstance(one, ast.Name) and one.id in self.texts]
        copied = " .ssh/ " if self.held and any(one in code for one in self.held) else ""
        return f"{code}\n{'/'.join(parts)}\n{' '.join(held)}{copied}"

    def names_in(self, node: ast.AST) -> set[str]:
        """Names and attributes that an expression uses."""
        found = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        return found | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def whole_module_findings(module: PythonModule, piece: ScanPiece) -> Iterator[ScanFinding]:
    """What calls tell that are innocent alone."""
    yield from _together(module, piece)
    yield from _hidden_names(module, piece)
    for node in module.nodes:
        if isinstance(node, ast.Call):
            yield from _touched(node, module, piece)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and piece.is_run:
            yield from _said(node, node.value, piece)


def _touched(node: ast.Call, module: PythonModule, piece: ScanPiece) -> Iterator[ScanFinding]:
    """Homes that are removed, and files that others obey written."""
    name = module.name(node.func)
    first = ast.unparse(node.args[0]) if node.args else ""
    if name.endswith("rmtree") and (_HOME.search(first) or first in {"Path.home()", "pathlib.Path.home()"}):
        yield _at(piece, node, "command.destroys", _BLOCK)
    written = name.endswith((".write_text", ".write_bytes")) or (
        (name in {"open", "io.open"} or name.endswith(".open"))
        and re.search(r"[\"'](?:w|a|r\+)b?\+?[\"']", ", ".join(map(ast.unparse, node.args)))
    )
    target = module.source(node)
    if written and _OBEYED.search(target):
        hard = re.search(r"authorized_keys|sudoers", target) or _PIPED.search(piece.text)
        yield _at(piece, node, "command.persists", _BLOCK if hard and piece.is_run else _WARN)


def _hidden_names(module: PythonModule, piece: ScanPiece) -> Iterator[ScanFinding]:
    """Functions and modules whose names are put together so that nobody finds them."""
    for node in module.nodes:
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = module.name(node.func)
        named = node.args[1] if name == "getattr" and len(node.args) > 1 else node.args[0]
        if name in {"getattr", "__import__", "importlib.import_module"} and isinstance(
            named, ast.BinOp | ast.Call | ast.Subscript
        ):
            parts = [
                one.value for one in ast.walk(named) if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            if (
                "".join(parts) in _DANGEROUS_NAMES
                or "".join(parts)[::-1] in _DANGEROUS_NAMES
                or re.search(r"decode|chr\(|fromhex", ast.unparse(named))
            ):
                yield _at(piece, node, "code.decoded_run", _BLOCK if piece.is_run else _WARN)


def _said(node: ast.Constant, text: str, piece: ScanPiece) -> Iterator[ScanFinding]:
    """Words and commands that code carries to put them somewhere."""
    line = piece.line + node.lineno - 1
    if _PIPED.search(text) and len(text) < _LONG_BLOB * 10 and not _is_docstring(text):
        yield finding("command.fetched_run", _WARN, piece.file, line, text)
    if " " in text.strip() and len(text) > 40:  # noqa: PLR2004  # a sentence
        inner = ScanPiece(file=piece.file, kind=PieceKind.BLOCK, language="prose", text=text, line=line)
        for found in prose_findings(inner, is_example=False):
            if (
                found.rule in {"prose.exfiltrate", "prose.conceal", "prose.override", "prose.money"}
                and found.severity is _BLOCK
            ):
                yield found


def _is_docstring(text: str) -> bool:
    return text.count("\n") > 3  # noqa: PLR2004  # lines of a help text


def _together(module: PythonModule, piece: ScanPiece) -> Iterator[ScanFinding]:
    """What only several calls together tell: a socket that gets a shell, keys gathered in a script that speaks."""
    text = piece.text
    if re.search(r"\bdup2\(", text) and re.search(r"socket", text):
        yield _text_at(piece, "dup2(", "command.reverse_shell")
    if (
        re.search(r"\.recv\(", text)
        and re.search(r"subprocess|os\.popen|os\.system", text)
        and re.search(r"\.connect\(", text)
    ):
        yield _text_at(piece, ".connect(", "command.reverse_shell")
    if piece.kind is PieceKind.SCRIPT and re.search(
        r"pynput|keyboard\.(?:on_press|hook|read_event)|GetAsyncKeyState", text
    ):
        yield _text_at(piece, "key", "code.watches_person")
    if (
        re.search(r"\.encrypt\(", text)
        and re.search(r"os\.walk|rglob|iglob", text)
        and re.search(r"os\.(?:remove|unlink|rename)|\.unlink\(", text)
    ):
        yield _text_at(piece, ".encrypt(", "command.destroys")
    if re.search(r"VirtualAlloc|RtlMoveMemory|CreateRemoteThread|WriteProcessMemory", text):
        yield _text_at(piece, "ctypes", "code.fetched_run")
    if re.search(r"pyperclip\.copy|clipboard\.(?:copy|write|set)", text) and _WALLET.search(text):
        yield _text_at(piece, "copy", "prose.money")
    yield from _staged(module, piece)
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and len(node.value) > _LONG_BLOB:
            blob = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            if (
                re.fullmatch(r"[A-Za-z0-9+/=_\s-]+", blob)
                and " " not in blob.strip()
                and re.search(r"\b(?:exec|eval)\(", text)
            ):
                yield _at(piece, node, "code.decoded_run", _BLOCK)


def _staged(module: PythonModule, piece: ScanPiece) -> Iterator[ScanFinding]:
    """A file that is fetched, made a program and started."""
    if not _FETCHES.search(piece.text):
        return
    calls = [node for node in module.nodes if isinstance(node, ast.Call) and node.args]
    made = {
        name for node in calls if module.name(node.func).endswith("chmod") for name in module.names_in(node.args[0])
    }
    for node in calls:
        started = re.search(
            r"Popen|subprocess\.\w+|os\.(?:system|exec\w*|startfile|popen|spawn\w*)", module.name(node.func)
        )
        if started and module.names_in(node.args[0]) & made - {"os", "subprocess", "sys", "Path", "str"}:
            yield _at(piece, node, "command.staged", _BLOCK if piece.is_run else _WARN)


def _at(piece: ScanPiece, node: ast.AST, rule: str, severity: ScanVerdict) -> ScanFinding:
    line = piece.line + getattr(node, "lineno", 1) - 1
    return finding(rule, severity, piece.file, line, ast.unparse(node)[:400])


def _text_at(piece: ScanPiece, mark: str, rule: str) -> ScanFinding:
    at = max(piece.text.find(mark), 0)
    shown = piece.text[piece.text.rfind("\n", 0, at) + 1 :].split("\n")[0]
    return finding(
        rule, _BLOCK if piece.is_run else _WARN, piece.file, piece.line + piece.text.count("\n", 0, at), shown
    )
