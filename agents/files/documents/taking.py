"""The process that takes the text out of one document: it limits itself for good before it looks at the first byte.

Started as `python -I -S -B -c BOOT folder plan` with the document on its input. It writes the text, and between its
lines facts as JSON objects that begin with `MARK`. Where the kernel knows Landlock it can read nothing but programs.
"""

import json
import mimetypes
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO
from zipfile import BadZipFile

from agents.confinement import landlock, seccomp
from agents.files.documents import notebooks, office, pdfs, sheets
from agents.files.documents.bounds import DocumentBounds, DocumentWrong

BOOT = "import sys;sys.path.insert(0,sys.argv[1]);from agents.files.documents.taking import main;main(sys.argv[2])"
MARK = "\x1e"
Taking = Callable[[BinaryIO, DocumentBounds], Iterator[str]]
KINDS: Mapping[str, Taking] = {
    "docx": office.word,
    "ipynb": notebooks.notebook,
    "pdf": pdfs.pages,
    "pptx": office.slides,
    "xlsx": sheets.sheets,
}


def main(plan: str) -> None:
    """Take the text out, as the plan says: kind, paths of packages, what may be read, seconds and bytes of memory."""
    wanted: dict[str, Any] = json.loads(plan)
    _confine(wanted)
    sys.path += wanted["packages"]
    bounds = DocumentBounds(until=time.monotonic() + wanted["seconds"], tell=lambda fact: _say({"fact": fact}))
    try:
        for line in KINDS[wanted["kind"]](sys.stdin.buffer, bounds):
            _write(line.replace("\r", ""))
        _say({"end": "this is all"})
    except DocumentWrong as problem:
        _say({"wrong": str(problem)})
    except MemoryError:
        _say({"wrong": "it needs too much memory"})
    except ImportError as problem:
        _say({"wrong": f"a package is missing that reads it ({problem.name}); an admin can make the environment anew"})
    except (ArithmeticError, BadZipFile, EOFError, LookupError, OSError, RecursionError, SyntaxError) as problem:
        _say({"wrong": f"it is damaged ({type(problem).__name__}: {problem})"})
    except (AttributeError, NotImplementedError, TypeError, ValueError) as problem:
        _say({"wrong": f"it is damaged or of an unusual kind ({type(problem).__name__}: {problem})"})
    sys.stdout.buffer.flush()


def _write(line: str) -> None:
    sys.stdout.buffer.write(f"{line.replace(MARK, ' ')}\n".encode("utf-8", "replace"))


def _say(fact: Mapping[str, str]) -> None:
    sys.stdout.buffer.write(f"{MARK}{json.dumps(fact)}\n".encode())


def _confine(wanted: Mapping[str, Any]) -> None:
    """Bounds on time, memory and descriptors everywhere; no files and no network where the kernel offers that."""
    limits = {
        "RLIMIT_AS": wanted["memory_bytes"],
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": int(wanted["seconds"]) + 10,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NOFILE": 64,
    }
    for name, most in limits.items():
        kind = getattr(resource, name, None)
        if kind is not None:
            hard = resource.getrlimit(kind)[1]
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            try:
                resource.setrlimit(kind, (least, least))
            except (OSError, ValueError):
                continue  # macOS refuses a bound on memory
    if sys.platform == "linux" and landlock.version():
        landlock.confine(reads=[*wanted["reads"], os.path.dirname(os.__file__)], writes=[])  # noqa: PTH120  # as there
        if seccomp.is_known_machine():
            seccomp.install(signals=False)
    mimetypes.knownfiles.clear()  # the tables of the system cannot be read here, and a package would insist
