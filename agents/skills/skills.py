"""The skills of a gateway as its tools use them: offered, read, and lent to commands, each time as it was approved."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agents.skills.offering import Offers, found, line_of, missing, shown
from agents.skills.shelf import Shelf, ShelvedSkill
from agents.tools.schema import ToolFailed
from agents.tools.tool import Tool, ToolContext
from channels.locales import DEFAULT
from governance.people.people import Person

PREFIX = "skill:"
"""Begins a path that names a file of a skill: `skill:NAME/PATH`."""
CHANGED = (
    "the files of the skill {name} are no longer those that were approved, so it is switched off; tell the person that "
    "an admin has to look at it"
)


Holds = Callable[[ShelvedSkill], bool]
"""Whether the files of a skill are those of its digest. Blocks."""


class Skills:
    """Offers what is on the shelf, as a source of tools; `holds` is asked whenever one is used that was approved."""

    def __init__(self, shelf: Shelf, holds: Holds) -> None:
        self._shelf = shelf
        self._offers = Offers(self._use)
        self._holds = holds

    async def tools_for(self, agent: str, person: Person) -> Sequence[Tool]:
        """`use_skill`, which lists the skills of this agent; nothing where it has none."""
        skills = await self._shelf.of(agent, person)
        return (self._offers.of(skills, DEFAULT),) if skills else ()

    async def lent(self, context: ToolContext) -> Mapping[str, Path]:
        """The folders of the skills that commands of this call may read, by the names of the skills."""
        skills = await self._shelf.of(context.agent, context.person)
        return {each.name: each.folder for each in skills if await self._is_as_approved(each)}

    async def digests(self, agent: str, person: Person) -> Mapping[str, str]:
        """The digests of the skills that were approved, by the names of the skills."""
        return {each.name: each.digest for each in await self._shelf.of(agent, person) if each.digest}

    async def file(self, context: ToolContext, path: str) -> tuple[Path, str] | None:
        """The folder of the skill and the path in it that `skill:NAME/PATH` names; None for any other path.

        Raises ToolFailed where there is no such skill, or where it has changed.
        """
        if not path.startswith(PREFIX):
            return None
        name, _, inner = path.removeprefix(PREFIX).lstrip("/").partition("/")
        shelved = await self._found(context, name)
        return shelved.folder, inner or "."

    async def _use(self, context: ToolContext, name: str, query: str) -> str:
        if not name and query:
            skills = found(await self._shelf.of(context.agent, context.person), query)
            return "\n".join(line_of(each, DEFAULT) for each in skills) or "no skill is about that"
        if not name:
            raise ToolFailed("name is missing: name a skill, or give words of the task as query")
        shelved = await self._found(context, name)
        return shown(shelved)

    async def _found(self, context: ToolContext, name: str) -> ShelvedSkill:
        skills = await self._shelf.of(context.agent, context.person)
        shelved = next((each for each in skills if each.name == name.strip()), None)
        if shelved is None:
            raise ToolFailed(missing(skills, name.strip()))
        if not await self._is_as_approved(shelved):
            raise ToolFailed(CHANGED.format(name=shelved.name))
        return shelved

    async def _is_as_approved(self, shelved: ShelvedSkill) -> bool:
        if not shelved.digest or await asyncio.to_thread(self._holds, shelved):
            return True
        await self._shelf.spoiled(shelved)
        return False
