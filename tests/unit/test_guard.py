"""The one proxy: what passes it, what asks, and that whatever breaks is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from governance.approvals.shown.card_text import masked_arguments
from governance.egress.addresses import AllowList
from governance.guard.calls import ProposedCall
from governance.guard.contents import bound
from governance.guard.guard import FindGrant, Guard, nowhere, pattern_for, risk_of
from governance.guard.policy import Policy
from governance.guard.reading import READ_AT_ONCE, may_take_long
from governance.guard.targets import targets_of
from governance.people.people import Person, Role
from governance.shell import read_command
from governance.shell.grammar.tree import BUILT
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


async def asked(command: str) -> None:
    """All that is done with a call before somebody decides, and with the calls of a grant."""
    judging = guard(grants("command:git push"))
    weighed = await judging.weigh(await judging.read(shell(command, network=True, cwd="src")))
    called = await bound(weighed.call)
    await judging.judge(called)
    pattern_for(called)
    targets_of(called)
    assert masked_arguments(called.arguments, called.command_name, called.reading)["cwd"] == "src"


@pytest.mark.parametrize(
    "command",
    [
        "git push",
        "git push --quiet; curl https://example.org | tee out",
        "TOKEN=ghp_1234567890abcdefghijABCDEFGHIJ123456 ./deploy.sh prod",
        'for a in x y; do bash -c "rm -rf $a"; done',
        "for a in x y; do for b in x y; do rm -rf $a/$b; done; done",
    ],
)
async def test_a_command_is_read_once_for_all_that_is_done_with_it(command: str):
    before = BUILT.trees
    read_command(command, WORKSPACE, contained=True, folder=WORKSPACE / "src", network=True)
    once = BUILT.trees - before
    await asked(command)

    assert BUILT.trees - before == 2 * once


@pytest.mark.parametrize(
    ("command", "takes_long"),
    [
        ("git status && pytest -q tests", False),
        ("for f in *.py; do wc -l $f; done", False),
        ("for a in 1 2 3 4 5 6 7 8; do " * 6 + "ls x;" + "done;" * 6, True),
        ("ls" * READ_AT_ONCE, True),
    ],
)
async def test_what_could_hold_up_everybody_else_is_read_in_a_thread(command: str, takes_long: bool):
    assert may_take_long(shell(command)) is takes_long
    assert isinstance(await guard().judge(shell(command)), Allowed | Ask)


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


def test_the_risk_of_a_verdict_can_be_told():
    assert risk_of(Allowed(because=because("x"))) is Risk.LOW
    assert risk_of(Ask(because=because("x"), risk=Risk.HIGH)) is Risk.HIGH
    assert risk_of(Refused(because=because("x"))) is Risk.CRITICAL


async def test_what_nobody_declared_asks_each_time_and_no_grant_answers() -> None:
    unknown = call(Effect.UNKNOWN, "", {"id": "1"}, tool="hub__close")

    for judge in (guard(), guard(grants(pattern_for(unknown)))):
        asked = await judge.judge(unknown)
        assert isinstance(asked, Ask)
        assert (asked.risk, asked.each_time) == (Risk.HIGH, True)


async def test_a_command_for_a_server_asks_unless_nobody_may_run_it() -> None:
    everyday = await guard().judge(call(Effect.UNKNOWN, "line", {"line": "ls"}))
    refused = await guard().judge(call(Effect.UNKNOWN, "line", {"line": ":(){ :|:& };:"}))

    assert isinstance(everyday, Ask)
    assert isinstance(refused, Refused)


async def test_a_server_that_changes_nothing_is_asked_freely() -> None:
    assert isinstance(await guard().judge(call(Effect.CONSULTS, "", {"id": "1"})), Allowed)
