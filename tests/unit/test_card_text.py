"""What others see of a command has the syntax tree of what runs, whatever looks like a secret in it."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.approvals.shown.card_text import looks_secret, masked_arguments, masked_command, masked_text
from governance.shell.grammar.tree import Node, parse

KEY = "sk-0123456789abcdefghijKLMN"
BOT = "123456789:AAabcdefghijklmnopqrstuvwxyz01234567"
_STAND_IN = re.compile(r"‹secret-\d+-[0-9a-f]{8}›")


def tree_of(command: str) -> object:
    """The tree with the text of every leaf."""
    root = parse(command)
    assert root is not None
    return root.has_error, _tree(root)


def _tree(node: Node) -> object:
    inner = [_tree(child) for child in node.children]
    return (node.type, inner or node.text.decode())


def same(shown: object, runs: object) -> bool:
    """Whether two trees are one but for words of which a part stands in for a secret."""
    if isinstance(shown, tuple) and isinstance(runs, tuple):
        return len(shown) == len(runs) and all(map(same, shown, runs))
    if isinstance(shown, list) and isinstance(runs, list):
        return len(shown) == len(runs) and all(map(same, shown, runs))
    if shown == runs:
        return True
    if not (isinstance(shown, str) and isinstance(runs, str)):
        return False
    kept = [re.escape(piece) for piece in _STAND_IN.split(shown)]
    return re.fullmatch(r"[\w.~%+:=/-]+".join(kept), runs) is not None


PIECES = st.sampled_from(
    [
        *("curl ", "echo ", "git clone ", "env ", "sh -c ", "psql ", "export ", "A=", "--token=", "-u ", "-H "),
        *(
            KEY,
            BOT,
            "ghp_0123456789abcdefghijABCDEFGHIJ",
            "https://u:pass@h.example/",
            "https://u:p$(id)@h/",
            "://a:b@",
        ),
        *("Bearer abcdefghijklmnopqrstuvwx", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "AKIA0123456789ABCDEF"),
        *(" ", "  ", "\n", "; ", " && ", " | ", " & ", "'", '"', "`", "$(", ")", "${", "}", "$X", "(", "{ ", " }"),
        *(
            "*",
            "?",
            "[a]",
            "~",
            ">",
            "<",
            ">>",
            " 2>&1 ",
            "<<EOF\n",
            "\nEOF\n",
            "<<<",
            "\\",
            "#",
            " #",
            "=",
            "@",
            "://",
        ),
        *("if true; then ", "fi", "for f in ", "; do ", " done", "while ", "case $x in a) ", ";; esac", "f() { "),
        *("日本", "é", "‹secret-8-00000000›", "x", "1", "-", "/", ":", ".", ",", "%", "!"),
    ]
)


@settings(max_examples=3000, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=14).map("".join))
@example("git clone https://user:$(touch /tmp/x)@host/repo")
@example(f"curl https://h/`id`{KEY}")
@example(f"{KEY} run")
@example(f"echo a>{KEY}")
@example(f"cat <<EOF\n{KEY}\nEOF")
def test_the_tree_of_what_is_shown_is_the_tree_of_what_runs(command: str) -> None:
    shown = masked_command(command)

    assert same(tree_of(shown), tree_of(command))
    kept = re.escape(_STAND_IN.sub("\0", shown)).replace("\0", r"(?:‹secret-\d+-[0-9a-f]{8}›|[\w.~%+:=/-]+)")
    assert re.fullmatch(kept.replace("\\\0", "\0"), command) is not None, "something besides secrets was changed"


@pytest.mark.parametrize(
    "command",
    [
        "git clone https://user:$(touch /tmp/x)@host/repo",
        "curl https://user:`id`@host",
        "curl https://user:$TOKEN@host",
        f"curl -H 'Authorization: Bearer {KEY}' https://h",
        f'echo "{KEY}"',
        f"echo {KEY}*",
        f"cat <<EOF\n{KEY}\nEOF",
        f"echo x > {KEY}",
        f"{KEY} --version",
        f"echo {KEY}'x'",
        f"echo {KEY} `date`",
    ],
)
def test_what_a_shell_could_interpret_is_never_masked(command: str) -> None:
    assert masked_command(command) == command


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (f"deploy --token={KEY} now", "deploy --token=‹secret-27-d90d95df› now"),
        (f"TOKEN={KEY} deploy", "TOKEN=‹secret-27-d90d95df› deploy"),
        ("git clone https://bob:hunter2hunter2@host/x", "git clone https://bob:‹secret-14-"),
    ],
)
def test_a_secret_that_is_a_literal_word_is_told_by_its_length_and_digest(command: str, shown: str) -> None:
    assert masked_command(command).startswith(shown)
    assert looks_secret(command) == 1


def test_arguments_are_recorded_whole_but_for_secrets_however_deep_they_lie() -> None:
    recorded = masked_arguments({"command": f"echo $(cat {KEY})", "more": [{"deep": f"k {KEY}"}, 7]}, "command")

    assert KEY not in str(recorded["more"])
    assert recorded["more"][1] == 7
    assert masked_text("Bearer authentication is the standard") == "Bearer authentication is the standard"
