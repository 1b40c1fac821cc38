"""Tasks around a project: git, what runs for long, servers, and taking things back."""

import subprocess
from pathlib import Path

from tests.tasks.task import (
    Done,
    Here,
    Route,
    Task,
    answers,
    both,
    call,
    edit,
    files,
    found,
    holds,
    read,
    shell,
    task,
)

_AS = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main")


def _git(folder: Path, *words: str) -> str:
    """What git says to this, as Ada."""
    return subprocess.run(["git", *_AS, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def _commit(folder: Path, name: str, text: str, told: str) -> None:
    (folder / name).write_text(text)
    _git(folder, "add", "-A")
    _git(folder, "commit", "-qm", told)


def _is_committed(done: Done) -> None:
    assert (done.folder / ".git").is_dir()
    assert _git(done.folder, "log", "--format=%s").split("\n")[:2] == ["Greet the world", "Begin"]
    assert _git(done.folder, "ls-files").split() == ["hello.py"]
    assert "+print('Hello, world')" in done.answer


@task(
    "Make this a git repository, commit hello.py, make it greet the world, show me the difference and commit it.",
    setup=files({"hello.py": "print('Hello')\n"}),
    check=_is_committed,
)
def begin_a_repository(_: Here) -> Route:
    yield shell("git init -q && git add hello.py && git commit -qm Begin")
    yield edit("hello.py", "print('Hello')", "print('Hello, world')")
    difference = yield shell("git diff")
    yield shell("git commit -qam 'Greet the world' && git status --short")
    return found(r"^(\+print.*)$", difference)


def _two_branches(folder: Path) -> None:
    _git(folder, "init", "-q")
    _commit(folder, "menu.txt", "soup\nbread\ncheese\n", "Begin")
    _git(folder, "checkout", "-qb", "spring")
    _commit(folder, "menu.txt", "soup\nfresh bread\ncheese\n", "Fresh bread")
    _git(folder, "checkout", "-q", "main")
    _commit(folder, "menu.txt", "soup\nbread and butter\ncheese\n", "Butter")


def _is_merged(done: Done) -> None:
    assert done.text("menu.txt") == "soup\nfresh bread and butter\ncheese\n"
    assert len(_git(done.folder, "log", "-1", "--format=%P").split()) == 2
    assert _git(done.folder, "status", "--porcelain", "--untracked-files=no") == ""


@task("Merge the branch spring and keep what both want.", setup=_two_branches, check=_is_merged)
def merge_two_branches_that_conflict(_: Here) -> Route:
    told = yield shell("git merge spring", fails=True)
    path = found(r"CONFLICT \(content\): Merge conflict in (\S+)", told)
    text = yield read(path)
    found(r"(<<<<<<< HEAD)", text)
    old = "<<<<<<< HEAD\nbread and butter\n=======\nfresh bread\n>>>>>>> spring\n"
    yield edit(path, old, "fresh bread and butter\n")
    yield shell(f"git add {path} && git commit -qm 'Merge spring'")
    return "Merged: fresh bread and butter."


def _fifty_commits(folder: Path) -> None:
    _git(folder, "init", "-q")
    for n in range(12):
        limit = "limit = 5\n" if n >= 7 else "limit = 50\n"
        _commit(folder, "rules.py", f"{limit}version = {n}\n", f"Version {n}")


def _limit_is_back(done: Done) -> None:
    assert "Version 7" in done.answer
    assert done.text("rules.py") == "limit = 50\nversion = 11\n"
    assert _git(done.folder, "status", "--porcelain", "--untracked-files=no") == ""


@task("Which commit lowered limit in rules.py? Raise it again.", setup=_fifty_commits, check=_limit_is_back)
def find_the_commit_that_changed_a_line(_: Here) -> Route:
    log = yield shell("git log --oneline -S 'limit = 50' -- rules.py")
    commit = found(r"^(\w+) Version 7$", log)
    yield edit("rules.py", "limit = 5\n", "limit = 50\n")
    yield shell(f"git commit -qam 'Raise the limit again, lowered in {commit}'")
    return f"{commit}, Version 7."


def _a_bad_commit(folder: Path) -> None:
    _git(folder, "init", "-q")
    _commit(folder, "a.txt", "good\n", "Good")
    _commit(folder, "b.txt", "bad\n", "Bad")
    _commit(folder, "c.txt", "good\n", "Good too")


def _bad_is_reverted(done: Done) -> None:
    assert not (done.folder / "b.txt").exists()
    assert done.text("c.txt") == "good\n"
    assert _git(done.folder, "log", "-1", "--format=%s").strip() == 'Revert "Bad"'


@task("Revert the commit called Bad.", setup=_a_bad_commit, check=_bad_is_reverted)
def revert_a_commit(_: Here) -> Route:
    commit = found(r"^(\w+) Bad$", (yield shell("git log --oneline")))
    yield shell(f"git revert --no-edit {commit}")
    return "Reverted."


_BUILD = (
    "import time\n\nfor n in range(5):\n    print('step', n, flush=True)\n    time.sleep(0.2)\n"
    "open('built.txt', 'w').write('built in 5 steps\\n')\nprint('finished')\n"
)


@task(
    "Start build.py in the background, and tell me when it is finished.",
    "Well?",
    setup=files({"build.py": _BUILD}),
    check=both(holds("built.txt", "built in 5 steps\n"), answers("built in 5 steps")),
)
def run_something_in_the_background(_: Here) -> Route:
    told = yield shell("python3 build.py", background=True)
    number = found(r"^(b\d+) runs in the background", told)
    yield f"It runs as {number}."
    output = yield call("shell_output", id=number, wait=60)
    found(r"(finished)", output)
    return found(r"\t(.*)$", (yield read("built.txt")))


_SERVER = """import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/health' else 404)
        self.end_headers()
        self.wfile.write(b'all is well' if self.path == '/health' else b'nothing here')

    def log_message(self, *words):
        pass


http.server.HTTPServer(('127.0.0.1', 8765), Handler).serve_forever()
"""
_ASKED = (
    "python3 server.py & pid=$!; "
    "curl -sS --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:8765/health; kill $pid"
)


@task(
    "Does server.py answer on /health?",
    setup=files({"server.py": _SERVER}),
    check=answers("all is well"),
    needs=("curl",),
)
def ask_a_server_that_runs_beside(_: Here) -> Route:
    yield read("server.py")
    return found(r"(all is well)", (yield shell(_ASKED)))


@task(
    "Replace the text of motto.txt by something with a sea.",
    "No, the old one was better. Take it back.",
    setup=files({"motto.txt": "Slow and steady.\n"}),
    check=both(holds("motto.txt", "Slow and steady.\n"), answers("Slow and steady.")),
)
def take_back_what_was_written(_: Here) -> Route:
    yield call("write_file", path="motto.txt", content="Calm as the sea.\n")
    yield "It is about the sea now."
    yield call("undo")
    return found(r"\t(.*)$", (yield read("motto.txt")))


_PICTURES = {f"album/{n}.txt": f"picture {n}\n" for n in range(20)}


def _album_is_back(done: Done) -> None:
    assert [done.text(f"album/{n}.txt") for n in range(20)] == [f"picture {n}\n" for n in range(20)]
    assert "20 files are back" in done.answer


@task(
    "Number the files of album from 100 on.",
    "I meant another folder. Put them back.",
    setup=files(_PICTURES),
    check=_album_is_back,
)
def take_back_what_a_command_moved(_: Here) -> Route:
    yield shell('cd album && for n in $(seq 0 19); do mv "$n.txt" "$((n + 100)).txt"; done')
    yield "They begin at 100."
    yield call("undo")
    listed = yield call("list_files", path="album")
    return f"{sum(f'{n}.txt' in listed for n in range(20))} files are back."


_HEAVY = {f"photos/2024/{n}.raw": b"\x00\x01" * 40_000 for n in range(12)} | {
    f"docs/{n}.md": "# Text\n" for n in range(300)
}


@task("What takes most room here?", setup=files(_HEAVY), check=answers("photos", "12 files"))
def find_what_takes_most_room(_: Here) -> Route:
    listed = yield call("list_files")
    return found(r"^(\s*photos/.*12 files.*)$", listed)


TASKS: tuple[Task, ...] = (
    begin_a_repository,
    merge_two_branches_that_conflict,
    find_the_commit_that_changed_a_line,
    revert_a_commit,
    run_something_in_the_background,
    ask_a_server_that_runs_beside,
    take_back_what_was_written,
    take_back_what_a_command_moved,
    find_what_takes_most_room,
)
