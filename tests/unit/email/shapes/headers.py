"""Senders, subjects and ids."""

import base64

from tests.unit.email.shapes.shape import ALICE, REPLY, Shape, mail

_B = base64.b64encode("张三".encode()).decode()
_IDS = [f"<{number}.long@example.com>" for number in range(200)]
_MIDDLE = "报告".encode()

SHAPES = (
    Shape(
        name="QQ Mail: the encoded name stands in quotes",
        raw=mail("你好", "Content-Type: text/plain; charset=utf-8", sender=f'"=?utf-8?B?{_B}?=" <zhang@example.com>'),
        says="你好",
        sender="张三",
        is_really_sent=True,
    ),
    Shape(
        name="Exmail: gb18030 in quotes beside plain words",
        raw=mail(
            "hi",
            sender=f'"Dr. =?gb18030?B?{base64.b64encode("朱镕".encode("gb18030")).decode()}?=" <zhu@example.com>',
        ),
        says="hi",
        sender="Dr. 朱镕",
    ),
    Shape(name="a comment behind the address", raw=mail("hi", sender=f"{ALICE} (Alice at work)"), says="hi"),
    Shape(
        name="a name with a comma in quotes",
        raw=mail("hi", sender=f'"Smith, Alice" <{ALICE}>'),
        says="hi",
        sender="Smith, Alice",
    ),
    Shape(name="a raw name in UTF-8", raw=mail("hi", sender=f"Zoë <{ALICE}>"), says="hi", sender="Zoë"),
    Shape(
        name="an encoded comma does not make two authors",
        raw=mail("hi", sender=f"=?utf-8?Q?Smith=2C_Alice?= <{ALICE}>"),
        says="hi",
        sender="Smith, Alice",
    ),
    Shape(
        name="an encoded address in the name is only a name",
        raw=mail("hi", sender=f"=?utf-8?Q?boss=40corp.example?= <{ALICE}>"),
        says="hi",
        sender="boss@corp.example",
    ),
    Shape(
        name="a domain beyond ASCII as mail carries it",
        raw=mail("hi", sender="Jürgen <j@xn--bcher-kva.example>"),
        says="hi",
        sender="Jürgen",
    ),
    Shape(
        name="a domain beyond ASCII as it is shown",
        raw=mail("hi", sender="j@bücher.example"),
        ignored="one plain address",
    ),
    Shape(name="a local part in quotes", raw=mail("hi", sender='"al ice"@example.com'), ignored="one plain address"),
    Shape(name="a group as the author", raw=mail("hi", sender=f"Team: {ALICE};"), ignored="one plain address"),
    Shape(name="two authors", raw=mail("hi", sender=f"{ALICE}, bob@example.com"), ignored="one plain address"),
    Shape(name="two From lines", raw=mail("hi", "From: bob@example.com"), ignored="one plain address"),
    Shape(name="a group of recipients that is empty", raw=mail("hi", "Cc: undisclosed-recipients:;"), says="hi"),
    Shape(name="a group of recipients", raw=mail("hi", "Cc: Team: bob@example.com, carol@example.com;"), says="hi"),
    Shape(name="no Message-ID", raw=mail("hi", name=""), says="hi"),
    Shape(name="a Message-ID without brackets", raw=mail("hi", name="abc.def@example.com"), says="hi"),
    Shape(name="a Message-ID with a blank", raw=mail("hi", name="<abc def@example.com>"), says="hi"),
    Shape(name="a Message-ID without a domain", raw=mail("hi", name="<20261102-1>"), says="hi", thread="20261102-1"),
    Shape(
        name="Outlook: a Message-ID with more brackets",
        raw=mail("hi", name="<[abc]-1@example.com>"),
        says="hi",
        thread="[abc]-1@example.com",
    ),
    Shape(
        name="200 References in folded lines",
        raw=mail("on it goes", f"In-Reply-To: {_IDS[-1]}\nReferences: " + "\n ".join(_IDS)),
        says="on it goes",
        thread="0.long@example.com",
        is_really_sent=True,
    ),
    Shape(
        name="In-Reply-To with words around the id",
        raw=mail("yes", 'In-Reply-To: Your message of "Mon, 2 Nov" <0@example.com>'),
        says="yes",
        thread="0@example.com",
    ),
    Shape(name="a subject alone", raw=mail("", subject="Please call me"), says="Please call me"),
    Shape(name="a subject and blank lines", raw=mail("\n\n \n", subject="Please call me"), says="Please call me"),
    Shape(name="neither a subject nor words", raw=mail("")),
    Shape(name="two subjects", raw=mail("hi", "Subject: second", subject="first"), says="first\n\nhi"),
    Shape(name="a raw subject in UTF-8", raw=mail("hi", subject="Grüße"), says="Grüße\n\nhi"),
    Shape(name="a raw subject in GBK", raw=mail("hi", b"Subject: " + "会议报告".encode("gbk")), says="会议报告\n\nhi"),
    Shape(
        name="a sign cut in two by encoded words",
        raw=mail(
            "hi",
            f"Subject: =?utf-8?B?{base64.b64encode(_MIDDLE[:4]).decode()}?=\n"
            f" =?UTF-8?B?{base64.b64encode(_MIDDLE[4:]).decode()}?=",
        ),
        says="报告\n\nhi",
        is_really_sent=True,
    ),
    Shape(
        name="a sign cut in two, quoted-printable",
        raw=mail("hi", "Subject: =?utf-8?Q?caf=C3?=\n =?utf-8?Q?=A9?="),
        says="café\n\nhi",
    ),
    Shape(
        name="encoded words in two encodings",
        raw=mail("hi", "Subject: =?iso-8859-1?Q?caf=E9?= =?utf-8?B?5oql?= and =?utf-8?q?so on?="),
        says="café报 and so on\n\nhi",
    ),
    Shape(
        name="a header line of 20,000 signs",
        raw=mail("hi", f"X-Microsoft-Antispam: {'a=b;' * 5000}\nKeywords: {'word, ' * 3000}"),
        says="hi",
    ),
    Shape(
        name="headers twice",
        raw=mail("hi", "MIME-Version: 1.0\nMime-Version: 1.0\nX-A: 1\nX-A: 2\nTo: x@example.com"),
        says="hi",
    ),
    Shape(
        name="marks of replies in other languages",
        raw=mail("hi", subject="答复: AW: SV: 回复：Re[2]: Report"),
        says="Report\n\nhi",
    ),
    Shape(
        name="a comment in the date",
        raw=mail("hi").replace(b"+0800", b"+0800 (China Standard Time (Beijing))"),
        says="hi",
        is_really_sent=True,
    ),
    Shape(name="no date", raw=mail("hi").replace(b"Date: Mon, 2 Nov 2026 10:00:00 +0800\r\n", b""), says="hi"),
    Shape(
        name="a date that is none", raw=mail("hi").replace(b"Mon, 2 Nov 2026 10:00:00 +0800", b"yesterday"), says="hi"
    ),
    Shape(
        name="a reply by another name",
        raw=mail("yes", f"{REPLY}Sender: list@example.com\nReply-To: bob@example.com"),
        says="yes",
    ),
)
