"""Whether a call that was given secrets may run, by what it could do with them; and masks that are no values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from governance.guard.calls import ProposedCall
from governance.guard.guard import Guard, pattern_for
from governance.guard.hidden import judge_secrets, takes_out
from governance.guard.policy import Policy
from governance.masking.blots import blotted, may_blot
from governance.people.people import Person, Role
from governance.values.reasons import because
from governance.values.verdicts import Allowed, Ask, Effect, Refused, Risk, Verdict
from tests.unit.secrets_corpus import keys

ALLOWED = Allowed(because=because("fine"))
ASK = Ask(because=because("odd"))
NEVER = Refused(because=because("no"))


def call(effect: Effect, **arguments: Any) -> ProposedCall:
    return ProposedCall(
        person=Person(id=UUID(int=1), name="alice", role=Role.OPERATOR),
        agent="helper",
        conversation="chat:1",
        tool="tool",
        arguments=arguments,
        effect=effect,
        subject=next(iter(arguments)),
        workspace=Path("/srv/work/chat-1"),
        secrets=("‹secret:3fa2›",),
    )


@pytest.mark.parametrize(
    ("effect", "arguments", "verdict", "risk"),
    [
        (Effect.WRITES, {"path": "a"}, ALLOWED, None),
        (Effect.RUNS, {"command": "make"}, ALLOWED, None),
        (Effect.RUNS, {"command": "make", "network": True}, ALLOWED, Risk.HIGH),
        (Effect.RUNS, {"command": "make"}, Allowed(because=because("granted"), network=True), Risk.HIGH),
        (Effect.RUNS, {"command": "make"}, ASK, Risk.MEDIUM),
        (Effect.RUNS, {"command": "make", "network": True}, ASK, Risk.HIGH),
        (Effect.FETCHES, {"url": "https://example.com"}, ALLOWED, Risk.HIGH),
        (Effect.FETCHES, {"url": "https://a.test"}, Ask(because=because("odd"), risk=Risk.CRITICAL), Risk.CRITICAL),
        (Effect.SENDS, {"to": "bob"}, ALLOWED, Risk.HIGH),
    ],
)
def test_a_secret_asks_as_high_wherever_it_could_leave(
    effect: Effect, arguments: Mapping[str, Any], verdict: Verdict, risk: Risk | None
) -> None:
    judged = judge_secrets(call(effect, **arguments), verdict)

    assert (judged.risk if isinstance(judged, Ask) else None) == risk
    assert isinstance(judged, Allowed) or "‹secret:3fa2›" in judged.because.said("zh")


def test_a_refusal_stays_one() -> None:
    assert judge_secrets(call(Effect.FETCHES, url="x"), NEVER) == NEVER
    assert not takes_out(call(Effect.FETCHES, url="x"), NEVER)


class Grant:
    """One for whatever is asked about."""

    code, network = "G1", True

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern


async def test_no_grant_and_no_rule_lets_a_secret_out() -> None:
    async def find(proposed: ProposedCall) -> Grant:
        return Grant(pattern_for(proposed))

    rules = {"rules": [{"tool": "tool", "agent": "helper", "verdict": "allow"}]}
    guard = Guard(Policy.model_validate(rules), contained=True, find_grant=find, protected=[])
    judged = await guard.judge(call(Effect.FETCHES, url="https://example.com/?key=1"))

    assert isinstance(judged, Ask)
    assert judged.risk is Risk.HIGH


_, KEY, _ = next(keys(seed=4))


@pytest.mark.parametrize("mask", ["***", "*****", "‹secret:3fa", "secret:3fa2", "[REDACTED]", "<hidden>"])
def test_a_mask_in_the_place_of_a_secret_is_noticed(mask: str) -> None:
    before = f"a=1\n  token: {KEY}\nb=2\n"

    assert may_blot(mask)
    assert blotted(before, f"a=1\n  token: {mask}\nb=2\n") == "token:"
    assert not blotted(before, f"a={mask}\n  token: {KEY}\n")
    assert not blotted(before, f"a={mask}\nb=2\n")


@pytest.mark.parametrize("line", ["export TOKEN=***", '{"a": 1, "token": "***"}', "url = 1, token := '***'"])
def test_a_mask_that_is_given_to_the_name_of_a_secret_is_noticed_in_any_line(line: str) -> None:
    assert blotted(f"A=1\nTOKEN={KEY}\n", f"A=1\n{line}\n")
    assert not blotted(f"A=1\nTOKEN={KEY}\n", "A=1\nOTHER_TOKEN=***\n")


def test_a_mask_in_the_place_of_a_private_key_is_noticed() -> None:
    pem = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvAIBADANBgkqhkiG9w0BAQEFAASC\n" * 3 + "-----END PRIVATE KEY-----\n"

    assert blotted(pem, "-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----\n")
    assert not blotted(pem, pem)


def test_a_value_that_is_replaced_by_another_is_no_mask() -> None:
    other = KEY[::-1]

    assert not blotted(f"token: {KEY}", f"token: {other}")
    assert not blotted("stars: 5", "stars: *****")
