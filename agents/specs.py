"""Agents as people define them: one YAML file each, its name the agent's name. Read on first use, never all at once.

Listing names reads the folder and no file, so ten thousand agents cost a listing. What a file says is checked when it
is used, or all at once by `check_all` for `nexora check`.
"""

import os
import re
from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from agents.models.providers.settings import Label
from channels.base import NexoraError
from channels.locales import DEFAULT, languages
from channels.mistakes import Mistake, meant, mistakes
from governance.egress.hosts import AgentEgress

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
AUTO = "auto"
SUFFIXES = (".yaml", ".yml")
MAX_FILE_BYTES = 256 * 1024
_KEPT = 64
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _each_spoken(lines: dict[str, str]) -> dict[str, str]:
    for language in lines:
        _spoken(language)
    return lines


def _as_tuple(given: Any) -> Any:
    """One label may be written without a list."""
    return (given,) if isinstance(given, str) else given


def _every_tool(given: Any) -> Any:
    return None if given == "all" else given


Line = Annotated[str, Field(max_length=200)]
ADDED = "__"
"""Stands between the name of a server and its tool, as in `github__create_issue`; such names are known at run time."""
COMES_WITH = {"shell_output": "shell", "shell_stop": "shell"}
"""Tools that whoever has another has too, since they are only about what that one began."""


def _spoken(language: str) -> str:
    known = (AUTO, *languages())
    if language not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return language


class AgentSpec(BaseModel):
    """One agent. Only `instructions` must be given; `name` is the file's name and need not be repeated."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: Annotated[str, Field(pattern=rf"^{NAME.pattern}$")]
    """What people type after /use: lower-case letters, digits, - and _."""
    description: Line | Annotated[dict[str, Line], AfterValidator(_each_spoken)] = ""
    """One line for the list of agents, or one for each language."""
    instructions: Annotated[str, Field(min_length=1, max_length=32_000)]
    """The system prompt."""
    model: Annotated[tuple[Label, ...], BeforeValidator(_as_tuple)] = ()
    """provider/model, or a list whose later ones take over. Default: the models of nexora.yaml."""
    tools: Annotated[tuple[str, ...] | None, BeforeValidator(_every_tool)] = None
    """Names of tools, which may hold `*`, or `all`, which is the default."""
    skills: Annotated[tuple[str, ...] | None, BeforeValidator(_every_tool)] = None
    """Names of skills, or `all`, which is the default; `[]` for none."""
    max_steps: Annotated[int, Field(ge=1, le=200)] = 30
    """How many answers of the model one turn may take."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """0 is steady, 1 is lively. Default: the provider's."""
    language: Annotated[str, AfterValidator(_spoken)] = AUTO
    """The language of answers, one that has a file in `config/locales`; `auto` follows the person."""
    egress: AgentEgress = AgentEgress()
    """Hosts and servers that its commands may reach without a question. None, beside those of the policy."""

    def described(self, language: str) -> str:
        """Its line in that language, else in English, else in the first there is."""
        if isinstance(self.description, str):
            return self.description
        return (
            self.description.get(language) or self.description.get(DEFAULT) or next(iter(self.description.values()), "")
        )

    def may_use(self, tool: str) -> bool:
        """Whether this agent was given that tool."""
        if self.tools is None or tool in self.tools or COMES_WITH.get(tool) in self.tools:
            return True
        return any("*" in name and fnmatchcase(tool, name) for name in self.tools)

    def may_use_skill(self, skill: str) -> bool:
        """Whether this agent was given that skill; one whose tools are listed needs `use_skill` among them."""
        return self.may_use("use_skill") and (self.skills is None or skill in self.skills)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecProblem:
    """One thing wrong in one file. `path` leads to it (`tools.2`), `suggestion` may be empty."""

    file: str
    path: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        where = f"{self.file}: {self.path}" if self.path else self.file
        return f"{where}: {self.message}" + (f" ({self.suggestion})" if self.suggestion else "")


class SpecInvalid(NexoraError):
    """The agent's file has mistakes."""

    def __init__(self, problems: tuple[SpecProblem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class SpecMissing(NexoraError):
    """There is no agent of that name."""

    def __init__(self, name: str, suggestions: tuple[str, ...] = ()) -> None:
        near = f"; did you mean {' or '.join(suggestions)}?" if suggestions else ""
        super().__init__(f"there is no agent named {name[:64]}{near}")
        self.name = name
        self.suggestions = suggestions


Stamp = tuple[int, int, int]


class SpecFolder:
    """The agents of one folder. A changed file is read again; of those read, the latest few are kept.

    `installed` is a second folder, with agents that were approved as capabilities; a name in both is that of the first.
    """

    def __init__(self, folder: Path, installed: Path | None = None) -> None:
        self.folder = folder
        self._folders = (folder,) if installed is None else (folder, installed)
        self._read: OrderedDict[str, tuple[Stamp, AgentSpec]] = OrderedDict()

    def names(self) -> list[str]:
        """All names, sorted, from the listing alone: 10,000 take some 10 ms. Empty without a folder."""
        found = (stem for folder in self._folders for stem, _ in _files_of(folder))
        return sorted({stem for stem in found if NAME.fullmatch(stem)})

    def load(self, name: str) -> AgentSpec:
        """The agent, the same object until its file changes. Raises SpecMissing or SpecInvalid."""
        path, stamp = self._find(name)
        kept = self._read.get(name)
        if kept and kept[0] == stamp:
            self._read.move_to_end(name)
            return kept[1]
        spec, problems = read_spec(path)
        if spec is None:
            raise SpecInvalid(tuple(problems))
        self._read[name] = (stamp, spec)
        if len(self._read) > _KEPT:
            self._read.popitem(last=False)
        return spec

    def check_all(self, *, tools: Collection[str] | None = None) -> Iterator[SpecProblem]:
        """Every mistake in every file, one file in memory at a time; with `tools`, names of tools are checked too."""
        seen: set[str] = set()
        for stem, file in sorted(_files_of(self.folder)):
            if stem in seen:
                yield SpecProblem(file=file, path="", message=f"another file already defines the agent {stem}")
                continue
            seen.add(stem)
            spec, problems = read_spec(self.folder / file)
            yield from problems
            if spec and tools is not None:
                yield from _unknown_tools(file, spec, tools)

    def _find(self, name: str) -> tuple[Path, Stamp]:
        if NAME.fullmatch(name):
            for path in (folder / f"{name}{suffix}" for folder in self._folders for suffix in SUFFIXES):
                try:
                    status = path.stat()
                except OSError:
                    continue
                return path, (status.st_mtime_ns, status.st_size, status.st_ino)
        self._read.pop(name, None)
        raise SpecMissing(name, tuple(get_close_matches(name[:64].lower(), self.names(), n=2)))


def _files_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Stem and file name of each definition."""
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            stem, dot, ending = entry.name.rpartition(".")
            if dot + ending in SUFFIXES and stem:
                yield stem, entry.name


def read_spec(path: Path) -> tuple[AgentSpec | None, list[SpecProblem]]:
    """The agent in a file, or everything that is wrong with it."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        return None, [SpecProblem(file=path.name, path="", message=f"cannot be read: {error}")]
    return spec_of(path.name, content)


def spec_of(file: str, content: bytes) -> tuple[AgentSpec | None, list[SpecProblem]]:
    """The agent in the bytes of a file of that name, or everything that is wrong with it."""
    given, stem = _content(file, content), Path(file).stem
    if isinstance(given, SpecProblem):
        return None, [given]
    if given.setdefault("name", stem) != stem:
        message = f"must be {stem}, as the file is named, or be left out"
        return None, [SpecProblem(file=file, path="name", message=message)]
    try:
        return AgentSpec.model_validate(given), []
    except ValidationError as error:
        return None, [_problem(file, each) for each in mistakes(error, AgentSpec)]


def _content(file: str, content: bytes) -> dict[str, Any] | SpecProblem:
    """What the file holds, unchecked, or why it holds nothing."""
    suggestion = ""
    try:
        given = _yaml(content.decode("utf-8")) if len(content) <= MAX_FILE_BYTES else None
    except UnicodeDecodeError as error:
        message = f"cannot be read: {error}"
    except (yaml.YAMLError, RecursionError) as error:
        message = f"is no YAML: {' '.join(str(error).split())}"
    else:
        if len(content) > MAX_FILE_BYTES:
            message = f"is larger than {MAX_FILE_BYTES // 1024} KB"
        elif not NAME.fullmatch(Path(file).stem):
            message = "is named after its agent: use lower-case letters, digits, - and _, at most 64"
        elif isinstance(given, dict):
            return given
        else:
            message, suggestion = "must hold keys and values", "begin with instructions:"
    return SpecProblem(file=file, path="", message=message, suggestion=suggestion)


def _yaml(text: str) -> Any:
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one


def _problem(file: str, one: Mistake) -> SpecProblem:
    """What is wrong, in our words."""
    if one.is_unknown:
        suggestion = one.meant("known are")
        return SpecProblem(file=file, path=one.path, message="is no setting of an agent", suggestion=suggestion)
    return SpecProblem(file=file, path=one.path, message="must be given" if one.is_missing else one.says)


def _unknown_tools(file: str, spec: AgentSpec, tools: Collection[str]) -> Iterator[SpecProblem]:
    for at, name in enumerate(spec.tools or ()):
        if name not in tools and ADDED not in name and "*" not in name:
            suggestion = meant(name, sorted(tools), "there are")
            yield SpecProblem(file=file, path=f"tools.{at}", message=f"there is no tool {name}", suggestion=suggestion)
