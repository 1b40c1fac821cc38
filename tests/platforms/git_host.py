"""A host of git repositories on loopback: the real `git http-backend`, and hosts that misbehave."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.platforms.cgi import run_cgi

WHO = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
Misbehaves = Callable[[web.Request], "object"]


def git(folder: Path, *words: str) -> str:
    """What git says to these words there."""
    done = subprocess.run(
        ["git", *WHO, *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"},
    )
    return done.stdout.strip()


def commit(work: Path, files: dict[str, str], message: str) -> str:
    """Write these files and commit them; the commit."""
    for name, text in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text)
    git(work, "add", "-A")
    git(work, "commit", "-qm", message)
    return git(work, "rev-parse", "HEAD")


def repository(folder: Path) -> dict[str, str]:
    """`team/skills` with two commits, a branch with a slash, a tag, a link and a module; commits by name."""
    work = folder / "work"
    work.mkdir()
    git(work, "init", "-q")
    long = "".join(f"Line {number} of a file that a pack keeps as a difference.\n" for number in range(400))
    first = commit(work, {"pdf/SKILL.md": "---\nname: pdf\n---\nRead.\n", "long.txt": long, "README.md": "one"}, "one")
    git(work, "tag", "-a", "v1.0", "-m", "the first")
    run = work / "pdf" / "run.py"
    second = commit(work, {"pdf/run.py": "print(1)\n", "copy.txt": long + "more\n", "big/model.bin": POINTER}, "two")
    run.chmod(0o755)
    second = commit(work, {}, "a program")
    git(work, "branch", "team/next")
    (work / "links").mkdir()
    (work / "links" / "out").symlink_to("/etc/passwd")
    third = commit(work, {}, "a link")
    git(work, "update-index", "--add", "--cacheinfo", f"160000,{first},modules/inner")
    git(work, "commit", "-qm", "a module")
    (folder / "team").mkdir()
    git(work, "clone", "-q", "--bare", ".", str(folder / "team" / "skills.git"))
    git(folder / "team" / "skills.git", "config", "uploadpack.allowFilter", "true")
    return {"first": first, "second": second, "third": third}


@asynccontextmanager
async def git_host(folder: Path, misbehaves: Misbehaves | None = None) -> AsyncIterator[TestServer]:
    """Serves the repositories below a folder. `misbehaves` answers in its place where it gives a response."""

    async def answer(request: web.Request) -> web.StreamResponse:
        wrong = misbehaves(request) if misbehaves else None
        if asyncio.iscoroutine(wrong):
            wrong = await wrong
        if isinstance(wrong, web.StreamResponse):
            return wrong
        return await run_cgi(request, ["git", "http-backend"], GIT_PROJECT_ROOT=str(folder), GIT_HTTP_EXPORT_ALL="1")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    try:
        yield server
    finally:
        await server.close()
