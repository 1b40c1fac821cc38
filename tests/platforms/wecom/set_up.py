"""The making of intelligent bots at work.weixin.qq.com as WeCom's own command line uses it."""

from dataclasses import dataclass

from aiohttp import web

from tests.platforms.codes import FakeCodes, Handler


@dataclass
class FakeMaker(FakeCodes):
    bot: tuple[str, str] = ("aibXk2", "Zr8mQ4tYw1LpVc6d")

    def handlers(self) -> dict[str, Handler]:
        return {"GET /ai/qc/generate": self._generate, "GET /ai/qc/query_result": self._result}

    async def _generate(self, request: web.Request) -> web.Response:
        if not request.query.get("source") or request.query.get("plat") not in {"0", "1", "2", "3"}:
            return web.json_response({"errcode": 40058, "errmsg": "invalid param"})
        page = f"{self.url}/ai/qc/c?s=scode-1"
        self.links.append(page)
        return web.json_response({"data": {"scode": "scode-1", "auth_url": page}})

    async def _result(self, request: web.Request) -> web.Response:
        if request.query.get("scode") != "scode-1":
            return web.json_response({"errcode": 40058, "errmsg": "invalid scode"})
        state = self.settled()
        if state != "confirmed":  # no answer tells of an end: whoever asks gives up by the clock
            return web.json_response({"data": {"status": "waiting"}})
        bot_id, secret = self.bot
        return web.json_response({"data": {"status": "success", "bot_info": {"botid": bot_id, "secret": secret}}})
