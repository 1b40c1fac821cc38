"""An intelligent bot of WeCom by a code: whoever scans it makes the bot, in API mode with a long connection.

Source: WeCom's own command line, github.com/WecomTeam/wecom-cli (MIT), `src/auth/qrcode.rs`. `GET /ai/qc/generate` with
`source` and `plat` gives `data.scode` and `data.auth_url`, which is what is scanned; `GET /ai/qc/query_result?scode=…`
gives `data.status`, and once that is `success` `data.bot_info` with `botid` and `secret`. It is asked every 3 seconds,
and a code counts for 5 minutes; the platform tells neither. `plat` is 1 for macOS, 2 for Windows, 3 for Linux. These
addresses are not in WeCom's public manual and may change; the form does the same by hand.
"""

import sys
from collections.abc import Mapping

from aiohttp import ClientSession

from channels.onboarding import Ending, Obtained, Offer, SetUp, SetUpEnded
from channels.shared.registrations import Json, asked, below, offered, text

HOSTS = {"wecom": "https://work.weixin.qq.com"}
SCAN, NEXT = "wecom.set_up.scan", "wecom.set_up.next"
SOURCE = "nexora"
INTERVAL_SECONDS = 3.0
EXPIRES_SECONDS = 300.0
_PLATFORMS = {"darwin": "1", "win32": "2", "linux": "3"}


class WeComSetUp:
    """One bot in the making."""

    def __init__(self, http: ClientSession, host: str) -> None:
        self._http = http
        self._host = host
        self._code = ""
        self.interval_seconds = INTERVAL_SECONDS

    async def begin(self) -> Offer:
        """Ask for a code."""
        data = await self._call("generate", {"source": SOURCE, "plat": _PLATFORMS.get(sys.platform, "0")})
        self._code = text(data, "scode")
        if not self._code:
            raise SetUpEnded(Ending.REFUSED, "WeCom gave no code")
        return offered(text(data, "auth_url"), EXPIRES_SECONDS, "WeCom")

    async def ask(self) -> Obtained | None:
        """Ask once. Whatever is not `success` is waited for: no other status is documented."""
        data = await self._call("query_result", {"scode": self._code})
        if text(data, "status") != "success":
            return None
        bot_id, secret = text(below(data, "bot_info"), "botid"), text(below(data, "bot_info"), "secret")
        if not bot_id or not secret:
            raise SetUpEnded(Ending.REFUSED, "WeCom made a bot and told neither its ID nor its secret")
        return Obtained(options={"bot_id": bot_id}, secrets={"secret": secret})

    async def _call(self, step: str, query: Mapping[str, str]) -> Json:
        answer = await asked(self._http, "GET", f"{self._host}/ai/qc/{step}", "WeCom", params=query)
        if answer.get("errcode") not in (0, None):
            words = f"{text(answer, 'errmsg')} ({text(answer, 'errcode')})"
            raise SetUpEnded(Ending.REFUSED, words, may_pass=step == "query_result")
        return below(answer, "data")


def set_up(http: ClientSession, hosts: Mapping[str, str], chosen: Mapping[str, object]) -> SetUp:
    """A bot with a long connection."""
    del chosen
    return WeComSetUp(http, hosts["wecom"])
