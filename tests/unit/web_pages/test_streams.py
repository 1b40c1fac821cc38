"""The streams of an answer, as a program uses them."""

import asyncio
import json
import logging
from contextlib import asynccontextmanager
from io import BytesIO

import pytest
import pytest_asyncio
from aiohttp import ClientSession, ClientTimeout, FormData

from channels.console import MAX_FILE_BYTES
from gateway.web.http.sse import STREAMS
from tests.browser.house import open_house

JSON = {"Content-Type": "application/json"}
HEADERS = {"Sec-Fetch-Site": "same-origin"}


@pytest_asyncio.fixture(loop_scope="session")
async def house(pool, dsn, tmp_path):
    async with open_house(pool, dsn, tmp_path) as built:
        yield built


@asynccontextmanager
async def client(house, name):
    cookies = {"nexora": await house.token(name)}
    timeout = ClientTimeout(total=20)
    async with ClientSession(house.url, cookies=cookies, headers=HEADERS, timeout=timeout) as session:
        yield session


async def frames(answer, count=10_000):
    """The frames of a stream as (number, item), until its end or so many."""
    read, number = [], None
    async for raw in answer.content:
        line = raw.decode().rstrip("\n")
        if line.startswith("id: "):
            number = int(line[4:])
        elif line.startswith("data: "):
            body = line[6:]
            read.append((number, body if body == "[DONE]" else json.loads(body)))
            number = None
            if body == "[DONE]" or len(read) == count:
                break
    return read


async def talk(session, body, **headers):
    async with session.post("/console/chat", json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "text/event-stream"
        return await frames(answer)


async def test_an_answer_is_a_stream_of_numbered_frames_that_ends(house):
    await house.person("alice")
    async with client(house, "alice") as alice:
        house.pace = 0.05
        got = await talk(alice, {"id": "message-1", "text": "tell me a long one"})
    kinds = [item["type"] for _, item in got[:-1]]
    numbers = [number for number, _ in got[:-1]]
    growing = "".join(item["text"] for _, item in got[:-1] if item["type"] == "delta")
    [final] = [item["text"] for _, item in got[:-1] if item["type"] == "message"]

    assert kinds[0] == "said"
    assert kinds[-2:] == ["message", "done"]
    assert "delta" in kinds
    assert final.startswith(growing.strip())
    assert numbers == sorted(set(numbers))
    assert got[-1] == (None, "[DONE]")


async def test_a_stream_goes_on_from_any_frame_and_its_end_is_sent_again(house):
    await house.person("alice")
    room = "a" * 32
    body = {"id": "message-1", "text": "hello", "conversation": room}
    async with client(house, "alice") as alice:
        whole = await talk(alice, body)
        rests = [await talk(alice, body, **{"Last-Event-ID": str(number)}) for number, _ in whole[:-1]]
        again = await talk(alice, body)
    said = await house.parts.store.fetchval("select count(*) from nexora_inbox where channel = 'console'")

    assert rests[:-1] == [whole[place + 1 :] for place in range(len(whole) - 2)]
    assert rests[-1] == whole[-2:]
    assert again == whole
    assert said == 1


async def test_an_answer_whose_live_stream_is_gone_is_told_from_what_was_kept(house, monkeypatch):
    monkeypatch.setattr("gateway.web.http.sse.GLANCE_SECONDS", 0.05)
    await house.person("alice")
    body = {"id": "message-1", "text": "hello", "conversation": "a" * 32}
    async with client(house, "alice") as alice:
        whole = await talk(alice, body)
        await house.parts.bus.flush()
        await house.parts.store.fetch("delete from nexora_stream")
        again = await talk(alice, body)

    assert [item for _, item in again] == [item for _, item in whole]


async def test_a_reader_who_goes_away_is_no_error(house, monkeypatch, caplog):
    monkeypatch.setattr("gateway.web.http.sse.GLANCE_SECONDS", 0.02)
    monkeypatch.setattr("gateway.web.http.sse.HEARTBEAT_SECONDS", 0.02)
    await house.person("alice")
    assert house.app is not None
    async with client(house, "alice") as alice:
        room = "a" * 32
        await talk(alice, {"text": "hello", "conversation": room})
        ending = set(house.app[STREAMS].tasks)  # a stream is read to its end before the task behind it is done
        async with alice.get(f"/console/chat/{room}/events") as answer:
            assert answer.status == 200
            await answer.content.readline()
            [following] = house.app[STREAMS].tasks - ending
            answer.close()
            done, _ = await asyncio.wait({following}, timeout=5)

    assert done == {following}
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


async def test_a_conversation_of_somebody_else_is_not_found(house):
    await house.person("alice")
    await house.person("eve")
    room = "a" * 32
    async with client(house, "alice") as alice, client(house, "eve") as eve:
        await talk(alice, {"text": "file", "conversation": room})
        number = await house.parts.store.fetchval(
            "select max(id) from nexora_console_messages where key like 'answer%'"
        )
        asked = [
            ("POST", "/console/chat", {"text": "hi", "conversation": room}),
            ("POST", "/console/chat/stop", {"conversation": room}),
            ("POST", "/console/chat/press", {"conversation": room, "message": "1", "card": "c", "choice": "a"}),
            ("POST", f"/console/chat/{room}/agent", {"agent": "ops"}),
            ("GET", f"/console/chat/{room}/events", None),
            ("GET", f"/console/chat/{room}/files/{number}/0", None),
            ("GET", f"/chat/{room}", None),
        ]
        statuses = []
        for method, path, body in asked:
            async with eve.request(method, path, json=body) as answer:
                statuses.append(answer.status)
        async with alice.get(f"/console/chat/{room}/files/{number}/0") as answer:
            own = answer.status

    assert statuses == [404] * len(asked)
    assert own == 200


async def test_a_sent_file_is_an_attachment_that_can_do_nothing(house):
    await house.person("alice")
    room = "a" * 32
    async with client(house, "alice") as alice:
        await talk(alice, {"text": "file", "conversation": room})
        (house.home / "report.html").write_text("changed since")
        number = await house.parts.store.fetchval(
            "select min(id) from nexora_console_messages where key like 'answer%#2'"
        )
        async with alice.get(f"/console/chat/{room}/files/{number}/0") as answer:
            headers, text = answer.headers, await answer.text()
        wrong = []
        for path in (f"{number}/1", "999999/0", f"{number}/..%2f0", "-1/0", f"{number}/0%00"):
            async with alice.get(f"/console/chat/{room}/files/{path}") as answer:
                wrong.append(answer.status)

    assert text.startswith("<script>")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''report.html"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert set(wrong) <= {400, 404}


async def test_what_is_too_large_is_refused_with_a_sentence_and_leaves_nothing(house):
    person = await house.person("alice")

    async def endless():
        piece = b"x" * 2**20
        for _ in range(MAX_FILE_BYTES // 2**20 + 1):
            yield piece

    async with client(house, "alice") as alice:
        form = FormData()
        form.add_field("file", endless(), filename="large.bin", content_type="application/octet-stream")
        async with alice.post("/console/files", data=form) as answer:
            status, told = answer.status, await answer.json()
        async with alice.post(
            "/console/chat", data=BytesIO(b'{"text": "' + b"x" * 10 * 2**20 + b'"}'), headers=JSON
        ) as answer:
            message = answer.status
    left = list((house.home / "uploads" / str(person.id)).glob("*"))

    assert (status, message) == (413, 413)
    assert "50.0 MB" in told["detail"]
    assert left == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"text": "\xff"}', 422),
        (b'{"text": ""}', 422),
        (b'{"text": "x", "role": "admin"}', 422),
        (b'{"text": "x", "id": "../../etc"}', 422),
        (b'{"text": "x", "conversation": "not-a-room"}', 404),
        (b'{"text": "x", "agent": "unknown"}', 403),
        (b'{"text": "x", "files": ["../secret"]}', 422),
        (b"[" * 100_000, 422),
    ],
)
async def test_wrong_words_are_refused_and_nothing_is_kept(house, body, status):
    await house.person("alice")
    async with client(house, "alice") as alice, alice.post("/console/chat", data=body, headers=JSON) as answer:
        got = answer.status
    kept = await house.parts.store.fetchval("select count(*) from nexora_console_messages")

    assert got == status
    assert kept == 0


async def test_stop_ends_the_answer_that_is_being_written(house):
    await house.person("alice")
    room = "a" * 32
    async with client(house, "alice") as alice:
        body = {"text": "a long one, wait in the middle", "conversation": room}
        async with alice.post("/console/chat", json=body) as stream:
            begun = await frames(stream, 2)
            async with alice.post("/console/chat/stop", json={"conversation": room}) as answer:
                stopped = answer.status
            rest = await frames(stream)

    assert [item["type"] for _, item in begun] == ["said", "delta"]
    assert stopped == 202
    assert "(stopped)" in rest[-3][1]["text"]
