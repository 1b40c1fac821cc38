"""E-mail as a channel: a conversation is a thread with one person, a button is a link that asks again or a reply code.

Nobody is believed for a From line alone (`trust`), and nothing is decided by opening a link (`webhook`).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog
from aiohttp import web

from channels.base import (
    ChannelDown,
    ChannelError,
    ChannelRefused,
    ChannelState,
    Health,
    Listeners,
    MessageRefused,
    NotStored,
    Rate,
    RateLimited,
    Receive,
    Surroundings,
    Traits,
)
from channels.email import attachments
from channels.email.compose import MAX_FILE_BYTES, Composer, Subjects
from channels.email.connection import Connection, MailOutcome
from channels.email.imap import Mailbox
from channels.email.loops import Loops
from channels.email.normalise import HeardMail, House, Ignored, Mail, normalise
from channels.email.oauth import Keys
from channels.email.options import ADDRESS, Options
from channels.email.sending import Postman
from channels.email.tokens import Claim, MailChoice, Signer
from channels.email.webhook import Webhook
from channels.messages import Account, Address, File, Inbound, Outbound, Press, Quote, Ref, plain
from channels.sayings import saying
from channels.shared.voice import as_notice

TRAITS = Traits(
    max_text=40_000,
    has_buttons=True,
    # Nobody sits before a mailbox waiting; a mail that says that another follows is one too many.
    patience_seconds=0,
    max_file_bytes=MAX_FILE_BYTES,
    max_card_body=8_000,
    repeats=True,
    tells_presses=True,
    # What Exchange Online takes from one mailbox; `mails_per_minute` changes it.
    bot_rate=Rate(count=30, seconds=60),
    hearing=Listeners.ONE,
    names_quoted=True,
)
_MUCH = 5_000
_LONG_BYTES = 100_000
_NOT_YOURS = (
    "That code decides nothing: it is not for your address, is over, or was changed.\n\n"
    "此代码无效：它不属于您的地址、已过期或被改动过。"
)

log = structlog.get_logger(__name__)


class Email:
    """One mailbox."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        self._name = name
        self._options = options
        self._now = surroundings.now
        self._house = House(channel=name, address=options.address, authserv_id=options.authserv_id)
        self._ca_file = surroundings.ca_file
        self._keys = Keys(options, surroundings.http, surroundings.now)
        self._connection = Connection(options, self._keys, surroundings.now, surroundings.ca_file)
        self._postman = Postman(options, self._keys, surroundings.ca_file)
        self._signer = Signer(surroundings.key, name)
        self._subjects = Subjects()
        path = f"/channels/{name}/decide"
        url = surroundings.public_url
        self._composer = Composer(
            options=options,
            signer=self._signer,
            subjects=self._subjects,
            now=surroundings.now,
            page=f"{url}{path}" if url and options.links_decide else "",
        )
        self._path = path
        self._webhook = Webhook(self._signer, surroundings.now)
        self._loops = Loops(options.mails_per_sender_hour, surroundings.now)
        self._last_words = ""
        self._doubt = ""
        self._was_vouched = False

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What mail offers, with the rate of this mailbox."""
        return replace(TRAITS, bot_rate=Rate(count=self._options.mails_per_minute, seconds=60))

    async def listen(self, receive: Receive) -> None:
        """Hear the mailbox until cancelled; raises ChannelDown or ChannelRefused."""

        async def hear(mail: Mail, held: set[str]) -> MailOutcome:
            return await self._hear(mail, receive, held)

        try:
            await self._connection.run(hear, self._postman.try_door)
        except (MessageRefused, RateLimited) as error:  # about a connection, both mean: later
            self._last_words = str(error)
            raise ChannelDown(str(error)) from error
        except ChannelError as error:
            self._last_words = str(error)
            raise

    async def _hear(self, mail: Mail, receive: Receive, held: set[str]) -> MailOutcome:
        """Store what a mail says. `held` are the senders of whom something earlier could not be stored."""
        try:
            is_long = len(mail.raw) > _LONG_BYTES
            heard = await asyncio.to_thread(normalise, mail, self._house) if is_long else normalise(mail, self._house)
        except Exception:
            # Whatever a hostile mail does to the parser, the mails behind it are heard.
            log.exception("email_not_understood", channel=self._name, uid=mail.uid)
            return MailOutcome.DONE
        if isinstance(heard, Ignored):
            self._note_doubt(heard)
            log.info("email_ignored", channel=self._name, uid=mail.uid, sender=heard.sender, reason=heard.because)
            return MailOutcome.DONE
        self._was_vouched = True
        inbound = heard.inbound
        self._subjects.keep(heard.subject, inbound.address.thread, inbound.message.id if inbound.message else "")
        event = inbound if heard.claim is None else await self._decided(heard, heard.claim)
        return MailOutcome.DONE if event is None else await self._store(event, receive, held)

    async def _store(self, inbound: Inbound, receive: Receive, held: set[str]) -> MailOutcome:
        sender = inbound.sender.id
        if sender in held:
            return MailOutcome.LATER
        if self._loops.is_one(sender):
            log.warning("email_loop_broken", channel=self._name, sender=sender)
            return MailOutcome.DONE
        try:
            await receive(inbound)
        except NotStored as error:
            log.warning("email_not_stored", channel=self._name, reason=str(error))
            held.add(sender)
            return MailOutcome.LATER
        self._loops.count(sender)
        return MailOutcome.DONE

    def _note_doubt(self, ignored: Ignored) -> None:
        """Remember why nobody is believed, until our server has vouched for somebody or against."""
        if ignored.doubt is None:
            return
        self._was_vouched = self._was_vouched or ignored.doubt.is_ours
        self._doubt = saying("no_mail_believed", why=ignored.because)

    async def _decided(self, heard: HeardMail, claim: Claim) -> Inbound | None:
        """The press that a reply makes; None, and a sentence to its sender, when its code is not theirs."""
        said = heard.inbound
        choice = self._signer.read_code(claim, said.sender.id, self._now())
        if choice is None:
            log.warning("email_code_refused", channel=self._name, sender=said.sender.id)
            await self._tell(said, _NOT_YOURS)
            return None
        card = next((part.ref for part in said.parts if isinstance(part, Quote)), None)
        return replace(
            said,
            event_id=f"press:{choice.name}",
            parts=plain(claim.reason) if claim.reason else (),
            press=Press(id=choice.card, choice=choice.choice, message=card),
        )

    async def _tell(self, said: Inbound, text: str) -> None:
        try:
            await self.send(
                Outbound(
                    key=f"about {said.event_id}",
                    address=said.address,
                    parts=plain(as_notice(text)),
                    answers=said.message,
                )
            )
        except ChannelError as error:
            log.warning("email_not_told", channel=self._name, reason=str(error))

    async def send(self, message: Outbound) -> Ref:
        """Send one mail; the Ref's id is its Message-ID."""
        await self._recall(message)
        has_much = bool(message.text[_MUCH:]) or any(isinstance(part, File) for part in message.parts)
        compose = self._composer.compose
        mail = await asyncio.to_thread(compose, message) if has_much else compose(message)
        try:
            await self._postman.send(mail, message.only_for.id if message.only_for else message.address.room)
        except ChannelRefused as error:
            self._last_words = str(error)  # so that the next probe says so: it asks the other server
            raise
        return Ref(address=message.address, id=self._composer.id_of(message.key))

    async def _recall(self, message: Outbound) -> None:
        """Learn the subject of a thread that we do not remember, from the mail that began it."""
        ids = [name for name in (message.address.thread, message.answers.id if message.answers else "") if name]
        if not ids or self._subjects.of(*ids) is not None:
            return
        try:
            subject = await self._connection.subject_of(ids)
        except ChannelError as error:
            log.info("email_subject_not_found", channel=self._name, reason=str(error))
            return
        if subject is not None:
            self._subjects.keep(subject, *ids)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of an attachment, as long as its mail is in the mailbox."""
        return await attachments.fetch(self._connection, file, limit_bytes)

    async def direct_room(self, account: Account) -> Address:
        """Mail to that address; each message begins a thread of its own."""
        if not ADDRESS.fullmatch(account.id):
            raise MessageRefused(f"{account.id!r} is not a plain e-mail address")
        return Address(channel=self._name, room=account.id.lower())

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """The page behind the links of a card; none without a public address."""
        if not self._composer.page:
            return []

        async def decide(request: web.Request) -> web.Response:
            return await self._webhook.decide(request, lambda choice: receive(self._pressed(choice)))

        return [web.get(self._path, self._webhook.show), web.post(self._path, decide)]

    def _pressed(self, choice: MailChoice) -> Inbound:
        address = Address(channel=self._name, room=choice.room, thread=choice.thread)
        card = Ref(address=address, id=choice.message)
        return Inbound(
            event_id=f"press:{choice.name}",
            at=self._now(),
            address=address,
            sender=Account(channel=self._name, id=choice.address),
            press=Press(id=choice.card, choice=choice.choice, message=card),
            message=card,
        )

    async def try_credentials(self) -> None:
        """Sign in at both servers, and leave; raises ChannelError."""
        (await Mailbox.open(self._options, await self._keys.get(), self._ca_file)).close()
        await self._postman.try_door()

    async def probe(self) -> Health:
        """Whether the mail server answers on the connection that hears."""
        if self._last_words:
            return Health(state=ChannelState.DOWN, reason=self._last_words, at=self._now())
        try:
            is_alive = await self._connection.is_alive()
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=self._now())
        if not is_alive:
            return Health(state=ChannelState.STARTING, reason=saying("not_open", thing="mailbox"), at=self._now())
        return Health(state=ChannelState.UP, reason="" if self._was_vouched else self._doubt, at=self._now())
