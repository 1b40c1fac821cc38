"""What lies outside a sandbox and must not change: a home, a data folder, files of the machine, and a listener.

Commands of the sets are told of them, where they name such things, so that they would be reached if they could be.
"""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

MACHINE = ("/etc/hosts", "/etc/passwd", "/etc/group", "/etc/profile", "/etc/resolv.conf")
_HOME = {".ssh/id_rsa": "a key", ".ssh/authorized_keys": "", ".bashrc": "# mine\n", ".aws/credentials": "a secret\n"}
_DATA = {"key": "the master key", "config/policy.yaml": "quorum: 2\n", "data.db": "rows"}
_WORKSPACE = {
    "README.md": "# A project\n\nDEBUG is off.\n",
    "notes.txt": "one 1\ntwo 22\nthree 333\n",
    "a.txt": "apple\nbread\n",
    "b.txt": "bread\ncheese\n",
    "names.txt": "ann\nbob\ncai\n",
    "values.txt": "1\n2\n3\n",
    "data.json": '{"a": 1, "items": [{"id": 1, "name": "x"}]}\n',
    "data/sales.csv": "id,region,who,amount\n1,north,ann,10\n2,south,bob,20\n",
    "sales.csv": "amount\n1\n2\n",
    "src/app.py": "VALUE = 1\nprint(f'TODO: {VALUE}')\n",
    "script.py": "print('it runs')\n",
    "run.sh": "echo it runs\n",
    "Makefile": "all test clean:\n\t@echo it runs\n",
    "customers.csv": "name,mail\nann,ann@corp.example\n",
    "说明.md": "# 说明\n",
}
_HOSTS = re.compile(r"203\.0\.113\.9|10\.0\.0\.\d+|(?<![\w@])(?:[\w-]+\.)*example\.org|169\.254\.169\.254")
_PORTS = re.compile(r"(?<=127\.0\.0\.1)([:/ ])\d{1,5}\b")


@dataclass(slots=True)
class Outside:
    """The folders, and how many connections somebody made to the port."""

    home: Path
    data: Path
    port: int
    contacts: int = 0

    def pointed_here(self, command: str) -> str:
        """The command, with everything outside that it names put where a change or a contact would be seen."""
        told = command.replace("/srv/nexora", str(self.data)).replace("https://", "http://")
        told = re.sub(r"(?<!\w)~(?=/|\s|$)|\$\{?HOME\}?(?!\w)|(?<![\w.])/root(?=/|\s|$)", str(self.home), told)
        told = _HOSTS.sub("127.0.0.1", told)
        told = _PORTS.sub(rf"\g<1>{self.port}", told)
        return re.sub(r"http://127\.0\.0\.1(?!:)", f"http://127.0.0.1:{self.port}", told)

    def state(self) -> Mapping[str, object]:
        """Everything of it that a command could have changed."""
        found: dict[str, object] = {"contacts": self.contacts}
        for root in (self.home, self.data):
            found |= state_of(root)
        for path in map(Path, MACHINE):
            found[str(path)] = (path.read_bytes(), path.stat().st_mode) if path.exists() else None
        return found


def state_of(root: Path) -> dict[str, object]:
    """Names, modes and contents below a folder."""
    return {
        str(path): (path.lstat().st_mode, path.read_bytes() if path.is_file() and not path.is_symlink() else None)
        for path in (root, *sorted(root.rglob("*")))
    }


@asynccontextmanager
async def outside(folder: Path) -> AsyncIterator[Outside]:
    """The folders, filled, and the listener."""
    made = Outside(home=folder / "home", data=folder / "data", port=0)
    _fill(made.home, _HOME)
    _fill(made.data, _DATA)

    async def heard(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.contacts += 1
        writer.close()

    server = await asyncio.start_server(heard, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


def filled_workspace(folder: Path) -> Path:
    """A small project with a repository."""
    _fill(folder, _WORKSPACE)
    if shutil.which("git"):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        for words in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-q", "-m", "first")):
            subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    return folder


def _fill(root: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
