"""A file taken apart into pieces that are read alike: prose, code blocks, what no reader sees, whole scripts.

Markdown by its lines (CommonMark's fences, HTML comments, front matter between `---`), so that each piece knows the
line where it begins. A command between backquotes behind a `!` runs when a skill is loaded, before anybody reads it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from governance.packages.package import PackageFile


class PieceKind(StrEnum):
    """How a piece comes to act. Alphabetical.

    AUTORUN runs when the skill is loaded; BLOCK is shown as code; HIDDEN is not seen by people; SCRIPT is a file that
    is run; SETTINGS is read by programs.
    """

    AUTORUN = "autorun"
    BLOCK = "block"
    HIDDEN = "hidden"
    PROSE = "prose"
    SCRIPT = "script"
    SETTINGS = "settings"


_LONG_SETTINGS = 50_000
_PROGRAMS = re.compile(
    r"\b(?:curl|wget|(?:ba|z)sh|sh -|python\d|powershell|pwsh|base64|iwr|iex|osascript|mshta|npx|/bin/|ncat)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPiece:
    """A text from a file, in a language (`shell`, `python`, `javascript`, `prose`, …), from that line on."""

    file: str
    kind: PieceKind
    language: str
    text: str
    line: int = 1

    @property
    def may_hold_commands(self) -> bool:
        """Whether it may: long settings that name no program that fetches or runs, such as schemas, hold none."""
        is_long = self.language == "settings" and len(self.text) > _LONG_SETTINGS
        return not is_long or _PROGRAMS.search(self.text) is not None

    @property
    def is_run(self) -> bool:
        """Whether nobody reads it before it runs."""
        return self.kind in {PieceKind.SCRIPT, PieceKind.AUTORUN, PieceKind.HIDDEN}

    def line_at(self, at: int, text: str = "") -> int:
        """The line of the file on which that place of the piece's text stands, or of a text with the same lines."""
        return self.line + (text or self.text).count("\n", 0, at)


_BY_ENDING = {
    **dict.fromkeys(("sh", "bash", "zsh", "ksh", "fish", "command"), "shell"),
    **dict.fromkeys(("py", "pyw", "pyi", "pth"), "python"),
    **dict.fromkeys(("js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx"), "javascript"),
    **dict.fromkeys(("ps1", "psm1", "psd1"), "powershell"),
    **dict.fromkeys(("bat", "cmd"), "batch"),
    **dict.fromkeys(("md", "markdown", "mdx", "mdc", "rst", "txt", "adoc"), "markdown"),
    **dict.fromkeys(
        ("json", "jsonc", "json5", "yaml", "yml", "toml", "ini", "cfg", "xml", "xsd", "xsl", "rels", "plist", "env"),
        "settings",
    ),
    **dict.fromkeys(("html", "htm", "svg"), "markup"),
    "rb": "ruby",
    "pl": "perl",
    "php": "php",
    "lua": "lua",
    "applescript": "applescript",
    "scpt": "applescript",
}
_OTHER_CODE = frozenset(
    {
        *(
            "awk",
            "bas",
            "c",
            "cc",
            "clj",
            "cpp",
            "cs",
            "dart",
            "ex",
            "exs",
            "go",
            "groovy",
            "h",
            "hs",
            "hta",
            "java",
            "jl",
        ),
        *("kt", "m", "nim", "pas", "r", "rs", "scala", "swift", "tcl", "vb", "vbs", "wsf", "zig"),
    }
)
"""Endings of other languages; whatever else is a text is words to a model."""
_FENCED = {
    **dict.fromkeys(("sh", "bash", "shell", "zsh", "console", "terminal", "shell-session", "shellscript"), "shell"),
    **dict.fromkeys(("python", "python3", "py"), "python"),
    **dict.fromkeys(("js", "javascript", "ts", "typescript", "node", "tsx", "jsx", "mjs"), "javascript"),
    **dict.fromkeys(("powershell", "ps1", "pwsh"), "powershell"),
    **dict.fromkeys(("bat", "cmd", "batch"), "batch"),
    "ruby": "ruby",
    "perl": "perl",
    "php": "php",
    "lua": "lua",
    "applescript": "applescript",
    **dict.fromkeys(("json", "yaml", "yml", "toml", "ini", "xml"), "settings"),
}
_FENCE = re.compile(r"[ \t>]*(?:[-*+]|\d+[.)])?[ \t]*(`{3,}|~{3,})[ \t]*(?:\{[^}]*\}|([\w+-]*))[^`]*$")
_COMMENT = re.compile(
    r"<!--(.*?)(?:-->|\Z)|^\[(?://|comment|_)[^\]]*\]:\s*#?\s*[(\"'](.*?)[)\"']\s*$", re.DOTALL | re.MULTILINE
)
_UNSHOWN = re.compile(
    r"<(\w+)[^>]*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])"
    r"|(?<!-)color\s*:\s*(?:white|#fff(?:fff)?|transparent)\b(?![^>]*background)|\bhidden\b(?=[\s>]))[^>]*>(.*?)</\1>",
    re.DOTALL | re.IGNORECASE,
)
_AUTORUN = re.compile(r"(?:^|(?<=\s))!`([^`\n]+)`", re.MULTILINE)
_ORDERED = re.compile(
    r"\b(?:run|runs|execute|executes|type|paste|运行|执行|выполни\w*|запусти\w*)[^`\n]{0,25}`([^`\n]{6,400})`"
    r"|`((?:curl|wget|sudo|bash|sh|powershell|iex|nc|python3? -c)\s[^`\n]{6,400})`",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    r"\b(?:never|not|n't|avoid|block\w*|refuse\w*|deny|denies|dangerous|if|attempt\w*|tries|could|would|might|would-be)\b|不要|禁止|не\b",
    re.IGNORECASE,
)
_INTERPRETER = re.compile(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?(?:\S*/)?([\w.]+)")
_INTERPRETED = (
    (re.compile(r"python|uv|pypy"), "python"),
    (re.compile(r"node|deno|bun|tsx|ts-node|zx"), "javascript"),
    (re.compile(r"ruby"), "ruby"),
    (re.compile(r"perl"), "perl"),
    (re.compile(r"php"), "php"),
    (re.compile(r"pwsh"), "powershell"),
    (re.compile(r"osascript"), "applescript"),
)
_HERE_CODE = re.compile(r"\b(python[\d.]*|node)\s+(?:-\s+)?<<-?\s*['\"]?(\w+)['\"]?[^\n]*\n(.*?)\n\s*\2\b", re.DOTALL)
_ARGUMENT_CODE = re.compile(r"\b(python[\d.]*|node)\s+-[ce]\s+(['\"])(.*?)(?<!\\\\)\2", re.DOTALL)
_MAKE = re.compile(r"(?:GNU)?[Mm]akefile|.*\.mk|[Jj]ustfile")
_START_FILE = re.compile(r"[._]?(?:\w*rc|profile|bash_\w+|zprofile|zshenv|zlogin|inputrc|envrc)")
_PROMPT = re.compile(r"^\s*(?:\$|%|>|❯)\s+", re.MULTILINE)
_SHELL_LIKE = re.compile(
    r"^\s*(?:\$ |curl |wget |bash |sh |sudo |npm |npx |pip3? |python3? |chmod |export |echo |cat |git |eval )",
    re.MULTILINE,
)


def language_of_file(file: PackageFile, text: str) -> str:
    """The language of a text, by its first line and its name; `markdown` where neither tells."""
    name = file.path.rpartition("/")[2]
    if found := _INTERPRETER.match(text[:200]):
        return next((language for programs, language in _INTERPRETED if programs.match(found[1])), "shell")
    if _MAKE.fullmatch(name):
        return "make"
    if name.startswith(("Dockerfile", ".env")):
        return "docker" if name.startswith("D") else "settings"
    if _START_FILE.fullmatch(name):
        return "shell"
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    return _BY_ENDING.get(ending, "other" if ending in _OTHER_CODE else "markdown")


def pieces_of(file: PackageFile, text: str) -> Iterator[ScanPiece]:
    """Everything in a text file that is to be read, each with its language."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    language = language_of_file(file, text)
    if language in {"markdown", "markup"}:
        yield from _of_markdown(file.path, text)
    elif language == "settings":
        yield ScanPiece(file=file.path, kind=PieceKind.SETTINGS, language="settings", text=text)
    elif language == "make":
        commands = "\n".join(line.lstrip("\t@-") if line.startswith("\t") else "" for line in text.split("\n"))
        yield ScanPiece(file=file.path, kind=PieceKind.SCRIPT, language="shell", text=commands.replace("$$", "$"))
    elif language == "docker":
        commands = "\n".join(line[4:] if line.startswith("RUN ") else "" for line in text.split("\n"))
        yield ScanPiece(file=file.path, kind=PieceKind.SCRIPT, language="shell", text=commands)
    else:
        yield ScanPiece(file=file.path, kind=PieceKind.SCRIPT, language=language, text=text)


def pieces_of_words(path: str, shown: Iterable[str], hidden: Iterable[str]) -> Iterator[ScanPiece]:
    """The words of a document as those of a page, the lines in it that look like commands once more as such."""
    text = "\n\n".join(shown)
    yield from _of_markdown(path, text)
    commands = "\n".join(line if _SHELL_LIKE.match(line) else "" for line in text.split("\n"))
    if commands.strip():
        yield ScanPiece(file=path, kind=PieceKind.BLOCK, language="shell", text=_PROMPT.sub("", commands))
    if unseen := "\n".join(hidden).strip():
        yield ScanPiece(file=path, kind=PieceKind.HIDDEN, language="prose", text=unseen)


def embedded(piece: ScanPiece) -> Iterator[ScanPiece]:
    """Code of another language that a shell script carries, in a here-document or as an argument."""
    for pattern in (_HERE_CODE, _ARGUMENT_CODE):
        for found in pattern.finditer(piece.text):
            language = "python" if found[1].startswith("p") else "javascript"
            line = piece.line_at(found.start(3))
            yield ScanPiece(file=piece.file, kind=piece.kind, language=language, text=found[3], line=line)


def _of_markdown(path: str, text: str) -> Iterator[ScanPiece]:
    prose, blocks = _blocks(path, text)
    yield from blocks
    for pattern in (_COMMENT, _UNSHOWN):
        for found in pattern.finditer(prose):
            inner = next((part for part in reversed(found.groups()) if part), "")
            if inner.strip():
                line = prose.count("\n", 0, found.start()) + 1
                yield ScanPiece(file=path, kind=PieceKind.HIDDEN, language="prose", text=inner, line=line)
    for found in _AUTORUN.finditer(prose):
        line = prose.count("\n", 0, found.start()) + 1
        yield ScanPiece(file=path, kind=PieceKind.AUTORUN, language="shell", text=found[1], line=line)
    yield from _ordered(path, prose)
    shown = _COMMENT.sub(lambda one: "\n" * one[0].count("\n"), prose)
    yield ScanPiece(file=path, kind=PieceKind.PROSE, language="prose", text=shown)


def _ordered(path: str, prose: str) -> Iterator[ScanPiece]:
    """Commands in the running text that the reader is told to run."""
    for found in _ORDERED.finditer(prose):
        before = prose[prose.rfind("\n", 0, found.start()) + 1 : found.start()]
        shown = found[1] or found[2]
        if not _FORBIDDEN.search(before):
            line = prose.count("\n", 0, found.end()) + 1
            yield ScanPiece(file=path, kind=PieceKind.BLOCK, language="shell", text=shown, line=line)


def _blocks(path: str, text: str) -> tuple[str, list[ScanPiece]]:
    """The prose with empty lines where blocks were, and the blocks."""
    prose: list[str] = []
    blocks: list[ScanPiece] = []
    held: list[str] | None = None
    mark, language, began = "", "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        fence = _FENCE.match(line)
        if held is None:
            if fence:
                mark, language, began, held = fence[1], (fence[2] or "").lower(), number + 1, []
                prose.append("")
            else:
                prose.append(line)
            continue
        prose.append("")
        if fence and not fence[2] and fence[1].startswith(mark):
            blocks.append(_block(path, language, held, began))
            held = None
        else:
            held.append(line)
    if held is not None:
        blocks.append(_block(path, language, held, began))
    return "\n".join(prose), blocks


def _block(path: str, named: str, lines: list[str], line: int) -> ScanPiece:
    text = "\n".join(lines)
    language = _FENCED.get(named, "other" if named else "")
    if not language:
        language = "shell" if _SHELL_LIKE.search(text) else "prose"
    if language == "shell":
        text = _PROMPT.sub("", text)
    return ScanPiece(file=path, kind=PieceKind.BLOCK, language=language, text=text, line=line)
