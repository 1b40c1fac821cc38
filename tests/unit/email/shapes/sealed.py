"""Mails that are signed, encrypted, or packed by Outlook."""

import struct

from tests.unit.email.shapes.shape import Shape, file, mail, many, part, whole, words

_SEAL = file(
    'Content-Type: application/pkcs7-signature; name="smime.p7s"\nContent-Disposition: attachment; filename="smime.p7s"',
    b"made up",
)
_PGP = part(
    'Content-Type: application/pgp-signature; name="signature.asc"',
    "-----BEGIN PGP SIGNATURE-----\n\nmade up\n-----END PGP SIGNATURE-----",
)
_CSV = file('Content-Type: text/csv; name="t.csv"', b"1,2\n")


def _der(tag: int, *inside: bytes) -> bytes:
    content = b"".join(inside)
    length = bytes([len(content)]) if len(content) < 128 else b"\x82" + len(content).to_bytes(2, "big")
    return bytes([tag]) + length + content


def _signed(content: bytes, *, is_open: bool = False) -> bytes:
    """Signed data around some bytes (RFC 5652, 5.1), its signatures left out; `is_open` as OpenSSL streams it."""
    octets = (
        b"\x24\x80" + b"".join(_der(4, content[at : at + 100]) for at in range(0, len(content), 100)) + b"\0\0"
        if is_open
        else _der(4, content)
    )
    data = _der(
        0x30, bytes.fromhex("06092a864886f70d010701"), b"\xa0\x80" + octets + b"\0\0" if is_open else _der(0xA0, octets)
    )
    return _der(
        0x30,
        bytes.fromhex("06092a864886f70d010702"),
        _der(0xA0, _der(0x30, b"\x02\x01\x01", _der(0x31), data, _der(0x31))),
    )


def _opaque(content: bytes, how: str) -> bytes:
    head = (
        f'Content-Type: application/pkcs7-mime; smime-type={how}; name="smime.p7m"\nContent-Transfer-Encoding: base64'
    )
    return mail(file(head, content).partition(b"\n\n")[2], head)


def _attribute(level: int, number: int, value: bytes) -> bytes:
    return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def _text(number: int, text: str) -> bytes:
    content = f"{text}\0".encode("utf-16-le")
    return struct.pack("<HHII", 0x1F, number, 1, len(content)) + content + b"\0" * (-len(content) % 4)


_ODD = struct.pack("<HHi", 0x03, 0x0017, 1) + struct.pack("<HH16sIIHH", 0x0B, 0x8001, b"g" * 16, 0, 7, 1, 0)
WINMAIL = (
    struct.pack("<IH", 0x223E9F78, 1)
    + _attribute(1, 0x00069007, struct.pack("<II", 936, 0))
    + _attribute(1, 0x0002800C, "请看附件\0".encode("gbk"))
    + _attribute(1, 0x00069003, struct.pack("<I", 2) + _ODD)
    + _attribute(2, 0x00069002, b"\0" * 14)
    + _attribute(2, 0x00018010, b"PLAN~1.TXT\0")
    + _attribute(2, 0x0006800F, b"the plan")
    + _attribute(2, 0x00069005, struct.pack("<I", 1) + _text(0x3707, "计划.txt"))
)
_PACKED = file(
    'Content-Type: application/ms-tnef; name="winmail.dat"\nContent-Disposition: attachment; filename="winmail.dat"',
    WINMAIL,
)
_INSIDE = many("mixed", words("signed words"), _CSV, boundary="s1").replace(b"\n", b"\r\n")

SHAPES = (
    Shape(
        name="signed with S/MIME",
        raw=whole("signed", many("alternative", words("hello"), words("<p>hello</p>", "html")), _SEAL),
        says="hello",
    ),
    Shape(name="signed with OpenPGP", raw=whole("signed", words("hello"), _PGP), says="hello", is_really_sent=True),
    Shape(
        name="signed, with a file",
        raw=whole("signed", many("mixed", words("hello"), _CSV), _PGP),
        says="hello",
        files={"t.csv": b"1,2\n"},
    ),
    Shape(
        name="signed within the text",
        raw=mail(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nhello\n- -- \nfrom here\n-----BEGIN PGP SIGNATURE-----\n\nmade up\n-----END PGP SIGNATURE-----\n"
        ),
        says="hello",
    ),
    Shape(
        name="signed with S/MIME around it",
        raw=_opaque(_signed(_INSIDE), "signed-data"),
        says="signed words",
        files={"t.csv": b"1,2\n"},
        is_really_sent=True,
    ),
    Shape(
        name="signed around it, in pieces of open length",
        raw=_opaque(_signed(_INSIDE, is_open=True), "signed-data"),
        says="signed words",
        files={"t.csv": b"1,2\n"},
    ),
    Shape(
        name="signed around it, and broken",
        raw=_opaque(b"\x30\x80rubbish", "signed-data"),
        has=("S/MIME signed-data", "attached"),
        files={"smime.p7m": None},
    ),
    Shape(
        name="encrypted with S/MIME",
        raw=_opaque(b"\x30\x03abc", "enveloped-data"),
        has=("encrypted (S/MIME)",),
        files={"smime.p7m": None},
        is_really_sent=True,
    ),
    Shape(
        name="encrypted with OpenPGP",
        raw=mail(
            many(
                "encrypted",
                part("Content-Type: application/pgp-encrypted", "Version: 1"),
                part('Content-Type: application/octet-stream; name="encrypted.asc"', "-----BEGIN PGP MESSAGE-----"),
            ).partition(b"\n\n")[2],
            'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b1"',
        ),
        has=("This mail is encrypted (application/pgp-encrypted)", "unencrypted"),
        files={"encrypted.asc": None},
    ),
    Shape(
        name="winmail.dat alone",
        raw=whole("mixed", _PACKED),
        says="请看附件",
        files={"计划.txt": b"the plan"},
        is_really_sent=True,
    ),
    Shape(
        name="winmail.dat beside words",
        raw=whole("mixed", words("see within"), _PACKED),
        says="see within",
        files={"计划.txt": b"the plan"},
    ),
    Shape(
        name="winmail.dat by its name alone, and cut short",
        raw=whole(
            "mixed", words("see"), file('Content-Type: application/octet-stream; name="winmail.dat"', WINMAIL[:90])
        ),
        has=("see", "packed (winmail.dat)"),
        files={"winmail.dat": WINMAIL[:90]},
    ),
)
