"""Extras of the sandbox: a Python with packages that an admin has put at hand, which commands read and never change.

An extra is a virtual environment in a folder of its own. It counts from the moment its mark is written, and is looked
up for each command, so that adding or removing one takes effect at once and costs nothing where there is none.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

FOLDER, MARK = "extras", "ready.json"
"""Where extras lie in the shared folder, and the file without which one is not there."""
_CHARTS = "matplotlibrc"
_MISSING = re.compile(r"No module named '(\w+)")
_MOST_THREADS = 4
_NO_TIMES = "xlsxwriter.exceptions.FileCreateError: [Errno 1]"
"""Where Landlock contains commands nobody may set the times of a file by its name, as xlsxwriter does."""
_OTHER_WAY = "xlsxwriter cannot write here; use engine='openpyxl' in pandas, or {'in_memory': True} of a Workbook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """What an admin can add. `modules`: what its packages are imported as, those that models are told of first.

    megabytes: what has to be downloaded, and what lies on the disk then.
    """

    name: str
    told: tuple[str, ...]
    modules: Mapping[str, str]
    megabytes: tuple[int, int]


DOCUMENTS = Extra(
    name="documents",
    told=("pandas", "matplotlib", "openpyxl", "docx", "pptx", "pypdf"),
    modules=MappingProxyType(
        {
            **{name: name for name in ("feedparser", "lxml", "matplotlib", "numpy", "openpyxl", "pandas", "pypdf")},
            **{name: name for name in ("reportlab", "trafilatura", "xlsxwriter")},
            "PIL": "pillow",
            "docx": "python-docx",
            "pptx": "python-pptx",
        }
    ),
    megabytes=(75, 350),
)
EXTRAS: Mapping[str, Extra] = MappingProxyType({DOCUMENTS.name: DOCUMENTS})


def found(folder: Path | None) -> tuple[Path, ...]:
    """The environments in this folder that commands can use. Blocks for some microseconds."""
    if folder is None:
        return ()
    places = [folder / name for name in EXTRAS]
    return tuple(place for place in places if (place / MARK).exists() and (place / "bin" / "python3").exists())


def environment(places: tuple[Path, ...], path: str, scratch: str) -> dict[str, str]:
    """What commands find of these: `python3` by its plain name, and charts without a screen, in letters that are here.

    Threads are few, because the stack of each counts as memory of the command.
    """
    if not places:
        return {"PATH": path}
    settings = [place / _CHARTS for place in places if (place / _CHARTS).exists()]
    return {
        "PATH": ":".join([*(str(place / "bin") for place in places), path]),
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": f"{scratch}/.matplotlib",
        **({"MATPLOTLIBRC": str(settings[0])} if settings else {}),
        "OPENBLAS_NUM_THREADS": str(_MOST_THREADS),
    }


def at_hand(folder: Path | None) -> Iterator[str]:
    """The modules of the extras that are there, as models are told of them."""
    for place in found(folder):
        yield from EXTRAS[place.name].told


def missing(output: str, folder: Path | None) -> str:
    """What to say to a command that did not find a module of an extra, or no way to use it; empty when all is well."""
    if _NO_TIMES in output:
        return _OTHER_WAY
    for name in _MISSING.findall(output):
        for extra in EXTRAS.values():
            package = extra.modules.get(name)
            if package and any(place.name == extra.name for place in found(folder)):
                return f"python3 has {package}, called by that plain name"
            if package:
                return f"{package} is not installed here; an admin can install it: nexora sandbox add {extra.name}"
    return ""
