"""Tags of the record: each that is written stands in docs/governance.md, and each that stands there is written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FLOORS = ("gateway", "agents", "governance", "channels")
SOURCES = "(?:chat|cli|web)"
"""Where a change comes from that persons make in several places, as `Origin.event` puts it before the rest."""
PARTS = 3


def written() -> Iterator[tuple[str, str]]:
    """Each tag that some line of the code writes, as a pattern, and where."""
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield from ((tag, f"{path.relative_to(ROOT)}:{node.lineno}") for tag in _tags(node))


def _tags(call: ast.Call) -> Iterator[str]:
    for given in call.keywords:
        if given.arg == "tag":
            yield from (whole for whole in _patterns(given.value) if whole.count(":") == PARTS - 1)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "event" and call.args:
        yield from (f"{SOURCES}:{what}" for what in _patterns(call.args[0]) if what.count(":") == PARTS - 2)


def _patterns(value: ast.expr) -> list[str]:
    """What the text may be; what is put in when it runs is one word."""
    if isinstance(value, ast.IfExp):
        return [*_patterns(value.body), *_patterns(value.orelse)]
    if isinstance(value, ast.JoinedStr):
        return ["".join("[a-z_]+" if isinstance(each, ast.FormattedValue) else each.value for each in value.values)]
    return [value.value] if isinstance(value, ast.Constant) and isinstance(value.value, str) else []


def documented() -> list[str]:
    page = (ROOT / "docs" / "governance.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    return [tag for row in rows for tag in re.findall(r"`([a-z]+:[a-z_]+:[a-z_]+)`", row)]


def test_every_tag_that_is_written_is_documented():
    known = documented()
    unknown = [f"{where} {tag}" for tag, where in written() if not any(re.fullmatch(tag, each) for each in known)]

    assert unknown == []


def test_every_tag_that_is_documented_is_written():
    patterns = {tag for tag, _ in written() if not tag.startswith("[a-z_]+:")}

    assert len(patterns) > 40
    assert [tag for tag in documented() if not any(re.fullmatch(pattern, tag) for pattern in patterns)] == []


def test_a_tag_is_documented_once():
    known = documented()

    assert sorted({tag for tag in known if known.count(tag) > 1}) == []
