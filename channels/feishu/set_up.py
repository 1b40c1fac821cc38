"""An app of Feishu or Lark by a code: whoever scans it makes an app that has its scopes, events and callback already.

Source: the SDK of the platform, lark-oapi 1.7.5 (MIT), `lark_oapi.scene.registration`. A form is posted each time to
`/oauth/v1/app/registration`: `action=init` tells `supported_auth_methods`; `action=begin` gives `device_code`,
`verification_uri_complete`, `interval` and `expires_in`; `action=poll` gives `client_id` and `client_secret`, or an
`error` as in RFC 8628. A company of Lark shows by `user_info.tenant_brand` and has to be asked for at Lark's own host.
What the app shall be allowed goes along with the link, as gzip in base64.
"""

import base64
import gzip
import json
from collections.abc import Mapping

from aiohttp import ClientSession
from yarl import URL

from channels.feishu.options import DOMAINS
from channels.onboarding import Ending, Obtained, Offer, SetUp, SetUpEnded
from channels.shared.registrations import DEFAULT_EXPIRES_SECONDS, Json, asked, below, offered, seconds, text

HOSTS = {"feishu": "https://accounts.feishu.cn", "lark": "https://accounts.larksuite.com"}
SCAN, NEXT = "feishu.set_up.scan", "feishu.set_up.next"
PATH = "/oauth/v1/app/registration"
_NEEDED = (
    "im:message:send_as_bot im:message.p2p_msg:readonly im:message.group_at_msg:readonly im:message:readonly "
    "im:resource cardkit:card:write im:message.reactions:write_only contact:user.base:readonly"
)
SCOPES = tuple(_NEEDED.split())
"""Those of the guide, but for `im:message.group_msg`, which an admin of the company has to grant."""
ADDED = {
    "scopes": {"tenant": list(SCOPES)},
    "events": {"items": {"tenant": ["im.message.receive_v1"]}},
    "callbacks": {"items": ["card.action.trigger"]},
}
SLOWER_SECONDS = 5.0
"""How much longer to wait after `slow_down` (RFC 8628, 3.5)."""


class FeishuSetUp:
    """One registration."""

    def __init__(self, http: ClientSession, hosts: Mapping[str, str], brand: str) -> None:
        self._http = http
        self._hosts = hosts
        self._brand = brand
        self._device = ""
        self.interval_seconds = SLOWER_SECONDS

    async def begin(self) -> Offer:
        """Ask for a code."""
        known = (await self._call(action="init")).get("supported_auth_methods")
        if not isinstance(known, list) or "client_secret" not in known:
            raise SetUpEnded(Ending.REFUSED, "Feishu gives out no secrets to apps that are made by a code")
        begun = await self._call(
            action="begin", archetype="PersonalAgent", auth_method="client_secret", request_user_info="open_id"
        )
        self._device = text(begun, "device_code")
        if not self._device:
            raise _ended(begun)
        self.interval_seconds = seconds(begun, "interval", SLOWER_SECONDS)
        expires = seconds(begun, "expires_in", seconds(begun, "expire_in", DEFAULT_EXPIRES_SECONDS))
        offer = offered(text(begun, "verification_uri_complete"), expires, "Feishu")
        return Offer(link=linked(offer.link), expires_seconds=expires)

    async def ask(self) -> Obtained | None:
        """Ask once; twice when the company turns out to be one of Lark."""
        answer = await self._call(action="poll", device_code=self._device)
        brand = text(below(answer, "user_info"), "tenant_brand")
        if brand == "lark" != self._brand:
            self._brand = brand
            if not text(answer, "client_secret"):
                answer = await self._call(action="poll", device_code=self._device)
        app_id, secret = text(answer, "client_id"), text(answer, "client_secret")
        if app_id and secret:
            domain = {"domain": self._brand} if self._brand != "feishu" else {}
            return Obtained(options={"app_id": app_id, **domain}, secrets={"app_secret": secret})
        error = text(answer, "error")
        if error == "slow_down":
            self.interval_seconds += SLOWER_SECONDS
        elif error != "authorization_pending":
            raise _ended(answer)
        return None

    async def _call(self, **form: str) -> Json:
        return await asked(self._http, "POST", f"{self._hosts[self._brand]}{PATH}", "Feishu", data=form)


def set_up(http: ClientSession, hosts: Mapping[str, str], chosen: Mapping[str, object]) -> SetUp:
    """A registration at Feishu, or at Lark where `domain` says so."""
    domain = str(chosen.get("domain") or "feishu").rstrip("/").lower()
    return FeishuSetUp(http, hosts, "lark" if domain in ("lark", DOMAINS["lark"]) else "feishu")


def linked(address: str) -> str:
    """The address with what the app shall be called and allowed."""
    packed = gzip.compress(json.dumps(ADDED, separators=(",", ":")).encode(), mtime=0)
    added = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    named = {"from": "sdk", "tp": "sdk", "source": "python-sdk/nexora", "name": "Nexora", "addons": added}
    return str(URL(address).update_query(named))


def _ended(answer: Json) -> SetUpEnded:
    error, told = text(answer, "error"), text(answer, "error_description")
    endings = {"access_denied": Ending.DENIED, "expired_token": Ending.EXPIRED}
    words = ": ".join(word for word in (error, told) if word)
    return SetUpEnded(endings.get(error, Ending.REFUSED), words or "Feishu gave neither a code nor a reason")
