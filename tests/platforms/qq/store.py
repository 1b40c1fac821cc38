"""The file store of the bot platform: what it takes, what it refuses, and whom a file may be shown to."""

import base64
import binascii
import hashlib
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from channels.messages import FileKind
from tests.contract.drivers import SeenFile

Json = dict[str, Any]
Refusal = tuple[int, int, str]
"""A status, QQ's number and its words."""
LONGEST_CALL = 10_000_000
BLOCK = 3 * 2**20
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_KINDS = {1: FileKind.IMAGE, 3: FileKind.VOICE}


@dataclass
class Store:
    """`documents` is whether this bot may send files of any kind; `refusals` come before anything else is looked at."""

    documents: bool = True
    refusals: deque[Refusal] = field(default_factory=deque)
    calls: int = 0

    def __post_init__(self) -> None:
        self._kept: dict[str, tuple[str, SeenFile]] = {}
        self._uploads: dict[str, tuple[str, Json, list[bytes]]] = {}
        self._pieces: dict[tuple[str, int], bytes] = {}
        self._numbers = itertools.count(1)

    def take(self, place: str, body: Json) -> Json | Refusal:
        """Keep a file for that room; what is answered, or why not."""
        self.calls += 1
        if self.refusals:
            return self.refusals.popleft()
        if body.get("srv_send_msg") is not False:
            return 400, 40034105, "主动消息发送失败，无权限"
        try:
            whole = self._whole(place, body) if body.get("upload_id") else None
            content = whole or base64.b64decode(body.get("file_data") or "", validate=True)
        except binascii.Error:
            return 400, 850026, "下载原始文件失败"
        if not content:
            return 400, 40093010, "上传URL错误"
        if not self._is_taken(body.get("file_type"), content):
            return 400, 850019, "不支持的文件格式"
        name = f"info-{next(self._numbers)}"
        kind = _KINDS.get(body["file_type"], FileKind.DOCUMENT)
        self._kept[name] = (place, SeenFile(name=str(body.get("file_name")), content=content, presented_as=kind))
        return {"file_uuid": f"uuid-{name}", "file_info": name, "ttl": 300}

    def prepare(self, place: str, body: Json, base: str) -> Json | Refusal:
        """Places for the pieces of a file that is announced."""
        size = int(body["file_size"])
        if not isinstance(body["file_size"], str) or any(len(body[key]) != 32 for key in ("md5", "md5_10m")):
            return 400, 40093002, "参数错误"
        name, count = f"upload-{next(self._numbers)}", -(-size // BLOCK)
        self._uploads[name] = (place, body, [b""] * count)
        parts = [{"index": number, "presigned_url": f"{base}/cos/{name}/{number}"} for number in range(count)]
        return {"upload_id": name, "block_size": str(BLOCK), "parts": parts, "upload_config": {"concurrency": 1}}

    def put(self, name: str, number: int, content: bytes) -> None:
        self._pieces[name, number] = content

    def finish(self, place: str, body: Json) -> Json | Refusal:
        """A piece is complete."""
        name, number = body["upload_id"], body["part_index"]
        content = self._pieces.get((name, number), b"")
        if body["md5"] != hashlib.md5(content, usedforsecurity=False).hexdigest():
            return 400, 40093003, "分片校验失败"
        if self._uploads[name][0] != place or body["block_size"] != str(len(content)):
            return 400, 40093002, "参数错误"
        self._uploads[name][2][number] = content
        return {}

    def _whole(self, place: str, body: Json) -> bytes:
        owner, announced, pieces = self._uploads[body["upload_id"]]
        whole = b"".join(pieces)
        given = (hashlib.md5(whole, usedforsecurity=False), hashlib.sha1(whole, usedforsecurity=False))
        head = hashlib.md5(whole[:10_002_432], usedforsecurity=False).hexdigest()
        named = [announced[key] for key in ("md5", "sha1", "md5_10m")]
        is_right = owner == place and [*(each.hexdigest() for each in given), head] == named
        return whole if is_right else b""

    def _is_taken(self, kind: object, content: bytes) -> bool:
        match kind:
            case 1:
                return content.startswith(_PICTURES)
            case 2:
                return content[4:8] == b"ftyp"
            case 3:
                return content.lstrip(b"\x02").startswith(b"#!SILK_V3")
            case 4:
                return self.documents
        return False

    def find(self, place: str, body: Json) -> SeenFile | Refusal:
        """The file that a message of type 7 names, if it was kept for this room."""
        media = body.get("media")
        if not isinstance(media, dict) or not media.get("file_info"):
            return 400, 22006, "消息类型与内容不匹配"
        kept = self._kept.get(media["file_info"])
        if kept is None or kept[0] != place:
            return 400, 304080, "文件信息无效"
        return kept[1]
