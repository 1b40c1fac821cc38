"""How long a judgement takes: `python -m tests.unit.bench_shell` prints it. The test beside it only knows the order."""

import statistics
import time
from collections.abc import Iterable
from pathlib import Path

from governance.shell import read_command
from tests.unit.shell_corpus import commands

WORKSPACE = Path("/srv/work/chat-1")


def long_commands() -> dict[str, str]:
    """Commands of nearly 64 KB, among them those that make a careless parser slow."""
    size = 65_000
    return {
        "one long string": "echo '" + "x" * size + "'",
        "a here-document": "cat <<'E' > a.md\n" + "| a | `b` | $c |\n" * (size // 17) + "E\n",
        "many lines": "git status\n" * (size // 11),
        "pipes": "ls|" * (size // 3),
        "parentheses": "(" * size,
        "redirections": "<" * size,
        "here-documents": "cat <<A " * (size // 8),
        "substitutions": "$(" * (size // 2),
        "expansions": "x=" + "a" * 10_000 + ";echo " + "$x" * 5_000,
        "nested loops": "for a in 1 2 3 4 5 6 7 8; do " * 6 + "ls x;" + "done;" * 6,
        "sed": "sed '" + "s/a/b/;" * (size // 7) + "' f",
        "awk": "awk '" + "print " * (size // 6) + "' f",
        "a path": "cat " + "a/" * (size // 2),
        "evals": "eval " * 800 + "ls",
        "an index": "printf " + "[" * (size // 2),
        "variables that double": "x=aaaaaaaa;" + "x=$x$x;" * 100 + "echo $x",
    }


def milliseconds(texts: Iterable[str]) -> list[float]:
    read_command("ls", WORKSPACE, contained=True)
    taken = []
    for text in texts:
        started = time.thread_time()  # what others do on the machine is no part of it
        read_command(text, WORKSPACE, contained=True)
        taken.append((time.thread_time() - started) * 1000)
    return taken


def p99(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100)[98]


def main() -> None:
    short = milliseconds(command for name in ("everyday.txt", "dangerous.txt") for _, command in commands(name))
    print(f"{len(short)} commands: p50 {statistics.median(short):.2f} ms, p99 {p99(short):.2f} ms")  # noqa: T201
    for name, text in long_commands().items():
        print(f"{len(text) // 1024:3d} KB {name}: {milliseconds([text])[0]:.1f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
