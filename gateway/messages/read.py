"""What a person said as a model reads it: the words, what is quoted, files put into the workspace, voice as words.

It refuses to guess: a voice message that nothing can hear is answered with a sentence, never with an invention.
"""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import BinaryIO

import structlog

from agents.models.pictures import LARGEST_BYTES, MOST, Picture, picture_of
from agents.models.protocol import ModelError
from agents.models.transcription import Transcriber
from channels.base import ChannelDown, ChannelError, FileTooLarge, MessageRefused
from channels.locales import say
from channels.messages import Address, Earlier, File, FileKind, Inbound, Quote
from channels.running.supervisor import Supervisor
from gateway.queue.undelivered import told
from governance.people.people import Person
from governance.record.transaction import Store
from governance.usage.usage import Usage

_log = structlog.get_logger(__name__)

LARGEST_FILE = 50 * 2**20
MOST_HEARD = 25 * 2**20
"""Bytes of a voice message that is sent on: what OpenAI's transcription takes, and the servers that follow it."""
QUOTED_LINES = 40
"""Of a message that is answered, and that the conversation knows."""
PASSED_ON_LINES = 2000
"""Of what is passed on, which nobody here has read yet, such as a mail that was forwarded."""
NAMESAKES = 100


Cleared = Callable[[Inbound, str, str], Awaitable[str]]
"""The words of a voice message of that event as they may be stored, by where it stands within; `messages.border`."""


@dataclass(slots=True)
class ReadMessage:
    """`text` is what the model reads, `pictures` what it may look at.

    `unheard` tells the person why a file of theirs did not arrive or was not heard.
    """

    text: str = ""
    pictures: list[Picture] = field(default_factory=list)
    unheard: str = ""


class AttachmentReader:
    """Turns an event into what a model reads. `find` gives the channel of an address, None when there is none."""

    def __init__(
        self,
        store: Store,
        usage: Usage,
        find: Callable[[Address], Supervisor | None],
        transcriber: Transcriber | None,
        cleared: Cleared,
    ) -> None:
        """`cleared` takes out of the words of a voice message what no model may read."""
        self._cleared = cleared
        self._store = store
        self._usage = usage
        self._find = find
        self._transcriber = transcriber

    async def hear(self, inbound: Inbound, person: Person, agent: str, workspace: Path) -> ReadMessage:
        """Everything that was said; files are in the workspace afterwards."""
        heard = ReadMessage()
        lines = list(_corrected(inbound.corrects, person.language)) if inbound.corrects else []
        for part in inbound.parts:
            if isinstance(part, Quote) and part.text:
                lines.extend(f"> {line}" for line in _quoted(part))
        lines.append(inbound.text)
        lines += [
            await self._take(inbound, file, person, agent, workspace=workspace, heard=heard) for file in inbound.files
        ]
        heard.text = "\n".join(line for line in lines if line)
        return heard

    async def _take(
        self, inbound: Inbound, file: File, person: Person, agent: str, *, workspace: Path, heard: ReadMessage
    ) -> str:
        """Put one file into the workspace; what the model is told of it."""
        with TemporaryFile(dir=workspace.parent) as held:
            try:
                await _fetch(self._find(inbound.address), file, held)
            except ChannelError as error:
                heard.unheard = _refusal(file, error, person.language)
                return say("chat.file_missed", person.language, name=file.name, reason=_reason(error, person.language))
            path = await asyncio.to_thread(_keep, workspace, file.name, held)
            content = _small(held, MOST_HEARD if file.presented_as is FileKind.VOICE else LARGEST_BYTES)
        if file.presented_as is FileKind.VOICE:
            return await self._listen(inbound, file, person, agent, content=content, path=path, heard=heard)
        picture = picture_of(content) if len(heard.pictures) < MOST else None
        if picture is not None:
            heard.pictures.append(picture)
        return say("chat.file_saved", person.language, path=path)

    async def _listen(
        self, inbound: Inbound, file: File, person: Person, agent: str, *, content: bytes, path: str, heard: ReadMessage
    ) -> str:
        if self._transcriber is None:
            heard.unheard = say("chat.voice_unheard", person.language)
            return say("chat.voice_kept", person.language, path=path, reason="no model transcribes voice here")
        try:
            transcript = await self._transcriber.transcribe(PurePosixPath(path).name, file.media_type, content)
        except ModelError as error:
            _log.warning("voice_not_transcribed", channel=inbound.address.channel, reason=str(error))
            heard.unheard = say("chat.voice_failed", person.language, reason=str(error))
            return say("chat.voice_kept", person.language, path=path, reason=str(error))
        async with self._store.transaction() as work:
            await self._usage.add(
                work,
                person_id=person.id,
                agent=agent,
                provider=transcript.usage.provider,
                model=transcript.usage.model,
                input_tokens=transcript.usage.input_tokens,
                output_tokens=transcript.usage.output_tokens,
                is_estimated=transcript.usage.estimated,
                channel=inbound.address.channel,
                conversation=inbound.address.key,
                purpose="transcription",
            )
        words = await self._cleared(inbound, transcript.text, f"voice:{path}")
        return say("chat.voice_heard", person.language, words=words, path=path)


def _corrected(earlier: Earlier, language: str) -> Iterator[str]:
    """That what follows is a correction, and of which words."""
    if earlier.words:
        yield say("chat.correction", language)
        yield from (f"> {line}" for line in earlier.words.splitlines()[:QUOTED_LINES])
    else:
        yield say("chat.correction_bare", language)
    yield say("chat.correction_now", language)


def _quoted(quote: Quote) -> list[str]:
    lines = _told(quote).splitlines()
    most = QUOTED_LINES if quote.ref is not None else PASSED_ON_LINES
    left_out = len(lines) - most
    return [*lines[:most], f"[{left_out} more lines]"] if left_out > 0 else lines


def _told(quote: Quote) -> str:
    """The words behind the name of whoever said them, where the platform tells it."""
    name = " ".join(quote.author.name.split()) if quote.author else ""
    return f"{name}: {quote.text}" if name else quote.text


async def _fetch(channel: Supervisor | None, file: File, held: BinaryIO) -> None:
    """Fetch the file into one that is open, in pieces where the platform gives it so; raises ChannelError."""
    if channel is None:
        raise ChannelDown("the channel hands out no files right now")
    async with aclosing(channel.pieces(file, LARGEST_FILE)) as pieces:
        async for piece in pieces:
            await asyncio.to_thread(held.write, piece)


def _small(held: BinaryIO, most: int) -> bytes:
    """The bytes of a file that a model may be sent; none of one that is too large for it."""
    size = held.seek(0, os.SEEK_END)
    held.seek(0)
    return held.read() if size <= most else b""


def _refusal(file: File, error: ChannelError, language: str) -> str:
    if isinstance(error, FileTooLarge):
        limit = (error.limit_bytes or LARGEST_FILE) >> 20
        return say("chat.file_too_large", language, name=file.name, limit=limit)
    is_lacking = isinstance(error, MessageRefused) and error.lack is not None
    return say(
        "chat.file_unreadable" if is_lacking else "chat.file_lost",
        language,
        name=file.name,
        reason=_reason(error, language),
    )


def _reason(error: ChannelError, language: str) -> str:
    """In words of a person where the platform names what lacks, else in its own."""
    lack = error.lack if isinstance(error, MessageRefused) else None
    return str(error) if lack is None else told(lack, language)


def _keep(workspace: Path, name: str, held: BinaryIO) -> str:
    """Put the file below `received/`, beside namesakes that hold something else; its path."""
    from governance.values.safe_files import safe_open, safe_replace  # noqa: PLC0415  # only messages with files need it

    digest = _digest(held)
    given = PurePosixPath(safe_name(name))
    path = ""
    for number in range(1, NAMESAKES + 1):
        tail = "" if number == 1 else f"-{number}"
        path = f"received/{given.stem}{tail}{given.suffix}"
        try:
            namesake = safe_open(workspace, path, os.O_RDONLY)
        except FileNotFoundError:
            break
        with os.fdopen(namesake, "rb") as there:
            if _digest(there) == digest:
                return path
    held.seek(0)
    safe_replace(workspace, path, held)
    return path


def _digest(file: BinaryIO) -> bytes:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]  # any file that can be read


def safe_name(name: str) -> str:
    """A file's name in which nothing leads anywhere; `file` when nothing is left of it."""
    kept = "".join(letter if letter.isalnum() or letter in " ._-" else "_" for letter in name).strip(" .")
    return kept[-100:] or "file"
