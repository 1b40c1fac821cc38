"""Whose From line is believed: every way known to forge or blur the word of our own server ends in a no."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from channels.email.normalise import HeardMail, House, Ignored, Mail, normalise
from channels.email.trust import Doubted, Trusted, judge

OURS = "mx.corp.example"
GOOD = f"{OURS}; spf=pass smtp.mailfrom=corp.example; dmarc=pass (p=none dis=none) header.from=corp.example"
HOUSE = House(channel="email", address="nexora@corp.example", authserv_id=OURS)


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        "MX.corp.example 1; DMARC = pass header.from = Corp.Example",
        f"{OURS};\tdkim=fail header.d=evil.example; dmarc=pass\n header.from=corp.example (comment (in a comment))",
        f'{OURS}; smtp.mailfrom="a;b"@x.example; dmarc=pass policy.dmarc=reject header.from=corp.example',
    ],
)
def test_our_own_server_is_believed(value: str) -> None:
    assert judge(value.replace("\n", ""), OURS, "corp.example") == Trusted()


@pytest.mark.parametrize(
    ("value", "is_ours"),
    [
        (None, False),
        ("", False),
        ("mx.evil.example; dmarc=pass header.from=corp.example", False),
        ("mx.corp.example.evil.example; dmarc=pass header.from=corp.example", False),
        (f"evil ({OURS};) ; dmarc=pass header.from=corp.example", False),
        (f'"{OURS}"; dmarc=pass header.from=corp.example', False),
        ("dmarc=pass header.from=corp.example", False),
        (f"{OURS}; none", True),
        (f"{OURS}; dmarc=fail header.from=corp.example", True),
        (f"{OURS}; dmarc=bestguesspass header.from=corp.example", True),
        (f"{OURS}; dmarc=fail (dmarc=pass header.from=corp.example) header.from=corp.example", True),
        (f"{OURS}; dmarc=fail header.from=corp.example; dmarc=pass header.from=corp.example", True),
        (f"{OURS}; dmarc=pass header.from=evil.example", True),
        (f"{OURS}; dmarc=pass header.from=evil.example header.from=corp.example", True),
        (f"{OURS}; dmarc=pass", True),
        (f'{OURS}; spf=pass smtp.mailfrom="x; dmarc=pass header.from=corp.example ;"@evil.example', True),
        (f"{OURS}; spf=pass smtp.mailfrom=x(; dmarc=pass header.from=corp.example", False),
        (f'{OURS}; spf=pass smtp.mailfrom="x; dmarc=pass header.from=corp.example', False),
        (f'{OURS}; spf=pass reason="\\"; dmarc=pass header.from=corp.example"', True),
        (f"{OURS}; spf=pass) dmarc=pass header.from=corp.example", False),
    ],
)
def test_everything_unclear_is_a_no(value: str | None, is_ours: bool) -> None:
    verdict = judge(value, OURS, "corp.example")

    assert isinstance(verdict, Doubted)
    assert verdict.is_ours is is_ours


def raw(*headers: tuple[str, str], text: str = "hello") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = "<1@corp.example>"
    message.set_content(text)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return lines.encode() + message.as_bytes()


def heard(*headers: tuple[str, str]) -> HeardMail | Ignored:
    return normalise(Mail(uid=1, validity=1, arrived=datetime.now(UTC), raw=raw(*headers)), HOUSE)


FROM = ("From", "Alice <alice@corp.example>")


def test_only_the_topmost_word_counts() -> None:
    forged_below = heard(("Authentication-Results", f"{OURS}; dmarc=fail header.from=corp.example"),
                         ("Authentication-Results", GOOD), FROM)  # fmt: skip
    foreign_above = heard(("Authentication-Results", "mx.evil.example; none"), ("Authentication-Results", GOOD), FROM)
    encoded = heard(
        ("Authentication-Results", "=?utf-8?q?mx=2Ecorp=2Eexample=3B?= dmarc=pass header.from=corp.example"), FROM
    )

    assert isinstance(heard(("Authentication-Results", GOOD), FROM), HeardMail)
    assert isinstance(forged_below, Ignored)
    assert isinstance(foreign_above, Ignored)
    assert isinstance(encoded, Ignored)


@pytest.mark.parametrize(
    "froms",
    [
        (("From", "alice@corp.example"), ("From", "eve@evil.example")),
        (("From", "alice@corp.example, eve@evil.example"),),
        (("From", "eve@evil.example"),),
        (("From", "alice@corp.example <eve@evil.example>"),),
        (("From", '"alice@corp.example"@evil.example'),),
        (("From", ""),),
        (("From", "Alice"),),
        (("Sender", "alice@corp.example"),),
    ],
)
def test_a_mail_with_any_other_author_is_not_heard(froms: tuple[tuple[str, str], ...]) -> None:
    assert isinstance(heard(("Authentication-Results", GOOD), *froms), Ignored)


@pytest.mark.parametrize(
    "header",
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "auto-generated (rejected)"),
        ("Precedence", "Bulk"),
        ("Precedence", "list"),
        ("List-Id", "<all.corp.example>"),
        ("List-Unsubscribe", "<mailto:x@corp.example>"),
        ("Return-Path", "<>"),
        ("X-Autoreply", "yes"),
        ("X-Autogenerated", "Reply"),
        ("X-Auto-Response-Suppress", "OOF"),
        ("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-MS-Exchange-Generated-Message-Source", "Mailbox Rules Agent"),
        ("Content-Type", "multipart/report; report-type=delivery-status; boundary=x"),
    ],
)
def test_mail_of_programs_is_not_heard(header: tuple[str, str]) -> None:
    assert isinstance(heard(("Authentication-Results", GOOD), FROM, ("Auto-Submitted", "no")), HeardMail)
    assert isinstance(heard(header, ("Authentication-Results", GOOD), FROM), Ignored)


@pytest.mark.parametrize("asked", ["None", "DR, RN"])
def test_a_person_who_wants_no_receipts_is_heard(asked: str) -> None:
    assert isinstance(heard(("X-Auto-Response-Suppress", asked), ("Authentication-Results", GOOD), FROM), HeardMail)


@pytest.mark.parametrize("name", ["MAILER-DAEMON", "no-reply", "noreply+x", "postmaster", "nexora"])
def test_mail_servers_no_reply_addresses_and_ourselves_are_not_heard(name: str) -> None:
    assert isinstance(heard(("Authentication-Results", GOOD), ("From", f"{name}@corp.example")), Ignored)
