"""Pages that are fetched: long ones in pieces, files into the workspace."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.toolbox.fetch import SHOWN_CHARACTERS, fetch_with
from agents.tools.schema import ToolFailed
from agents.tools.tool import ToolContext
from governance.egress.addresses import AllowList
from governance.egress.egress import Egress
from governance.people.people import Person, Role

LINES = "".join(f"<p id=p{number}>Paragraph {number} of a long page.</p>" for number in range(2_000))
GBK = "<meta charset=gbk><title>桥</title><p>木桥</p>".encode("gbk")


async def page(request: web.Request) -> web.Response:
    kinds = {
        "long": {"text": f"<title>Long</title>{LINES}", "content_type": "text/html"},
        "gbk": {"body": GBK, "headers": {"Content-Type": "text/html"}},
        "hidden": {"text": "<p>a</p><p hidden>bcd</p>", "content_type": "text/html"},
        "empty": {"text": "<div id=app></div><script>x()</script>", "content_type": "text/html"},
        "report.pdf": {"body": b"%PDF-1.4", "content_type": "application/pdf"},
        "broken": {"text": "<p>no such bridge</p>", "content_type": "text/html", "status": 404},
        "plain": {"text": "a\n  b", "content_type": "text/plain"},
    }
    return web.Response(**kinds[request.match_info["kind"]])


class Desk:
    def __init__(self, egress: Egress, workspace: Path, base: str) -> None:
        self.egress, self.workspace, self.base = egress, workspace, base
        person = Person(id=UUID(int=1), name="alice", role=Role.OPERATOR)
        self.context = ToolContext(person=person, agent="helper", conversation="c", workspace=workspace)

    async def fetch(self, kind: str, start: int = 0, *, raw: bool = False):
        return await fetch_with(self.egress, self.context, f"{self.base}/{kind}", start, raw=raw)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    app = web.Application()
    app.router.add_get("/{kind}", page)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    async with Egress(AllowList.of([f"127.0.0.1:{server.port}"])) as egress:
        yield Desk(egress, tmp_path, f"http://127.0.0.1:{server.port}")
    await server.close()


async def test_a_long_page_is_read_piece_by_piece_and_lies_whole_in_a_file(desk: Desk) -> None:
    first = (await desk.fetch("long")).text
    second = (await desk.fetch("long", SHOWN_CHARACTERS)).text

    assert first.startswith("# Long\n\nParagraph 0 of")
    assert f"characters 0 to {SHOWN_CHARACTERS:,} of " in first
    assert f"start={SHOWN_CHARACTERS} reads on; all of it: fetched/long.md)" in first
    whole = (desk.workspace / "fetched/long.md").read_text()
    assert second.startswith(whole[SHOWN_CHARACTERS : SHOWN_CHARACTERS + 500])
    assert "Paragraph 1999 of" in whole
    with pytest.raises(ToolFailed, match="has only"):
        await desk.fetch("long", len(whole))


async def test_an_address_with_a_place_begins_there(desk: Desk) -> None:
    assert (await desk.fetch("long#p1999")).text.startswith("Paragraph 1999 of")


@pytest.mark.parametrize(
    ("kind", "text", "ok"),
    [
        ("gbk", "# 桥\n\n木桥", True),
        ("hidden", "a\n(3 characters that the page hides from its readers are left out)", True),
        ("empty", "The page holds no text; it may be made by a script, which does not run here.", True),
        ("plain", "a\n  b", True),
        ("broken", "The server answered 404.\nno such bridge", False),
        ("report.pdf", "It is application/pdf, 8 bytes; saved as fetched/report.pdf, which read_file reads.", True),
    ],
)
async def test_each_kind_of_answer_says_what_it_is(desk: Desk, kind: str, text: str, ok: bool) -> None:
    result = await desk.fetch(kind)
    assert (result.text, result.ok) == (text, ok)


async def test_a_page_is_saved_as_it_came_for_programs_to_read(desk: Desk) -> None:
    result = await desk.fetch("gbk", raw=True)

    assert result.text.endswith(" bytes; saved as fetched/127.0.0.1_gbk, which read_file reads.")
    assert (desk.workspace / "fetched/127.0.0.1_gbk").read_bytes() == GBK
