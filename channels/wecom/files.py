"""Files that persons send: fetched within five minutes from the platform's own hosts, then decrypted with their key.

Facts: wecom-aibot-python-sdk 1.0.2, crypto_utils: AES-256-CBC, the first half of the key as IV, padding up to 32 bytes;
api: the name of a file stands in the header Content-Disposition of its bytes.
"""

import asyncio
import base64
import binascii
import re
from dataclasses import replace
from mimetypes import guess_type
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import aiohttp
import structlog
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from channels.base import ChannelDown, FileTooLarge, MessageRefused
from channels.messages import File
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import refusal_of, whole

_log = structlog.get_logger(__name__)

HOSTS = (".qq.com", ".qpic.cn", ".myqcloud.com", ".tencent-cloud.com", ".weixin.qq.com")
TIMEOUT = aiohttp.ClientTimeout(total=120.0, sock_connect=10.0)
BLOCK = 32
NAMELESS = frozenset({"file", "video.mp4"})
"""What a file is called here that bears no name in its message."""
NAME_SECONDS = 3.0
MOST_LETTERS = 200
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\\\]")


async def fetch(http: aiohttp.ClientSession, file: File, limit_bytes: int, socket_url: str) -> bytes:
    """The bytes. Raises FileTooLarge, MessageRefused where the platform does not hand them out, or ChannelDown."""
    key, _, url = file.locator.partition(" ")
    if not _is_the_platforms(url, socket_url):
        raise MessageRefused(f"{file.name} does not lie with WeCom")
    try:
        async with http.get(url, timeout=TIMEOUT, allow_redirects=False) as response:
            if not response.ok:
                raise refusal_of(response, "WeCom", file.name)
            content = await whole(response, file.name, limit_bytes, padding_bytes=BLOCK)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ChannelDown(saying("not_handed", platform="WeCom", name=file.name, why=why(error))) from None
    plain = decrypted(content, key) if key else content
    if len(plain) > limit_bytes:
        raise FileTooLarge(f"{file.name} is larger than {limit_bytes} bytes")
    return plain


async def named(http: aiohttp.ClientSession, file: File, socket_url: str) -> File:
    """The file by the name that WeCom tells beside its bytes, which are not read; as it was where none is told soon."""
    url = file.locator.partition(" ")[2]
    if file.name not in NAMELESS or not _is_the_platforms(url, socket_url):
        return file
    try:
        async with asyncio.timeout(NAME_SECONDS), http.get(url, allow_redirects=False) as response:
            told = response.content_disposition.filename if response.ok and response.content_disposition else None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        _log.info("wecom_file_not_named", reason=why(error))
        return file
    name = _UNFIT.sub("_", PurePosixPath(told or "").name)[:MOST_LETTERS].strip()
    return replace(file, name=name, media_type=guess_type(name)[0] or file.media_type) if name else file


def decrypted(content: bytes, encoded_key: str) -> bytes:
    """The bytes without their encryption; raises MessageRefused when the key does not fit."""
    try:
        key = base64.b64decode(encoded_key + "=" * (-len(encoded_key) % 4))
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        plain = decryptor.update(content) + decryptor.finalize()
    except (ValueError, binascii.Error) as error:
        raise MessageRefused("a file of WeCom's could not be decrypted") from error
    padding = plain[-1] if plain else 0
    if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise MessageRefused("a file of WeCom's could not be decrypted")
    return plain[:-padding]


def _is_the_platforms(url: str, socket_url: str) -> bool:
    """One of the platform's hosts over https, or the very host where the settings say that the platform is."""
    try:
        given, own = urlsplit(url), urlsplit(socket_url)
        if given.netloc == own.netloc:
            return (own.scheme, given.scheme) in {("ws", "http"), ("wss", "https")}
        return given.scheme == "https" and f".{given.hostname or ''}".endswith(HOSTS)
    except ValueError:
        return False
