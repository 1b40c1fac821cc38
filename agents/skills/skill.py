"""A skill as its `SKILL.md` tells it, and what is wrong with one. It reads what it is given and runs nothing.

Read leniently, since many public skills are written for readers that forgive: lists in brackets, GBK, byte order marks,
any line ends. What matters is refused all the same: a skill without a name or a description, one whose name is not that
of its folder, and one whose name can be mistaken for another's.
Format: agentskills.io/specification. What that does not know stands under `metadata`, as it asks: the description in
other languages (`description-zh`), `version`, and what the skill needs (`hosts`, `secrets`).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from agents.files.texts import decode, form_of_bytes
from agents.skills.front_matter import HeadEntry, SkillHead, UnreadLine, read_head
from channels.base import NexoraError
from channels.locales import DEFAULT, languages
from channels.text.visible import visible
from governance.people.names import skeletons
from governance.values.reasons import Why, why

MAIN = "SKILL.md"
LONGEST_NAME = 64
LONGEST_DESCRIPTION = 1024
LARGEST_MAIN = 256 << 10
LONGEST_BODY = 20_000
"""Characters of a body that a model is shown; the rest belongs into files of its own."""
_NAME = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_PER_LANGUAGE = re.compile(r"description[-_](\w[\w-]*)")
_KNOWN = frozenset({"name", "description", "license", "compatibility", "metadata", "allowed-tools", "version"})


class SkillUnread(NexoraError):
    """This folder is no skill."""

    def __init__(self, mistakes: Sequence["SkillMistake"]) -> None:
        super().__init__(" ".join(each.said("en") for each in mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillMistake:
    """One thing that is wrong with a skill: its sentence, and the line of `SKILL.md`; 0 where it is about no line.

    `is_grave`: nobody can use the skill so. The rest is against the format, and works.
    """

    why: Why
    line: int = 0
    is_grave: bool = True

    def said(self, language: str) -> str:
        """The sentence, with the line before it."""
        said = self.why.said(language)
        return why("skill.at_line", line=str(self.line), sentence=said).said(language) if self.line else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """A skill. `descriptions` are by language, English or the only one first; `files` are all but `SKILL.md`.

    `tools` are those that it names, `hosts` and `secrets` what it says it needs: nothing of this is granted by it.
    `digest` is that of the package it was read from, empty for what comes with the release.
    """

    name: str
    descriptions: Mapping[str, str]
    body: str
    files: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    version: str = ""
    digest: str = field(default="", compare=False)

    def described(self, language: str = DEFAULT) -> str:
        """Its description in that language, else in English, else in the first there is."""
        given = self.descriptions
        return given.get(language) or given.get(DEFAULT) or next(iter(given.values()))


def read_skill(files: Mapping[str, bytes], *, folder: str = "", digest: str = "") -> Skill:
    """The skill of a package: contents by their paths in it. `folder` is what it is called, if that is known.

    Raises SkillUnread with every grave mistake.
    """
    skill, mistakes = _read(files, folder, digest)
    grave = [each for each in mistakes if each.is_grave]
    if skill is None or grave:
        raise SkillUnread(grave)
    return skill


def check_skill(
    files: Mapping[str, bytes], *, folder: str = "", others: Sequence[str] = ()
) -> tuple[SkillMistake, ...]:
    """Everything that is wrong with a skill, the grave first. It must not resemble one of the names in `others`."""
    skill, mistakes = _read(files, folder, "")
    if skill:
        mistakes += list(_resembles(skill.name, others))
        mistakes += list(_left_out(skill))
    return tuple(sorted(mistakes, key=lambda each: (not each.is_grave, each.line)))


def _read(files: Mapping[str, bytes], folder: str, digest: str) -> tuple[Skill | None, list[SkillMistake]]:
    text = _text(files)
    if isinstance(text, SkillMistake):
        return None, [text]
    head = read_head(text)
    mistakes = [_of_head(each) for each in head.wrong]
    if not head.entries:
        return None, mistakes or [SkillMistake(why=why("skill.head_empty"), line=1)]
    mistakes += [*_about_name(head, folder), *_about_description(head), *_unknown(head)]
    name, descriptions = _text_of(head, "name"), _descriptions(head)
    if not name or not descriptions:
        return None, mistakes
    extra = _metadata(head)
    skill = Skill(
        name=unicodedata.normalize("NFKC", name),
        descriptions=MappingProxyType(descriptions),
        body=head.body.strip("\n"),
        files=tuple(sorted(path for path in files if path != MAIN)),
        tools=_words(head.entries.get("allowed-tools")),
        hosts=tuple(re.split(r"[\s,]+", extra.get("hosts", "").strip())) if extra.get("hosts") else (),
        secrets=tuple(re.split(r"[\s,]+", extra.get("secrets", "").strip())) if extra.get("secrets") else (),
        version=_text_of(head, "version") or extra.get("version", ""),
        digest=digest,
    )
    return skill, mistakes


def _text(files: Mapping[str, bytes]) -> str | SkillMistake:
    content = files.get(MAIN)
    if content is None:
        near = next((path for path in sorted(files) if path.casefold().endswith(MAIN.casefold())), "")
        return SkillMistake(why=why("skill.main_elsewhere", path=near) if near else why("skill.main_missing"))
    if len(content) > LARGEST_MAIN:
        return SkillMistake(why=why("skill.main_large", kilobytes=str(LARGEST_MAIN >> 10)))
    form = form_of_bytes(content)
    if form is None or form.is_damaged:
        return SkillMistake(why=why("skill.main_no_text"))
    try:
        return decode(content, form)
    except UnicodeDecodeError:
        return SkillMistake(why=why("skill.main_no_text"))


def _of_head(wrong: UnreadLine) -> SkillMistake:
    """A line that nobody can read is passed over; two values of one key are not, since readers differ there."""
    return SkillMistake(
        why=why(f"skill.{wrong.word}", about=wrong.about), line=wrong.line, is_grave=wrong.word != "line_unread"
    )


def _about_name(head: SkillHead, folder: str) -> Iterator[SkillMistake]:
    entry = head.entries.get("name")
    given = _text_of(head, "name")
    if entry is None or not given:
        yield SkillMistake(why=why("skill.name_missing"), line=entry.line if entry else 1)
        return
    name = unicodedata.normalize("NFKC", given)
    if len(name) > LONGEST_NAME:
        yield SkillMistake(why=why("skill.name_long", most=str(LONGEST_NAME)), line=entry.line)
    elif not _NAME.fullmatch(name) or name != name.lower() or visible(name) != name:
        yield SkillMistake(why=why("skill.name_form", name=visible(name)), line=entry.line)
    if folder and unicodedata.normalize("NFKC", folder) != name:
        yield SkillMistake(why=why("skill.name_folder", name=name, folder=folder), line=entry.line, is_grave=False)


def _about_description(head: SkillHead) -> Iterator[SkillMistake]:
    entry = head.entries.get("description")
    if not _descriptions(head):
        yield SkillMistake(why=why("skill.description_missing"), line=entry.line if entry else 1)
    for text in _descriptions(head).values():
        if len(text) > LONGEST_DESCRIPTION:
            most = f"{LONGEST_DESCRIPTION:,}"
            yield SkillMistake(why=why("skill.description_long", most=most), line=entry.line if entry else 1)


def _unknown(head: SkillHead) -> Iterator[SkillMistake]:
    for key, entry in head.entries.items():
        if key not in _KNOWN and not _PER_LANGUAGE.fullmatch(key):
            yield SkillMistake(why=why("skill.key_unknown", key=key[:40]), line=entry.line, is_grave=False)


def _resembles(name: str, others: Sequence[str]) -> Iterator[SkillMistake]:
    """The mistake of looking like another one; being called the same is an update, and none."""
    drawn = skeletons(name)
    for other in others:
        if other != name and drawn & skeletons(other):
            yield SkillMistake(why=why("skill.name_alike", name=name, other=other))


def _left_out(skill: Skill) -> Iterator[SkillMistake]:
    if not skill.body.strip():
        yield SkillMistake(why=why("skill.body_empty"), is_grave=False)
    if len(skill.body) > LONGEST_BODY:
        yield SkillMistake(why=why("skill.body_long", most=f"{LONGEST_BODY:,}"), is_grave=False)


def _descriptions(head: SkillHead) -> dict[str, str]:
    """The descriptions by language; one that names none is English, or whatever its only language is."""
    entry = head.entries.get("description")
    found: dict[str, str] = {}
    if entry and isinstance(entry.value, Mapping):
        found |= {code.lower(): _flat(text) for code, text in entry.value.items()}
    elif entry and isinstance(entry.value, str):
        found[DEFAULT] = _flat(entry.value)
    beside = {key: each.value for key, each in head.entries.items() if isinstance(each.value, str)}
    for key, value in {**_metadata(head), **beside}.items():
        if (language := _PER_LANGUAGE.fullmatch(key)) and isinstance(value, str):
            found[language[1].lower()] = _flat(value)
    known = languages()
    ordered = sorted(found, key=lambda code: (code not in known, code != DEFAULT, code))
    return {code: found[code] for code in ordered if found[code]}


def _metadata(head: SkillHead) -> Mapping[str, str]:
    entry = head.entries.get("metadata")
    return entry.value if entry and isinstance(entry.value, Mapping) else {}


def _words(entry: HeadEntry | None) -> tuple[str, ...]:
    """A list, or a text of words between blanks or commas; what stands in brackets belongs to its word."""
    if entry is None or isinstance(entry.value, Mapping):
        return ()
    if isinstance(entry.value, tuple):
        return tuple(each for each in entry.value if each)
    return tuple(re.findall(r"[^\s,()]+(?:\([^)]*\))?", entry.value))


def _text_of(head: SkillHead, key: str) -> str:
    entry = head.entries.get(key)
    return entry.value.strip() if entry and isinstance(entry.value, str) else ""


def _flat(text: str) -> str:
    return " ".join(text.split())
