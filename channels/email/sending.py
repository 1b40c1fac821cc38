"""Hands a mail to the server that sends it, one connection for each; what the server answers decides what we raise."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import structlog

from channels.base import (
    ChannelDown,
    ChannelError,
    ChannelRefused,
    Deferred,
    Lack,
    MessageRefused,
    RateLimited,
)
from channels.email.imap import trust
from channels.email.oauth import AccessToken, Keys, Password
from channels.email.options import Options, Security
from channels.email.wire import trouble
from channels.locales import in_each
from channels.sayings import saying
from channels.shared.certificates import missing

_TIMEOUT_SECONDS = 20.0
_AT_ONCE = 4
_WAIT_SECONDS = 60.0
_NAMED = re.compile(r"(\d{1,5})\s*(s|sec|seconds?|m|min|minutes?)\b", re.IGNORECASE)
_SLOWER = re.compile(
    r"\b4\.(?:2\.1|2\.2|4\.5|5\.3|7\.\d+)\b|grey-?list|rate|too (?:many|quick|fast)|thrott", re.IGNORECASE
)
_TEMPORARY, _FINAL = 400, 500
_UNKNOWN_TO_THE_SERVER = 530
"""It wants us to sign in first, or to encrypt."""

log = structlog.get_logger(__name__)


class Postman:
    """Sends from one mailbox."""

    def __init__(self, options: Options, keys: Keys, ca_file: str | None = None) -> None:
        self._options = options
        self._ca_file = ca_file
        self._keys = keys
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def send(self, mail: EmailMessage, recipient: str) -> None:
        """Returns once the server has taken it.

        Raises RateLimited, Deferred, MessageRefused, ChannelDown or ChannelRefused.
        """
        await _cancellable(self._send(mail, recipient))

    async def try_door(self) -> None:
        """Whether the server takes our credentials; raises as `send` does."""
        await _cancellable(self._send(None, ""))

    async def _send(self, mail: EmailMessage | None, recipient: str) -> None:
        async with self._at_once, self._connected() as server:
            if mail is not None:
                await server.sendmail(self._options.address, [recipient], mail.as_bytes())

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        try:
            server = await self._sign_in()
        except aiosmtplib.SMTPException as error:
            raise _meaning(error) from error
        except (OSError, TimeoutError) as error:
            raise trouble(error, self._options.smtp_host) from error
        try:
            yield server
        except aiosmtplib.SMTPException as error:
            raise _meaning(error) from error
        except OSError as error:
            raise ChannelDown(saying("went_away", platform=saying("sending_server"), why=str(error))) from error
        finally:
            await _farewell(server)

    async def _sign_in(self) -> aiosmtplib.SMTP:
        """A connection that may send. A token that is refused is fetched anew, once."""
        try:
            return await self._connect()
        except aiosmtplib.SMTPAuthenticationError:
            if not self._keys.are_renewable:
                raise
            self._keys.forget()
            return await self._connect()

    async def _connect(self) -> aiosmtplib.SMTP:
        options = self._options
        credentials = await self._keys.get()
        context: ssl.SSLContext | None = (
            None if options.smtp_security is Security.NONE else trust(options, self._ca_file)
        )
        server = aiosmtplib.SMTP(
            hostname=options.smtp_host,
            port=options.smtp_port,
            use_tls=options.smtp_security is Security.TLS,
            start_tls=options.smtp_security is Security.STARTTLS,
            tls_context=context,
            timeout=_TIMEOUT_SECONDS,
            local_hostname="localhost",
        )
        await server.connect()
        try:
            if isinstance(credentials, Password):
                await server.login(options.user, credentials.value)
            else:
                await _show_token(server, options.user, credentials)
        except BaseException:
            server.close()
            raise
        return server


async def _cancellable(talk: Coroutine[Any, Any, None]) -> None:
    """The talk with the server in a task of its own, so that a cancellation is never lost.

    The library waits by `wait_for`, which before Python 3.12 drops one that comes together with an answer; whoever
    cancelled us would then wait for ever.
    """
    task = asyncio.create_task(talk, name="smtp")
    try:
        await asyncio.wait((task,))
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait((task,), timeout=0.1)
    task.result()


async def _show_token(server: aiosmtplib.SMTP, user: str, token: AccessToken) -> None:
    await server.auth_xoauth2(user, token.value)


async def _farewell(server: aiosmtplib.SMTP) -> None:
    """What was taken stays taken, whatever becomes of the goodbye."""
    try:
        await server.quit(timeout=2)
    except (aiosmtplib.SMTPException, OSError) as error:
        log.debug("smtp_farewell_failed", reason=type(error).__name__)
    finally:
        server.close()


def _meaning(error: aiosmtplib.SMTPException) -> ChannelError:
    """Our error for the server's; its own words are kept."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return _broken(error)
    words = f"{error.code} {error.message}"[:300]
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return ChannelRefused(words) if error.code >= _FINAL else ChannelDown(words)
    if error.code >= _FINAL:
        return _final(error, words)
    if error.code == 421:  # noqa: PLR2004 -- the server closes the connection
        return ChannelDown(words)
    return RateLimited(_seconds(words), words) if _SLOWER.search(words) else Deferred(_WAIT_SECONDS, words)


def _final(error: aiosmtplib.SMTPResponseException, words: str) -> ChannelError:
    """What no other try would change: about us, about everything under our address, or about this mail."""
    if error.code == _UNKNOWN_TO_THE_SERVER:
        return ChannelRefused(words)
    return MessageRefused(words, lack=_lack(words) if isinstance(error, aiosmtplib.SMTPSenderRefused) else None)


def _lack(words: str) -> Lack:
    """The server takes nothing that is sent under our address."""
    return Lack(word=words, repair=in_each("email.repair"))


def _broken(error: aiosmtplib.SMTPException) -> ChannelError:
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ChannelRefused(saying("certificate_of", host=saying("sending_server"), why=missing(cause)))
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return ChannelRefused(str(error.message)[:300])
    return ChannelDown(str(error.message)[:300] or type(error).__name__)


def _seconds(words: str) -> float:
    """The time that the server names, or a minute."""
    found = _NAMED.search(words.partition(" ")[2])
    if found is None:
        return _WAIT_SECONDS
    return float(found[1]) * (60 if found[2].lower().startswith("m") else 1)
