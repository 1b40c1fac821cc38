"""The SDK's HTTP over the gateway's one aiohttp session, and the SDK's errors in our words.

No exception that leaves here carries an address, because the bot's token is a part of every one.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, FormData
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, RequestData

from channels.base import ChannelDown, ChannelRefused, Lack, MessageRefused, RateLimited
from channels.locales import in_each
from channels.sayings import saying
from channels.shared.certificates import why

_RIGHTS = re.compile(
    r"not enough rights|have no rights|need administrator rights|chat_(?:write|send_\w+)_forbidden|chat_restricted"
    r"|topic_closed"
)
"""How the platform says that a chat does not let the bot do something (core.telegram.org/bots/api#chatpermissions)."""
ANSWER_SECONDS = 20.0
UPLOAD_SECONDS = 180.0
UNTOLD_SECONDS = 5.0
"""How long to wait when the platform does not say."""


class TooManyCalls(TelegramError):
    """The platform asks us to wait. The SDK's own error for it warns at every use."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(str(answer.get("description") or "Too Many Requests"))
        self.seconds = float((answer.get("parameters") or {}).get("retry_after") or UNTOLD_SECONDS)


class Unknown(BadRequest):
    """Nothing answers under this method or this token; the platform says the same of both (404)."""


class Transport(BaseRequest):
    """Calls of the Bot API. The session belongs to the gateway and is never closed here."""

    __slots__ = ("_session", "_timeout_seconds")

    def __init__(self, session: ClientSession, timeout_seconds: float = ANSWER_SECONDS) -> None:
        self._session = session
        self._timeout_seconds = timeout_seconds

    @property
    def read_timeout(self) -> float:
        """Seconds until a call without an answer fails."""
        return self._timeout_seconds

    async def initialize(self) -> None:
        """Nothing to open: the session is open already."""

    async def shutdown(self) -> None:
        """Nothing to close: the session is not ours."""

    async def do_request(  # noqa: PLR0917 -- the SDK's signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,
        write_timeout: Any = None,
        connect_timeout: Any = None,
        pool_timeout: Any = None,
    ) -> tuple[int, bytes]:
        """Status and body of one call; raises NetworkError or TimedOut when there is none."""
        del read_timeout, write_timeout, connect_timeout, pool_timeout
        files = request_data is not None and request_data.contains_files
        timeout = ClientTimeout(total=UPLOAD_SECONDS if files else self._timeout_seconds)
        try:
            async with self._session.request(
                method, url, data=_form(request_data), timeout=timeout, allow_redirects=False
            ) as response:
                body = await response.read()
        except TimeoutError:
            raise _ours(TimedOut(), saying("no_answer", platform="Telegram")) from None
        except (ClientError, OSError) as error:
            raise _ours(NetworkError(""), saying("unreachable", platform="Telegram", why=why(error))) from None
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise TooManyCalls(self.parse_json_payload(body))
        if response.status == HTTPStatus.NOT_FOUND:  # the SDK takes every one of them for a wrong token
            raise Unknown(_description(body))
        if response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise BadRequest("Request Entity Too Large")
        return response.status, body


def _description(body: bytes) -> str:
    """What the Bot API says against a call; raises NetworkError when it is something else that answers."""
    try:
        return str(json.loads(body)["description"])
    except (KeyError, TypeError, ValueError):
        raise _ours(NetworkError(""), saying("not_its_api", setting="api_url", platform="Telegram")) from None


def _ours(error: TelegramError, words: str) -> TelegramError:
    """The error with a sentence of ours, of which the SDK's own constructor keeps the English alone."""
    error.message = words
    return error


def _form(data: RequestData | None) -> FormData | dict[str, str] | None:
    if data is None:
        return None
    if not data.contains_files:
        return data.json_parameters
    form = FormData(data.json_parameters)
    for field, (name, content, media_type) in (data.multipart_data or {}).items():
        form.add_field(field, content, filename=name, content_type=media_type)
    return form


def _lack(error: TelegramError) -> Lack | None:
    """What the bot may not do in that chat, or what this server of the Bot API does not know; else it is one message.

    The SDK changes capitals in the platform's words, so they are compared without.
    """
    if isinstance(error, Unknown):
        return Lack(word=f"404 {error.message}", repair=in_each("telegram.repair.method"))
    words = error.message.lower()
    return (
        Lack(word=error.message, repair=in_each("telegram.repair.right"), only_here=True)
        if _RIGHTS.search(words)
        else None
    )


@contextmanager
def translated() -> Iterator[None]:
    """What the SDK raises, as the errors of `channels.base`, in the platform's words."""
    try:
        yield
    except TooManyCalls as error:
        raise RateLimited(error.seconds, error.message) from error
    except InvalidToken as error:
        raise ChannelRefused(error.message) from error
    except Conflict as error:
        raise ChannelDown(error.message) from error
    except (BadRequest, Forbidden) as error:
        raise MessageRefused(error.message, lack=_lack(error)) from error
    except TelegramError as error:
        raise ChannelDown(error.message) from error
