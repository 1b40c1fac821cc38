"""What a grant covers: a pattern says it, and never covers more than was seen."""

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.guard.calls import ProposedCall
from governance.guard.patterns import covers, pattern_for
from governance.guard.reading import read_call
from governance.values.verdicts import Effect
from tests.unit.test_guard import call, fetch, shell, write


def read(command: str, **more: Any) -> ProposedCall:
    """A command as a guard without a sandbox reads it."""
    return read_call(shell(command, **more), contained=False)


@pytest.mark.parametrize(
    ("command", "pattern"),
    [
        ("git push origin main", "command:git push origin main"),
        ("git push -v origin HEAD --quiet", "command:git push origin HEAD"),
        ("git pull", "command:git pull"),
        ("python script.py --fast", "command:python script.py --fast"),
        ("python ./script.py", "command:python script.py"),
        ("python3 manage.py check", "command:python3 manage.py check"),
        ("python3 manage.py flush --verbose", "command:python3 manage.py flush"),
        ("git push origin 'a b'", "exactly:git push origin 'a b'"),
        ("git push --force", "exactly:git push --force"),
        ("git push; ls", "exactly:git push; ls"),
        ("pip install requests", "exactly:pip install requests"),
        ("python -c 'print(1)'", "exactly:python -c 'print(1)'"),
        ("curl https://example.org", "exactly:curl https://example.org"),
        ("rm -rf src", "exactly:rm -rf src"),
    ],
)
def test_a_pattern_says_what_a_grant_will_cover(command: str, pattern: str):
    assert pattern_for(read(command)) == pattern


@pytest.mark.parametrize(
    "command",
    [
        "git push; rm -rf x",
        "git push && ls",
        "git push | cat",
        "git push > out",
        "git push $(ls)",
        "git push `ls`",
        "git push $x",
        "git push *",
        "git push &",
        "X=1 git push",
        "GIT_SSH_COMMAND=x git push",
        "env git push",
        "sudo git push",
        "git -c alias.push='!id' push",
        "git push --force",
        "git push -f",
        "git push origin +main",
        "git push --receive-pack=x",
        "git push 'ext::sh -c id'",
        "git  pull",
        "git push\nls",
        "(git push)",
        "./git push",
        "git push\u200b",
        "git push 'unterminated",
    ],
)
def test_git_push_covers_nothing_but_plain_pushes(command: str):
    assert covers("command:git push", read("git push --quiet"))
    assert not covers("command:git push", read(command))


@pytest.mark.parametrize(
    ("granted", "other"),
    [
        ("python3 manage.py check", "python3 manage.py flush"),
        ("python3 manage.py check", "python3 manage.py"),
        ("git push origin HEAD", "git push origin main"),
        ("git push origin HEAD", "git push upstream HEAD"),
        ("git push origin HEAD", "git push origin HEAD main"),
        ("python3 deploy.py --env test", "python3 deploy.py --env prod"),
        ("node run.js a b", "node run.js 'a b'"),
    ],
)
def test_what_a_word_decides_belongs_to_the_pattern(granted: str, other: str):
    pattern = pattern_for(read(granted))

    assert covers(pattern, read(granted + " --quiet")) or granted.startswith("python3 deploy")
    assert not covers(pattern, read(other))


def test_a_grant_without_the_network_does_not_cover_the_same_command_with_it():
    with_it, without = read("git push", network=True), read("git push", network=False)

    assert pattern_for(without) == pattern_for(read("git push")) == "command:git push"
    assert pattern_for(with_it) == "command:git push [network *]"


def test_another_argument_of_the_tool_is_bound_too():
    plain, networked = read("git push"), read("git push", network=True)

    assert covers(pattern_for(plain), read("git push", timeout_seconds=5))
    assert not covers(pattern_for(plain), networked)
    assert covers(pattern_for(networked), networked)


def test_a_write_is_covered_by_its_path_whatever_is_written():
    pattern = pattern_for(write(".github/workflows/ci.yml"))

    assert covers(pattern, write("./.github//workflows/ci.yml", "other"))
    assert not covers(pattern, write(".github/workflows/other.yml"))
    assert not covers(pattern, write(".github/workflows/ci.yml/../x.yml"))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://example.org:8443/",
        "https://example.org.evil.example/",
        "https://example.org@evil.example/",
        "https://evil.example/https://example.org/",
        "https://evil.example\\@example.org/",
        "https://ехample.org/",
        "https://example.org\t.evil.example/",
        "ftp://example.org/",
        "https://[::1",
    ],
)
def test_a_site_covers_its_own_pages_and_no_other_site(url: str):
    pattern = pattern_for(fetch("https://example.org/a"))

    assert covers(pattern, fetch("https://EXAMPLE.org/b?c=d"))
    assert not covers(pattern, fetch(url))


def test_no_pattern_covers_nothing():
    assert not covers("", read("git push"))
    assert not covers("*", read("git push"))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="'\"\\", exclude_categories=["Cs"]), max_size=60))
@example("0$$")
@example("origin main")
def test_whatever_is_appended_a_pattern_of_words_holds_nothing_that_a_shell_would_change(tail: str):
    if pattern_for(read(f"git push {tail}")).startswith("command:"):
        assert not any(mark in tail for mark in ";|&`<>\n()")
        assert not re.search(r"\$[\w{@*#?!$-]", tail)  # a lone $ is a letter like any other


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(list(Effect)))
def test_patterns_are_made_for_any_call(subject: str, effect: Effect):
    proposed = read_call(call(effect, "subject", {"subject": subject}), contained=False)

    assert covers(pattern_for(proposed), proposed)
