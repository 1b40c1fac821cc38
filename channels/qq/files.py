"""Files that persons send: fetched from the platform's own hosts, with a limit, and without our credentials."""

from urllib.parse import urlsplit

import aiohttp

from channels.base import ChannelDown, FileTooLarge
from channels.downloads import whole
from channels.messages import File

HOSTS = (".qq.com", ".qq.com.cn", ".gtimg.cn", ".myqcloud.com")
TIMEOUT = aiohttp.ClientTimeout(total=120.0, sock_connect=10.0)


async def fetch(http: aiohttp.ClientSession, file: File, limit_bytes: int, api_url: str) -> bytes:
    """The bytes. Raises FileTooLarge, or ChannelDown where the platform does not hand them out."""
    if file.size > limit_bytes:
        raise FileTooLarge(f"{file.name} has {file.size} bytes; the limit is {limit_bytes}")
    if not _is_the_platforms(file.locator, api_url):
        raise ChannelDown(f"{file.name} does not lie with QQ")
    try:
        async with http.get(file.locator, timeout=TIMEOUT, allow_redirects=False) as response:
            if not response.ok:
                raise ChannelDown(f"QQ did not hand out {file.name}: {response.status}")
            return await whole(response, file.name, limit_bytes)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ChannelDown(f"QQ did not hand out {file.name}: {type(error).__name__}") from None


def _is_the_platforms(url: str, api_url: str) -> bool:
    """One of the platform's hosts over https, or the very place where the settings say that the API is."""
    try:
        given, own = urlsplit(url), urlsplit(api_url)
        if (given.scheme, given.netloc) == (own.scheme, own.netloc):
            return True
        return given.scheme == "https" and f".{given.hostname or ''}".endswith(HOSTS)
    except ValueError:
        return False
