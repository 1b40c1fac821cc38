"""The platform's store for what bots send: three steps for each file, and all that it refuses at each of them.

Its number for a media_id that is not there, and the refusal that names no request, are those of the real platform; the
numbers for a broken upload are told nowhere.
"""

import base64
import binascii
import hashlib
import itertools
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
LARGEST_CHUNK, MOST_CHUNKS, SMALLEST = 512 * 1024, 100, 5
LARGEST = {"image": 2 * 2**20, "voice": 2 * 2**20, "video": 10 * 2**20, "file": 20 * 2**20}
ENDINGS = {"image": (".png", ".jpg", ".jpeg", ".gif"), "voice": (".amr",), "video": (".mp4",)}
SIGNS = {"image": (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8"), "voice": (b"#!AMR",)}


class Refused(Exception):
    """A request that is answered with a code; a nameless answer does not say which request it means."""

    def __init__(self, code: int, words: str, *, is_nameless: bool = False) -> None:
        super().__init__(words)
        self.code = code
        self.is_nameless = is_nameless


@dataclass(kw_only=True)
class Media:
    """What lies in the store for three days."""

    kind: str
    name: str
    content: bytes


@dataclass(kw_only=True)
class _Upload:
    owner: object
    told: Json
    chunks: dict[int, bytes] = field(default_factory=dict)


class Uploads:
    """`begun` counts the uploads that were ever begun. What was begun on one connection is unknown on another."""

    def __init__(self) -> None:
        self.media: dict[str, Media] = {}
        self.begun = 0
        self.chunks = 0
        self._open: dict[str, _Upload] = {}
        self._numbers = itertools.count(1)

    def done(self, owner: object, command: str, body: Json) -> Json:
        """The body of the receipt for one step; raises Refused."""
        match command:
            case "aibot_upload_media_init":
                return self._begin(owner, body)
            case "aibot_upload_media_chunk":
                return self._take(owner, body)
            case "aibot_upload_media_finish":
                return self._finish(owner, body)
        raise AssertionError(command)

    def shown(self, body: Json) -> Media:
        """What a message shows; raises Refused."""
        kind = body["msgtype"]
        media = self.media.get(str(wanted(body.get(kind) or {}, "media_id", f"body.{kind}.")))
        if media is None or media.kind != kind:
            raise Refused(40007, "invalid media_id")
        return media

    def _begin(self, owner: object, body: Json) -> Json:
        kind, name, size, count = (wanted(body, key) for key in ("type", "filename", "total_size", "total_chunks"))
        if kind not in LARGEST:
            raise Refused(40004, "invalid media type")
        if not name or not name.lower().endswith(ENDINGS.get(kind, "")):
            raise Refused(40005, "invalid file type")
        if not SMALLEST <= size <= LARGEST[kind]:
            raise Refused(40006, "invalid file size")
        if not 1 <= count <= MOST_CHUNKS or count * LARGEST_CHUNK < size:
            raise Refused(40058, "total_chunks invalid")
        self.begun += 1
        upload_id = f"upload-{next(self._numbers)}"
        self._open[upload_id] = _Upload(owner=owner, told=body)
        return {"upload_id": upload_id}

    def _known(self, owner: object, body: Json) -> _Upload:
        upload = self._open.get(str(wanted(body, "upload_id")))
        if upload is None or upload.owner is not owner:
            raise Refused(40058, "invalid upload_id")
        return upload

    def _take(self, owner: object, body: Json) -> Json:
        upload = self._known(owner, body)
        index, data = wanted(body, "chunk_index"), wanted(body, "base64_data")
        if index not in range(upload.told["total_chunks"]):
            raise Refused(40058, "chunk_index out of range")
        try:
            content = base64.b64decode(data, validate=True)
        except binascii.Error:
            raise Refused(40058, "base64_data invalid") from None
        if not 0 < len(content) <= LARGEST_CHUNK:
            raise Refused(40006, "invalid chunk size")
        upload.chunks[index] = content
        self.chunks += 1
        return {}

    def _finish(self, owner: object, body: Json) -> Json:
        upload = self._known(owner, body)
        told, kind = upload.told, upload.told["type"]
        if len(upload.chunks) != told["total_chunks"]:
            raise Refused(40058, "chunk missing")
        content = b"".join(upload.chunks[index] for index in sorted(upload.chunks))
        if len(content) != told["total_size"]:
            raise Refused(40006, "total_size mismatch")
        if "md5" in told and hashlib.md5(content, usedforsecurity=False).hexdigest() != told["md5"]:
            raise Refused(40058, "md5 mismatch")
        if kind in SIGNS and not content.startswith(SIGNS[kind]):
            raise Refused(40005, "invalid file type")
        del self._open[body["upload_id"]]
        media_id = f"media-{next(self._numbers)}"
        self.media[media_id] = Media(kind=kind, name=told["filename"], content=content)
        return {"type": kind, "media_id": media_id, "created_at": 1_790_959_832}


def wanted(body: Json, key: str, where: str = "body.") -> Any:
    """A field that must be there."""
    if key not in body:
        raise Refused(40058, f"missing field `{where}{key}`. invalid Request Parameter", is_nameless=True)
    return body[key]
