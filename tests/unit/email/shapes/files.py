"""Files and their names."""

import base64

from tests.unit.email.shapes.shape import Shape, file, part, whole, words

_NAME = base64.b64encode("报告.pdf".encode()).decode()
_CUT = "年度报告.pdf".encode()


def _named(name: str, head: str | bytes, wanted: str, *, really: bool = False) -> Shape:
    return Shape(
        name=name,
        raw=whole("mixed", words("see"), file(head, b"%PDF made up")),
        says="see",
        files={wanted: b"%PDF made up"},
        is_really_sent=really,
    )


_PDF = "Content-Type: application/pdf\nContent-Disposition: attachment; "

SHAPES = (
    _named("a raw name in UTF-8", f'{_PDF}filename="报告.pdf"', "报告.pdf"),
    _named(
        "a raw name in GBK",
        _PDF.encode() + b'filename="' + "年度报告.pdf".encode("gbk") + b'"',
        "年度报告.pdf",
        really=True,
    ),
    _named("a name in windows-1252", _PDF.encode() + b'filename="caf\xe9.pdf"', "café.pdf"),
    _named("Foxmail: an encoded word in quotes", f'{_PDF}filename="=?utf-8?B?{_NAME}?="', "报告.pdf"),
    _named("an encoded word without quotes", f"{_PDF}filename==?utf-8?B?{_NAME}?=", "报告.pdf"),
    _named(
        "encoded words that cut a sign in two",
        f'{_PDF}filename="=?utf-8?B?{base64.b64encode(_CUT[:5]).decode()}?=\n'
        f' =?utf-8?B?{base64.b64encode(_CUT[5:]).decode()}?="',
        "年度报告.pdf",
    ),
    _named("RFC 2231", f"{_PDF}filename*=utf-8''%E6%8A%A5%E5%91%8A.pdf", "报告.pdf"),
    _named("RFC 2231 in GBK", f"{_PDF}filename*=GB2312''%B1%A8%B8%E6.pdf", "报告.pdf"),
    _named(
        "RFC 2231 over several lines, cut in a sign",
        f"{_PDF}\n filename*0*=utf-8''%E6%8A;\n filename*1*=%A5%E5%91%8A;\n filename*2=\".pdf\"",
        "报告.pdf",
        really=True,
    ),
    _named("a name with blanks and no quotes", f"{_PDF}filename=my own plan.pdf", "my own plan.pdf"),
    _named("a name with a semicolon", f'{_PDF}filename="a;b.pdf"', "a;b.pdf"),
    _named("a name with a path", f'{_PDF}filename="C:\\\\Users\\\\a.pdf"', "a.pdf"),
    _named("the name stands with the type alone", 'Content-Type: application/pdf; name="a.pdf"', "a.pdf"),
    _named("no name", "Content-Type: application/pdf", "file-1.pdf"),
    Shape(
        name="a file of 0 bytes",
        raw=whole(
            "mixed",
            words("see"),
            part('Content-Type: text/csv; name="empty.csv"\nContent-Disposition: attachment; filename="empty.csv"', ""),
        ),
        says="see",
        files={"empty.csv": b""},
        is_really_sent=True,
    ),
    Shape(
        name="a text file that is inline",
        raw=whole(
            "mixed",
            words("see"),
            part('Content-Type: text/plain; charset=utf-8\nContent-Disposition: inline; filename="log.txt"', "line\n"),
        ),
        says="see",
        files={"log.txt": None},
    ),
    Shape(
        name="a Mac's file in two halves",
        raw=whole(
            "mixed",
            words("see"),
            b'Content-Type: multipart/appledouble; boundary="b5"\n\n--b5\nContent-Type: application/applefile\n\nx\n'
            b"--b5\nContent-Type: text/csv\nContent-Disposition: attachment; filename=a.csv\n\n1,2\n--b5--\n",
        ),
        says="see",
        files={"a.csv": None},
    ),
    Shape(
        name="a card of somebody's address",
        raw=whole(
            "mixed", words("see"), part("Content-Type: text/vcard; charset=utf-8", "BEGIN:VCARD\nFN:Alice\nEND:VCARD")
        ),
        says="see",
        files={"file-1.vcard": None},
    ),
    Shape(
        name="a voice message",
        raw=whole("mixed", file("Content-Type: audio/amr; name=say.amr", b"#!AMR\n")),
        files={"say.amr": b"#!AMR\n"},
    ),
)
