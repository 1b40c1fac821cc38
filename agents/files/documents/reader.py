"""The text of documents for whoever reads files: taken out by a process of its own, and kept while there is room."""

import asyncio
import contextlib
import importlib.util
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from agents.files.documents.taking import BOOT, MARK
from channels.base import NexoraError

TAKING_SECONDS = 30.0
KILLED_AFTER_SECONDS = 45.0
MEMORY_BYTES = 1 << 30
MOST_DOCUMENT_BYTES = 256 << 20
MOST_TEXT_BYTES = 16 << 20
MOST_KEPT_BYTES = 48 << 20
AT_ONCE = 2
_OUR_ROOT = Path(__file__).parents[3]
_PACKAGES = ("openpyxl", "pypdf")
_PROGRAMS = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")
_CHUNK = 256 << 10


class DocumentUnread(NexoraError):
    """The text of a document cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Text in UTF-8, and facts about the whole, as `12 pages`."""

    text: bytes
    facts: tuple[str, ...]


class Documents:
    """Takes the text out of documents, two at once, and keeps the last ones."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, ...], Document] = OrderedDict()
        self._places = asyncio.Semaphore(AT_ONCE)

    async def text(self, opened: int, kind: str) -> Document:
        """The text of an open file of that kind, a key of `taking.KINDS`; raises DocumentUnread."""
        about = os.fstat(opened)
        if about.st_size > MOST_DOCUMENT_BYTES:
            raise DocumentUnread(f"it is larger than {MOST_DOCUMENT_BYTES >> 20} MB; the shell can take it apart")
        key = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
        if (known := self._kept.get(key)) is None:
            async with self._places:
                known = await _taken(opened, kind)
            self._kept[key] = known
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(len(each.text) for each in self._kept.values()) > MOST_KEPT_BYTES:
            self._kept.popitem(last=False)
        return known


async def _taken(opened: int, kind: str) -> Document:
    os.lseek(opened, 0, os.SEEK_SET)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-B", "-c", BOOT, str(_OUR_ROOT), json.dumps(_plan(kind))),
        stdin=opened,
        stdout=PIPE,
        stderr=DEVNULL,
        env={},
        cwd="/",
    )
    output = bytearray()
    why = "it is too large"
    try:
        async with asyncio.timeout(KILLED_AFTER_SECONDS):
            await _gather(process.stdout, output)
    except TimeoutError:
        why = "it took too long"
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                process.kill()
        await _ended(process)
    return _document(bytes(output), why)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait for its end, and read what is left, since an end is not seen before that."""
    while process.stdout is not None and await process.stdout.read(_CHUNK):
        pass
    await process.wait()


async def _gather(stream: asyncio.StreamReader | None, output: bytearray) -> None:
    """All that it says, up to a size."""
    while stream is not None and len(output) < MOST_TEXT_BYTES and (data := await stream.read(_CHUNK)):
        output += data


def _document(output: bytes, why: str) -> Document:
    """What was taken out, apart from what was told of it; without its word that this is all, `why` it is not.

    What came before an end that was forced is worth reading too.
    """
    facts: list[str] = []
    lines: list[str] = []
    wrong = why
    for line in output.decode("utf-8", "replace").split("\n"):
        if not line.startswith(MARK):
            lines.append(line)
            continue
        try:
            said = json.loads(line.removeprefix(MARK))
        except ValueError:
            continue  # cut off where the process ended
        wrong = said.get("wrong", wrong if "fact" in said else "")
        facts += [said["fact"]] if "fact" in said else []
    text = "\n".join(lines).strip("\n")
    if len(output) >= MOST_TEXT_BYTES:
        wrong = f"its text is longer than {MOST_TEXT_BYTES >> 20} MB"
    if wrong and not text:
        raise DocumentUnread(wrong)
    if wrong:
        text += f"\n[this is not all: {wrong}; the shell can read the rest]"
    return Document(text=f"{text}\n".encode() if text else b"", facts=tuple(facts))


def _plan(kind: str) -> dict[str, object]:
    found = (importlib.util.find_spec(name) for name in _PACKAGES)
    packages = sorted({str(Path(spec.origin).parent.parent) for spec in found if spec and spec.origin})
    base = [sys.base_prefix] if Path(sys.base_prefix) != Path.home() else []
    return {
        "kind": kind,
        "packages": packages,
        "reads": [*_PROGRAMS, *base, *packages, str(_OUR_ROOT / "agents")],
        "seconds": TAKING_SECONDS,
        "memory_bytes": MEMORY_BYTES,
    }
