"""Which skills there are for whom: those of the release, and those that others bring, each only as it was approved."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import structlog

from agents.skills.skill import Skill, read_skill
from governance.people.people import Person

BUILT_IN = Path(__file__).parent / "built_in"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelvedSkill:
    """A skill that may be used, and the folder in which its files lie on this machine.

    `digest` is that of the package that was approved; what comes with the release has none and is pinned by that.
    """

    skill: Skill
    folder: Path
    digest: str = ""

    @property
    def name(self) -> str:
        """What models call it."""
        return self.skill.name


class SkillSource(Protocol):
    """Somebody who brings skills beside those of the release: what was approved."""

    async def skills_for(self, agent: str, person: Person) -> Sequence[ShelvedSkill]:
        """The skills that this agent may use when this person speaks with it.

        Must answer from memory and fast: it is asked at every turn and before every command.
        """

    async def spoiled(self, shelved: ShelvedSkill) -> None:
        """The files of this skill are no longer those that were approved; from now on it must not be offered."""


MayUse = Callable[[str, str], bool]
"""Whether an agent may use a skill, both by their names, as far as its own file decides that."""


def everybody(_agent: str, _skill: str) -> bool:
    """What holds where no file of an agent says otherwise."""
    return True


class Shelf:
    """The skills of one gateway. Those named in `without` are not offered, whoever brings them."""

    def __init__(
        self, *, may_use: MayUse = everybody, without: Collection[str] = (), sources: Sequence[SkillSource] = ()
    ) -> None:
        self._may_use = may_use
        self._without = frozenset(without)
        self._sources = tuple(sources)

    async def of(self, agent: str, person: Person) -> tuple[ShelvedSkill, ...]:
        """The skills of this agent for this person, those of the release first; one of each name."""
        found = {each.name: each for each in built_in()}
        for source in self._sources:
            try:
                brought = await source.skills_for(agent, person)
            except Exception:  # noqa: BLE001  # the border of one source: the others' skills can be used
                _log.exception("skill_source_failed", source=type(source).__name__, agent=agent)
                continue
            for each in brought:
                if found.setdefault(each.name, each) is not each:
                    _log.warning("skill_name_taken", skill=each.name, source=type(source).__name__)
        return tuple(each for name, each in found.items() if name not in self._without and self._may_use(agent, name))

    async def spoiled(self, shelved: ShelvedSkill) -> None:
        """Tell those who brought it that its files have changed."""
        _log.error("skill_changed_on_disk", skill=shelved.name, digest=shelved.digest)
        for source in self._sources:
            await source.spoiled(shelved)


@cache
def built_in() -> tuple[ShelvedSkill, ...]:
    """The skills that come with the release, by their names. Read once."""
    folders = sorted(path for path in BUILT_IN.iterdir() if (path / "SKILL.md").is_file())
    return tuple(
        ShelvedSkill(skill=read_skill(contents(folder), folder=folder.name), folder=folder) for folder in folders
    )


def contents(folder: Path) -> Mapping[str, bytes]:
    """The files of a folder of the release, by their paths in it; what Python leaves there is none of them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
