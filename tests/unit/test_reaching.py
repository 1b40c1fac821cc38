"""The network that a call wants, as the guard sees it."""

import pytest

from gateway.run.check_reach import wrong_reaches
from gateway.settings.model import Settings
from governance.guard.guard import Guard, nowhere
from governance.guard.policy import Policy
from governance.values.verdicts import Allowed, Ask, Refused, Risk
from tests.unit.test_guard import OWN, guard, no_grant, shell


@pytest.mark.parametrize("network", [True, "true", "yes", 1, "on", [], {}])
async def test_whatever_is_not_plainly_no_asks_for_the_network(network: object):
    reaching = Guard(Policy(), contained=True, find_grant=no_grant, protected=OWN, reach_of=nowhere)
    plain = await reaching.judge(shell("ls", network=False))

    verdict = await reaching.judge(shell("ls", network=network))

    assert isinstance(plain, Allowed)
    assert isinstance(verdict, Ask)
    assert (verdict.network, verdict.hosts, verdict.risk) == (True, ("*",), Risk.HIGH)


async def test_where_no_door_can_be_opened_nobody_is_asked_for_a_network():
    verdict = await guard().judge(shell("ls", network=True))

    assert isinstance(verdict, Refused)
    assert "no network" in str(verdict.because)


async def test_no_rule_allows_what_reaches_out():
    rule = {"tool": "shell", "agent": "helper", "verdict": "allow", "risk": "medium"}
    policy = Policy.model_validate({"rules": [rule]})
    reaching = Guard(policy, contained=True, find_grant=no_grant, protected=OWN, reach_of=nowhere)

    assert isinstance(await reaching.judge(shell("ls", network=True, hosts=["example.org"])), Ask)


def test_check_finds_lists_and_secrets_that_nobody_has_written(tmp_path):
    own = "egress: {hosts: [package registries, own list], secrets: [{name: api, host: api.example.org}]}"
    (tmp_path / "assistant.yaml").write_text(f"instructions: Help.\n{own}\n")

    says = list(wrong_reaches(Settings(agents={"folder": tmp_path})))

    assert len(says) == 2
    assert "own list is neither a host nor a list of hosts" in says[0]
    assert "there is no secret api" in says[1]
    assert list(wrong_reaches(Settings())) == []
