"""Judges the sets with other guards that install from a registry: `python -m tests.guard.compare`, by hand, not in CI.

Interpreters may be named behind it, for guards that take none of those that are found by themselves.
Each guard is put into an environment of its own in a temporary folder, and judges text there under bubblewrap without a
network, so that whatever it does beside judging reaches nothing. A verdict of `allow`, in its own words, is free;
everything else stops. It writes the tables of docs/guard-comparison.md to standard output.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from tests.guard.judging import WORKSPACE, answer_of, verdict_of
from tests.guard.lines import HELD_OUT, Line, lines

SECONDS = 900
_DRIVERS: Mapping[str, str] = {
    "vetter": """
from vetter import cli, engine, places
policy, _ = cli.load_policy(None, CWD, HOME)
temp = places.temp_dirs(HOME, False)
def judge(text):
    return engine.call("check", policy, text, "bash", CWD, HOME, places.project_root(CWD, HOME), temp).decision
""",
    "bash-classify": """
from bash_classify import classify_expression
def judge(text):
    return "allow" if classify_expression(text).classification.name in {"READONLY", "WRITE"} else "ask"
""",
    "seatbelt-guard": """
from seatbelt.context import Context
from seatbelt.engine import analyze
def judge(text):
    return analyze(text, Context(cwd=CWD, home=HOME, environ={})).level.name.lower()
""",
    "squidbrake": """
import squidbrake
sys.path.insert(0, squidbrake.__path__[0])
from shell_guard import check
def judge(text):
    return "allow" if check(text)[0] == "run" else "ask"
""",
    "agent-governance-toolkit[core]": """
import warnings
warnings.simplefilter("ignore")
from agent_os.semantic_policy import PolicyDenied, SemanticPolicyEngine
engine = SemanticPolicyEngine()
def judge(text):
    try:
        engine.check("shell", {"command": text})
    except PolicyDenied:
        return "deny"
    return "allow"
""",
}
"""How each guard is asked, by the requirement that installs it: a function `judge` of a command that gives one word."""
_BEGIN = """
import json, os, sys
CWD, HOME = "/srv/work/chat-1", "/srv/work/chat-1"
os.chdir(CWD)
"""
_END = """
for line in sys.stdin:
    try:
        word = judge(json.loads(line))
    except Exception as error:
        word = "failed: " + type(error).__name__
    sys.stdout.write("\\n#" + json.dumps(word) + "\\n")
"""
_PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")


class NotThere(Exception):
    """A guard does not install or does not start here."""


Counts: TypeAlias = Mapping[str, tuple[int, int]]
"""By class: how many lines there are, and how many of them were stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One guard: its version, and what it made of each file of the sets, by the name of the file."""

    name: str
    version: str
    files: Mapping[str, Counts]

    def of(self, name: str) -> Counts:
        """Of `everyday` or `dangerous` what is known and what was held out together."""
        known, held = self.files[name], self.files[f"{name}{HELD_OUT}"]
        return {kind: (known[kind][0] + held[kind][0], known[kind][1] + held[kind][1]) for kind in known}


def stopped_by_class(given: Sequence[Line], words: Sequence[str]) -> Counts:
    """By class: how many lines, and how many of them did not run freely."""
    count, stopped = Counter[str](), Counter[str]()
    for line, word in zip(given, words, strict=True):
        count[line.kind] += 1
        stopped[line.kind] += word not in {"allow", "free"}
    return {kind: (number, stopped[kind]) for kind, number in count.items()}


def installed(name: str, folder: Path) -> Path:
    """The interpreter of a new environment with that guard. Raises NotThere."""
    trouble = "no interpreter"
    for python in (*sys.argv[1:], *filter(None, map(shutil.which, _PYTHONS))):
        made = folder / f"{name.partition('[')[0]}-{Path(python).name}"
        for step in ([python, "-m", "venv", str(made)], [str(made / "bin/pip"), "install", "-q", name]):
            done = subprocess.run(step, capture_output=True, text=True, timeout=SECONDS, check=False)
            if done.returncode:
                trouble = (done.stderr.strip().splitlines() or ["?"])[-1]
                break
        else:
            return made / "bin" / "python"
    raise NotThere(trouble)


def contained(python: Path) -> list[str]:
    """How the interpreter is run: sees this machine to read, an empty workspace, no network."""
    binds = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/srv", "--dir", str(WORKSPACE)]
    root = str(python.parent.parent)
    return ["bwrap", "--unshare-all", "--die-with-parent", *binds, "--setenv", "HOME", str(WORKSPACE), "--ro-bind",
            root, root, str(python), "-I", "-B"]  # fmt: skip


def asked(name: str, python: Path, given: Sequence[Line]) -> list[str]:
    """Its word for each line. Raises NotThere."""
    program = _BEGIN + _DRIVERS[name] + _END
    told = "".join(json.dumps(line.command) + "\n" for line in given)
    done = subprocess.run(
        [*contained(python), "-c", program], input=told, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    words = [json.loads(line[1:]) for line in done.stdout.splitlines() if line.startswith("#")]
    if len(words) != len(given):
        raise NotThere((done.stderr.strip().splitlines() or [f"{len(words)} answers to {len(given)} questions"])[-1])
    return words


def version_of(name: str, python: Path) -> str:
    shown = subprocess.run(
        [str(python.parent / "pip"), "show", name.partition("[")[0]], capture_output=True, text=True, check=False
    )
    return next((line.split()[1] for line in shown.stdout.splitlines() if line.startswith("Version:")), "?")


def measured(name: str, version: str, words: Sequence[str], files: Mapping[str, Sequence[Line]]) -> Measured:
    """What the words say, which are those of all files, one behind the other."""
    left = iter(words)
    counts = {file: stopped_by_class(given, list(islice(left, len(given)))) for file, given in files.items()}
    return Measured(name=name, version=version, files=counts)


def _percent(counts: Counts) -> str:
    number, stopped = (sum(column) for column in zip(*counts.values(), strict=True))
    return f"{100 * stopped / number:.1f} %"


def tables(found: Sequence[Measured]) -> str:
    """Markdown: the sums, then by class what each lets pass and what each stops."""
    heads = ("dangerous stopped", "everyday stopped", "dangerous, held out", "everyday, held out")
    out = [f"| guard | version | {' | '.join(heads)} |", "|---|---|" + "---:|" * len(heads)]
    for one in found:
        held = [one.files[f"{name}{HELD_OUT}"] for name in ("dangerous", "everyday")]
        shares = map(_percent, (one.of("dangerous"), one.of("everyday"), *held))
        out.append(f"| {one.name} | {one.version} | {' | '.join(shares)} |")
    for title, which in (
        ("dangerous commands that run freely", "dangerous"),
        ("everyday commands stopped", "everyday"),
    ):
        names = " | ".join(one.name for one in found)
        out += ["", f"| {title} | of | {names} |", "|---|---:|" + "---:|" * len(found)]
        for kind, (number, _) in found[0].of(which).items():
            counts = [one.of(which)[kind][1] for one in found]
            shown = [number - count if which == "dangerous" else count for count in counts]
            out.append(f"| {kind} | {number} | {' | '.join(map(str, shown))} |")
    return "\n".join(out)


async def _ours(given: Sequence[Line]) -> list[str]:
    return [answer_of(await verdict_of(line)) for line in given]


def main() -> None:
    files = {
        f"{name}{part}": list(lines(f"{name}{part}")) for name in ("everyday", "dangerous") for part in ("", HELD_OUT)
    }
    given = [line for each in files.values() for line in each]
    found = [measured("Nexora", "this", asyncio.run(_ours(given)), files)]
    with tempfile.TemporaryDirectory(prefix="nexora-guards-") as folder:
        for name in _DRIVERS:
            try:
                python = installed(name, Path(folder))
                words = asked(name, python, given)
            except (NotThere, subprocess.TimeoutExpired) as error:
                sys.stderr.write(f"{name}: {error}\n")
                continue
            found.append(measured(name.partition("[")[0], version_of(name, python), words, files))
            sys.stderr.write(f"{name}: {dict(Counter(words))}\n")
    sys.stdout.write(tables(found) + "\n")


if __name__ == "__main__":
    main()
