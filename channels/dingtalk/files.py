"""Files to and from DingTalk: in by the code that a message carries, out through the older API's media store.

The store takes few kinds (open.dingtalk.com/document/development/upload-media-files); every other file travels in a
ZIP archive of its own name, which it takes. Recordings in AMR or Ogg of up to a minute are voice messages (sampleAudio,
whose `duration` is in milliseconds).
"""

import asyncio
import io
import json
import re
import zipfile
from pathlib import Path

import aiohttp
from yarl import URL

from channels.base import ChannelDown, ChannelRefused, FileTooLarge, MessageRefused, RateLimited
from channels.dingtalk import Options
from channels.dingtalk.api import QPS_SECONDS, Api, Json, lack_of
from channels.messages import File, FileKind
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import whole
from channels.shared.sound import Codec, Sound, sound_of

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_VOICE_BYTES, MAX_VOICE_SECONDS = 2 * 1024 * 1024, 60.0
VOICE = "voice"
ENDINGS = {Codec.AMR: "amr", Codec.OPUS: "ogg"}
"""Recordings that the store takes as voice; the message shows no name, and the store looks at how it ends."""
TRANSFER_SECONDS = 120.0
PICTURES = frozenset({"bmp", "gif", "jpeg", "jpg", "png"})
DOCUMENTS = frozenset({"doc", "docx", "pdf", "rar", "xlsx", "zip"})
"""What the store takes and a message shows (sampleFile)."""
_STALE = frozenset({40001, 40014, 42001})
_TOO_MANY = frozenset({90002, 90018, 90030})
_WRAPPED, _NO_RIGHT = 88, 60011
"""The older API's number for another number inside it, and what that is where the app lacks a permission."""
_SUBCODE = re.compile(r"subcode=(\d+)", re.IGNORECASE)


class Files:
    """What one app sends and fetches."""

    def __init__(self, options: Options, http: aiohttp.ClientSession, api: Api) -> None:
        self._options = options
        self._http = http
        self._api = api

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that DingTalk announced; its address needs no token, so it is shown none.

        Raises FileTooLarge, MessageRefused where the code has run out, RateLimited or ChannelDown.
        """
        body = {"downloadCode": file.locator, "robotCode": self._options.robot_code}
        answer = await self._api.call("POST", "/v1.0/robot/messageFiles/download", body)
        url = URL(str(answer.get("downloadUrl") or ""))
        if not url.host or (url.scheme != "https" and url.origin() != URL(self._options.api_url).origin()):
            raise MessageRefused(f"DingTalk names no safe address for {file.name}")
        try:
            async with asyncio.timeout(TRANSFER_SECONDS), self._http.get(url, allow_redirects=False) as found:
                if found.status >= 500:  # noqa: PLR2004  HTTP's own number
                    raise ChannelDown(
                        saying("line_answers", platform="DingTalk", thing="file store", status=found.status)
                    )
                if found.status != 200:  # noqa: PLR2004  as above
                    raise MessageRefused(f"DingTalk does not hand out {file.name} ({found.status})")
                return await whole(found, file.name, limit_bytes)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(
                saying("line_unreachable", platform="DingTalk", thing="file store", why=why(error))
            ) from None

    async def message_of(self, file: File) -> tuple[str, Json]:
        """Upload a file; the kind of message that shows it, and its parameters."""
        if spoken := await asyncio.to_thread(_spoken, file):
            content, sound = spoken
            media = await self._carried("voice", f"{VOICE}.{ENDINGS[sound.codec]}", content)
            return "sampleAudio", {"mediaId": media, "duration": str(sound.milliseconds)}
        name, content = await asyncio.to_thread(_packed, file)
        kind = name.rpartition(".")[2].lower()
        if kind in PICTURES:
            return "sampleImageMsg", {"photoURL": await self._carried("image", name, content)}
        return "sampleFile", {"mediaId": await self._carried("file", name, content), "fileName": name, "fileType": kind}

    async def _carried(self, store: str, name: str, content: bytes) -> str:
        """Upload it; what the store calls it."""
        token = await self._api.token.value()
        told = await self._upload(store, name, content, token)
        if told.get("errcode") in _STALE:
            self._api.token.forget(token)
            told = await self._upload(store, name, content, await self._api.token.value())
        return _media_id(name, told)

    async def _upload(self, kind: str, name: str, content: bytes, token: str) -> Json:
        """What the store answers; it takes the token of the newer API, as the SDK gives it, but in the address."""
        form = aiohttp.FormData()
        form.add_field("media", content, filename=name, content_type="application/octet-stream")
        url = URL(f"{self._options.oapi_url}/media/upload").with_query(access_token=token, type=kind)
        try:
            async with (
                asyncio.timeout(TRANSFER_SECONDS),
                self._http.post(url, data=form, allow_redirects=False) as answer,
            ):
                if answer.status != 200:  # noqa: PLR2004  HTTP's own number
                    raise ChannelDown(
                        saying("line_answers", platform="DingTalk", thing="media store", status=answer.status)
                    )
                told = json.loads(await answer.read())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:  # its text may hold the address and the token
            raise ChannelDown(
                saying("line_unreachable", platform="DingTalk", thing="media store", why=why(error))
            ) from None
        except ValueError:
            raise ChannelDown(saying("not_its_api", setting="oapi_url", platform="DingTalk")) from None
        return told if isinstance(told, dict) else {}


def _media_id(name: str, told: Json) -> str:
    code, words = _code(told), f"{told.get('errcode')} {told.get('errmsg')}"
    if code in _TOO_MANY:
        raise RateLimited(QPS_SECONDS, saying("wait_words", platform="DingTalk", words=words), whole_bot=True)
    if code in _STALE:
        raise ChannelRefused(saying("refuses", platform="DingTalk", words=words))
    if code == _NO_RIGHT:
        raise MessageRefused(f"DingTalk does not take {name}: {words}", lack=lack_of(str(code), ""))
    if code or not told.get("media_id"):
        raise MessageRefused(f"DingTalk does not take {name}: {words}")
    return str(told["media_id"])


def _code(told: Json) -> int:
    """The number of what is wrong, 0 for nothing; where it is wrapped in another, the inner one."""
    found = _SUBCODE.search(str(told.get("errmsg")))
    inner = found[1] if found else told.get("sub_code")
    given = inner if inner and told.get("errcode") == _WRAPPED else told.get("errcode")
    try:
        return int(given or 0)
    except ValueError:
        return _WRAPPED


def _spoken(file: File) -> tuple[bytes, Sound] | None:
    """A recording that DingTalk plays as a voice message; None for everything else."""
    path = Path(file.locator)
    try:
        if file.presented_as is not FileKind.VOICE or path.stat().st_size > MAX_VOICE_BYTES:
            return None
        content = path.read_bytes()
    except OSError as error:
        raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
    sound = sound_of(content)
    is_taken = sound is not None and sound.codec in ENDINGS and sound.seconds <= MAX_VOICE_SECONDS
    return (content, sound) if sound is not None and is_taken else None


def _packed(file: File) -> tuple[str, bytes]:
    """The file as DingTalk takes it: its name and its bytes, in an archive where it takes no such kind."""
    path = Path(file.locator)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
    if len(content) > MAX_FILE_BYTES:
        raise FileTooLarge(f"{file.name} has {len(content)} bytes, more than {MAX_FILE_BYTES}")
    if file.name.rpartition(".")[2].lower() in PICTURES | DOCUMENTS and "." in file.name:
        return file.name, content
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(file.name, content)
    return f"{file.name}.zip", archive.getvalue()
