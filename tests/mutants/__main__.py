"""Run the contract of each channel on each of its mutants, and print what was noticed."""

import argparse
import os
import sys
from pathlib import Path

from tests.mutants.flaws import Flaw, kinds, mutants
from tests.mutants.running import Mutant, Verdict, run

CONTRACT = Path(__file__).parents[1] / "contract"
AT_LEAST = 0.8


def main() -> int:
    """0 when enough of each channel's mutants were killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--channel", choices=kinds(), action="append", help="of this channel alone")
    parser.add_argument("--flaw", choices=list(Flaw), action="append", help="with this flaw alone")
    parser.add_argument("--quick", action="store_true", help="ask only the tests that ought to notice")
    given = parser.parse_args()
    chosen = [
        Mutant(kind, flaw, edit)
        for kind in given.channel or kinds()
        for flaw, edit in mutants(kind).items()
        if not given.flaw or flaw in given.flaw
    ]
    out = os.dup(sys.stdout.fileno())  # pytest takes our own while it runs

    def tell(verdict: Verdict) -> None:
        os.write(out, f"{line(verdict)}\n".encode())

    ran = run(chosen, sorted(CONTRACT.glob("test_channels*.py")), tell, is_quick=given.quick)
    for kind, told in ran.unsound.items():
        sys.stdout.write(f"without any flaw the contract of {kind} fails, so that it tells nothing: {told}\n")
    return 1 if ran.unsound else summary(ran.verdicts)


def line(verdict: Verdict) -> str:
    """One line for one mutant."""
    word = "UNCLEAR " if verdict.is_unclear else "killed  " if verdict.is_killed else "SURVIVED"
    mutant = verdict.mutant
    return f"{word} {mutant.kind:10} {mutant.flaw:10} {verdict.seconds:5.0f} s  {verdict.by}"


def summary(verdicts: list[Verdict]) -> int:
    """How many of each channel were killed; 1 where they are too few."""
    is_enough = bool(verdicts)
    for kind in dict.fromkeys(verdict.mutant.kind for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.mutant.kind == kind]
        killed = sum(verdict.is_killed for verdict in own)
        is_enough = is_enough and killed >= AT_LEAST * len(own)
        sys.stdout.write(f"{kind}: {killed} of {len(own)} killed ({killed / len(own):.0%})\n")
    return 0 if is_enough else 1


if __name__ == "__main__":
    sys.exit(main())
