"""The registration of apps at oapi.dingtalk.com as DingTalk's own connector uses it."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.platforms.codes import FakeCodes, Handler


@dataclass
class FakeRegistration(FakeCodes):
    sources: tuple[str, ...] = ("DING_DWS_CLAW",)
    interval: float = 0.01
    robot: tuple[str, str] = ("dingabc123", "Qx7vR2kLm0PzWt5n")

    def handlers(self) -> dict[str, Handler]:
        steps = {"init": self._init, "begin": self._begin, "poll": self._poll}
        return {f"POST /app/registration/{step}": handler for step, handler in steps.items()}

    async def _init(self, request: web.Request) -> web.Response:
        if (await request.json()).get("source") not in self.sources:
            return _wrong(40035, "不合法的参数 source")
        return _right(nonce="nonce-1", expires_in=300)

    async def _begin(self, request: web.Request) -> web.Response:
        if (await request.json()) != {"nonce": "nonce-1"}:
            return _wrong(40036, "nonce 已失效")
        page = f"{self.url}/openapp/registration?user_code=AB12"
        self.links.append(page)
        return _right(device_code="device-1", verification_uri_complete=page, interval=self.interval, expires_in=7200)

    async def _poll(self, request: web.Request) -> web.Response:
        if (await request.json()) != {"device_code": "device-1"}:
            return _wrong(40037, "device_code 不存在")
        match self.settled():
            case "waiting":
                return _right(status="WAITING")
            case "denied":
                return _right(status="FAIL", fail_reason="用户拒绝了授权")
            case "expired":
                return _right(status="EXPIRED")
        client_id, secret = self.robot
        return _right(status="SUCCESS", client_id=client_id, client_secret=secret)


def _right(**told: Any) -> web.Response:
    return web.json_response({"errcode": 0, "errmsg": "ok", **told})


def _wrong(code: int, words: str) -> web.Response:
    return web.json_response({"errcode": code, "errmsg": words})
