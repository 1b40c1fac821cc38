"""The connection that hears: look for mail without our mark, hand it over, mark it once it is stored, wait for more.

The mark in the mailbox is the position: it survives a restart, another replica finds it, and a mailbox whose numbers
were given anew needs no care. A mail that could not be stored bears no mark and is found again; later mail of the same
sender waits behind it, others pass.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto

import structlog

from channels.base import ChannelDown, ChannelError, ChannelRefused, MessageRefused
from channels.email.imap import Mailbox, MailboxEntry
from channels.email.normalise import Mail, subject_in
from channels.email.oauth import Keys
from channels.email.options import Options
from channels.sayings import saying

FIRST_RETRY_SECONDS = 0.25
LONGEST_RETRY_SECONDS = 30.0
_BEGINNING_BYTES = 512 * 1024
_HEADER_BYTES = 8192

log = structlog.get_logger(__name__)


class MailOutcome(Enum):
    """What became of a mail: done with, or to be found again, with everything else of that sender behind it."""

    DONE = auto()
    LATER = auto()


Hear = Callable[[Mail, set[str]], Awaitable[MailOutcome]]
"""Stores a mail. The set holds, for one look at the mailbox, the senders of whom something could not be stored."""


class Connection:
    """Hears one mailbox; whoever probes asks through the same connection."""

    def __init__(self, options: Options, keys: Keys, now: Callable[[], datetime], ca_file: str | None = None) -> None:
        self._options = options
        self._ca_file = ca_file
        self._keys = keys
        self._now = now
        self._box: Mailbox | None = None
        self._is_storing = False
        self._is_fetching = False
        self._heard: set[int] = set()
        self._wake = asyncio.Event()
        self._questions: list[asyncio.Future[None]] = []

    async def open(self) -> Mailbox:
        """A connection; a token that is refused is fetched anew, once."""
        try:
            return await Mailbox.open(self._options, await self._keys.get(), self._ca_file)
        except ChannelRefused:
            if not self._keys.are_renewable:
                raise
            self._keys.forget()
            return await Mailbox.open(self._options, await self._keys.get(), self._ca_file)
        except TimeoutError as error:
            raise ChannelDown(_silent()) from error

    async def run(self, hear: Hear, check: Callable[[], Awaitable[None]]) -> None:
        """Hear until cancelled; raises ChannelDown, ChannelRefused, or what `check` raises before anything is heard."""
        box, reason = await self.open(), str(saying("ended_silently"))
        retry = FIRST_RETRY_SECONDS
        try:
            await check()
            self._box = box
            while True:
                is_behind = await self._look(box, hear)
                seconds = retry if is_behind else self._options.idle_seconds
                retry = min(retry * 2, LONGEST_RETRY_SECONDS) if is_behind else FIRST_RETRY_SECONDS
                await box.wait(self._wake, seconds, self._options.poll_seconds)
                await self._answer(box)
        except TimeoutError as error:
            reason = _silent()
            raise ChannelDown(reason) from error
        except ChannelError as error:
            reason = str(error)
            raise
        finally:
            self._box = None
            box.close()
            for question in self._questions:
                if not question.done():
                    question.set_exception(ChannelDown(reason))
            self._questions.clear()

    async def _look(self, box: Mailbox, hear: Hear) -> bool:
        """Hand over what is there; whether something has to be found again."""
        behind: set[int] = set()
        held: set[str] = set()
        while True:
            since = (self._now() - timedelta(days=self._options.catch_up_days)).date()
            found = [mail for mail in await box.unheard(since) if mail.uid not in behind]
            if not found:
                return bool(behind)
            if not self._heard.isdisjoint(mail.uid for mail in found):
                raise ChannelRefused(saying("no_mark"))
            for envelope in found:
                if await self._hand_over(box, envelope, lambda mail: hear(mail, held)) is MailOutcome.LATER:
                    behind.add(envelope.uid)
                await self._answer(box)
            if behind:
                return True

    async def _hand_over(
        self, box: Mailbox, envelope: MailboxEntry, hear: Callable[[Mail], Awaitable[MailOutcome]]
    ) -> MailOutcome:
        most = self._options.max_mail_bytes
        is_whole = envelope.size <= most
        self._is_fetching = True
        try:
            raw = await box.fetch(envelope.uid, "", most if is_whole else min(most, _BEGINNING_BYTES))
        except MessageRefused as error:
            log.warning("email_not_fetched", uid=envelope.uid, reason=str(error))
            return MailOutcome.LATER
        finally:
            self._is_fetching = False
        mail = Mail(uid=envelope.uid, validity=box.validity, arrived=envelope.arrived, raw=raw, is_whole=is_whole)
        self._is_storing = True
        try:
            outcome = await hear(mail)
        finally:
            self._is_storing = False
        if outcome is MailOutcome.DONE:
            await box.mark_heard(envelope.uid)
            self._heard.add(envelope.uid)
        return outcome

    async def _answer(self, box: Mailbox) -> None:
        """Answer those who asked whether this connection works, by asking the server over it."""
        self._wake.clear()
        if not self._questions:
            return
        questions, self._questions = self._questions, []
        try:
            await box.ping()
        except (ChannelError, TimeoutError) as error:
            for question in questions:
                if not question.done():
                    question.set_exception(ChannelDown(str(error) or _silent()))
            raise
        for question in questions:
            if not question.done():
                question.set_result(None)

    @property
    def most_bytes(self) -> int:
        """What a connection takes in one piece."""
        return self._options.max_mail_bytes

    async def subject_of(self, ids: Sequence[str]) -> str | None:
        """The subject of the first of these mails that is in the mailbox, asked over a connection of its own."""
        box = await self.open()
        try:
            for name in ids:
                if (uid := await box.find(name)) is not None:
                    return subject_in(await box.fetch(uid, "HEADER.FIELDS (SUBJECT)", _HEADER_BYTES))
        except TimeoutError as error:
            raise ChannelDown(_silent()) from error
        finally:
            box.close()
        return None

    async def is_alive(self) -> bool:
        """Whether the connection is open and the server answers on it; raises ChannelDown when it broke meanwhile.

        While a mail is being stored the connection waits for our own database, and while a large one comes in the
        server is heard anyway: then nothing is asked.
        """
        if self._box is None:
            return False
        if self._is_storing or (self._is_fetching and self._box.is_receiving):
            return True
        question: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._questions.append(question)
        self._wake.set()
        try:
            await question
        finally:
            if question in self._questions:
                self._questions.remove(question)
        return True


def _silent() -> str:
    return saying("no_answer", platform=saying("mail_server"))
