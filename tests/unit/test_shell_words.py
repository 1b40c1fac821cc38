"""That the guard folds words as bash itself does: each text is given to a real bash, which only prints it."""

import shutil
import subprocess

import pytest

from governance.shell.grammar.tree import parse
from governance.shell.grammar.words import Reader
from governance.shell.scope import UNKNOWN, Findings, Scope, ShellSurroundings
from governance.shell.walk import Walker

BASH = shutil.which("bash")

CONSTANT = [
    "a b c",
    "'a b' \"c d\" e\\ f",
    "r''m r\"\"m r\\m",
    "$'\\x72\\155\\t\\u00e9' $'a\\'b'",
    "{a,b}c {1..4} {c..a} x{,y}z a{b,{c,d}}e",
    "'{a,b}' \"{a,b}\" {a} {} {a,b",
    "{rm,-rf,/tmp}",
    '"a\\$b\\"c\\\\d\\e" \'x\\y\'',
    'a$@b "$*" c${1}d',
    "${1:-default} ${@:-other}",
    '$(echo a b) "$(echo a b)" x$(printf c)',
    "$(echo cm0gLXJm | base64 -d) $(rev <<< cba) $(echo 616263 | xxd -r -p)",
    "$(echo ABC | tr A-Z a-z) $(tr a-z n-za-m <<< nop) $(echo -e '\\x61\\0142')",
    "$(printf '%s-%s' a b) $(printf '\\141%%') $(printf %b 'a\\tb')",
    "$(echo axb | sed s/x/-/) $(echo b | tee) $(printf 'a\\nb' | tac)",
    "$(echo -n a; echo b)",
    "\"\" '' $'' x",
    "a\\\n b",
    '"a\\\nb"',
    "héllo 'wörld' \"日本\"",
]
ASSIGNED = [
    ("x=ab", '$x ${x} "$x"c'),
    ("x='a b'", '$x "$x" c$x'),
    ("x=abcdef", "${x:2} ${x:1:3} ${x//c/-} ${x/b/}"),
    ("x=AbC", "${x,,} ${x^^}"),
    ("x=a y=$x$x", "$y"),
    ("x='*'", '"$x"'),
    ("x=''", 'a$x "$x" $x'),
]


def from_bash(assignment: str, words: str) -> list[str]:
    script = f'{assignment}\nprintf "%s\\0" {words}'
    done = subprocess.run([BASH or "bash", "-c", script], capture_output=True, check=True, timeout=10)
    return done.stdout.decode().split("\0")[:-1]


def from_guard(assignment: str, words: str) -> list[str]:
    walker = Walker(Scope(places=None), ShellSurroundings(workspace="/w"), Findings())
    walker.script(assignment)
    root = parse(f"echo {words}")
    command = root.children[0]
    return [word.text for child in command.named_children[1:] for word in walker.reader.words(child)]


@pytest.mark.skipif(BASH is None, reason="there is no bash to compare with")
@pytest.mark.parametrize("words", CONSTANT)
def test_a_constant_becomes_what_bash_makes_of_it(words: str):
    assert from_guard(":", words) == from_bash(":", words)


@pytest.mark.skipif(BASH is None, reason="there is no bash to compare with")
@pytest.mark.parametrize(("assignment", "words"), ASSIGNED)
def test_a_variable_becomes_what_bash_makes_of_it(assignment: str, words: str):
    assert from_guard(assignment, words) == from_bash(assignment, words)


@pytest.mark.parametrize("word", ["$unset", "${x#y}", "${!x}", "$(frobnicate)", "$0", "$!", "{1..100000}", "${x[1]}"])
def test_what_only_the_run_would_tell_is_unknown(word: str):
    findings = Findings()
    reader = Reader(scope=Scope(places=None), findings=findings, substitute=lambda _: UNKNOWN)
    root = parse(f"echo {word}")

    words = [one for child in root.children[0].named_children[1:] for one in reader.words(child)]
    assert words
    assert not all(one.known for one in words)
