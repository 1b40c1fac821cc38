"""Which names the files of a package may have: such as mean one file inside it on every system, and no other.

Reserved names are those of "Naming Files, Paths, and Namespaces" of the Win32 documentation, closing dots and blanks
included; names are compared composed (NFC) and without regard to case, as file systems of macOS and Windows do.
"""

import re
import unicodedata

from governance.packages.refused import PackageRefused

MOST_CHARACTERS = 300
_MOST_PART_BYTES = 200
_MOST_DEEP = 24
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])(?:\..*)?", re.IGNORECASE)


class FileNames:
    """The names seen so far. `taken` gives a name as the package keeps it, or refuses the package."""

    def __init__(self) -> None:
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def taken(self, raw: str, *, is_folder: bool = False) -> str:
        """The path of a file or folder; empty for the top folder itself. Raises PackageRefused."""
        path = plain_path(raw)
        parts = path.split("/") if path else []
        above = parts if is_folder else parts[:-1]
        for count in range(1, len(above) + 1):
            self._claim("/".join(above[:count]), self._folders, self._files)
        if path and not is_folder:
            if (key := _compared(path)) in self._files:
                raise PackageRefused("duplicate", file=path, other=self._files[key])
            self._claim(path, self._files, self._folders)
        return path

    def _claim(self, path: str, own: dict[str, str], others: dict[str, str]) -> None:
        key = _compared(path)
        if (other := others.get(key) or own.setdefault(key, path)) != path or key in others:
            raise PackageRefused("duplicate", file=path, other=other)


def plain_path(raw: str) -> str:
    """The path without `./` before it, composed; raises PackageRefused where it could mean something else anywhere."""
    if reason := _odd_sign(raw):
        raise PackageRefused(reason, file=raw)
    path = unicodedata.normalize("NFC", raw).removesuffix("/")
    while path.startswith("./"):
        path = path[2:]
    if path in {"", "."}:
        return ""
    parts = path.split("/")
    if len(path) > MOST_CHARACTERS:
        raise PackageRefused("long_name", file=raw, most=str(MOST_CHARACTERS))
    if len(parts) > _MOST_DEEP or any(len(part.encode()) > _MOST_PART_BYTES for part in parts):
        raise PackageRefused("long_name", file=raw, most=str(_MOST_PART_BYTES))
    for part in parts:
        if part in {"", ".", ".."}:
            raise PackageRefused("slip", file=raw)
        if part != part.rstrip(". ") or part != part.lstrip(" ") or _RESERVED.fullmatch(part):
            raise PackageRefused("reserved", file=raw)
    return path


def _odd_sign(raw: str) -> str:
    """Why a sign in the name refuses it, as `PackageRefused` names it; empty where none does."""
    if not raw.isprintable() or _is_hidden(raw):
        return "signs"
    if "\\" in raw:
        return "backslash"
    return "absolute" if raw.startswith("/") or ":" in raw else ""


def _is_hidden(name: str) -> bool:
    """Whether a sign in it is drawn as nothing, though Python calls it printable (variation selectors, fillers)."""
    return any("\ufe00" <= sign <= "\ufe0f" or sign in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0" for sign in name)


def _compared(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", path).casefold())
