"""The binding of bots at q.qq.com as open gateways use it: the secret comes sealed with the key of whoever asked."""

import base64
import binascii
import os
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.platforms.codes import FakeCodes, Handler


@dataclass
class FakePortal(FakeCodes):
    bot: tuple[str, str] = ("102000123", "DG5g3B4j9X2KOErG")
    seals_with: bytes | None = None
    """Another key than the one that was given."""

    def handlers(self) -> dict[str, Handler]:
        return {"POST /lite/create_bind_task": self._create, "POST /lite/poll_bind_result": self._poll}

    async def _create(self, request: web.Request) -> web.Response:
        if "application/json" not in request.headers.get("Accept", ""):
            return web.Response(text="<html>are you a robot?</html>", content_type="text/html")
        try:
            self.key = base64.b64decode((await request.json())["key"], validate=True)
        except (KeyError, binascii.Error):
            return _wrong(1001, "key invalid")
        if len(self.key) != 32:
            return _wrong(1001, "key invalid")
        self.links.append(f"{self.url}/qqbot/openclaw/connect.html?task_id=task-1")
        return _right(task_id="task-1")

    async def _poll(self, request: web.Request) -> web.Response:
        if (await request.json()) != {"task_id": "task-1"}:
            return _wrong(1002, "task not found")
        state = self.settled()
        app_id, secret = self.bot
        if state == "confirmed":
            nonce = os.urandom(12)
            sealed = nonce + AESGCM(self.seals_with or self.key).encrypt(nonce, secret.encode(), None)
            told = {"bot_appid": app_id, "bot_encrypt_secret": base64.b64encode(sealed).decode()}
            return _right(status=2, **told, user_openid="OPENID")
        return _right(status=3 if state == "expired" else 1, bot_appid="0", bot_encrypt_secret="", user_openid="")


def _right(**data: Any) -> web.Response:
    return web.json_response({"retcode": 0, "msg": "success", "data": data})


def _wrong(code: int, words: str) -> web.Response:
    return web.json_response({"retcode": code, "msg": words, "data": {}})
