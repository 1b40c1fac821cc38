"""What runs without being asked: scripts of packages, set-up code, start files, hooks and servers of agents."""

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

from governance.scanner.pieces import PieceKind, ScanPiece
from governance.scanner.report import ScanFinding, ScanVerdict, finding
from governance.scanner.rules.commands import command_findings
from governance.scanner.rules.hosts import Trust, trust_of
from governance.scanner.rules.written_patterns import WrittenPattern

_BLOCK, _WARN, _OK = ScanVerdict.BLOCK, ScanVerdict.WARN, ScanVerdict.OK
_INSTALL = frozenset(
    {
        "preinstall",
        "install",
        "postinstall",
        "preprepare",
        "prepare",
        "postprepare",
        "prepublish",
        "preuninstall",
        "postuninstall",
    }
)
_ORDINARY = WrittenPattern("hooks.ordinary")
_RUNS = re.compile(
    r"\b(?:os\.(?:system|popen)|subprocess\.|urllib|requests\.|socket\.|exec\(|eval\(|base64|urlopen|httpx)"
)
_TELLING_NAME = WrittenPattern("hooks.telling_name")
_STARTS = re.compile(r"(?:^|/)(?:sitecustomize|usercustomize)\.py$")
_MOST_SERVERS = 40


def hook_findings(piece: ScanPiece) -> Iterator[ScanFinding]:
    """What a file sets going by itself."""
    if not _TELLING_NAME.search(piece.file):
        return
    name = piece.file.rpartition("/")[2]
    if name == "setup.py":
        yield from _set_up(piece)
    elif _STARTS.search(piece.file):
        yield finding("hook.start", _BLOCK if _RUNS.search(piece.text) else _WARN, piece.file, 1, piece.text[:160])
    elif name.endswith(".pth"):
        for number, line in enumerate(piece.text.split("\n"), start=1):
            if line.startswith(("import ", "import\t")) and not re.fullmatch(r"import [\w.]+;?\s*", line):
                yield finding("hook.start", _BLOCK, piece.file, number, line)
    elif name == "conftest.py":
        yield from _at_import(piece)
    elif name.endswith(".json"):
        yield from _settings(piece)


def _set_up(piece: ScanPiece) -> Iterator[ScanFinding]:
    tree = _tree(piece.text)
    if tree is None:
        return
    classes = [one for one in ast.walk(tree) if isinstance(one, ast.ClassDef)]
    for one in classes:
        bases = " ".join(ast.unparse(base) for base in one.bases)
        code = ast.unparse(one)
        if re.search(
            r"\b(?:install|develop|build_py|egg_info|sdist|bdist_\w+|build_ext|Command)\b", bases
        ) and _RUNS.search(code):
            hard = re.search(r"urllib|requests|socket|base64|curl|wget|exec\(|eval\(|environ|/tmp|powershell", code)
            yield finding("hook.install", _BLOCK if hard else _WARN, piece.file, one.lineno, code.split("\n")[0])
    yield from _at_import(piece)


def _at_import(piece: ScanPiece) -> Iterator[ScanFinding]:
    """Statements outside of functions that start programs or speak to other machines."""
    tree = _tree(piece.text)
    for node in tree.body if tree else []:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            continue
        code = ast.unparse(node)
        if re.search(
            r"\b(?:os\.(?:system|popen)|subprocess\.\w+\(|urlopen|requests\.(?:post|get)|exec\(|eval\(|socket\.)", code
        ):
            hard = re.search(r"curl|wget|base64|https?://|exec\(|eval\(|environ|/dev/tcp", code)
            yield finding("hook.install", _BLOCK if hard else _WARN, piece.file, node.lineno, code)


def _tree(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _settings(piece: ScanPiece) -> Iterator[ScanFinding]:
    try:
        read: Any = json.loads(piece.text)
    except (ValueError, RecursionError):
        return
    if not isinstance(read, dict):
        return
    scripts = read.get("scripts")
    if piece.file.endswith("package.json") and isinstance(scripts, dict):
        for name, command in scripts.items():
            if isinstance(command, str):
                yield from _script(piece, str(name), command)
    yield from _hooks(piece, read)
    servers = read.get("mcpServers") or read.get("servers")
    if isinstance(servers, dict):
        for name, server in list(servers.items())[:_MOST_SERVERS]:
            if isinstance(server, dict):
                yield from _server(piece, str(name), server)


def _script(piece: ScanPiece, name: str, command: str) -> Iterator[ScanFinding]:
    line = _line(piece.text, f'"{name}"')
    is_install = name in _INSTALL
    kind = PieceKind.AUTORUN if is_install else PieceKind.SCRIPT
    inner = ScanPiece(file=piece.file, kind=kind, language="shell", text=command, line=line)
    found = list(command_findings(inner))
    yield from found
    if not is_install:
        return
    if re.search(
        r"\b(?:curl|wget|nc|powershell|base64|eval)\b|node\s+-e|python\d?\s+-c|https?://|\benv\b\s*\||/tmp/", command
    ):
        yield finding("hook.install", _BLOCK, piece.file, line, f"{name}: {command}")
    elif not _ORDINARY.fullmatch(command.strip()):
        yield finding("hook.install", _WARN, piece.file, line, f"{name}: {command}")


def _hooks(piece: ScanPiece, read: dict[str, Any]) -> Iterator[ScanFinding]:
    """Hooks of agents, wherever they lie in the file: each command as one that runs without being asked."""
    for command in _commands_below(read.get("hooks")):
        line = _line(piece.text, command[:30])
        inner = ScanPiece(file=piece.file, kind=PieceKind.AUTORUN, language="shell", text=command, line=line)
        yield from command_findings(inner)
        hard = re.search(r"\b(?:curl|wget|nc)\b|https?://|base64|\beval\b", command)
        yield finding("hook.agent", _BLOCK if hard else _WARN, piece.file, line, command)


def _commands_below(value: Any, deep: int = 0) -> Iterator[str]:
    if deep > 8:  # noqa: PLR2004  # no hooks lie so deep
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "command" and isinstance(inner, str):
                yield inner
            else:
                yield from _commands_below(inner, deep + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _commands_below(inner, deep + 1)


def _server(piece: ScanPiece, name: str, server: dict[str, Any]) -> Iterator[ScanFinding]:
    line = _line(piece.text, f'"{name}"')
    listed = server.get("args")
    words = [str(one) for one in listed] if isinstance(listed, list) else []
    command = " ".join([str(server.get("command", "")), *words]).strip()
    url = str(server.get("url") or server.get("serverUrl") or "")
    if command:
        code = words[-1] if words[:1] and words[0] in {"-c", "-lc", "-e"} else command
        inner = ScanPiece(file=piece.file, kind=PieceKind.AUTORUN, language="shell", text=code, line=line)
        found = list(command_findings(inner))
        yield from found
        through_shell = re.match(r"(?:/\S*/)?(?:ba|z)?sh\b|powershell|cmd(?:\.exe)?\b", command) is not None
        hard = through_shell and re.search(r"curl|wget|base64|https?://|/dev/tcp|\benv\b", command)
        yield finding("hook.server", _BLOCK if hard else _WARN, piece.file, line, command)
    if url:
        ill = trust_of(url) is Trust.ILL or (url.startswith("http://") and trust_of(url) is not Trust.HERE)
        yield finding("hook.server", _BLOCK if ill else _WARN, piece.file, line, url)


def _line(text: str, mark: str) -> int:
    at = text.find(mark)
    return text.count("\n", 0, at) + 1 if at >= 0 else 1
