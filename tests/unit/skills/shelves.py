"""Skills for the tests: a source that brings what it is told to bring, and calls as an agent makes them."""

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from agents.skills.shelf import ShelvedSkill
from agents.skills.skill import read_skill
from agents.tools.tool import ToolContext
from governance.people.people import Person, Role

ALICE = Person(id=uuid4(), name="alice", role=Role.OPERATOR)


class Brought:
    """A source of skills; `spoilt` are those of which it was told that they have changed."""

    def __init__(self, skills: Sequence[ShelvedSkill] = ()) -> None:
        self.skills = list(skills)
        self.spoilt: list[str] = []

    async def skills_for(self, agent: str, person: Person) -> Sequence[ShelvedSkill]:
        return [each for each in self.skills if each.name not in self.spoilt]

    async def spoiled(self, shelved: ShelvedSkill) -> None:
        self.spoilt.append(shelved.name)


def shelved(folder: Path, description: str = "Does it.", body: str = "Do it.", digest: str = "d", **files: str):
    """A skill written into a folder of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    text = f"---\nname: {folder.name}\ndescription: {description}\n---\n{body}\n"
    named = {"SKILL.md": text, **{name.replace("__", "/").replace("_py", ".py"): said for name, said in files.items()}}
    for name, said in named.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(said)
    skill = read_skill({name: said.encode() for name, said in named.items()}, folder=folder.name, digest=digest)
    return ShelvedSkill(skill=skill, folder=folder, digest=digest)


def context(workspace: Path) -> ToolContext:
    workspace.mkdir(exist_ok=True)
    return ToolContext(person=ALICE, agent="assistant", conversation="c", workspace=workspace, call=uuid4())
