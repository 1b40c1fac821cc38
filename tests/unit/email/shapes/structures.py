"""Bodies of several parts, and of one that is written oddly."""

from tests.unit.email.shapes.shape import Shape, file, mail, many, part, whole, words

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
PDF = b"%PDF-1.4 made up"
_PICTURE = file(
    'Content-Type: image/png; name="dot.png"\nContent-Disposition: inline; filename="dot.png"\nContent-ID: <dot>', PNG
)
_DOCUMENT = file('Content-Type: application/pdf; name="a.pdf"\nContent-Disposition: attachment; filename="a.pdf"', PDF)

SHAPES = (
    Shape(
        name="Apple Mail: words behind a picture",
        raw=whole("mixed", words("Look:"), _PICTURE, words("What is that?")),
        says="Look:\n\nWhat is that?",
        files={"dot.png": PNG},
        is_really_sent=True,
    ),
    Shape(
        name="Apple Mail: HTML behind a file, in the alternative of plain words",
        raw=whole(
            "alternative",
            words("One.\n\n\nTwo."),
            many("mixed", words("<p>One.</p>", "html"), _DOCUMENT, words("<p>Two.</p>", "html")),
        ),
        says="One.\n\n\nTwo.",
        files={"a.pdf": PDF},
    ),
    Shape(
        name="HTML, a file and HTML, without plain words",
        raw=whole("mixed", words("<p>One.</p>", "html"), _DOCUMENT, words("<p>Two.</p>", "html")),
        says="One.\n\nTwo.",
        files={"a.pdf": PDF},
    ),
    Shape(
        name="a picture in related in alternative in mixed",
        raw=whole(
            "mixed",
            many(
                "alternative",
                words("plain words"),
                many("related", words("<p>rich words <img src='cid:dot'></p>", "html"), _PICTURE, boundary="b3"),
                boundary="b2",
            ),
            _DOCUMENT,
        ),
        says="plain words",
        files={"dot.png": PNG, "a.pdf": PDF},
        is_really_sent=True,
    ),
    Shape(
        name="alternative in related, as Outlook and QQ Mail write it",
        raw=whole(
            "related",
            many("alternative", words("plain words"), words("<p>rich words</p>", "html")),
            _PICTURE,
            head="",
        ),
        says="plain words",
        files={"dot.png": PNG},
    ),
    Shape(
        name="an alternative whose plain words are blank",
        raw=whole("alternative", words(" \n"), words("<p>rich words</p>", "html")),
        says="rich words",
    ),
    Shape(
        name="HTML before plain words",
        raw=whole("alternative", words("<p>rich</p>", "html"), words("plain")),
        says="plain",
    ),
    Shape(
        name="HTML alone with what nobody sees",
        raw=mail(
            "<html><head><title>no</title><style>.pre{display:none}</style></head><body>"
            "<div class=pre>preview text</div><p>See <a href='https://example.org/a'>this</a></p></body></html>",
            "Content-Type: text/html; charset=utf-8",
        ),
        says="See this (https://example.org/a)",
        is_really_sent=True,
    ),
    Shape(
        name="a laid out mail, whose frame has letters of no size",
        raw=mail(
            "<table><tr><td style='direction:ltr;font-size:0px;padding:20px 0'><div style='font-size:13px'>"
            "<table><tr><td style='font-size:0px'><div style='font-size:16px;color:#000'>Your order</div></td></tr></table>"
            "</div></td></tr></table>",
            "Content-Type: text/html; charset=utf-8",
        ),
        says="Your order",
    ),
    Shape(
        name="Apple Mail: a rich link",
        raw=mail(
            "<html><body><a href='https://example.org/news' class='lp-rich-link' style='display:block'>"
            "<table class='lp-rich-link-emailBaseTable'><tr><td><a href='https://example.org/news'><b>News of the day</b>"
            "</a></td></tr><tr><td><a href='https://example.org/news'>example.org</a></td></tr></table></a></body></html>",
            "Content-Type: text/html; charset=utf-8",
        ),
        has=("News of the day", "https://example.org/news"),
    ),
    Shape(
        name="wrapped lines (format=flowed)",
        raw=mail(
            "This is one \nparagraph.\n\n> so said \n> they\n From here\n-- \nAlice",
            "Content-Type: text/plain; charset=utf-8; format=flowed",
        ),
        says="This is one paragraph.\n\n> so said they\nFrom here",
    ),
    Shape(
        name="wrapped lines without blanks (delsp=yes)",
        raw=mail("这是一 \n个段落。\n", "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes"),
        says="这是一个段落。",
        is_really_sent=True,
    ),
    Shape(
        name="quoted-printable with lone signs",
        raw=mail(
            "1 = 1, caf=C3=A9, 100 =zz and soft=\n ly.\n",
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable",
        ),
        says="1 = 1, café, 100 =zz and soft ly.",
    ),
    Shape(
        name="base64 with rubbish in it and a footer below",
        raw=mail(
            "aGVs*bG8g\n!d29ybGQ=\n-- \n_______________\nfooter\n",
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64",
        ),
        has=("hello world",),
    ),
    Shape(
        name="an encoding that nobody knows",
        raw=mail("hello", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 7-bits"),
        says="hello",
    ),
    Shape(
        name="a boundary that never ends",
        raw=mail("--x\nContent-Type: text/plain\n\nhello\n", 'Content-Type: multipart/mixed; boundary="x"'),
        says="hello",
    ),
    Shape(
        name="a boundary that never comes",
        raw=mail("hello\n", 'Content-Type: multipart/mixed; boundary="x"'),
        has=("hello",),
    ),
    Shape(
        name="words without a type inside",
        raw=whole("mixed", part("X-Nothing: 1", "hello"), _DOCUMENT),
        says="hello",
        files={"a.pdf": PDF},
    ),
    Shape(
        name="words whose disposition is inline",
        raw=whole("mixed", words("one"), part("Content-Type: text/plain\nContent-Disposition: inline", "two")),
        says="one\n\ntwo",
    ),
    Shape(
        name="six parts in each other",
        raw=whole(
            "mixed",
            many("mixed", many("mixed", many("mixed", words("deep"), boundary="b4"), boundary="b3"), boundary="b2"),
            _DOCUMENT,
        ),
        says="deep",
        files={"a.pdf": PDF},
    ),
    Shape(
        name="a file alone",
        raw=whole("mixed", _DOCUMENT),
        files={"a.pdf": PDF},
        is_really_sent=True,
    ),
    Shape(
        name="a mail that is a file",
        raw=mail(
            "JVBERi0xLjQ=",
            'Content-Type: application/pdf; name="b.pdf"\nContent-Transfer-Encoding: base64',
            subject="The plan",
        ),
        says="The plan",
        files={"b.pdf": b"%PDF-1.4"},
    ),
)
