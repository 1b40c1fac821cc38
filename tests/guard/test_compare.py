"""The comparison counts what a guard stops, by class; that it asks the others as they want it shows when it is run."""

from tests.guard.compare import measured, stopped_by_class, tables
from tests.guard.lines import Line


def line(kind: str) -> Line:
    return Line(command="x", kind=kind, expected="asks", needs_network=False)


def test_everything_but_a_free_verdict_stops_a_command():
    given = [line("a")] * 4 + [line("b")]

    assert stopped_by_class(given, ["allow", "ask", "deny", "failed: ValueError", "free"]) == {"a": (4, 3), "b": (1, 0)}


def test_the_tables_show_what_each_guard_lets_pass_and_what_it_stops():
    files = {
        "everyday": [line("e")] * 3,
        "everyday_held_out": [line("e")],
        "dangerous": [line("d"), line("d"), line("f")],
        "dangerous_held_out": [line("d"), line("f")],
    }
    words = ["allow", "allow", "ask", "allow", "ask", "allow", "deny", "ask", "allow"]
    shown = tables([measured("one", "1.2", words, files)])

    assert "| one | 1.2 | 60.0 % | 25.0 % | 50.0 % | 0.0 % |" in shown
    assert "| d | 3 | 1 |" in shown
    assert "| f | 2 | 1 |" in shown
    assert "| e | 4 | 1 |" in shown
