"""Expressions and globs by themselves: the short ways to an answer change nothing of it."""

import re

import pytest

from agents.files.searching.globs import Glob, braces_of
from agents.files.searching.literals import required
from agents.files.searching.seeking import Seeker

PATTERNS = (
    *(
        "heron",
        "her.n",
        r"\w+",
        "^a",
        "b$",
        "a|b",
        "(?i)HERON",
        "(ab)+c",
        r"\bx\b",
        "",
        "^$",
        "x{2,}",
        "(?:foo|bar)baz",
    ),
    *(
        "[^a]+",
        "(?!a)b",
        "(?<=a)b",
        r"\Ax",
        r"x\Z",
        "a(?:b|c)d",
        "(?i:K)elvin",
        "k",
        "错误",
        "错|误",
        "é",
        r"\s$",
        r"a\.b",
    ),
    *(
        "(?P<x>ab)(?P=x)",
        "(a)?(?(1)b|c)",
        "a++b",
        "(?>ab)c",
        "[ab]cd",
        "x*ab",
        "x+ab",
        "(?:ab){2}",
        "ſ",
        "(?s)a.b",
        "a\nb",
    ),
)
TEXTS = (
    *(
        "heron\nHERON\nher0n\n",
        "ab\nba\n\na",
        "",
        "\n",
        "\n\n",
        "abab abc\r\nx\r\nxx",
        "foobaz\nbarbaz\nbaz",
        "Kelvin\nkelvin",
    ),
    *(
        "错误\n错\n误在",
        "café\né",
        "ſtop\nstop\nSTOP",
        "a.b\naxb",
        "a\rb\n",
        "acd\nabd\nbcd",
        " \n\t\nx ",
        "cd\nc\nb\nab",
        "ababab",
    ),
)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("ignore_case", [False, True])
def test_what_is_looked_for_first_changes_nothing_of_what_is_found(pattern: str, ignore_case: bool) -> None:
    flags = re.IGNORECASE if ignore_case else 0
    for text in TEXTS:
        lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []
        wanted = [line for line in lines if re.search(pattern, line, flags)]
        seeker = Seeker(pattern, ignore_case=ignore_case, literal=False)

        plain = text.replace("\r\n", "\n")
        assert [plain[hit.start : hit.end] for hit in seeker.hits(plain)] == wanted, (pattern, text)
        for encoding in ("utf-8", "gb18030"):
            try:
                data = text.encode(encoding)
            except UnicodeEncodeError:
                continue
            assert not (wanted and seeker.rules_out(data)), (pattern, text, encoding)


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        (r"def heron_\w+", ("def heron_",)),
        ("TODO|FIXME", ("TODO", "FIXME")),
        (r"(?:foo|ba)\d+needle", ("needle",)),
        ("(?i)Heron", ("heron",)),
        (r"\d+", ()),
        ("(?:foo)?", ()),
        ("a", ()),
        ("foo|.", ()),
        ("(?i)café", ()),
        ("(?i:foo)bar", ("bar",)),
    ],
)
def test_the_text_that_an_expression_cannot_do_without_is_known(pattern: str, texts: tuple[str, ...]) -> None:
    assert required(pattern) == texts


@pytest.mark.parametrize(
    ("glob", "fitting", "unfitting"),
    [
        ("*.py", ["a.py", "a/b.py"], ["a.pyc"]),
        ("src/*.py", ["src/a.py"], ["src/b/a.py", "a.py", "x/src/a.py"]),
        ("**/*.py", ["a.py", "a/b/c.py"], ["a.txt"]),
        ("src/**", ["src/a", "src/b/c"], ["a"]),
        ("**/test/**/*.{js,ts}", ["test/a.js", "x/test/y/a.ts"], ["test.js", "x/a.ts"]),
        ("{a,b{c,d}}.txt", ["a.txt", "bc.txt", "bd.txt"], ["b.txt"]),
        ("a{b.txt", ["a{b.txt"], ["ab.txt"]),
        ("[ab].txt", ["a.txt"], ["c.txt"]),
        ("./x?.md", ["x1.md", "y/x2.md"], ["x.md"]),
    ],
)
def test_a_glob_fits(glob: str, fitting: list[str], unfitting: list[str]) -> None:
    pattern = Glob(glob)

    assert [path for path in fitting if not pattern.fits(path)] == []
    assert [path for path in unfitting if pattern.fits(path)] == []


def test_a_glob_made_to_take_for_ever_does_not() -> None:
    assert len(braces_of("{a,b}" * 60)) < 1_000
    assert not Glob("/".join(["**"] * 100) + "/x").fits("/".join(["a"] * 100))
    assert not Glob("*a" * 30 + "b").fits("a" * 200)
