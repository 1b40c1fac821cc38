"""The folders of skills under the place that is told to everybody, where commands have no view of their own.

Landlock lets a process read a folder and cannot show it elsewhere. So each run has a new folder of links, which the
command cannot change, and `/skills/NAME` in its text is that link. What is judged, shown and approved says
`/skills/NAME` everywhere; a text that hides the place from us finds nothing there.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agents.sandbox.plans import SKILLS

_PLAIN = re.compile(r"[A-Za-z0-9/_-]+")
"""Letters that mean themselves to a shell, quoted or not."""
_BEGINS = r"""(?<![\w.~})/-])(?<![\w})]["'])"""
"""Nothing before it makes it the end of another path, as `x/skills` and `"$HOME"/skills` are."""
_FOLDER = "/tmp"  # noqa: S108  # a name of plain letters; the folder in it is new, and its owner's alone


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillLinks:
    """The links of one run, by the names of the skills, in `folder`; empty where no skill is named."""

    folder: str = ""
    names: tuple[str, ...] = ()

    def named(self, command: str) -> str:
        """The command with each place of a lent skill as its link."""
        return _places(self.names).sub(self.folder, command) if self.folder else command

    def told(self, output: str) -> str:
        """What a program said, with the places as everybody knows them."""
        return output.replace(self.folder, SKILLS) if self.folder else output


@contextmanager
def linked(command: str, skills: Mapping[str, Path]) -> Iterator[SkillLinks]:
    """Links to those of the skills that the command names, for as long as it runs. Blocks for a moment.

    Raises OSError where no folder can be made.
    """
    names = tuple(name for name in skills if _places((name,)).search(command))
    if not names:
        yield SkillLinks()
        return
    folder = tempfile.mkdtemp(prefix="nexora-skills-", dir=_FOLDER)
    try:
        if not _PLAIN.fullmatch(folder):
            raise OSError(f"{folder} is no plain name")
        for name in names:
            Path(folder, name).symlink_to(skills[name].resolve(), target_is_directory=True)
        yield SkillLinks(folder=folder, names=names)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _places(names: tuple[str, ...]) -> re.Pattern[str]:
    """`/skills` where the name of one of these follows, and it is the beginning of a path."""
    one_of = "|".join(map(re.escape, names))
    return re.compile(_BEGINS + re.escape(SKILLS) + rf"(?=/(?:{one_of})(?![\w-]))")
