"""What may go wrong with an open getUpdates, other than an answer that refuses it."""

import asyncio
from enum import StrEnum
from typing import NoReturn

from aiohttp import web


class Poll(StrEnum):
    """What becomes of a poll. Alphabetical.

    CLOSED: answered, and the connection closed in order; NO_UPDATES: answered with JSON that holds none; SILENT: open
    until its asker gives up.
    """

    CLOSED = "closed"
    DROPPED = "dropped"
    NOT_JSON = "not JSON"
    NO_UPDATES = "no updates"
    SILENT = "silent"


class Odd(Exception):
    """An answer as the Bot API never gives it."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__("odd answer")
        self.answer = answer


class Drop(Exception):
    """The connection closes without an answer."""


async def spoil(how: Poll, request: web.Request) -> NoReturn:
    """Let it go wrong; raises Odd or Drop."""
    if how is Poll.SILENT:
        while request.transport is not None:  # noqa: ASYNC110 -- nobody announces that a peer has gone
            await asyncio.sleep(0.02)
    if how is Poll.CLOSED:
        answer = web.json_response({"ok": True, "result": []})
        answer.force_close()
        raise Odd(answer)
    if how is Poll.NOT_JSON:
        raise Odd(web.Response(text='{"ok": true, "result": [{"upd'))
    if how is Poll.NO_UPDATES:
        raise Odd(web.json_response({"ok": True, "result": [7, {"update_id": "x"}]}))
    raise Drop
