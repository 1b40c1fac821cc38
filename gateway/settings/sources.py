"""Reads the settings: defaults, then one YAML file, then environment variables. It changes and starts nothing.

Everything that is wrong is found in one go, each with its place and what was probably meant. A value is never
repeated in a sentence about it, for it may be a secret.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from channels.base import NexoraError
from channels.mistakes import Mistake, Place, mistakes, nearest
from channels.running import catalogue
from gateway.settings.model import OTHER_VARIABLES, ROOT, VARIABLES, ChannelSettings, Configuration, Settings
from gateway.settings.stored import StoredValues, filled, references

CHANNEL_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_OURS = {"groups", "kind"}
"""What stands among a channel's settings and is not its adapter's."""
_LIKE_A_VARIABLE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsProblem:
    """One thing that is wrong. `fatal` unless it is about a channel, without which the rest of the gateway runs."""

    place: str
    says: str
    source: str = ""
    fatal: bool = True

    def __str__(self) -> str:
        """The line a person reads."""
        return f"{self.source + ': ' if self.source else ''}{self.place}{' ' if self.place else ''}{self.says}"


class SettingsWrong(NexoraError):
    """The settings are wrong."""

    def __init__(self, problems: Iterable[SettingsProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A YAML file as read: its data, and the line on which each key stands."""

    data: dict[str, Any]
    lines: Mapping[Place, int]
    path: Path | None = None


def load(environ: Mapping[str, str], stored: StoredValues | None = None) -> Configuration:
    """The settings in force. Raises SettingsWrong; a channel that is wrong is kept with its problems.

    `stored` are the values for references to kept secrets; without them what refers to one waits, as `waits_for` says.
    """
    configuration, problems = examine(environ, stored)
    if configuration is None or any(problem.fatal for problem in problems):
        raise SettingsWrong(problems)
    return configuration


def examine(
    environ: Mapping[str, str], stored: StoredValues | None = None
) -> tuple[Configuration | None, list[SettingsProblem]]:
    """The settings, if they can be built at all, and everything that is wrong with them."""
    try:
        document = read(find_file(environ))
    except SettingsWrong as error:
        return None, list(error.problems)
    reader = _Reader(document, environ, stored)
    settings = reader.settings()
    channels = reader.channels()
    reader.suspect_variables()
    if settings is None:
        return None, reader.problems
    waits_for = tuple(reader.waits_for) if stored is None else ()
    made = Configuration(settings=settings, channels=channels, file=document.path, environ=environ, waits_for=waits_for)
    return made, reader.problems


def find_file(environ: Mapping[str, str]) -> Path | None:
    """NEXORA_CONFIG, else nexora.yaml in the data folder, else in the installation's config folder, else none."""
    if named := environ.get("NEXORA_CONFIG"):
        return Path(named).expanduser().absolute()
    home = Path(environ.get("NEXORA_HOME") or "~/.nexora").expanduser().absolute()
    places = (home / "nexora.yaml", ROOT / "config" / "nexora.yaml")
    return next((place for place in places if place.is_file()), None)


def read(path: Path | None) -> SettingsFile:
    """The YAML file; raises SettingsWrong with line and column when it cannot be read."""
    if path is None:
        return SettingsFile(data={}, lines={})
    try:
        return parsed(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"is not UTF-8 text: byte {error.start} is wrong") from error


def parsed(text: str, path: Path) -> SettingsFile:
    """The text of a YAML file; raises SettingsWrong with line and column when it is none."""
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        data = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _unreadable(path, f"is not valid YAML: {where}{error.problem}") from error
    except yaml.YAMLError as error:
        raise _unreadable(path, f"is not valid YAML: {error}") from error
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise _unreadable(path, "must hold settings as key: value lines")
    lines: dict[Place, int] = {}
    twice = [_at(path, lines.get(place), _dotted(place), "is given twice") for place in _walk(node, (), lines)]
    if twice:
        raise SettingsWrong(twice)
    return SettingsFile(data=data, lines=lines, path=path)


def _unreadable(path: Path, says: str) -> SettingsWrong:
    return SettingsWrong([SettingsProblem(place=str(path), says=says)])


def _at(path: Path | None, line: int | None, place: str, says: str) -> SettingsProblem:
    return SettingsProblem(source=f"{path}:{line}" if path and line else str(path or ""), place=place, says=says)


def _walk(node: Any, place: Place, lines: dict[Place, int]) -> list[Place]:
    """Note the line of every key below this node; returns the keys that stand twice."""
    twice: list[Place] = []
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            lines[*place, index] = child.start_mark.line + 1
            twice += _walk(child, (*place, index), lines)
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            here = (*place, str(key.value))
            twice += [here] if here in lines else []
            lines[here] = key.start_mark.line + 1
            twice += _walk(child, here, lines)
    return twice


def _dotted(place: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


class _Reader:
    """One examination: the sources, and the problems found so far."""

    def __init__(self, document: SettingsFile, environ: Mapping[str, str], stored: StoredValues | None) -> None:
        self.problems: list[SettingsProblem] = []
        self._document = document
        self._environ = environ
        self._origins = {place: name for name, place in VARIABLES.items() if environ.get(name)}
        self._base = document.path.parent if document.path else None
        self._data = filled(_anchor(document.data, self._base), stored or {})
        self.waits_for = list(references(self._data))
        self._waiting = {each.place for each in self.waits_for if not each.opens_the_database}
        for each in self.waits_for:
            if each.opens_the_database:
                self._add(each.place, "opens the database and cannot be kept in it: write {env: NAME} or {file: PATH}")
        self._lacking = () if stored is None else tuple(self.waits_for)
        self._tell_lacks(lambda place: place[:1] != ("channels",))

    def _tell_lacks(self, is_there: Callable[[Place], bool]) -> None:
        for each in self._lacking:
            if is_there(each.place) and not each.opens_the_database:
                self._add(each.place, each.lack)

    def settings(self) -> Settings | None:
        """Everything but the channels, whose adapters judge their own."""
        data = {key: value for key, value in self._data.items() if key != "channels"}
        for (group, *key), name in self._origins.items():
            if not key:
                data[group] = str(Path(self._environ[name]).expanduser().absolute())
            elif isinstance(data.setdefault(group, {}), dict):
                data[group] = {**data[group], key[0]: self._environ[name]}
        try:
            return Settings.model_validate(data, context={"base": self._base})
        except ValidationError as error:
            self._report(error, Settings, ())
            return None

    def channels(self) -> dict[str, ChannelSettings]:
        """Every channel with its options checked by its own adapter."""
        given = self._data.get("channels") or {}
        if not isinstance(given, dict):
            self._add(("channels",), "must hold channels by name")
            return {}
        return {str(name): self._channel(str(name), entry) for name, entry in given.items()}

    def _channel(self, name: str, entry: Any) -> ChannelSettings:
        place, before = ("channels", name), len(self.problems)
        kind = entry.get("kind", "") if isinstance(entry, dict) else ""
        self._tell_lacks(lambda each: each[:2] == place)
        if not CHANNEL_NAME.fullmatch(name):
            self._add(place, "must be named with small letters, digits, - and _, 32 at most, a letter first")
        if not isinstance(entry, dict) or not isinstance(kind, str) or not kind:
            self._add(place, f"needs a kind, one of: {', '.join(catalogue.kinds())}")
            return self._unstarted("", before)
        given = {key: value for key, value in entry.items() if key not in _OURS}
        groups = self._groups(place, entry)
        try:
            model = catalogue.load(kind).Options
            options = model.model_validate(given)
        except catalogue.UnknownChannelKind as error:
            return self._unknown(name, kind, error, before, given=given, groups=groups)
        except ValidationError as error:
            self._report(error, model, place)
        else:
            if len(self.problems) == before:
                return ChannelSettings(kind=kind, options=options, groups=groups)
        return self._unstarted(kind, before)

    def _unknown(
        self,
        name: str,
        kind: str,
        error: NexoraError,
        before: int,
        *,
        given: Mapping[str, Any],
        groups: frozenset[str] | None,
    ) -> ChannelSettings:
        """A channel of a kind that is not there: it waits for a plugin, if nothing else is wrong with it."""
        is_well = len(self.problems) == before
        self._add(("channels", name, "kind"), f"is wrong: {error}")
        unstarted = self._unstarted(kind, before)
        return replace(unstarted, unjudged=given, groups=groups) if is_well else unstarted

    def _unstarted(self, kind: str, before: int) -> ChannelSettings:
        """A channel that cannot start for the problems found since there were `before`."""
        told = tuple(f"{problem.place} {problem.says}" for problem in self.problems[before:])
        return ChannelSettings(kind=kind, options=None, problems=told)

    def _groups(self, place: Place, entry: Mapping[str, Any]) -> frozenset[str] | None:
        """The only groups of a channel; numbers are ids too, as Telegram's are."""
        if "groups" not in entry:
            return None
        given = entry["groups"]
        if not isinstance(given, list) or any(isinstance(each, bool | dict | list | None) for each in given):
            self._add((*place, "groups"), "must be a list of ids; leave it out for every group")
            return None
        return frozenset(map(str, given))

    def suspect_variables(self) -> None:
        """Report NEXORA_… variables that look like a slip of the pen; others may be secrets the file refers to."""
        known = {*VARIABLES, *OTHER_VARIABLES}
        referred = _referred(self._data)
        for name in sorted(set(self._environ) - known - referred):
            near = nearest(name, known, _LIKE_A_VARIABLE) if name.startswith("NEXORA_") else ""
            if near:
                self.problems.append(SettingsProblem(place=name, says=f"is not read by anything; did you mean {near}?"))

    def _report(self, error: ValidationError, model: type[BaseModel], prefix: Place) -> None:
        for one in mistakes(error, model):
            place = (*prefix, *one.place)
            if any(place[: len(waiting)] == waiting for waiting in self._waiting):
                continue  # it is judged once its value is there
            self._add((*prefix, *one.place), _sentence(one, prefix))

    def _add(self, place: Place, says: str) -> None:
        name = self._origins.get(tuple(str(part) for part in place))
        if name:
            self.problems.append(SettingsProblem(place=name, says=f"({_dotted(place)}) {says}"))
            return
        shown = place
        while shown and shown not in self._document.lines:
            shown = shown[:-1]
        at = _at(self._document.path, self._document.lines.get(shown), _dotted(place), says)
        fatal = place[0] != "channels"
        self.problems.append(SettingsProblem(source=at.source, place=at.place, says=says, fatal=fatal))


def _anchor(data: Any, base: Path | None) -> Any:
    """The same data with every `{file: PATH}` relative to the folder it is written in."""
    if isinstance(data, dict):
        if base and set(data) == {"file"} and isinstance(data["file"], str):
            return {"file": str(base / Path(data["file"]).expanduser())}
        return {key: _anchor(value, base) for key, value in data.items()}
    return [_anchor(value, base) for value in data] if isinstance(data, list) else data


def _referred(data: Any) -> set[str]:
    """The environment variables that the file takes secrets from."""
    if isinstance(data, dict):
        return {str(data["env"])} if set(data) == {"env"} else set().union(*map(_referred, data.values()))
    return set().union(*map(_referred, data)) if isinstance(data, list) else set()


def _sentence(one: Mistake, prefix: Place) -> str:
    if one.is_unknown:
        meant = f"; did you mean {_dotted((*prefix, *one.place[:-1], one.near))}?" if one.near else ""
        return f"is not a setting{meant}"
    if one.is_missing:
        return "is missing"
    if one.kind in {"dict_type", "model_type"}:
        return "must hold settings as key: value lines"
    return f"is wrong: {one.says[:1].lower()}{one.says[1:]}"
