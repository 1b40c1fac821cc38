"""A robot of DingTalk by a code: whoever scans it makes one, or chooses one that there is.

Source: the connector of DingTalk's own organisation, github.com/DingTalk-Real-AI/dingtalk-openclaw-connector,
`bin/dingtalk-connector.js`; the same in github.com/NousResearch/hermes-agent, `hermes_cli/dingtalk_auth.py`. Each step
is a POST of JSON, whose answer has `errcode` 0. `/app/registration/init {source}` gives a `nonce`; `/begin {nonce}`
gives `device_code`, `verification_uri_complete`, `interval` and `expires_in`; `/poll {device_code}` gives a `status`:
WAITING, SUCCESS with `client_id` and `client_secret`, FAIL with `fail_reason`, or EXPIRED. The connector goes on asking
for two minutes after FAIL and EXPIRED, for somebody may scan the same code again; so do we. `source` names who asks:
the platform knows the value of its connector, and its page may speak of OpenClaw for it.
"""

from collections.abc import Mapping

from aiohttp import ClientSession

from channels.onboarding import Ending, Obtained, Offer, SetUp, SetUpEnded
from channels.shared.registrations import Json, asked, offered, seconds, text

HOSTS = {"dingtalk": "https://oapi.dingtalk.com"}
SCAN, NEXT = "dingtalk.set_up.scan", "dingtalk.set_up.next"
SOURCE = "DING_DWS_CLAW"
INTERVAL_SECONDS = 3.0
EXPIRES_SECONDS = 7200.0


class DingTalkSetUp:
    """One registration."""

    def __init__(self, http: ClientSession, host: str) -> None:
        self._http = http
        self._host = host
        self._device = ""
        self.interval_seconds = INTERVAL_SECONDS

    async def begin(self) -> Offer:
        """Ask for a code."""
        nonce = text(await self._call("init", {"source": SOURCE}), "nonce")
        begun = await self._call("begin", {"nonce": nonce})
        self._device = text(begun, "device_code")
        if not self._device:
            raise SetUpEnded(Ending.REFUSED, "DingTalk gave no code")
        self.interval_seconds = seconds(begun, "interval", INTERVAL_SECONDS)
        return offered(
            text(begun, "verification_uri_complete"), seconds(begun, "expires_in", EXPIRES_SECONDS), "DingTalk"
        )

    async def ask(self) -> Obtained | None:
        """Ask once."""
        answer = await self._call("poll", {"device_code": self._device})
        status = text(answer, "status").upper()
        client_id, secret = text(answer, "client_id"), text(answer, "client_secret")
        if status == "SUCCESS" and client_id and secret:
            return Obtained(options={"client_id": client_id}, secrets={"client_secret": secret})
        if status == "WAITING":
            return None
        if status == "EXPIRED":
            raise SetUpEnded(Ending.EXPIRED, may_pass=True)
        raise SetUpEnded(Ending.DENIED, text(answer, "fail_reason") or f"DingTalk answers {status}", may_pass=True)

    async def _call(self, step: str, body: Json) -> Json:
        answer = await asked(self._http, "POST", f"{self._host}/app/registration/{step}", "DingTalk", json=body)
        if answer.get("errcode") not in (0, None):
            words = f"{text(answer, 'errmsg')} ({text(answer, 'errcode')})"
            raise SetUpEnded(Ending.REFUSED, words, may_pass=step == "poll")
        return answer


def set_up(http: ClientSession, hosts: Mapping[str, str], chosen: Mapping[str, object]) -> SetUp:
    """A registration."""
    del chosen
    return DingTalkSetUp(http, hosts["dingtalk"])
