"""What a model is told of skills, piece by piece: their names and descriptions, a body when one is used, then files.

However many skills there are, the list in the prompt stays within its bounds; what finds no room is looked for.
"""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from difflib import get_close_matches
from typing import Annotated

from pydantic import Field

from agents.sandbox.plans import SKILLS
from agents.skills.shelf import ShelvedSkill
from agents.skills.skill import LONGEST_BODY
from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFunction, tool
from agents.tools.sought import words_sought
from agents.tools.tool import Tool, ToolContext

BYTES_OF_ONE, BYTES_OF_ALL = 240, 1_600
"""Of the list: 60 tokens for each skill and 400 for all of them, as four bytes are about one."""
MOST_FOUND = 8
MOST_FILES = 60
_NAME = ArgumentHabit("skill skill_name command")
_QUERY = ArgumentHabit("q search pattern")
_CALLED = "skill load_skill read_skill run_skill activate_skill Skill"
_KEPT = 64
_HEAD = "Read how to do a task, with scripts for it, before you begin with it; do what it says. Skills:"
_MORE = "{count} more: find them with query."

_OWN_FOLDER = re.compile(r"\$\{(?:CLAUDE_)?SKILL_DIR\}")
"""Stands in a body for the folder of the skill; the second name is the one that many public skills write."""

Use = Callable[[ToolContext, str, str], Awaitable[str]]
"""What the tool does with the name of a skill, or with words that are looked for."""


class Offers:
    """The tools that offer skills, the very same one for the same skills. `use` does what the tool is called for."""

    def __init__(self, use: Use) -> None:
        self._use = use
        self._kept: OrderedDict[tuple[object, ...], Tool] = OrderedDict()

    def of(self, skills: Sequence[ShelvedSkill], language: str) -> Tool:
        """The tool that offers these."""
        key = (language, *((each.name, each.digest, each.skill.described(language)) for each in skills))
        known = self._kept.get(key)
        if known is None:
            known = self._kept[key] = _tool(skills, language, self._use)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return known


def listed(skills: Sequence[ShelvedSkill], language: str) -> tuple[str, int]:
    """The list of the skills as a prompt has it, and how many found no room in it."""
    lines: list[str] = []
    room = BYTES_OF_ALL - len(_HEAD) - len(_MORE)
    for at, each in enumerate(skills):
        line = line_of(each, language)
        room -= len(line.encode()) + 1
        if room < 0:
            return "\n".join(lines), len(skills) - at
        lines.append(line)
    return "\n".join(lines), 0


def line_of(shelved: ShelvedSkill, language: str) -> str:
    """`name: description`, shortened where it is too long for a list."""
    line = f"{shelved.name}: {shelved.skill.described(language)}"
    if len(line.encode()) <= BYTES_OF_ONE:
        return line
    return line.encode()[: BYTES_OF_ONE - 3].decode("utf-8", "ignore").rstrip() + "…"


def found(skills: Sequence[ShelvedSkill], query: str) -> list[ShelvedSkill]:
    """The skills whose names and descriptions share most words, or signs of Chinese, with what is looked for."""
    wanted = set(words_sought(query))
    ranked = [(len(wanted & set(words_sought(_all_of(each)))), each) for each in skills]
    return [each for hits, each in sorted(ranked, key=lambda one: -one[0]) if hits][:MOST_FOUND]


def missing(skills: Sequence[ShelvedSkill], name: str) -> str:
    """A sentence about a name that no skill has."""
    names = [each.name for each in skills]
    near = get_close_matches(name.casefold(), names, n=3) or names[:MOST_FOUND]
    return f"there is no skill {name[:64]}; there are {', '.join(near)}" if near else f"there is no skill {name[:64]}"


def shown(shelved: ShelvedSkill) -> str:
    """What a model reads of a skill that it uses: where its files are, what it says, and which files there are."""
    skill, place = shelved.skill, f"{SKILLS}/{shelved.name}"
    body = _OWN_FOLDER.sub(lambda _: place, skill.body)
    if len(body) > LONGEST_BODY:
        body = f"{body[:LONGEST_BODY]}\n(cut; read_file skill:{skill.name}/SKILL.md reads all of it)"
    where = f"Skill {skill.name}. " + (
        f"Its files: commands find them in {place}/ (read-only), read_file as skill:{skill.name}/PATH."
        if skill.files
        else "It has no files."
    )
    files = _files(skill.files)
    return "\n\n".join([where, body, *([files] if files else [])])


def _files(paths: Sequence[str]) -> str:
    if not paths:
        return ""
    more = f" and {len(paths) - MOST_FILES} more" if len(paths) > MOST_FILES else ""
    return f"Files: {', '.join(paths[:MOST_FILES])}{more}"


def _tool(skills: Sequence[ShelvedSkill], language: str, use: Use) -> Tool:
    lines, left = listed(skills, language)

    async def use_skill(context: ToolContext, name: Annotated[str, _NAME]) -> str:
        return await use(context, name, "")

    async def use_or_find(
        context: ToolContext,
        name: Annotated[str, _NAME] = "",
        query: Annotated[str, _QUERY, Field(description="words of the task, to find others")] = "",
    ) -> str:
        return await use(context, name, query)

    function: ToolFunction = use_or_find if left else use_skill
    more = [_MORE.format(count=left)] if left else []
    return tool(function, name="use_skill", description="\n".join([_HEAD, lines, *more]), also_called=_CALLED)


def _all_of(shelved: ShelvedSkill) -> str:
    return " ".join([shelved.name, *shelved.skill.descriptions.values()])
