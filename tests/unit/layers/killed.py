"""Kills processes with SIGKILL before each thing that a merge, an undo or a written file does to the disk.

A program of its own, because only a process without threads can be forked: `python -m tests.unit.layers.killed FOLDER`.
It prints how often it killed each, and fails when what is found after `recover` is neither before nor after.
"""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from agents.layers import About, Layer, Layers
from agents.sandbox import Sandbox, SandboxLevel, choose

EVENTS = ("os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.removexattr", "open")
ABOUT = About(person="p", what="x")
BEFORE = "mkdir -p d/e g; echo 1 >a; echo 1 >d/b; echo 1 >d/e/c; echo 1 >g/x; ln -s a l; echo 1 >f"
COMMAND = (
    "echo 2 >a; rm l; rm -r g; mkdir g; echo 2 >g/y; echo 2 >d/b; chmod 700 d; mkdir -p n/m; echo 2 >n/m/o; echo 2 >p;"
    "rm f; mkdir f; echo 2 >f/f"
)


def look(top: Path) -> dict[str, str]:
    """All that is in a workspace."""
    return {
        str(
            path.relative_to(top)
        ): f"{path.lstat().st_mode:o} {path.read_text() if path.is_file() and not path.is_symlink() else ''}"
        for path in sorted(top.rglob("*"))
    }


class AtOnce(Layers):
    """Removes what is not needed any more within the merge, so that it dies there too, and without a thread."""

    def sweep(self, remove: Callable[..., None], *what: Path) -> None:
        remove(*what)


class Scene:
    """A workspace as it is before each death."""

    def __init__(self, top: Path, sandbox: Sandbox) -> None:
        self.workspace = top / "workspaces" / "one"
        self.layers = AtOnce(top / "layers", sandbox)
        self._top = top
        self._layer: Layer | None = None
        self._sandbox = sandbox

    def set(self) -> None:
        """Begin anew."""
        shutil.rmtree(self._top, ignore_errors=True)
        self.workspace.mkdir(parents=True)
        self.call(BEFORE)

    def ran(self, command: str) -> Callable[[], object]:
        """Run a command, and give what merges it."""
        layer = self._layer = self.layers._open(self.workspace, uuid4(), ABOUT, copies=True)
        done = asyncio.run(
            self._sandbox.run(command, workspace=self.workspace, timeout_seconds=20, overlay=layer.view, approved=True)
        )
        if done.exit_code:
            raise RuntimeError(done.output)
        return lambda: layer._merge(None)

    def let_go(self) -> None:
        """Give up the lock that we share with the child, as a gateway does that died."""
        if self._layer:
            self._layer._let_go()

    def call(self, command: str) -> None:
        """A whole call."""
        self.ran(command)()

    def undo(self) -> None:
        """Take the last one back."""
        asyncio.run(self.layers.undo(self.workspace))


def dies(do: Callable[[], object], at: int) -> bool:
    """Whether a process was killed before its `at`th change of the disk; False when it made fewer."""
    pid = os.fork()
    if not pid:
        left = [at]

        def hear(event: str, arguments: tuple[object, ...]) -> None:
            writes = event != "open" or (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR))
            if event in EVENTS and writes:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hear)
        do()
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise RuntimeError("the child failed by itself")
    return os.WIFSIGNALED(status)


def trial(name: str, scene: Scene, begin: Callable[[], Callable[[], object]], either: list[dict[str, str]]) -> int:
    """Let it die at every point; how many there were."""
    for at in range(1_000):
        scene.set()
        if name == "undo":
            scene.call(COMMAND)
        died = dies(begin(), at)
        scene.let_go()
        scene.layers.recover()
        found = look(scene.workspace)
        if found not in either:
            raise AssertionError(f"{name} killed at {at}: {found}")
        if scene.layers.recover():
            raise AssertionError(f"{name} killed at {at}: something is left to be recovered")
        scene.undo()
        if not died:
            return at
    raise AssertionError("it never ends")


def counts(scene: Scene) -> list[int]:
    """How many points there are at which a merge, an undo and a write were killed."""
    scene.set()
    before = look(scene.workspace)
    scene.call(COMMAND)
    states = [before, look(scene.workspace)]
    first = {**before, "a": "100644 new"}
    second = {**first, "q": "40700 "}
    written = [before, first, second, {**second, "q/r": "100600 new"}]

    def write() -> None:
        scene.layers._replace(scene.workspace, "a", b"new", uuid4(), ABOUT)
        scene.layers._replace(scene.workspace, "q/r", b"new", uuid4(), ABOUT)

    return [
        trial("merge", scene, lambda: scene.ran(COMMAND), states),
        trial("undo", scene, lambda: scene.undo, states),
        trial("file", scene, lambda: write, written),
    ]


def main(folder: str) -> None:
    """Kill everything at every point, with layers and where there are none."""
    for level, sandbox in {"overlay": choose(), "copy": Sandbox(level=SandboxLevel.NONE)}.items():
        told = " ".join(map(str, counts(Scene(Path(folder, level), sandbox))))
        sys.stdout.write(f"{level} {told}\n")


if __name__ == "__main__":
    main(sys.argv[1])
