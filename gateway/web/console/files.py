"""Files over HTTP: leave one for a message, fetch one that a message of one's own conversation carries."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from aiohttp import BodyPartReader, hdrs, web

from channels.base import FileTooLarge
from channels.console import MAX_FILE_BYTES
from channels.locales import say
from channels.messages import FileKind
from gateway.web.console.board import ConsoleBoard
from gateway.web.console.chat import conversation_of
from gateway.web.console.pages import size
from gateway.web.http.language import language_of
from gateway.web.http.problems import Problem
from gateway.web.http.route import PERSON, Access, Route, needs_of
from gateway.web.http.uploads import PIECE_BYTES

FORM_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What files over HTTP use."""

    board: ConsoleBoard


async def upload(request: web.Request) -> web.Response:
    """Take one file of a multipart form, in pieces; 413 with a sentence when it is too large."""
    part = await _file_of(request)
    media_type = part.headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0].strip()
    try:
        number, file = await needs_of(request, Needs).board.uploads.add(
            str(request[PERSON].id), part.filename or "file", media_type, _pieces(part)
        )
    except FileTooLarge as error:
        words = say("console.chat.file_large", language_of(request), limit=size(MAX_FILE_BYTES))
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail=words) from error
    except ValueError as error:  # the form ends in the middle of the file
        raise web.HTTPBadRequest from error
    return web.json_response(
        {"id": number, "name": file.name, "size": file.size, "media_type": file.media_type}, status=HTTPStatus.CREATED
    )


async def _file_of(request: web.Request) -> BodyPartReader:
    if not request.content_type.startswith("multipart/"):
        raise web.HTTPUnsupportedMediaType
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if isinstance(part, BodyPartReader) and part.filename is not None:
                return part
    except ValueError as error:
        raise web.HTTPBadRequest from error
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail=say("console.chat.no_file", language_of(request)))


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(PIECE_BYTES):
        yield bytes(piece)


async def download(request: web.Request) -> web.StreamResponse:
    """A file of a message, to keep and never to open as a page of ours."""
    conversation = await conversation_of(request)
    board = needs_of(request, Needs).board
    number, place = request.match_info["message"], int(request.match_info["place"])
    message = await board.message(conversation.room, int(number))
    if message is None or place >= len(message.files):
        raise web.HTTPNotFound
    file = message.files[place]
    path = board.uploads.path_of(file)
    if path is None:
        raise web.HTTPNotFound
    kind = file.media_type if file.presented_as is FileKind.IMAGE else "application/octet-stream"
    return web.FileResponse(
        path,
        headers={
            "Content-Type": kind,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
        },
    )


ROUTES = (
    Route("POST", "/console/files", upload, Access.SIGNED_IN, form=True, max_bytes=MAX_FILE_BYTES + FORM_BYTES),
    Route(
        "GET",
        r"/console/chat/{conversation}/files/{message:\d{1,18}}/{place:\d{1,3}}",
        download,
        Access.SIGNED_IN,
    ),
)
