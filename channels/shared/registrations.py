"""One question to the address at which a platform registers apps. What the answer means is the adapter's."""

import json
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from channels.base import ChannelDown
from channels.onboarding import Ending, Offer, SetUpEnded
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import beginning

Json = dict[str, Any]
TIMEOUT = ClientTimeout(total=15.0, sock_connect=10.0)
MOST_BYTES = 2**20
DEFAULT_EXPIRES_SECONDS = 600.0


async def asked(http: ClientSession, method: str, url: str, platform: str, **sent: Any) -> Json:
    """The JSON object of the answer, whatever its status below 500: refusals come with one. Raises ChannelDown."""
    try:
        async with http.request(method, url, timeout=TIMEOUT, allow_redirects=False, **sent) as response:
            body = await beginning(response, MOST_BYTES)
            status = response.status
    except (ClientError, OSError, TimeoutError) as error:
        raise ChannelDown(saying("unreachable", platform=platform, why=why(error))) from None
    answer = _object(body)
    if answer is None or status >= 500:  # noqa: PLR2004 -- the class of server errors
        raise ChannelDown(saying("no_json", platform=platform, status=status))
    return answer


def _object(body: bytes) -> Json | None:
    try:
        read = json.loads(body)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def below(answer: Json, key: str) -> Json:
    """The object under that key; an empty one where there is none."""
    found = answer.get(key)
    return found if isinstance(found, dict) else {}


def text(answer: Json, key: str) -> str:
    """The text or number under that key; empty where there is none."""
    found = answer.get(key)
    return str(found).strip() if isinstance(found, str | int) and not isinstance(found, bool) else ""


def seconds(answer: Json, key: str, default: float) -> float:
    """A length of time of the platform's, where it is one."""
    found = answer.get(key)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) and found > 0 else default


def offered(link: str, expires_seconds: float, platform: str) -> Offer:
    """What to show; raises SetUpEnded when it is no address that a phone opens."""
    if not link.startswith(("https://", "http://")):
        raise SetUpEnded(Ending.REFUSED, f"{platform} gave no address to scan")
    return Offer(link=link, expires_seconds=expires_seconds)
