"""The bytes of an attachment, fetched when somebody wants them, over a connection of their own."""

import asyncio
import base64
import quopri
import re
from typing import Final

from channels.base import ChannelDown, FileTooLarge, MessageRefused
from channels.email.connection import Connection
from channels.email.contents import packed_file
from channels.messages import File
from channels.sayings import saying

_LOCATOR: Final = re.compile(
    r"(\d+)/(\d+)/(\d+(?:\.\d+)*)/(base64|quoted-printable|binary)(?:/(sealed|winmail)/(\d+(?:\.\d+)*))?"
)
_GROWTH: Final = {"base64": 1.4, "quoted-printable": 3.1, "binary": 1.0}


async def fetch(line: Connection, file: File, limit_bytes: int) -> bytes:
    """The file's bytes; raises FileTooLarge, MessageRefused when the mail is gone, or ChannelDown."""
    found = _LOCATOR.fullmatch(file.locator)
    if found is None:
        raise MessageRefused("this file did not come by this channel")
    validity, uid, section, encoding = int(found[1]), int(found[2]), found[3], found[4]
    if file.size > limit_bytes:
        raise FileTooLarge
    how, which = found[5], found[6]  # a file that is packed in another
    most = line.most_bytes if how else min(int(limit_bytes * _GROWTH[encoding]) + 1024, line.most_bytes)
    box = await line.open()
    try:
        if box.validity != validity:
            raise MessageRefused("the mailbox was numbered anew, and the file cannot be found any more")
        encoded = await box.fetch(uid, section, most)
    except TimeoutError as error:
        raise ChannelDown(saying("no_answer", platform=saying("mail_server"))) from error
    finally:
        box.close()
    content = _decoded(encoded, encoding)
    if how:
        packed = await asyncio.to_thread(packed_file, content, how, which)
        if packed is None:
            raise MessageRefused("the file cannot be found in the mail any more")
        content = packed
    if len(content) > limit_bytes:
        raise FileTooLarge
    return content


def _decoded(encoded: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        clean = re.sub(rb"[^A-Za-z0-9+/]", b"", encoded)
        return base64.b64decode(clean[: len(clean) - (len(clean) % 4 == 1)] + b"=" * (-len(clean) % 4))
    return quopri.decodestring(encoded) if encoding == "quoted-printable" else encoded
