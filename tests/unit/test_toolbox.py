"""The built-in tools on a real workspace, in the real sandbox, and against servers on this machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.layers import Layers
from agents.models.context import estimate_tokens
from agents.sandbox import choose
from agents.toolbox import shell, toolbox
from agents.tools.background import Backgrounds
from agents.tools.schema import with_defaults
from agents.tools.tool import Tool, ToolContext, ToolResult
from governance.egress.egress import AllowList, Egress
from governance.people.people import Person, Role
from governance.record.transaction import Store


class Box:
    """All tools, and one conversation's folder."""

    def __init__(self, tools: tuple[Tool, ...], workspace: Path) -> None:
        self.tools = {tool.name: tool for tool in tools}
        self.workspace = workspace
        self.context = ToolContext(
            person=Person(id=uuid4(), name="alice", role=Role.OPERATOR),
            agent="assistant",
            conversation="c",
            workspace=workspace,
        )

    async def __call__(self, name: str, /, **arguments: Any) -> ToolResult:
        return await self.tools[name].run(self.context, arguments)


async def hello(_: web.Request) -> web.Response:
    page = "<html><head><title>no</title></head><body><h1>Hello</h1><script>bad()</script><p>a <b>word</b></p></body>"
    return web.Response(text=page, content_type="text/html")


async def picture(_: web.Request) -> web.Response:
    return web.Response(body=b"\x89PNG", content_type="image/png")


@pytest.fixture
async def inside() -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/", hello)
    app.router.add_get("/picture", picture)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def box(tmp_path: Path, inside: TestServer) -> AsyncIterator[Box]:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    async with Egress(AllowList.of([f"127.0.0.1:{inside.port}"])) as egress:
        sandbox = choose("auto")
        tools = toolbox(
            sandbox,
            egress,
            Layers(tmp_path / "layers", sandbox),
            outgoing=tmp_path / "outgoing",
            now=lambda: datetime(2026, 11, 24, 12, tzinfo=UTC),
            times=shell.CommandTimes(usual=10),
            backgrounds=Backgrounds(Store(cast("Any", None)), owner="o", lease=timedelta(seconds=8)),
        )
        yield Box(tools, workspace)


async def test_a_file_is_written_read_edited_and_listed(box: Box) -> None:
    assert (await box("write_file", path="notes/a.txt", content="one\ntwo\nthree\n")).ok
    assert (await box("read_file", path="notes/a.txt")).text.endswith("\none\ntwo\nthree")
    assert (await box("read_file", path="notes/a.txt", start_line=2, end_line=2)).text.endswith("LF\ntwo")
    assert (await box("edit_file", path="notes/a.txt", old="two", new="2")).ok
    assert (box.workspace / "notes/a.txt").read_text() == "one\n2\nthree\n"
    assert (await box("list_files")).text == "notes/a.txt · 12 B\n1 file, 12 B"


async def test_an_edit_that_fits_nowhere_or_in_two_places_says_so(box: Box) -> None:
    await box("write_file", path="a", content="x x")

    nowhere = await box("edit_file", path="a", old="y", new="z")
    twice = await box("edit_file", path="a", old="x", new="z")

    assert not nowhere.ok
    assert "read the file" in nowhere.text
    assert "in several places of line 1. Give more of that line" in twice.text
    assert (box.workspace / "a").read_text() == "x x"


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "link/passwd", "a/../../outside"])
@pytest.mark.parametrize("name", ["read_file", "write_file", "send_file"])
async def test_nothing_outside_the_workspace_is_reached(box: Box, name: str, path: str) -> None:
    (box.workspace / "link").symlink_to("/etc")
    (box.workspace.parent / "outside").write_text("canary")
    more = {"content": "taken"} if name == "write_file" else {}

    result = await box(name, path=path, **more)

    assert not result.ok
    assert "canary" not in result.text
    assert "root:" not in result.text
    assert (box.workspace.parent / "outside").read_text() == "canary"


async def test_a_missing_file_and_wrong_arguments_are_sentences(box: Box) -> None:
    assert "there is no gone" in (await box("read_file", path="gone")).text
    assert "`path` is missing" in (await box("read_file")).text
    assert "`colour` is not a parameter" in (await box("read_file", path="a", colour="red")).text


async def test_what_is_no_text_is_not_read_as_text(box: Box) -> None:
    (box.workspace / "b").write_bytes(b"\0\1\2")

    assert "is not text" in (await box("read_file", path="b")).text


async def test_a_command_runs_in_the_workspace_and_tells_how_it_ended(box: Box) -> None:
    await box("write_file", path="a", content="hello")

    assert (await box("shell", command="cat a")).text == "hello\nexit 0"
    failed = await box("shell", command="echo no; exit 3")
    assert not failed.ok
    assert failed.text == "no\nexit 3"


async def test_a_command_sees_no_secret_of_the_gateway(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXORA_CANARY", "canary")

    assert "canary" not in (await box("shell", command="env; cat /proc/*/environ 2>/dev/null")).text
    assert not (await box("shell", command="cat /etc/shadow")).ok


async def test_a_command_has_no_network(box: Box, inside: TestServer) -> None:
    result = await box("shell", command=f"exec 3<>/dev/tcp/127.0.0.1/{inside.port} && echo reached")

    assert "reached" not in result.text


async def test_a_page_is_read_as_text_and_other_things_are_saved(box: Box, inside: TestServer) -> None:
    base = f"http://127.0.0.1:{inside.port}"

    assert (await box("fetch_url", url=base)).text == "# Hello\n\na word"
    saved = await box("fetch_url", url=f"{base}/picture")
    assert "saved as fetched/" in saved.text


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://2130706433/",
        "file:///etc/passwd",
    ],
)
async def test_no_inner_address_is_fetched(box: Box, url: str) -> None:
    result = await box("fetch_url", url=url)

    assert not result.ok
    assert "root:" not in result.text


async def test_a_sent_file_is_a_copy_that_later_changes_leave_alone(box: Box) -> None:
    await box("write_file", path="report.txt", content="first")

    sent = await box("send_file", path="report.txt")
    await box("write_file", path="report.txt", content="second")

    assert [file.name for file in sent.files] == ["report.txt"]
    assert await asyncio.to_thread(Path(sent.files[0].locator).read_text) == "first"


async def test_the_time_is_told_in_any_zone(box: Box) -> None:
    assert "2026-11-24 20:00:00" in (await box("current_time", zone="Asia/Shanghai")).text
    assert "no time zone" in (await box("current_time", zone="Mars/Base")).text


async def test_all_tools_together_stay_far_below_the_prompt_s_budget(box: Box) -> None:
    offered = [
        {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
        for tool in box.tools.values()
    ]

    assert estimate_tokens(len(json.dumps(offered))) < 1_000


async def test_an_edit_keeps_what_is_not_in_utf_8(box: Box) -> None:
    (box.workspace / "latin").write_bytes(b"caf\xe9 one")

    edited = await box("edit_file", path="latin", old="one", new="two")

    assert edited.text == "Replaced 1 place in latin (latin-1, as before).\ncafé two"
    assert (box.workspace / "latin").read_bytes() == b"caf\xe9 two"


async def test_an_edit_of_several_lines_fits_a_file_with_windows_line_ends(box: Box) -> None:
    (box.workspace / "dos").write_bytes(b"one\r\ntwo\r\nthree\r\n")

    assert (await box("edit_file", path="dos", old="one\ntwo", new="1\n2")).ok
    assert (box.workspace / "dos").read_bytes() == b"1\r\n2\r\nthree\r\n"


async def test_a_long_command_shows_its_latest_lines_meanwhile(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "REPORT_SECONDS", 0.0)
    heard: list[str] = []

    async def report(text: str) -> None:
        heard.append(text)

    context = replace(box.context, report=report)
    await box.tools["shell"].run(context, {"command": "echo first; echo second"})

    assert "first" in heard[0]
    assert heard[-1] == "first\nsecond\n"


async def test_what_the_guard_judges_is_complete_even_when_the_model_leaves_it_out(box: Box) -> None:
    assert with_defaults(box.tools["list_files"], {}) == {"path": "."}
    assert with_defaults(box.tools["list_files"], {"path": "src"}) == {"path": "src"}
    assert with_defaults(box.tools["shell"], {}) == {}
