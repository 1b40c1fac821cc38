"""A person signs in to a server that wants to know who asks: the link, the way back, the call that goes on, the end."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest_asyncio

from agents.mcp.definition import ActsAs, DeclaredEffect, DeclaredTool, HttpTransport, ServerDefinition
from agents.mcp.listing import listing_of
from gateway.signing_in.tokens import secret_of
from governance.people.people import CHAT, Person, Role
from governance.sign_in.sessions import Sessions
from tests.journeys.life import served
from tests.journeys.town import Town, town
from tests.platforms.mcp.signing_in import _SCHEMA, TOOLS, SigningIn


class Here:
    """The town, the server, and a browser for each person."""

    def __init__(self, town: Town, server: SigningIn, base: str) -> None:
        self.town = town
        self.server = server
        self.base = base

    def browser(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.base, trust_env=False, headers={"Accept": "text/html"})

    async def approved(self, acts_as: ActsAs = ActsAs.PERSON) -> ServerDefinition:
        """The server, as an admin would have approved it."""
        listing = listing_of("desk", [{"name": each, "description": each, "inputSchema": _SCHEMA} for each in TOOLS])
        server = ServerDefinition(
            name="desk",
            transport=HttpTransport(url=f"{self.server.base}/mcp"),
            tools={name: DeclaredTool(effect=DeclaredEffect.READS) for name in TOOLS},
            acts_as=acts_as,
            timeout_seconds=10.0,
        )
        server = replace(server, approved=listing.digest)
        await self.town.gateway.granting.servers.put(server, listing)
        return server

    async def link(self, name: str, *, after: int = 0) -> str:
        """The path of the newest link that somebody was sent."""
        found: list[str] = []

        def is_there() -> bool:
            texts = [f"{each.text} {each.entities}" for each in self.town.seen(name)]
            found[:] = [each for text in texts for each in re.findall(r"/servers/sign-in/[\w-]+", text)]
            return len(found) > after

        await self.town.telegram.until(is_there, 40)
        return found[-1]

    async def away(self, browser: httpx2.AsyncClient, path: str) -> str:
        """Open the link, go on, consent; the path by which the authorisation server sends the browser back."""
        shown = await browser.get(path)
        assert shown.status_code == 200, shown.text
        gone = await browser.post(path, headers={"Origin": self.base, "Sec-Fetch-Site": "same-origin"})
        onward = gone.headers["Refresh"].partition("url=")[2]
        assert onward.startswith(f"{self.server.base}/authorize?")
        async with httpx2.AsyncClient(trust_env=False) as outside:
            back = urlsplit((await outside.get(onward)).headers["Location"])
        return f"{back.path}?{back.query}"

    async def calls(self, tool: str, then: str) -> None:
        """Alice's agent calls a tool."""
        self.town.model.call(f"desk__{tool}", text="x")
        self.town.model.say(then)
        self.town.say("alice", then)


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Here]:
    async with AsyncExitStack() as stack:
        server = SigningIn()
        await server.start()
        stack.push_async_callback(server.stop)
        built = await stack.enter_async_context(town(dsn, tmp_path / "home", egress={"allow": [server.place]}))
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield Here(built, server, await stack.enter_async_context(served(built.gateway)))


async def everything(here: Here) -> str:
    """All that was said, recorded and told to the model."""
    lines = await here.town.store.fetch("select detail::text || resource as line from nexora_audit_events")
    said = [each.text for name in here.town.people for each in here.town.seen(name)]
    return "\n".join([*(row["line"] for row in lines), *said, str(here.town.model.requests)])


async def test_a_first_call_asks_to_sign_in_goes_on_by_itself_and_one_that_needs_more_asks_again(here: Here) -> None:
    await here.approved()
    await here.calls("whoami", "I know now.")
    path = await here.link("alice")
    told = next(each.text for each in here.town.seen("alice") if "desk" in each.text)
    async with here.browser() as browser:
        page = await browser.get(path)
        done = await browser.get(await here.away(browser, path))
        await here.town.hears("alice", "I know now.", seconds=40)
        first = (await here.town.results())[-1]
        await here.calls("erase", "It is erased.")
        await browser.get(await here.away(browser, await here.link("alice", after=1)))
        await here.town.hears("alice", "It is erased.", seconds=40)
    kept = [family for family in here.server.families if family.tokens]
    seen = await everything(here)

    assert here.server.place in told
    assert "read" in told
    assert "alice" in page.text
    assert "You are signed in to desk" in done.text
    assert "whoami: ann@example.org [read]" in first
    assert "erase: ann@example.org [read write]" in (await here.town.results())[-1]
    assert here.server.calls == ["whoami", "erase"]
    assert not any(token in seen for family in kept for token in family.tokens | family.renewals | {family.code})
    assert {"servers:sign_in:asked", "servers:sign_in:done"} <= set(await here.town.tags())


async def test_the_way_back_is_for_one_person_one_browser_and_one_use(here: Here) -> None:
    server = await here.approved()
    people, desk = here.town.gateway.deciding.people, here.town.gateway.granting.sign_ins
    root = await people.by_name("root")
    assert root is not None
    sessions: Sessions = here.town.gateway.deciding.sessions
    async with here.town.store.transaction() as work:
        opened = await sessions.open(work, root.id, origin=CHAT)
    here.town.say("alice", "/mcp sign-in desk")
    path = await here.link("alice")
    async with here.browser() as browser, here.browser() as other:
        stranger = await other.get(path, headers={"Cookie": f"nexora={opened}"})
        forged = await browser.get("/servers/signed-in?code=x&state=guess")
        back = await here.away(browser, path)
        elsewhere = await other.get(back)
        late = await browser.get(back)
        here.town.say("alice", "/mcp sign-in desk")
        back = await here.away(browser, await here.link("alice", after=1))
        wrong = await browser.get(re.sub("iss=[^&]*", "iss=https://evil.example", back))
        here.town.say("alice", "/mcp sign-in desk")
        back = await here.away(browser, await here.link("alice", after=2))
        done, again = await browser.get(back), await browser.get(back)
    refused = await here.town.store.fetch(
        "select detail from nexora_audit_events where tag = 'servers:sign_in:refused'"
    )

    assert [each.status_code for each in (stranger, forged, elsewhere, late, wrong)] == [403, 410, 403, 410, 403]
    assert (done.status_code, again.status_code) == (200, 410)
    words = " ".join(str(row["detail"]) for row in refused)
    assert all(word in words for word in ("person", "state", "browser", "replayed", "issuer"))
    assert len(await desk.tokens.owners(server.name)) == 1


async def signed_in(here: Here, name: str = "alice", after: int = 0) -> Person:
    here.town.say(name, "/mcp sign-in desk")
    async with here.browser() as browser:
        done = await browser.get(await here.away(browser, await here.link(name, after=after)))
    assert done.status_code == 200, done.text
    person = await here.town.gateway.deciding.people.by_name(name)
    assert person is not None
    return person


async def test_tokens_are_renewed_once_however_many_ask_and_end_when_a_renewal_is_refused(here: Here) -> None:
    server = await here.approved()
    here.server.lasts = 1
    person = await signed_in(here)
    tokens = here.town.gateway.granting.sign_ins.tokens
    sources = [tokens.source(server, person.id) for _ in range(5)]
    here.server.lasts, here.server.renewals = 3600, 0
    found = {await each for each in asyncio.as_completed([source.token() for source in sources])}
    here.server.families[-1].is_over = True
    after = await sources[0].token_after(found.copy().pop())

    assert here.server.renewals == 1
    assert len(found) == 1
    assert after == ""
    assert here.server.refused == ["invalid_grant"]
    assert not await tokens.owners(server.name)


async def test_signing_out_being_shut_out_and_removal_end_what_was_given(here: Here) -> None:
    await here.approved()
    person, desk = await signed_in(here), here.town.gateway.granting.sign_ins
    here.town.say("alice", "/mcp sign-out desk")
    await here.town.hears("alice", "You are signed out of desk", seconds=40)
    assert not await desk.tokens.owners("desk")
    await signed_in(here, after=1)
    assert await desk.tokens.owners("desk") == {person.id}
    await here.town.gateway.deciding.people.disable(person.id, by=None, origin=CHAT)
    rows = await here.town.store.fetch("select name from nexora_secrets where name = $1", secret_of("desk"))

    assert not rows


async def test_a_server_with_one_account_is_signed_in_to_by_an_admin_for_everybody(here: Here) -> None:
    await here.approved(ActsAs.INSTALLATION)
    await here.calls("whoami", "An admin has to.")
    await here.town.hears("alice", "An admin has to.", seconds=40)
    assert "by an admin, for everybody" in (await here.town.results())[-1]
    here.town.say("alice", "/mcp sign-in desk")
    await here.town.hears("alice", "only an admin signs in", seconds=40)
    await signed_in(here, "root")
    await here.calls("whoami", "Now I know.")
    await here.town.hears("alice", "Now I know.", seconds=40)

    assert "ann@example.org" in (await here.town.results())[-1]
