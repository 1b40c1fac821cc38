"""A client of servers out of our own pieces, which the conformance suite of the MCP project starts with an address.

It signs in as a person would, but follows the link by itself; what is kept elsewhere as secrets it holds in memory.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from agents.mcp.definition import ActsAs, HttpTransport, ServerDefinition
from agents.mcp.ending import ServerEnding, SignInNeeded
from agents.mcp.http import GuardedTransport
from agents.mcp.servers import Servers
from agents.mcp.sign_in.bearer import Bearer
from agents.mcp.sign_in.protocol import SignInClient, client_from_terms
from agents.mcp.sign_in.terms import ClientAccount, GivenAccess, SignInChallenge, SignInEnded, SignInPlace
from agents.mcp.ways import Ways
from agents.sandbox import Sandbox, SandboxLevel
from agents.tools.tool import ToolContext
from governance.egress.addresses import AllowList
from governance.egress.egress import Egress, GuardedResolver
from governance.people.people import Person, Role

BACK = "http://localhost:3000/callback"
ABOUT_US = "https://conformance-test.local/client-metadata.json"
MOST = 3
ANN = Person(id=UUID(int=1), name="ann", role=Role.OPERATOR)


class Here(AllowList):
    """This machine, where the suite has its servers at ports that nobody knows before."""

    def holds(self, host: str, port: int) -> bool:
        return bool(port) and host in {"localhost", "127.0.0.1"}


class Held:
    """The tokens, and how somebody signs in."""

    def __init__(self, client: SignInClient, context: Mapping[str, Any]) -> None:
        self._client = client
        self._context = context
        self._account: ClientAccount | None = None
        self.given: GivenAccess | None = None

    async def token(self) -> str:
        return self.given.token if self.given else ""

    async def token_after(self, refused: str) -> str:
        del refused
        if self.given is None:
            return ""
        try:
            self.given = await self._client.renew(self.given)
        except SignInEnded:
            self.given = None
        return await self.token()

    async def sign_in(self, server: ServerDefinition, challenge: SignInChallenge, _: object = None) -> str:
        assert isinstance(server.transport, HttpTransport)
        granted = self.given.scope if self.given else ""
        place = await self._client.place(server.transport.url, challenge, scopes="", granted=granted)
        self._account = await self._known(place)
        asked = self._client.asked(place, self._account)
        async with httpx2.AsyncClient(trust_env=False) as browser:
            back = httpx2.URL((await browser.get(asked.url)).headers["Location"]).params
        assert back["state"] == asked.state
        self.given = await self._client.trade(place, self._account, back["code"], asked.verifier)
        return ""

    async def _known(self, place: SignInPlace) -> ClientAccount:
        if "client_id" in self._context:
            return client_from_terms(place, self._context["client_id"], self._context.get("client_secret", ""), BACK)
        if place.takes_metadata_url:
            return ClientAccount(client_id=ABOUT_US, issuer=place.issuer, redirect_uri=BACK)
        if self._account is not None and self._account.issuer == place.issuer:
            return self._account
        return await self._client.register(place, BACK)


async def main(url: str) -> int:
    allow = Here()
    context = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    server = ServerDefinition(name="suite", transport=HttpTransport(url=url), acts_as=ActsAs.PERSON)
    with tempfile.TemporaryDirectory() as folder:
        async with Egress(allow, per_host=0) as egress:
            guarded = GuardedTransport(egress, ServerEnding())
            async with httpx2.AsyncClient(transport=guarded, trust_env=False) as http:
                held = Held(SignInClient(http, lambda _: ""), context)
                ways = Ways(
                    sandbox=Sandbox(level=SandboxLevel.NONE),
                    egress=egress,
                    resolver=GuardedResolver(),
                    folder=Path(folder),
                    sign_in=lambda _, __, ending: Bearer(held, ending.note),
                )
                return await _call_all(Servers(ways, signs_in=held.sign_in), server, held, Path(folder))


async def _call_all(servers: Servers, server: ServerDefinition, held: Held, folder: Path) -> int:
    """List what there is, and call each of it once."""
    for _ in range(MOST):
        try:
            listing = await servers.look(server, ANN)
            break
        except SignInNeeded as needed:
            await held.sign_in(server, needed.challenge)
    else:
        sys.stderr.write("the server takes no sign-in\n")
        return 1
    await servers.put(replace(server, approved=listing.digest), listing)
    context = ToolContext(person=ANN, agent="a", conversation="c", workspace=folder)
    results = [await tool.run(context, {}) for tool in servers.tools("suite")]
    await servers.close()
    sys.stdout.write("".join(f"{result.text}\n" for result in results))
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[-1])))
