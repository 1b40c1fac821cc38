"""A server that wants to know who asks, and the authorisation server beside it, which refuses what a real one refuses.

Wrong redirect address, wrong verifier, a code or a renewal used twice (which ends all that came of it), another client,
a wrong resource, scopes that were not granted. Written by RFC 6749, 7591, 7636, 8414, 8707, 9207 and 9728.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

TOOLS = {"whoami": "read", "erase": "write"}
_SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}}


@dataclass(kw_only=True)
class Family:
    """What came of one consent."""

    client: str
    account: str
    scope: str
    resource: str
    tokens: set[str] = field(default_factory=set)
    renewals: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    code: str = ""
    is_over: bool = False


class SigningIn:
    """Both of them on one port. `account` is who consents in the browser; `lasts` are the seconds of a token."""

    def __init__(self, *, metadata_url: str = "", lasts: int = 3600, pkce: bool = True) -> None:
        self.account = "ann@example.org"
        self.lasts = lasts
        self.metadata_url = metadata_url
        self.pkce = pkce
        self.clients: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, tuple[Family, dict[str, str]]] = {}
        self.families: list[Family] = []
        self.refused: list[str] = []
        self.renewals = 0
        self.calls: list[str] = []

    async def start(self) -> None:
        app = web.Application()
        app.add_routes(
            [
                web.post("/mcp", self.mcp),
                web.get("/.well-known/oauth-protected-resource/mcp", self.resource),
                web.get("/.well-known/oauth-authorization-server", self.metadata),
                web.post("/register", self.register),
                web.get("/authorize", self.authorize),
                web.post("/token", self.token),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    @property
    def place(self) -> str:
        return urlsplit(self.base).netloc

    # What it says of itself

    async def resource(self, _: web.Request) -> web.Response:
        return web.json_response({"resource": f"{self.base}/mcp", "authorization_servers": [self.base]})

    async def metadata(self, _: web.Request) -> web.Response:
        told = {
            "issuer": self.base,
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "registration_endpoint": f"{self.base}/register",
            "authorization_response_iss_parameter_supported": True,
            **({"code_challenge_methods_supported": ["S256"]} if self.pkce else {}),
        }
        return web.json_response(told)

    # Signing in

    async def register(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        number, secret = f"client-{len(self.clients)}", secrets.token_urlsafe(16)
        given = {**wanted, "client_id": number, "client_secret": secret}
        self.clients[number] = {**given, "token_endpoint_auth_method": "client_secret_basic"}
        return web.json_response(self.clients[number], status=201)

    async def authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        client = self.clients.get(asked.get("client_id", ""))
        if client is None or asked.get("redirect_uri") not in client["redirect_uris"]:
            self.refused.append("redirect")
            return web.Response(status=400, text="no such client, or not its address")
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            self.refused.append("challenge")
            return web.Response(status=400, text="no challenge")
        family = Family(
            client=asked["client_id"],
            account=self.account,
            scope=asked.get("scope", ""),
            resource=asked.get("resource", ""),
            code=secrets.token_urlsafe(16),
        )
        self.families.append(family)
        self.codes[family.code] = (family, asked)
        back = urlencode({"code": family.code, "state": asked["state"], "iss": self.base})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{back}")

    async def token(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl(await request.text()))
        scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
        number, _, secret = base64.b64decode(pair or "").decode().partition(":")
        client = self.clients.get(number)
        if scheme != "Basic" or client is None or not secrets.compare_digest(client["client_secret"], secret):
            return self._no("invalid_client", 401)
        if form.get("grant_type") == "authorization_code":
            return self._by_code(number, form)
        return self._by_renewal(number, form)

    def _by_code(self, client: str, form: dict[str, str]) -> web.Response:
        family, asked = self.codes.get(form.get("code", ""), (None, {}))
        if family is None or family.client != client:
            return self._no("invalid_grant")
        if family.tokens:
            family.is_over = True
            return self._no("code used twice")
        made = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if made != asked["code_challenge"] or form.get("redirect_uri") != asked["redirect_uri"]:
            return self._no("wrong verifier or address")
        if form.get("resource", "") != family.resource or family.resource != f"{self.base}/mcp":
            return self._no("invalid_target")
        return self._given(family)

    def _by_renewal(self, client: str, form: dict[str, str]) -> web.Response:
        given = form.get("refresh_token", "")
        family = next((each for each in self.families if given in each.renewals | each.used), None)
        if family is None or family.client != client or family.is_over:
            return self._no("invalid_grant")
        if given in family.used:
            family.is_over = True
            return self._no("renewal used twice")
        family.renewals.discard(given)
        family.used.add(given)
        family.tokens.clear()
        self.renewals += 1
        return self._given(family)

    def _given(self, family: Family) -> web.Response:
        token, renewal = f"at-{secrets.token_urlsafe(24)}", f"rt-{secrets.token_urlsafe(24)}"
        family.tokens.add(token)
        family.renewals.add(renewal)
        told = {"access_token": token, "token_type": "bearer", "refresh_token": renewal, "scope": family.scope}
        return web.json_response({**told, "expires_in": self.lasts}, headers={"Cache-Control": "no-store"})

    def _no(self, why: str, status: int = 400) -> web.Response:
        self.refused.append(why)
        return web.json_response({"error": "invalid_client" if status == 401 else "invalid_grant"}, status=status)

    # The server

    async def mcp(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        family = next((each for each in self.families if token in each.tokens and not each.is_over), None)
        if family is None:
            where = self.metadata_url or f"{self.base}/.well-known/oauth-protected-resource/mcp"
            said = f'Bearer resource_metadata="{where}", scope="read"'
            return web.Response(status=401, headers={"WWW-Authenticate": said})
        asked = await request.json()
        if "id" not in asked:
            return web.Response(status=202)
        if asked["method"] != "tools/call":
            return _answered(asked, _listing(asked))
        needed = TOOLS[asked["params"]["name"]]
        if needed not in family.scope.split():
            said = f'Bearer error="insufficient_scope", scope="{needed}"'
            return web.Response(status=403, headers={"WWW-Authenticate": said})
        self.calls.append(asked["params"]["name"])
        text = f"{asked['params']['name']}: {family.account} [{family.scope}]"
        return _answered(asked, {"content": [{"type": "text", "text": text}]})


def _listing(asked: dict[str, Any]) -> dict[str, Any]:
    if asked["method"] == "tools/list":
        return {"tools": [{"name": name, "description": name, "inputSchema": _SCHEMA} for name in TOOLS]}
    told = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}}
    return {**told, "serverInfo": {"name": "desk", "version": "1"}}


def _answered(asked: dict[str, Any], result: dict[str, Any]) -> web.Response:
    return web.json_response({"jsonrpc": "2.0", "id": asked["id"], "result": result})
