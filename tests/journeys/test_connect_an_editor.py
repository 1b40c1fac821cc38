"""The page about connecting an editor, followed: a token from the console, settings, tools, the conversation."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from governance.people.people import CHAT
from tests.journeys.life import served
from tests.journeys.town import Town, town

DOCS = Path(__file__).parents[2] / "docs"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


async def browser_of(here: Town, base: str, name: str) -> httpx2.AsyncClient:
    """Somebody signed in to the console."""
    person = await here.person(name)
    async with here.store.transaction() as work:
        token = await here.gateway.deciding.sessions.open(work, person.id, origin=CHAT)
    headers = {"Accept": "text/html", "Origin": base, "Cookie": f"nexora={token}"}
    return httpx2.AsyncClient(base_url=base, headers=headers, trust_env=False)


def settings_of(page: str, base: str, token: str) -> dict[str, Any]:
    """What the page tells people to write, with their own address and token."""
    [block] = re.findall(r"```json\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    told = block.replace("https://nexora.example", base).replace("TOKEN", token)
    found: dict[str, Any] = json.loads(told)["mcpServers"]["nexora"]
    return found


@pytest.mark.parametrize("page", ["connect-an-editor.md", "connect-an-editor.zh.md"])
async def test_an_editor_is_connected_as_the_page_says_and_disconnected_from_the_console(here: Town, page: str) -> None:
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(served(here.gateway))
        console = await stack.enter_async_context(await browser_of(here, base, "alice"))
        wrong = await console.post("/account/token", data={"name": "laptop", "days": "9999"})
        made = await console.post("/account/token", data={"name": "laptop", "days": "90"})
        token = re.findall(r"nxp_[a-z0-9]{10}_[\w-]{43}", made.text)[0]
        settings = settings_of(page, base, token)
        http = await stack.enter_async_context(httpx2.AsyncClient(headers=settings["headers"], trust_env=False))
        streams = streamable_http_client(settings["url"], http_client=http)
        here.model.say("Good morning.")
        async with Client(streams, mode="auto") as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            said = (await client.call_tool("ask_agent", {"agent": "assistant", "message": "hello"})).structured_content
        listed = await console.get("/conversations")
        account = await console.get("/account")
        await console.post("/account/revoke-token", data={"token": token.split("_")[1]})
        ended = await http.post(settings["url"], json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})

    assert "within 365 days" in wrong.text
    assert {f"`{name}`" for name in tools} == set(
        re.findall(r"^\| (`\w+`) \|", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    )
    assert said is not None
    assert said["answer"] == "Good morning."
    assert f"/chat/{said['conversation']}" in listed.text
    assert "from a program" in listed.text
    assert "laptop" in account.text
    assert token not in account.text
    assert ended.status_code == 401
    assert {"web:token:created", "web:token:revoked"} <= set(await here.tags())
