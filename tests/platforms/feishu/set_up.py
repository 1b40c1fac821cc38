"""The accounts host of Feishu or Lark as `lark_oapi.scene.registration` and RFC 8628 describe it."""

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from tests.platforms.codes import FakeCodes, Handler, Pace


@dataclass
class FakeAccounts(FakeCodes):
    """`brand` is that of the company whose person scans; `here` the brand of this host."""

    brand: str = "feishu"
    here: str = "feishu"
    methods: tuple[str, ...] = ("client_secret",)
    interval: float = 0.02
    app: tuple[str, str] = ("cli_a1b2c3d4e5f6", "f3Kq0zWm9TgLs1Xv")

    def handlers(self) -> dict[str, Handler]:
        return {"POST /oauth/v1/app/registration": self._asked}

    async def _asked(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            return web.json_response({"error": "invalid_request"}, status=400)
        form = dict(await request.post())
        match form.get("action"):
            case "init":
                return web.json_response({"supported_auth_methods": list(self.methods)})
            case "begin":
                return self._begin(form)
            case "poll":
                return self._poll(form)
        return web.json_response({"error": "invalid_request", "error_description": "unknown action"}, status=400)

    def _begin(self, form: dict[str, Any]) -> web.Response:
        wanted = {"archetype": "PersonalAgent", "auth_method": "client_secret", "request_user_info": "open_id"}
        if {name: form.get(name) for name in wanted} != wanted:
            return web.json_response({"error": "invalid_request"}, status=400)
        self.pace = Pace(self.interval)
        page = f"{self.url}/page/launcher?ticket=abc"
        self.links.append(page)
        answer = {"device_code": "device-1", "verification_uri_complete": page, "user_code": "AB-CD"}
        return web.json_response({**answer, "interval": self.interval, "expires_in": 600})

    def _poll(self, form: dict[str, Any]) -> web.Response:
        if form.get("device_code") != "device-1":
            return web.json_response({"error": "invalid_grant"}, status=400)
        if hasattr(self, "pace") and self.pace.is_too_fast():
            return web.json_response({"error": "slow_down"}, status=400)
        errors = {"waiting": "authorization_pending", "denied": "access_denied", "expired": "expired_token"}
        state = self.settled()
        if state in errors:
            return web.json_response({"error": errors[state], "error_description": f"it is {state}"}, status=400)
        person = {"open_id": "ou_1", "tenant_brand": self.brand}
        if self.brand != self.here:  # the app is made where its company lives
            return web.json_response({"error": "authorization_pending", "user_info": person}, status=400)
        client_id, secret = self.app
        return web.json_response({"client_id": client_id, "client_secret": secret, "user_info": person})


def added_by(link: str) -> dict[str, Any]:
    """What the link asks the launcher page to give the app."""
    [packed] = parse_qs(urlsplit(link).query)["addons"]
    found: dict[str, Any] = json.loads(gzip.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))))
    return found
