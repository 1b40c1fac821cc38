"""Which hosts a list holds, and which ones a call names."""

from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError

from governance.egress.hosts import (
    ANY,
    LISTS,
    AgentEgress,
    Destination,
    HostListUnknown,
    HostRule,
    NetworkReach,
    Server,
    rules_of,
)
from governance.guard.calls import ProposedCall
from governance.guard.policy import Policy
from governance.guard.reaching import wish_of, with_network
from governance.guard.reading import read_call
from governance.people.people import Person, Role
from governance.values.reasons import because
from governance.values.verdicts import Allowed, Ask, Effect, Refused, Risk, Verdict

REACH = NetworkReach(
    rules=rules_of(["package registries", "api.example.org", "git.example.org:8443", "*.example.net"], LISTS),
    servers=(Server(name="db", host="10.0.0.5", port=5432),),
)


def test_a_list_holds_its_hosts_and_their_ports_and_nothing_else():
    assert REACH.lists("pypi.org", 443)
    assert REACH.lists("api.example.org", 80, "GET")
    assert REACH.lists("git.example.org", 8443)
    assert REACH.lists("a.b.example.net", 443)
    assert REACH.lists("db", 5432)

    assert not REACH.lists("git.example.org", 443)
    assert not REACH.lists("example.net", 443)
    assert not REACH.lists("evilexample.net", 443)
    assert not REACH.lists("pypi.org.evil.com", 443)
    assert not REACH.lists("pypi.org", 22)
    assert not REACH.lists("db", 5433)
    assert not REACH.lists("10.0.0.5", 5432)


def test_the_policy_that_comes_along_says_the_default():
    written = Policy.load(Path(__file__).parents[2] / "config" / "policy.yaml").egress

    assert {name: set(hosts) for name, hosts in written.lists.items()} == {
        name: set(hosts) for name, hosts in LISTS.items()
    }
    assert written.hosts == ()


@pytest.mark.parametrize("entry", ["unknown list", "http://a.org", "a.org/path", "*", "a_.*", "-a.org", "local", ""])
def test_what_is_no_host_is_refused(entry: str):
    with pytest.raises(HostListUnknown):
        rules_of([entry], LISTS)


def test_two_servers_of_an_agent_have_two_names():
    with pytest.raises(ValidationError):
        AgentEgress(servers=(Server(name="db", host="a", port=1), Server(name="db", host="b", port=2)))


def calling(command: str, hosts: object = (), workspace: Path = Path("/srv/work/chat-1")) -> ProposedCall:
    proposed = ProposedCall(
        person=Person(id=UUID(int=1), name="alice", role=Role.OPERATOR),
        agent="helper",
        conversation="slack:1",
        tool="shell",
        arguments={"command": command, "network": True, "hosts": hosts},
        effect=Effect.RUNS,
        subject="command",
        workspace=workspace,
    )
    return read_call(proposed, contained=True)


def named_by(command: str, workspace: Path, hosts: object = ()) -> list[str]:
    return list(map(str, calling(command, hosts, workspace).destinations or ()))


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("curl https://api.example.org/x", ["api.example.org"]),
        ("curl -sS api.example.org/x", ["api.example.org"]),
        ("git clone https://github.com/a/b.git", ["github.com"]),
        ("git push", ["git.example.org"]),
        ("pip install requests", ["files.pythonhosted.org", "pypi.org"]),
        ("python3 -m pip install requests", ["files.pythonhosted.org", "pypi.org"]),
        ("pip install --index-url https://pkgs.example.org/simple x", ["pkgs.example.org"]),
        ("npm ci && curl https://a.example.org", ["a.example.org", "registry.npmjs.org"]),
        ("psql -h db -c 'select 1'", ["db:5432"]),
        ("psql postgresql://u@db:6432/x", ["db:6432"]),
        ("sh -c 'curl http://a.example.org'", ["a.example.org"]),
        ("python3 fetch.py", [ANY]),
        ("curl https://$HOST/x", [ANY]),
        ("ls", [ANY]),
    ],
)
def test_the_hosts_that_a_command_names(command: str, named: list[str], tmp_path: Path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text('[remote "origin"]\n\turl = https://git.example.org/a/b.git\n')

    assert named_by(command, tmp_path) == named


def test_the_hosts_that_a_model_names_are_added(tmp_path: Path):
    hosts = ["https://b.example.org/x", "C.example.org:8080", "no host", 7]

    assert named_by("python3 x.py", tmp_path, hosts) == ["b.example.org", "c.example.org:8080"]
    assert named_by("python3 x.py", tmp_path, "*") == [ANY]


async def judged(command: str, reach: NetworkReach, hosts: list[str] | None = None) -> Verdict:
    async def reach_of(_: str, __: str) -> NetworkReach:
        return reach

    return with_network(Allowed(because=because("x")), await wish_of(calling(command, hosts or []), reach_of))


async def test_what_is_listed_needs_no_question_and_what_is_not_asks_for_exactly_that():
    listed = await judged("pip install x && psql -h db", REACH)
    asked = await judged("pip install x && curl https://a.evil.example", REACH)
    nameless = await judged("python3 x.py", REACH)
    nothing = await judged("python3 x.py", NetworkReach())
    many = await judged("python3 x.py", NetworkReach(), [f"h{number}.example.org" for number in range(41)])

    assert isinstance(listed, Allowed)
    assert (listed.network, listed.hosts) == (True, ()), "the proxy lets pass what is listed, and nothing more"
    assert isinstance(asked, Ask)
    assert asked.hosts == ("a.evil.example", "files.pythonhosted.org", "pypi.org")
    assert "wants to reach a.evil.example, which helper may not" in str(asked.because)
    assert isinstance(nameless, Allowed)
    assert nameless.hosts == ()
    assert isinstance(nothing, Ask)
    assert nothing.hosts == (ANY,)
    assert isinstance(many, Refused)
    wide = await judged("python3 x.py", REACH, ["*.example.org"])
    assert isinstance(wide, Ask)
    assert (wide.risk, wide.hosts) == (Risk.HIGH, ("*.example.org",))


def test_what_was_approved_holds_for_the_ports_of_the_web_or_the_one_that_was_named():
    reach = NetworkReach().with_approved(
        [Destination(host="a.example.org"), Destination(host="b.example.org", port=8080)]
    )

    assert reach.allows("a.example.org", 443)
    assert not reach.allows("a.example.org", 8080)
    assert reach.allows("b.example.org", 8080)
    assert not reach.allows("b.example.org", 443)
    assert not reach.lists("a.example.org", 443)
    assert HostRule(host="*.a.org").host == "*.a.org"
