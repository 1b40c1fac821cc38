"""What servers answer, as results of ours."""

import base64
from types import SimpleNamespace

from mcp_types import CallToolResult
from pydantic import TypeAdapter

from agents.mcp.results import MOST_BLOCKS, NO_ANSWER, SHOWN_CHARACTERS, told

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
RESULT = TypeAdapter(CallToolResult)


async def shown(tmp_path, *blocks, **more):
    result = RESULT.validate_python({"content": list(blocks), **more})
    return await told(result, "hub-查询", SimpleNamespace(workspace=tmp_path, call=None))


def text(said: str) -> dict:
    return {"type": "text", "text": said}


async def test_texts_stand_one_after_another_without_what_nobody_sees(tmp_path):
    result = await shown(tmp_path, text("one\u200b"), text("  "), text("two"))

    assert (result.text, result.ok) == ("one\n\ntwo", True)
    assert (await shown(tmp_path)).text == NO_ANSWER
    assert not (await shown(tmp_path, text("no"), isError=True)).ok


async def test_a_value_is_shown_where_no_text_says_it(tmp_path):
    assert '"degrees": 7' in (await shown(tmp_path, structuredContent={"degrees": 7})).text
    assert (await shown(tmp_path, text("7 degrees"), structuredContent={"degrees": 7})).text == "7 degrees"


async def test_pictures_are_seen_and_every_other_file_is_kept(tmp_path):
    note = base64.b64encode("留言".encode()).decode()
    result = await shown(
        tmp_path,
        {"type": "image", "data": PIXEL, "mimeType": "image/png"},
        {"type": "audio", "data": note, "mimeType": "audio/wav"},
        {"type": "image", "data": "%%%", "mimeType": "image/png"},
        {"type": "resource_link", "uri": "https://a.example/x", "name": "x", "mimeType": "text/plain"},
        {"type": "resource", "resource": {"uri": "file:///a", "text": "inside"}},
        {"type": "resource", "resource": {"uri": "file:///b", "blob": note}},
    )

    assert len(result.pictures) == 1
    assert "fetched/hub-_-0-1.png" in result.text
    assert "cannot be read: it is no base64" in result.text
    assert "https://a.example/x (x text/plain)" in result.text
    assert "file:///a\ninside" in result.text
    assert (tmp_path / "fetched" / "hub-_-0-3").read_text(encoding="utf-8") == "留言"


async def test_what_is_long_or_much_is_kept_as_a_file_or_left_out(tmp_path):
    long = await shown(tmp_path, text("x" * (SHOWN_CHARACTERS + 1)))
    much = await shown(tmp_path, *[text("x")] * (MOST_BLOCKS + 5))

    assert "all of it: fetched/hub-_-0-1.txt" in long.text
    assert (tmp_path / "fetched" / "hub-_-0-1.txt").stat().st_size == SHOWN_CHARACTERS + 1
    assert "(5 further parts are left out)" in much.text
