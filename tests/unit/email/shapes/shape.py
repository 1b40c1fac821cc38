"""One mail, and what must reach the agent of it."""

import base64
from dataclasses import dataclass, field

ALICE = "alice@example.com"
REPLY = "In-Reply-To: <0@example.com>\nReferences: <0@example.com>\n"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """`says` is all that the sender says, `quotes` words of others that arrive as quotes, `by` who is named for them,
    `files` names with their contents (None where it does not matter), `ignored` why nobody hears it."""

    name: str
    raw: bytes
    says: str = ""
    has: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    by: str = ""
    files: dict[str, bytes | None] = field(default_factory=dict)
    ignored: str = ""
    sender: str = ""
    thread: str = ""
    is_really_sent: bool = False
    """Whether it is tried through real servers too."""


def mail(
    body: str | bytes,
    head: str | bytes = "",
    *,
    subject: str = "",
    sender: str = f"Alice <{ALICE}>",
    name: str = "<1@example.com>",
) -> bytes:
    """A mail of Alice's; `head` are further lines of its header, the last of which may begin its body's own."""
    lines = [f"From: {sender}", "To: nexora@corp.example"]
    lines += [f"Subject: {subject}"] if subject else []
    lines += ["Date: Mon, 2 Nov 2026 10:00:00 +0800"]
    lines += [f"Message-ID: {name}"] if name else []
    top = "\n".join(lines).encode() + b"\n"
    middle = head if isinstance(head, bytes) else head.encode()
    return _wired(top + middle.strip(b"\n") + (b"\n" if middle.strip(b"\n") else b"") + b"\n") + _wired(
        body if isinstance(body, bytes) else body.encode()
    )


def part(head: str | bytes, body: str | bytes) -> bytes:
    """A part of a mail: its header and what it holds."""
    top = head if isinstance(head, bytes) else head.encode()
    return top.strip(b"\n") + b"\n\n" + (body if isinstance(body, bytes) else body.encode())


def many(kind: str, *parts: bytes, boundary: str = "b1") -> bytes:
    """A part that holds others, to stand in a part or behind a header."""
    opened = b"".join(b"--" + boundary.encode() + b"\n" + each.rstrip(b"\n") + b"\n" for each in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n'.encode() + opened + f"--{boundary}--\n".encode()


def whole(kind: str, *parts: bytes, head: str = "", subject: str = "", sender: str = f"Alice <{ALICE}>") -> bytes:
    """A mail whose body holds these parts."""
    top, _, body = many(kind, *parts, boundary="b0").partition(b"\n\n")
    return mail(body, head.encode() + top, subject=subject, sender=sender)


def words(text: str, kind: str = "plain", more: str = "") -> bytes:
    """A part of words in UTF-8."""
    return part(f"Content-Type: text/{kind}; charset=utf-8{more}\nContent-Transfer-Encoding: 8bit", text)


def file(head: str | bytes, content: bytes) -> bytes:
    """A part in base64."""
    top = head if isinstance(head, bytes) else head.encode()
    return part(top.strip(b"\n") + b"\nContent-Transfer-Encoding: base64", base64.encodebytes(content))


def _wired(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
