"""Whether the files of a skill are those that were approved: read again whenever anything about the folder changes."""

import os
from pathlib import Path

from agents.skills.shelf import ShelvedSkill
from governance.packages.folder import read_folder
from governance.packages.refused import PackageRefused


class Pins:
    """Remembers how a folder looked when it was last right; while it looks so, nothing of it is read.

    What the kernel sets at every change, and nobody sets back, is compared: the time of the last change of each entry.
    """

    def __init__(self) -> None:
        self._right: dict[tuple[Path, str], frozenset[tuple[object, ...]]] = {}

    def holds(self, shelved: ShelvedSkill) -> bool:
        """Whether the digest of the folder is that of the skill. Blocks."""
        key = (shelved.folder, shelved.digest)
        try:
            looks = frozenset(_looks(shelved.folder))
            if self._right.get(key) == looks:
                return True
            is_right = read_folder(shelved.folder).digest == shelved.digest
        except (OSError, PackageRefused):
            is_right = False
        if is_right:
            self._right[key] = looks
        else:
            self._right.pop(key, None)
        return is_right


def _looks(folder: Path) -> "list[tuple[object, ...]]":
    """How every entry looks from outside, the folder itself among them."""
    found: list[tuple[object, ...]] = []
    for place, _, files in os.walk(folder, onerror=_raised):
        for name in ("", *files):
            about = os.lstat(os.path.join(place, name))  # noqa: PTH118  # strings, as `os.walk` has them
            found.append((place, name, about.st_ino, about.st_size, about.st_mode, about.st_ctime_ns))
    return found


def _raised(problem: OSError) -> None:
    raise problem
