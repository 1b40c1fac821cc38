"""Names of character sets are read as mail programs mean them: in the words, in the headers, in names of files."""

import base64
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from channels.email.charsets import decoded
from channels.email.normalise import HeardMail, House, Mail, normalise

HOUSE = House(channel="email", address="bot@corp.example", authserv_id="mx.corp.example")
RARE = "请通知朱镕喆"


def heard(text: bytes, charset: str, *headers: str) -> HeardMail:
    content_type = f"Content-Type: text/plain; charset={charset}" if charset else "Content-Type: text/plain"
    lines = [
        "Authentication-Results: mx.corp.example; dmarc=pass header.from=corp.example",
        "From: Ann <ann@corp.example>",
        "To: bot@corp.example",
        "Message-ID: <1@corp.example>",
        content_type,
        "Content-Transfer-Encoding: base64",
        *headers,
        "",
        base64.b64encode(text).decode(),
        "",
    ]
    found = normalise(Mail(uid=1, validity=1, arrived=datetime.now(UTC), raw="\r\n".join(lines).encode()), HOUSE)
    assert isinstance(found, HeardMail)
    return found


@pytest.mark.parametrize(
    ("text", "written", "said"),
    [
        (RARE, "gb18030", "gb2312"),
        (RARE, "gb18030", "GBK"),
        (RARE, "gb18030", "x-gbk"),
        ("“done” – 5 €", "cp1252", "iso-8859-1"),
        ("“done” – 5 €", "cp1252", "ISO_8859-1"),
        ("“done” – 5 €", "cp1252", "us-ascii"),
        ("“done” – 5 €", "utf-8", "us-ascii"),
        ("“done” – 5 €", "utf-8", ""),
        ("“İyi” €", "cp1254", "iso-8859-9"),
        ("①と～", "cp932", "shift_jis"),
        ("똠방각하", "cp949", "ks_c_5601-1987"),
        ("着嘅咗", "big5hkscs", "big5"),
        ("“ดี”", "cp874", "tis-620"),
    ],
)
def test_no_sign_is_lost_where_a_name_stands_for_a_larger_set(text: str, written: str, said: str) -> None:
    assert heard(text.encode(written), said).inbound.text == text


def test_a_set_that_nobody_knows_loses_only_what_is_not_utf_8() -> None:
    assert decoded("né".encode() + b"\xff", "x-nobody") == "né\ufffd"


def test_the_subject_and_the_name_of_a_file_are_read_the_same_way() -> None:
    word = f"=?gb2312?B?{base64.b64encode(RARE.encode('gb18030')).decode()}?="
    named = f"Content-Disposition: attachment; filename*=gb2312''{quote(RARE.encode('gb18030'))}.txt"
    event = heard(b"x", "utf-8", f"Subject: {word}", named)
    [file] = event.inbound.files

    assert event.subject == RARE
    assert file.name == f"{RARE}.txt"
