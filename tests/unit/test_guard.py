"""The one door: what passes it, what asks, and that whatever breaks is refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.egress.addresses import AllowList
from governance.guard.calls import ProposedCall
from governance.guard.contents import bound
from governance.guard.guard import FindGrant, Guard, covers, nowhere, pattern_for, risk_of
from governance.guard.policy import Policy
from governance.people.people import Person, Role
from governance.shell import read_command
from governance.values.reasons import because
from governance.values.verdicts import Allowed, Ask, Effect, Refused, Risk

WORKSPACE = Path("/srv/work/chat-1")
OWN = [Path("/srv/nexora")]


@dataclass(frozen=True)
class Grant:
    code: str
    pattern: str
    network: bool = False


async def no_grant(_: ProposedCall) -> None:
    return None


def grants(*patterns: str) -> FindGrant:
    """A store with these live grants, which answers as the real one must: by the pattern of the call."""

    async def find(call: ProposedCall) -> Grant | None:
        return next((Grant("G1", pattern) for pattern in patterns if pattern == pattern_for(call)), None)

    return find


def guard(find_grant: FindGrant = no_grant, *, policy: Policy | None = None, contained: bool = True) -> Guard:
    return Guard(policy or Policy(), contained=contained, find_grant=find_grant, protected=OWN)


def call(
    effect: Effect, subject: str = "", arguments: Mapping[str, Any] | None = None, tool: str = "tool"
) -> ProposedCall:
    return ProposedCall(
        person=Person(id=UUID(int=1), name="alice", role=Role.OPERATOR),
        agent="helper",
        conversation="slack:1",
        tool=tool,
        arguments=arguments or {},
        effect=effect,
        subject=subject,
        workspace=WORKSPACE,
    )


def shell(command: Any, **more: Any) -> ProposedCall:
    return call(Effect.RUNS, "command", {"command": command, **more}, tool="shell")


def fetch(url: str) -> ProposedCall:
    return call(Effect.FETCHES, "url", {"url": url}, tool="fetch")


def write(path: str, content: str = "x") -> ProposedCall:
    return call(Effect.WRITES, "path", {"path": path, "content": content}, tool="write_file")


async def test_a_tool_without_effect_is_allowed():
    assert isinstance(await guard().judge(call(Effect.NONE)), Allowed)


async def test_commands_are_judged_by_what_they_would_do():
    assert isinstance(await guard().judge(shell("ls")), Allowed)
    assert isinstance(await guard().judge(shell("git push")), Ask)
    assert isinstance(await guard().judge(shell("rm -rf /")), Refused)


async def test_a_command_is_read_once_for_all_that_is_done_with_it(monkeypatch: pytest.MonkeyPatch):
    read: list[str] = []

    def reading(command: str, *rest: Any, **more: Any) -> Any:
        read.append(command)
        return read_command(command, *rest, **more)

    for module in ("guard", "patterns"):
        monkeypatch.setattr(f"governance.guard.{module}.read_command", reading)
    judging = guard(grants("command:git push"))
    proposed = await bound(await judging.read(shell("git push")))
    verdict = await judging.judge(proposed)

    assert isinstance(verdict, Allowed)
    assert pattern_for(proposed) == "command:git push"
    assert read == ["git push"]


async def test_without_a_sandbox_every_command_asks():
    assert isinstance(await guard(contained=False).judge(shell("ls")), Ask)


async def test_a_question_carries_the_terms_of_the_policy():
    policy = Policy.model_validate({"risks": {"medium": {"expiry_seconds": 60, "quorum": 3}}})
    verdict = await guard(policy=policy).judge(shell("git push"))

    assert isinstance(verdict, Ask)
    assert (verdict.expiry_seconds, verdict.quorum) == (60, 3)


@pytest.mark.parametrize("given_", [None, "", "   ", 5, ["ls"], {"a": 1}])
async def test_a_command_that_is_no_text_is_refused(given_: Any):
    assert isinstance(await guard().judge(shell(given_)), Refused)


async def test_a_call_that_lacks_its_subject_is_refused():
    assert isinstance(await guard().judge(call(Effect.READS, "path", {"file": "a"})), Refused)
    assert isinstance(await guard().judge(call(Effect.WRITES)), Refused)


@pytest.mark.parametrize("path", ["/srv/nexora/key", "../../nexora/key", "x/../../../nexora"])
@pytest.mark.parametrize("effect", [Effect.READS, Effect.WRITES])
async def test_the_gateways_own_files_are_refused(path: str, effect: Effect):
    verdict = await guard().judge(call(effect, "path", {"path": path}))

    assert isinstance(verdict, Refused)
    assert "gateway" in str(verdict.because)


async def test_statements_in_a_file_are_judged_by_what_the_workspace_holds(tmp_path: Path):
    (tmp_path / "reads.sql").write_text("SELECT 1;\n")
    (tmp_path / "drops.sql").write_text("DROP TABLE orders;\n")
    asked = {
        name: await guard().judge(replace(shell(f"psql -f {name}.sql"), workspace=tmp_path))
        for name in ("reads", "drops", "missing")
    }

    assert isinstance(asked["reads"], Allowed)
    assert isinstance(asked["missing"], Allowed)  # the client finds nothing to do
    assert isinstance(asked["drops"], Ask)
    assert "DROP TABLE orders" in str(asked["drops"].because)


async def test_a_file_of_the_workspace_may_be_read_and_one_outside_may_not():
    pytest.importorskip("governance.guard.paths")
    assert isinstance(await guard().judge(call(Effect.READS, "path", {"path": "notes.txt"})), Allowed)
    assert not isinstance(await guard().judge(call(Effect.READS, "path", {"path": "/etc/shadow"})), Allowed)


async def test_a_private_address_is_never_fetched():
    assert not isinstance(await guard().judge(fetch("http://127.0.0.1:8088/")), Allowed)
    assert not isinstance(await guard().judge(fetch("http://169.254.169.254/")), Allowed)


async def test_an_inner_server_that_is_listed_may_be_fetched_and_its_neighbour_may_not():
    listed = Guard(
        Policy(),
        contained=True,
        find_grant=no_grant,
        protected=OWN,
        allow=AllowList.of(["wiki.corp:443", "10.0.0.7:8000"]),
    )

    assert isinstance(await listed.judge(fetch("https://wiki.corp/page")), Allowed)
    assert isinstance(await listed.judge(fetch("http://10.0.0.7:8000/")), Allowed)
    for other in ("http://wiki.corp/page", "https://mail.corp/", "http://10.0.0.7:8001/", "http://10.0.0.8:8000/"):
        assert isinstance(await listed.judge(fetch(other)), Refused)


async def test_when_looking_for_a_grant_fails_the_call_is_refused():
    async def away(_: ProposedCall) -> None:
        raise ConnectionError("the database is away")

    verdict = await guard(away).judge(shell("git push"))

    assert isinstance(verdict, Refused)
    assert "guard failed" in str(verdict.because)


@pytest.mark.parametrize(("granted", "has"), [(True, True), (False, False)])
async def test_a_grant_gives_the_network_only_where_the_question_was_about_it(granted: bool, has: bool):
    async def find(call: ProposedCall) -> Grant:
        return Grant("G1", pattern_for(call), network=granted)

    reaching = Guard(Policy(), contained=True, find_grant=find, protected=OWN, reach_of=nowhere)

    verdict = await reaching.judge(shell("git push https://example.org/a.git", network=True))

    assert isinstance(verdict, Allowed)
    assert verdict.network is has
    assert verdict.hosts == (("example.org",) if has else ())


async def test_what_is_allowed_without_a_person_has_no_network():
    rule = {"tool": "shell", "agent": "helper", "verdict": "allow"}
    verdict = await guard(policy=Policy.model_validate({"rules": [rule]})).judge(shell("git push"))

    assert isinstance(verdict, Allowed)
    assert not verdict.network


async def test_a_live_grant_turns_a_question_into_a_yes_that_names_it():
    verdict = await guard(grants("command:git push origin main")).judge(shell("git push origin main"))

    assert isinstance(verdict, Allowed)
    assert "G1" in str(verdict.because)


async def test_a_grant_covers_high_risk_only_by_its_exact_text():
    granted = guard(grants("exactly:git push --force", "command:git push"))

    assert isinstance(await granted.judge(shell("git push --force")), Allowed)
    assert isinstance(await granted.judge(shell("git push --force origin")), Ask)


async def test_a_grant_never_covers_critical_risk():
    command = "echo x > /etc/cron.d/x"

    assert isinstance(await guard(grants(f"exactly:{command}")).judge(shell(command)), Ask)


async def test_a_grant_never_covers_what_is_refused():
    assert isinstance(await guard(grants("exactly:rm -rf /")).judge(shell("rm -rf /")), Refused)


async def test_a_grant_that_the_store_found_wrongly_is_not_believed():
    async def wrong(_: ProposedCall) -> Grant:
        return Grant("G9", "command:git push")

    assert isinstance(await guard(wrong).judge(shell("git push origin main")), Ask)


async def test_a_policy_that_forbids_beats_a_grant():
    policy = Policy.model_validate({"rules": [{"tool": "shell", "verdict": "refuse"}]})

    assert isinstance(await guard(grants("command:git push"), policy=policy).judge(shell("git push")), Refused)


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
    assert pattern_for(shell(command)) == pattern


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
    assert covers("command:git push", shell("git push --quiet"))
    assert not covers("command:git push", shell(command))


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
    pattern = pattern_for(shell(granted))

    assert covers(pattern, shell(granted + " --quiet")) or granted.startswith("python3 deploy")
    assert not covers(pattern, shell(other))


def test_a_grant_without_the_network_does_not_cover_the_same_command_with_it():
    with_it, without = shell("git push", network=True), shell("git push", network=False)

    assert pattern_for(without) == pattern_for(shell("git push")) == "command:git push"
    assert pattern_for(with_it) == "command:git push [network *]"


def test_another_argument_of_the_tool_is_bound_too():
    plain, networked = shell("git push"), shell("git push", network=True)

    assert covers(pattern_for(plain), shell("git push", timeout_seconds=5))
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
    assert not covers("", shell("git push"))
    assert not covers("*", shell("git push"))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="'\"\\", exclude_categories=["Cs"]), max_size=60))
@example("0$$")
@example("origin main")
def test_whatever_is_appended_a_pattern_of_words_holds_nothing_that_a_shell_would_change(tail: str):
    if pattern_for(shell(f"git push {tail}")).startswith("command:"):
        assert not any(mark in tail for mark in ";|&`<>\n()")
        assert not re.search(r"\$[\w{@*#?!$-]", tail)  # a lone $ is a letter like any other


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(list(Effect)))
def test_patterns_are_made_for_any_call(subject: str, effect: Effect):
    proposed = call(effect, "subject", {"subject": subject})

    assert covers(pattern_for(proposed), proposed)


def test_the_risk_of_a_verdict_can_be_told():
    assert risk_of(Allowed(because=because("x"))) is Risk.LOW
    assert risk_of(Ask(because=because("x"), risk=Risk.HIGH)) is Risk.HIGH
    assert risk_of(Refused(because=because("x"))) is Risk.CRITICAL
