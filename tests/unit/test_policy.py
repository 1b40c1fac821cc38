"""What a policy may say, and what it may never say."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from governance.guard.calls import ProposedCall
from governance.guard.policy import CapabilityRule, Policy, PolicyRefused, RuleAnswer
from governance.people.people import Person, Role
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import because
from governance.values.verdicts import Allowed, Ask, Effect, Refused, Risk, Verdict

SHIPPED = Path(__file__).parents[2] / "config" / "policy.yaml"
FREE = Allowed(because=because("harmless"))


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def policy_of(tmp_path: Path, text: str) -> Policy:
    return Policy.load(write(tmp_path, text))


def call(*, tool: str = "shell", agent: str = "helper", role: Role = Role.OPERATOR, effect: Effect = Effect.RUNS):
    return ProposedCall(
        person=Person(id=UUID(int=1), name="alice", role=role),
        agent=agent,
        conversation="slack:1",
        tool=tool,
        arguments={"command": "ls"},
        effect=effect,
        subject="command",
        workspace=Path("/srv/work"),
    )


def test_a_rule_that_makes_a_question_stricter_leaves_it_one_about_the_network():
    policy = Policy.model_validate({"rules": [{"tool": "shell", "verdict": "ask", "risk": "high"}]})

    verdict = policy.judge(call(), Ask(because=because("x"), network=True))

    assert isinstance(verdict, Ask)
    assert (verdict.risk, verdict.network) == (Risk.HIGH, True)


def test_no_rule_lowers_what_changes_something_elsewhere():
    policy = Policy.model_validate({"rules": [{"agent": "helper", "tool": "shell", "verdict": "allow"}]})
    plain = Ask(because=because("x"))

    assert isinstance(policy.judge(call(), plain), Allowed)
    assert isinstance(policy.judge(call(), replace(plain, elsewhere=True)), Ask)


def test_the_shipped_policy_says_what_an_empty_file_means(tmp_path: Path):
    shipped, empty = Policy.load(SHIPPED), policy_of(tmp_path, "")

    assert shipped == empty


def test_unknown_keys_are_all_reported_with_their_path_and_a_suggestion(tmp_path: Path):
    path = write(tmp_path, "rulez: []\nrisks: {high: {quorom: 2}}\nrules: [{agnt: x, verdict: ask}]\n")

    with pytest.raises(PolicyRefused) as caught:
        Policy.load(path)
    told = str(caught.value)
    assert "rulez: unknown key; did you mean rules?" in told
    assert "risks.high.quorom: unknown key; did you mean quorum?" in told
    assert "rules.0.agnt: unknown key; did you mean agent?" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rules: [{agent: a, tool: t, verdict: allow, risk: high}]", "can never be allowed"),
        ("rules: [{agent: a, tool: t, verdict: allow, risk: critical}]", "can never be allowed"),
        ("rules: [{agent: '*', tool: t, verdict: allow}]", "without wildcards"),
        ("rules: [{tool: t, verdict: allow}]", "without wildcards"),
        ("capabilities: {rules: [{risk: high, verdict: allow}]}", "never be allowed without asking"),
        ("capabilities: {blocked: allow}", "never be allowed"),
        ("capabilities: {rules: [{kind: mcp, risk: critical, verdict: allow}]}", "never be allowed without asking"),
        ("risks: {high: {quorum: 0}}", "risks.high.quorum"),
        ("risks: {high: {expiry_seconds: 1209601}}", "risks.high.expiry_seconds"),
        ("risks: {critical: {decider_role: operator}}", "only be decided by an admin"),
        ("rules: [{verdict: perhaps}]", "rules.0.verdict"),
        ("effects: {runs: maybe}", "effects.runs"),
        ("- a list", "must be a mapping"),
        ("rules: [", "not valid YAML"),
    ],
)
def test_an_impossible_or_weakening_policy_is_refused_at_load(tmp_path: Path, text: str, told: str):
    with pytest.raises(PolicyRefused, match=told):
        policy_of(tmp_path, text)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path):
    with pytest.raises(PolicyRefused, match="nowhere"):
        Policy.load(tmp_path / "nowhere.yaml")


def test_a_question_gets_the_terms_of_its_risk(tmp_path: Path):
    policy = policy_of(tmp_path, "risks: {high: {expiry_seconds: 600, quorum: 2}, low: {decider_role: operator}}")
    high = policy.judge(call(), Ask(because=because("x"), risk=Risk.HIGH))
    low = policy.judge(call(), Ask(because=because("x"), risk=Risk.LOW))

    assert high == Ask(because=because("x"), risk=Risk.HIGH, expiry_seconds=600, quorum=2, decider_role="admin")
    assert isinstance(low, Ask)
    assert low.decider_role == "operator"


def test_by_default_a_question_stays_open_for_at_most_30_minutes():
    assert all(Policy().terms(risk).expiry_seconds <= 1800 for risk in Risk)


def test_an_effect_can_be_made_to_ask_or_be_refused(tmp_path: Path):
    policy = policy_of(tmp_path, "effects: {runs: ask, fetches: refuse}")

    assert isinstance(policy.judge(call(), FREE), Ask)
    assert isinstance(policy.judge(call(effect=Effect.FETCHES), FREE), Refused)
    assert policy.judge(call(effect=Effect.READS), FREE) == FREE


def test_a_rule_matches_tool_agent_role_and_effect(tmp_path: Path):
    policy = policy_of(
        tmp_path,
        "rules: [{tool: 'sh*', agent: help*, role: operator, effect: runs, verdict: refuse, because: not here}]",
    )

    assert policy.judge(call(), FREE) == Refused(because=because("not here"))
    assert policy.judge(call(tool="fetch"), FREE) == FREE
    assert policy.judge(call(agent="coder"), FREE) == FREE
    assert policy.judge(call(role=Role.ADMIN), FREE) == FREE
    assert policy.judge(call(effect=Effect.READS), FREE) == FREE


def test_the_strictest_of_several_rules_wins(tmp_path: Path):
    policy = policy_of(tmp_path, "rules: [{verdict: ask}, {verdict: ask, risk: critical}, {tool: x, verdict: refuse}]")
    verdict = policy.judge(call(), Ask(because=because("x"), risk=Risk.HIGH))

    assert isinstance(verdict, Ask)
    assert verdict.risk is Risk.CRITICAL


def test_a_rule_for_one_agent_and_tool_may_allow_medium_risk_and_nothing_above(tmp_path: Path):
    policy = policy_of(tmp_path, "rules: [{agent: helper, tool: shell, verdict: allow}]")

    assert isinstance(policy.judge(call(), Ask(because=because("x"), risk=Risk.MEDIUM)), Allowed)
    assert isinstance(policy.judge(call(), Ask(because=because("x"), risk=Risk.HIGH)), Ask)
    assert isinstance(policy.judge(call(), Ask(because=because("x"), risk=Risk.CRITICAL)), Ask)
    assert isinstance(policy.judge(call(), Refused(because=because("x"))), Refused)
    assert isinstance(policy.judge(call(agent="other"), Ask(because=because("x"))), Ask)


def test_a_rule_that_allows_low_risk_does_not_allow_medium(tmp_path: Path):
    policy = policy_of(tmp_path, "rules: [{agent: helper, tool: shell, verdict: allow, risk: low}]")

    assert isinstance(policy.judge(call(), Ask(because=because("x"), risk=Risk.LOW)), Allowed)
    assert isinstance(policy.judge(call(), Ask(because=because("x"), risk=Risk.MEDIUM)), Ask)


def test_a_rule_that_asks_beats_one_that_allows(tmp_path: Path):
    policy = policy_of(tmp_path, "rules: [{agent: helper, tool: shell, verdict: allow}, {verdict: ask}]")

    assert isinstance(policy.judge(call(), Ask(because=because("x"))), Ask)


@pytest.mark.parametrize("verdict", [FREE, Ask(because=because("x"), risk=Risk.HIGH), Refused(because=because("x"))])
def test_a_policy_that_allows_everything_it_can_never_lowers_high_or_refused(tmp_path: Path, verdict: Verdict):
    policy = policy_of(tmp_path, "effects: {runs: allow}\nrules: [{agent: helper, tool: shell, verdict: allow}]")

    assert type(policy.judge(call(), verdict)) is type(verdict)


def test_an_answer_for_one_environment_holds_there_alone_and_what_admins_made_comes_first():
    rule = {"environment": "test", "risk": "medium", "verdict": "allow"}
    policy = Policy.model_validate({"capabilities": {"rules": [rule]}})
    given = (CapabilityKind.SKILL, CapabilityAction.INSTALL, Risk.MEDIUM)
    made = CapabilityRule(kind=CapabilityKind.SKILL, risk=Risk.MEDIUM, verdict=RuleAnswer.REFUSE)

    assert isinstance(policy.judge_capability(*given, environment="test"), Allowed)
    assert isinstance(policy.judge_capability(*given, environment="production"), Ask)
    assert isinstance(policy.judge_capability(*given, environment="test", rules=[made]), Refused)


def test_low_capabilities_are_allowed_medium_as_configured_and_high_always_asks():
    rules = [
        {"kind": "skill", "action": "install", "risk": "medium", "verdict": "allow"},
        {"kind": "mcp", "risk": "high", "verdict": "refuse"},
    ]
    policy = Policy.model_validate({"capabilities": {"expiry_seconds": 3600, "rules": rules}})
    skill, mcp, install = CapabilityKind.SKILL, CapabilityKind.MCP, CapabilityAction.INSTALL
    high = policy.judge_capability(skill, install, Risk.HIGH)

    assert isinstance(policy.judge_capability(skill, install, Risk.LOW), Allowed)
    assert isinstance(policy.judge_capability(skill, install, Risk.MEDIUM), Allowed)
    assert isinstance(policy.judge_capability(mcp, install, Risk.MEDIUM), Ask)
    assert isinstance(policy.judge_capability(mcp, install, Risk.HIGH), Refused)
    assert isinstance(high, Ask)
    assert high.risk is Risk.HIGH
    assert high.expiry_seconds == 3600
    assert isinstance(policy.judge_capability(skill, install, Risk.CRITICAL), Ask)
