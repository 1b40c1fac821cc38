"""The fake's store for what bots send refuses what the platform refuses; the tests of uploads rest on that."""

import base64
import hashlib
from typing import Any

import pytest

from tests.platforms.wecom.uploads import LARGEST_CHUNK, Refused, Uploads


def begin(uploads: Uploads, content: bytes = b"0123456789", owner: object = None, **changed: Any) -> str:
    told = {
        "type": "file",
        "filename": "x.bin",
        "total_size": len(content),
        "total_chunks": 1,
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
    }
    return str(uploads.done(owner, "aibot_upload_media_init", told | changed)["upload_id"])


def chunk(
    uploads: Uploads, upload_id: str, content: bytes = b"0123456789", index: int = 0, owner: object = None
) -> None:
    data = base64.b64encode(content).decode()
    uploads.done(owner, "aibot_upload_media_chunk", {"upload_id": upload_id, "chunk_index": index, "base64_data": data})


def finish(uploads: Uploads, upload_id: str) -> str:
    return str(uploads.done(None, "aibot_upload_media_finish", {"upload_id": upload_id})["media_id"])


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "sticker"},
        {"total_size": 4},
        {"total_size": 20 * 2**20 + 1, "total_chunks": 41},
        {"type": "image", "filename": "x.webp"},
        {"type": "image", "filename": "x.png", "total_size": 2 * 2**20 + 1, "total_chunks": 5},
        {"total_chunks": 0},
        {"total_chunks": 101},
        {"total_size": 2 * LARGEST_CHUNK + 1, "total_chunks": 2},
    ],
)
def test_the_fake_does_not_begin_what_it_cannot_take(changed: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        begin(Uploads(), **changed)


def test_the_fake_refuses_chunks_that_do_not_fit() -> None:
    uploads = Uploads()
    upload_id = begin(uploads)
    for wrong in (
        {"upload_id": "guessed"},
        {"upload_id": upload_id, "index": 1},
        {"upload_id": upload_id, "content": bytes(LARGEST_CHUNK + 1)},
        {"upload_id": upload_id, "owner": "another connection"},
    ):
        with pytest.raises(Refused):
            chunk(uploads, **wrong)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="base64"):
        uploads.done(None, "aibot_upload_media_chunk", {"upload_id": upload_id, "chunk_index": 0, "base64_data": "!"})


def test_the_fake_refuses_to_finish_what_is_not_what_was_told() -> None:
    uploads = Uploads()
    with pytest.raises(Refused, match="chunk missing"):
        finish(uploads, begin(uploads))
    for changed, words in (({"md5": "0" * 32}, "md5"), ({"total_size": 11}, "total_size")):
        upload_id = begin(uploads, **changed)
        chunk(uploads, upload_id)
        with pytest.raises(Refused, match=words):
            finish(uploads, upload_id)
    picture = begin(uploads, type="image", filename="x.png")
    chunk(uploads, picture)
    with pytest.raises(Refused, match="file type"):
        finish(uploads, picture)


def test_the_fake_shows_only_what_was_uploaded_and_as_what() -> None:
    uploads = Uploads()
    upload_id = begin(uploads)
    chunk(uploads, upload_id)
    media_id = finish(uploads, upload_id)

    assert uploads.shown({"msgtype": "file", "file": {"media_id": media_id}}).content == b"0123456789"
    for kind, given in (("image", media_id), ("file", "guessed")):
        with pytest.raises(Refused, match="invalid media_id"):
            uploads.shown({"msgtype": kind, kind: {"media_id": given}})
    with pytest.raises(Refused, match="missing field"):
        uploads.shown({"msgtype": "file", "file": {"url": "https://x.org"}})
    with pytest.raises(Refused, match="invalid upload_id"):
        finish(uploads, upload_id)
