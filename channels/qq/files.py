"""Files to and from QQ: in from the platform's own hosts, with a limit and without our credentials; out as base64.

Facts: bot.q.qq.com/wiki, "富媒体消息". Its pages name a public address or an upload in parts, which larger files take
(`chunks`); the field `file_data` is older than they are, is what bots without a public address send, and is answered in
one call.
"""

import asyncio
import base64
import json
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from channels.base import ChannelDown, FileTooLarge, MessageRefused
from channels.messages import File, FileKind
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import refusal_of, whole
from channels.shared.sound import HEAD_BYTES, Codec, codec_of

MAX_FILE_BYTES = 100_000_000
FILE_BYTES = 7 * 2**20
"""As base64 a little less than 10 MB, beyond which QQ's gateway has been seen to answer 413 to the whole call."""
PICTURE, VOICE, DOCUMENT = 1, 3, 4
HOSTS = (".qq.com", ".qq.com.cn", ".gtimg.cn", ".myqcloud.com")
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How the pictures begin that QQ shows as such, PNG and JPEG."""
TIMEOUT = aiohttp.ClientTimeout(total=120.0, sock_connect=10.0)


async def fetch(http: aiohttp.ClientSession, file: File, limit_bytes: int, api_url: str) -> bytes:
    """The bytes. Raises FileTooLarge, MessageRefused where the platform does not hand them out, or ChannelDown."""
    if file.size > limit_bytes:
        raise FileTooLarge(f"{file.name} has {file.size} bytes; the limit is {limit_bytes}")
    if not is_the_platforms(file.locator, api_url):
        raise MessageRefused(f"{file.name} does not lie with QQ")
    try:
        async with http.get(file.locator, timeout=TIMEOUT, allow_redirects=False) as response:
            if not response.ok:
                raise refusal_of(response, "QQ", file.name)
            return await whole(response, file.name, limit_bytes)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ChannelDown(saying("not_handed", platform="QQ", name=file.name, why=why(error))) from None


def is_the_platforms(url: str, api_url: str) -> bool:
    """One of the platform's hosts over https, or the very place where the settings say that the API is."""
    try:
        given, own = urlsplit(url), urlsplit(api_url)
        if (given.scheme, given.netloc) == (own.scheme, own.netloc):
            return True
        return given.scheme == "https" and f".{given.hostname or ''}".endswith(HOSTS)
    except ValueError:
        return False


async def upload_of(file: File) -> bytes:
    """The body of the call that carries a file to QQ; raises MessageRefused or FileTooLarge."""
    return await asyncio.to_thread(_packed, file)


def size_of(file: File) -> int:
    """The size in bytes; raises MessageRefused or FileTooLarge."""
    try:
        size = Path(file.locator).stat().st_size
    except OSError as error:
        raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
    if size > MAX_FILE_BYTES:
        raise FileTooLarge(f"{file.name} has more than {MAX_FILE_BYTES} bytes", limit_bytes=MAX_FILE_BYTES)
    if not size:
        raise MessageRefused(f"{file.name} is empty, which leaves nothing to upload")
    return size


def kind_of(file: File, head: bytes) -> int:
    """QQ's number for how the file is shown, by how it begins."""
    if file.presented_as is FileKind.IMAGE and head.startswith(_PICTURES):
        return PICTURE
    is_voice = file.presented_as is FileKind.VOICE and codec_of(head[:HEAD_BYTES]) is Codec.SILK
    return VOICE if is_voice else DOCUMENT


def _packed(file: File) -> bytes:
    size_of(file)
    try:
        content = Path(file.locator).read_bytes()
    except OSError as error:
        raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
    body = {
        "file_type": kind_of(file, content),
        "file_name": file.name,
        "file_data": base64.b64encode(content).decode(),
        "srv_send_msg": False,  # else it would be sent at once, and not as an answer
    }
    return json.dumps(body).encode()
