"""A token URL (RFC 6749, refresh tokens) whose access tokens the mail servers verify by themselves, as signed JWTs."""

import time

import jwt
from aiohttp import web

from tests.platforms.mail.places import SECRET

CLIENT, CLIENT_SECRET, REFRESH = "nexora-mail", "client secret", "consent of the owner"
LIFE_SECONDS = 2


class TokenUrl:
    """Gives tokens that end sooner than it says, which is what a revoked or restarted session looks like."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.given = 0
        self.newest_ends = 0.0
        self.is_revoked = False

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/token", self._give)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/token"

    async def stop(self) -> None:
        assert self._runner
        await self._runner.cleanup()

    async def _give(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, CLIENT_SECRET):
            return _refused("invalid_client", "unknown client")
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != REFRESH or self.is_revoked:
            return _refused("invalid_grant", "Token has been expired or revoked.")
        self.given += 1
        self.newest_ends = int(time.time()) + LIFE_SECONDS
        claims = {"email": self._account, "exp": int(self.newest_ends), "iat": int(time.time()), "sub": self._account}
        token = jwt.encode({**claims, "n": self.given}, SECRET, algorithm="HS256")
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": 3600})


def _refused(error: str, why: str) -> web.Response:
    return web.json_response({"error": error, "error_description": why}, status=400)
