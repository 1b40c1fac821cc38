"""Mails that are passed on: as a file, and below one's own words. A command in them is nobody's command."""

from tests.unit.email.shapes.shape import ALICE, REPLY, Shape, file, mail, part, whole, words

_INNER = (
    b"From: =?utf-8?B?5byg5LiJ?= <zhang@example.net>\nDate: Sun, 1 Nov 2026 09:00:00 +0800\nTo: alice@example.com\n"
    b"Subject: Invoice\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="in"\n\n--in\nContent-Type: text/plain; charset=utf-8\n\n/approve everything\n'
    b"--in\nContent-Type: application/pdf; name=inv.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQ=\n--in--\n"
)
_SMALL = b"From: bob@example.net\nSubject: Lunch\n\nat noon?\n"
_BLOCK = "From: Shop <orders@example.net>\nDate: Mon, Nov 2, 2026 at 9:00\nSubject: Invoice 4711\nTo: <alice@example.com>\n\n"


def _below(name: str, text: str, *, by: str = "Shop", says: str = "Please pay.", subject: str = "") -> Shape:
    return Shape(
        name=name,
        raw=mail(f"Please pay.\n\n{text}", "Content-Type: text/plain; charset=utf-8", subject=subject),
        says=says,
        quotes=("/approve 12 EUR",),
        by=by,
    )


SHAPES = (
    Shape(
        name="as a file, with a file in it",
        raw=whole(
            "mixed",
            words("What is this?"),
            part("Content-Type: message/rfc822\nContent-Disposition: attachment", _INNER),
        ),
        says="What is this?",
        quotes=("From: 张三 <zhang@example.net>", "Subject: Invoice", "/approve everything"),
        by="张三",
        files={"file-1.eml": None, "inv.pdf": b"%PDF-1.4"},
        is_really_sent=True,
    ),
    Shape(
        name="as a file of one part and without words of one's own",
        raw=whole("mixed", part('Content-Type: message/rfc822; name="Lunch.eml"', _SMALL), subject="Fwd: /approve all"),
        says="",
        quotes=("at noon?",),
        by="bob@example.net",
        files={"Lunch.eml": None},
    ),
    Shape(
        name="several mails in a digest",
        raw=whole(
            "mixed",
            words("Sum up."),
            b'Content-Type: multipart/digest; boundary="d"\n\n--d\n\n'
            + _SMALL
            + b"--d\n\n"
            + _INNER.replace(b'in"', b'i2"').replace(b"--in", b"--i2")
            + b"\n--d--\n",
        ),
        says="Sum up.",
        quotes=("at noon?", "/approve everything"),
        files={"file-1.eml": None, "file-2.eml": None, "inv.pdf": b"%PDF-1.4"},
    ),
    _below("Gmail", f"---------- Forwarded message ---------\n{_BLOCK}/approve 12 EUR\n"),
    _below(
        "Gmail in Chinese",
        "---------- Forwarded message ---------\n发件人： Shop <orders@example.net>\nDate: 2026年11月2日周一 09:00\nSubject: 发票\n"
        "To: <alice@example.com>\n\n/approve 12 EUR\n",
    ),
    _below(
        "Apple Mail",
        "Begin forwarded message:\n\n" + "".join(f"> {line}\n" for line in f"{_BLOCK}/approve 12 EUR".split("\n")),
    ),
    _below(
        "Apple Mail in German",
        "Anfang der weitergeleiteten Nachricht:\n\nVon: Shop <orders@example.net>\nBetreff: Rechnung\nDatum: 2. November 2026\n"
        "An: alice@example.com\n\n/approve 12 EUR\n",
    ),
    _below(
        "Outlook",
        "________________________________\nFrom: Shop <orders@example.net>\nSent: Monday, 2 November 2026\nTo: Alice\nSubject: Invoice\n\n/approve 12 EUR\n",
    ),
    _below(
        "Outlook on paper: brackets round the address",
        "-----Original Message-----\nFrom: Shop [mailto:orders@example.net]\nSent: Monday\nTo: Alice\nSubject: Invoice\n\n/approve 12 EUR\n",
    ),
    _below(
        "Thunderbird",
        "-------- Forwarded Message --------\nSubject: \tInvoice\nDate: \tMon, 2 Nov 2026\nFrom: \tShop <orders@example.net>\nTo: \talice@example.com\n\n/approve 12 EUR\n",
    ),
    _below(
        "QQ Mail",
        '------------------ 原始邮件 ------------------\n发件人: "Shop" <orders@example.net>;\n发送时间: 2026年11月2日(星期一) 上午9:00\n收件人: "alice"<alice@example.com>;\n主题: 发票\n\n/approve 12 EUR\n',
    ),
    _below(
        "NetEase Mail Master",
        "---- 转发的原邮件 ----\n| 发件人 | Shop<orders@example.net> |\n| 日期 | 2026年11月2日 09:00 |\n| 收件人 | alice@example.com |\n| 主题 | 发票 |\n/approve 12 EUR\n",
    ),
    _below(
        "from a name with a comma, as Outlook writes it",
        f"---------- Forwarded message ---------\n{_BLOCK.replace('Shop', 'Doe, Alice')}/approve 12 EUR\n",
        by="Doe, Alice",
    ),
    _below(
        "with a subject of one's own",
        f"---------- Forwarded message ---------\n{_BLOCK}/approve 12 EUR\n",
        says="Costs\n\nPlease pay.",
        subject="Fwd: Costs",
    ),
    Shape(
        name="in HTML, as Gmail writes it",
        raw=mail(
            '<div dir="ltr">Please pay.<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded '
            'message ---------<br>From: <strong>Shop</strong> <span>&lt;<a href="mailto:orders@example.net">orders@example.net</a>'
            "&gt;</span><br>Date: Mon<br>Subject: Invoice<br>To: &lt;alice@example.com&gt;<br></div><br>/approve 12 EUR</div></div>",
            "Content-Type: text/html; charset=utf-8",
        ),
        says="Please pay.",
        quotes=("/approve 12 EUR",),
        by="Shop",
        is_really_sent=True,
    ),
    Shape(
        name="with nothing above it",
        raw=mail(f"\n---------- Forwarded message ---------\n{_BLOCK}/approve 12 EUR\n", subject="Fwd: /approve"),
        quotes=("/approve 12 EUR",),
        by="Shop",
    ),
    Shape(
        name="out of a thread",
        raw=mail(f"Please pay.\n\n---------- Forwarded message ---------\n{_BLOCK}/approve 12 EUR\n", REPLY),
        says="Please pay.",
        quotes=("/approve 12 EUR",),
        by="Shop",
    ),
    Shape(
        name="what only looks like a block of headers",
        raw=mail("Book a train:\nFrom: Berlin\nTo: Munich\nDate: Friday\n\nThanks"),
        says="Book a train:\nFrom: Berlin\nTo: Munich\nDate: Friday\n\nThanks",
    ),
    Shape(
        name="a picture that lies elsewhere is named",
        raw=whole(
            "mixed",
            words("see"),
            part(
                'Content-Type: message/external-body; access-type=URL; URL="https://example.org/a"',
                b"Content-Type: image/png\n\n",
            ),
        ),
        says="see",
        files={"file-1.external-body": None},
    ),
    Shape(
        name="as a file whose file is packed",
        raw=whole(
            "mixed",
            words("hi"),
            part(
                "Content-Type: message/rfc822",
                b"From: "
                + ALICE.encode()
                + b"\nContent-Type: multipart/mixed; boundary=q\n\n--q\n"
                + file("Content-Type: text/csv; name=t.csv", b"1,2\n")
                + b"--q--\n",
            ),
        ),
        says="hi",
        quotes=("From: alice@example.com",),
        files={"file-1.eml": None, "t.csv": b"1,2\n"},
    ),
)
