"""Voice becomes words where a model is named for it, else a sentence; pictures reach models that can see."""

import hashlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest_asyncio

from gateway.messages.read import _keep
from tests.journeys.town import Town, town
from tests.platforms.model import Reply

VOICE = b"OggS what Alice said"
PICTURE = b"\x89PNG\r\n\x1a\n what Alice saw"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home", models={"transcription": "fake/fake-1"}) as built:
        yield built


@pytest_asyncio.fixture(loop_scope="session")
async def deaf(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


def send(here: Town, kind: str, content: bytes, **more: Any) -> None:
    chats = here.telegram.chats
    file_id = f"FILE{len(chats.files)}"
    chats.files[file_id] = (f"{kind}.bin", content)
    file = {"file_id": file_id, "file_unique_id": file_id, "file_size": len(content)}
    given: Any = {**file, "duration": 2, "mime_type": "audio/ogg"}
    if kind == "photo":
        given = [{**file, "width": 1, "height": 1}]
    chats.say(here.people["alice"], here.user("alice"), **{kind: given}, **more)


def received(here: Town) -> dict[str, bytes]:
    folder = here.home / "workspaces" / hashlib.sha256(f"telegram:{here.people['alice']}:".encode()).hexdigest()[:24]
    return {path.name: path.read_bytes() for path in (folder / "received").iterdir()}


def asked(here: Town) -> list[dict[str, Any]]:
    return [request["messages"][-1] for request in here.model.requests]


async def test_a_voice_message_is_answered_as_if_it_had_been_typed(here: Town) -> None:
    alice = await here.person("alice")
    here.model.said_in[VOICE] = "restart the staging server"
    here.model.say("Restarting it.")
    send(here, "voice", VOICE)
    await here.hears("alice", "Restarting it.")
    used = await here.store.fetch(
        "select user_id, input_tokens from nexora_token_usage where purpose = 'transcription'"
    )

    assert asked(here)[0]["content"].startswith("restart the staging server\n")
    assert VOICE in received(here).values()
    assert [tuple(row) for row in used] == [(alice.id, 14)]


async def test_what_no_model_can_hear_is_answered_with_the_providers_reason(here: Town) -> None:
    await here.person("alice")
    send(here, "voice", b"\x02#!SILK_V3")
    await here.hears("alice", "Invalid file format")

    assert asked(here) == []


async def test_without_a_model_for_it_a_voice_message_is_answered_with_a_sentence(deaf: Town) -> None:
    await deaf.person("alice")
    send(deaf, "voice", VOICE)
    await deaf.hears("alice", "models.transcription")

    assert asked(deaf) == []
    assert VOICE in received(deaf).values()


async def test_words_beside_a_voice_message_are_answered_all_the_same(deaf: Town) -> None:
    await deaf.person("alice")
    deaf.model.say("I read it.")
    send(deaf, "voice", VOICE, caption="please listen")
    await deaf.hears("alice", "I read it.")

    assert "please listen" in asked(deaf)[0]["content"]
    assert "could not be turned into words" in asked(deaf)[0]["content"]


async def test_a_picture_is_shown_to_the_model_once_and_kept_in_the_workspace(here: Town) -> None:
    await here.person("alice")
    here.model.say("A heron.")
    send(here, "photo", PICTURE, caption="what is this?")
    await here.hears("alice", "A heron.")
    here.model.say("Still a heron.")
    here.say("alice", "are you sure?")
    await here.hears("alice", "Still a heron.")
    first, second = here.model.requests

    assert [part["type"] for part in first["messages"][-1]["content"]] == ["text", "image_url"]
    assert "what is this?" in first["messages"][-1]["content"][0]["text"]
    assert all(isinstance(message["content"], str) for message in second["messages"]), "a picture is paid for once"
    assert PICTURE in received(here).values()


async def test_a_model_that_cannot_see_answers_the_words(here: Town) -> None:
    await here.person("alice")
    here.model.is_blind = True
    here.model.always(Reply(text="I cannot see it."))
    send(here, "photo", PICTURE, caption="what is this?")
    await here.hears("alice", "I cannot see it.")

    assert "cannot see pictures" in asked(here)[-1]["content"]


def test_files_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    kept = [_keep(tmp_path, "../voice.ogg", BytesIO(content)) for content in (b"one", b"two", b"one", b"three")]

    assert kept == ["received/_voice.ogg", "received/_voice-2.ogg", "received/_voice.ogg", "received/_voice-3.ogg"]
    assert (tmp_path / kept[1]).read_bytes() == b"two"
