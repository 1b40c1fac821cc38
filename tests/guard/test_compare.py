"""The comparison counts what a guard stops, by class; that it asks the others as they want it shows when it is run."""

from collections import Counter

from tests.guard.compare import Measured, stopped_by_class, tables
from tests.guard.lines import Line


def line(kind: str) -> Line:
    return Line(command="x", kind=kind, expected="asks", needs_network=False)


def test_everything_but_a_free_verdict_stops_a_command():
    given = [line("a")] * 4 + [line("b")]

    assert stopped_by_class(given, ["allow", "ask", "deny", "failed: ValueError", "free"]) == {"a": (4, 3), "b": (1, 0)}


def test_the_tables_show_what_each_guard_lets_pass_and_what_it_stops():
    one = Measured(
        name="one", version="1.2", everyday={"e": (10, 1)}, dangerous={"d": (4, 3), "f": (4, 4)}, words=Counter()
    )
    shown = tables([one])

    assert "| one | 1.2 | 87.5 % | 10.0 % |" in shown
    assert "| d | 4 | 1 |" in shown
    assert "| e | 10 | 1 |" in shown
