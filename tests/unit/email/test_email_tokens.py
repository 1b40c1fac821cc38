"""What decides by mail: signed for one choice of one person, until a time, and nothing else."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.email.tokens import Claim, MailChoice, Signer, claim_in, verb_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SIGNER = Signer(b"k" * 32, "email")
CHOICE = MailChoice(
    card="abcdefgh23456789",
    choice="a",
    address="alice@corp.example",
    until=int((NOW + timedelta(hours=1)).timestamp()),
    room="alice@corp.example",
    thread="root@corp.example",
    message="card@corp.example",
    label="Approve",
    title="Run ü?",
)


def line(choice: MailChoice = CHOICE, signer: Signer = SIGNER) -> Claim:
    claim = claim_in(signer.code(choice))
    assert claim
    return claim


def test_a_link_brings_back_what_was_signed() -> None:
    assert SIGNER.read_link(SIGNER.link(CHOICE)) == CHOICE


@pytest.mark.parametrize("other", [Signer(b"x" * 32, "email"), Signer(b"k" * 32, "email2")])
def test_another_key_or_channel_signs_nothing_of_ours(other: Signer) -> None:
    assert SIGNER.read_link(other.link(CHOICE)) is None
    assert SIGNER.read_code(line(signer=other), CHOICE.address, NOW) is None


def test_no_letter_of_a_link_can_be_changed() -> None:
    token = SIGNER.link(CHOICE)
    changed = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token) - 1)]

    assert not any(SIGNER.read_link(each) for each in changed)


def test_a_link_made_of_another_links_parts_is_nothing() -> None:
    body, _, mac = SIGNER.link(CHOICE).partition(".")
    other, _, _ = SIGNER.link(replace(CHOICE, choice="d")).partition(".")

    assert SIGNER.read_link(f"{other}.{mac}") is None
    assert SIGNER.read_link(body) is None
    assert SIGNER.read_link(f"{body}.") is None


@pytest.mark.parametrize(
    "token", ["", ".", "a.b", "ü.ü", "=.=", "." * 4000, base64.b64encode(b"{}").decode() + ".AAAA"]
)
def test_nonsense_is_no_link(token: str) -> None:
    assert SIGNER.read_link(token) is None


def test_a_code_decides_for_its_own_address_alone_and_until_its_time() -> None:
    assert [verb_of(each, "en") for each in "ads"] == ["APPROVE", "DENY", "CHOOSE"]
    assert SIGNER.read_code(line(), CHOICE.address, NOW) is not None
    assert SIGNER.read_code(line(), "bob@corp.example", NOW) is None
    assert SIGNER.read_code(line(), CHOICE.address, NOW + timedelta(hours=2)) is None


def test_no_letter_of_a_code_can_be_changed() -> None:
    code = line().code
    changed = [code[:at] + ("b" if code[at] != "b" else "c") + code[at + 1 :] for at in range(len(code))]

    assert not any(SIGNER.read_code(Claim(verb="choose", code=each), CHOICE.address, NOW) for each in changed)


def test_the_word_before_a_code_must_be_the_codes_own() -> None:
    code = line().code

    assert SIGNER.read_code(Claim(verb="deny", code=code), CHOICE.address, NOW) is None
    assert SIGNER.read_code(Claim(verb="批准", code=code), CHOICE.address, NOW) is not None


def test_a_link_and_a_code_of_one_choice_are_one_event() -> None:
    read = SIGNER.read_code(line(), CHOICE.address, NOW)
    link = SIGNER.read_link(SIGNER.link(CHOICE))

    assert read
    assert link
    assert read.name == link.name != replace(CHOICE, choice="d").name


CODE = line().code


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"APPROVE {CODE}", ""),
        (f"  *approve {CODE.upper()}", ""),
        (f"DENY {CODE} too risky\n\nBest, Alice", "too risky"),
        (f"DENY {CODE}\ntoo risky\nby far\n\nBest, Alice", "too risky\nby far"),
        (f"拒绝 {CODE} 风险太高", "风险太高"),
    ],
)
def test_the_first_line_of_a_reply_can_decide(text: str, reason: str) -> None:
    claim = claim_in(text)

    assert claim
    assert claim.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"I would not\nAPPROVE {CODE}",
        f"please APPROVE {CODE}",
        f"> APPROVE {CODE}"[2:].replace("APPROVE", "approves"),
        "APPROVE it",
        f"APPROVE{CODE}",
        f"maybe {CODE}",
    ],
)
def test_nothing_else_does(text: str) -> None:
    assert claim_in(text) is None
