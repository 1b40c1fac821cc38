"""Slack as a channel: who we are there, what we hear, what we say. Mode decides only how Slack reaches us."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from channels.base import (
    NOT_YET,
    ChannelDown,
    ChannelError,
    ChannelRefused,
    ChannelState,
    CommandsNeed,
    Health,
    LiveMessage,
    MessageRefused,
    NotStored,
    Rate,
    RateLimited,
    Receive,
    Streaming,
    Surroundings,
    Traits,
)
from channels.messages import Account, Address, File, Inbound, Outbound, Ref
from channels.sayings import saying
from channels.slack import app, http_mode, presses, render
from channels.slack.client import Api
from channels.slack.files import MAX_FILE_BYTES, Files
from channels.slack.home import Homes
from channels.slack.live_message import Growing
from channels.slack.missed import Missed
from channels.slack.names import Names
from channels.slack.normalise import Me, is_command, normalise, user_of
from channels.slack.options import Mode, Options
from channels.slack.pane import STATUS_SECONDS, Pane
from channels.slack.render import MAX_BODY, MAX_TEXT
from channels.slack.sending import Sender, thread_of
from channels.slack.socket_mode import SocketConnection

TRAITS = Traits(
    max_text=MAX_TEXT,
    streaming=Streaming.NATIVE,
    # Slack starts and ends about 20 streams a minute and takes 50 edits; at this pace a short answer costs four calls.
    stream_interval_seconds=1.2,
    can_edit=True,
    has_buttons=True,
    live_button=True,
    max_file_bytes=MAX_FILE_BYTES,
    max_card_body=MAX_BODY,
    repeats=True,
    tells_presses=True,
    # docs.slack.dev/apis/web-api/rate-limits: one message a second in a channel, short bursts allowed.
    room_rate=Rate(count=10, seconds=10.0),
    commands_need=CommandsNeed.MENTION,
)
FORM_SECONDS = 2.0
"""A form opens within 3 seconds of the press or not at all (docs.slack.dev/surfaces/modals)."""
MOST_TOLD = 200
"""Presses of which it is known that they were told "not yet", or opened a form."""

log = structlog.get_logger(__name__)


def connect(name: str, options: Options, surroundings: Surroundings) -> "SocketSlack | HttpSlack":
    """The channel for the mode in the settings."""
    kind = SocketSlack if options.mode is Mode.SOCKET else HttpSlack
    return kind(name, options, surroundings)


class Slack:
    """What both modes share: everything but the way events come in."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        self._name = name
        self._options = options
        self._now = surroundings.now
        self._http = surroundings.http
        self._api = Api(options, surroundings.http)
        self._files = Files(self._api, options, surroundings.http)
        self._sender = Sender(name, options, surroundings.http, self._api, self._files)
        self._names = Names(self._api)
        self._newest = surroundings.newest
        self._missed = Missed(self._api, name)
        self.homes = Homes(self._api, surroundings.waiting)
        self.pane = Pane(self._api, options.prompts)
        self._forms: deque[str] = deque(maxlen=MOST_TOLD)
        self._told: deque[str] = deque(maxlen=MOST_TOLD)
        self._me: Me | None = None

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What Slack offers."""
        return TRAITS

    async def send(self, message: Outbound) -> Ref:
        """Send, edit or show privately; the Ref's id is the message's ts, empty for what cannot be edited."""
        ref = await self._sender.send(message)
        if message.card is not None:
            self.homes.changed(message.card, ref.address.room)
        return ref

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that Slack announced."""
        return b"".join([piece async for piece in self.pieces(file, limit_bytes)])

    def pieces(self, file: File, limit_bytes: int) -> AsyncGenerator[bytes]:
        """The same, as they come."""
        return self._files.pieces(file, limit_bytes)

    def repeats(self, inbound: Inbound) -> bool:
        """A slash command is in no history, and Slack delivers it again for some minutes at most."""
        return inbound.message is not None and not is_command(inbound.message)

    async def direct_room(self, account: Account) -> Address:
        """The bot's private conversation with that account."""
        return await self._sender.direct_room(account)

    async def open_live(
        self, address: Address, recipient: Account, answers: Ref | None, resumes: Ref | None = None
    ) -> LiveMessage:
        """A growing answer: Slack's own stream in a thread, else a message that is edited."""
        return Growing(self._sender, address, recipient, answers, resumes)

    @property
    def typing_seconds(self) -> float:
        """How long Slack shows a status."""
        return STATUS_SECONDS

    async def show_typing(self, address: Address, recipient: Account, answers: Ref | None) -> None:  # noqa: ARG002  # to all
        """Show in the answer's thread that it is being prepared; elsewhere Slack has no sign."""
        if thread := thread_of(address, answers):
            await self.pane.show_status(address.room, thread)

    async def take_back_typing(self, address: Address, answers: Ref | None) -> None:
        """Take that away."""
        if thread := thread_of(address, answers):
            await self.pane.clear_status(address.room, thread)

    async def who_we_are(self) -> Me:
        """Asked once per connection: an event never waits for auth.test, and none is lost to its failure."""
        if self._me is None:
            answer = await self._api.ask(self._api.sdk.auth_test)
            self._me = Me(
                channel=self._name,
                team=answer["team_id"],
                user=answer["user_id"],
                enterprise=answer.get("enterprise_id") or "",
            )
        return self._me

    def _app(self, receive: Receive, verification: http_mode.Verification | None = None) -> AsyncApp:
        return app.build(self._api, _Ears(self, receive), verification)

    async def hear(self, payload: dict[str, Any], receive: Receive) -> None:
        """Store what a payload says; raises NotStored. Only a name that is asked for the first time is waited for."""
        inbound = normalise(payload, await self.who_we_are(), self._now())
        if inbound is None:
            return
        if inbound.message and is_command(inbound.message):
            self._sender.replies.keep(inbound, str(payload.get("response_url", "")))
        inbound = await self._completed(inbound)
        try:
            await receive(inbound)
        except NotStored:
            if inbound.press is not None and inbound.press.receipt:
                await self._put_off(inbound.press.receipt)
            raise
        self.pane.heard(inbound)

    async def ask_why(self, payload: dict[str, Any]) -> bool:
        """Open the form for a reason; False where the press counts at once, because Slack would not open it."""
        pressed, trigger = presses.pressed_in(payload), payload.get("trigger_id")
        if pressed is None or not trigger:
            return False
        if trigger in self._forms:  # told again: the form is open
            return True
        label = str(payload["actions"][0].get("text", {}).get("text") or pressed.choice)
        try:
            async with asyncio.timeout(FORM_SECONDS):
                is_answer = str(payload["actions"][0].get("action_id", "")).startswith(presses.ASKS_WHAT)
                view = presses.form(pressed, label, is_answer=is_answer)
                await self._api.ask(self._api.sdk.views_open, trigger_id=trigger, view=view)
        except (ChannelError, TimeoutError) as error:
            log.info("slack_form_not_opened", reason=str(error) or type(error).__name__)
            return False
        self._forms.append(trigger)
        return True

    async def _put_off(self, receipt: str) -> None:
        """Say once to whoever pressed that it could not be stored, however often Slack delivers it again."""
        if receipt not in self._told:
            self._told.append(receipt)
            await self._sender.replies.post(receipt, render.words(NOT_YET))

    async def _completed(self, inbound: Inbound) -> Inbound:
        sender = inbound.sender
        if not sender.name:
            sender = replace(sender, name=await self._names.soon(user_of(sender)))
        ours = (inbound.address.room, inbound.address.thread) in self._sender.threads
        user = user_of(sender)
        zone, language = self._names.zone_of(user), self._names.language_of(user)
        return replace(inbound, sender=sender, to_me=inbound.to_me or ours, time_zone=zone, language=language)

    async def _listen_beside_names(self, listen: Callable[[], Awaitable[object]]) -> None:
        """Check the token, then listen while names are learned."""
        learner = asyncio.create_task(self._names.learn(), name=f"slack names {self._name}")
        try:
            await self.who_we_are()
            await listen()
        except MessageRefused as error:  # about a connection, it means: later, unless a right is missing for it
            raise (ChannelRefused if error.lack else ChannelDown)(str(error)) from error
        except RateLimited as error:
            raise ChannelDown(str(error)) from error
        finally:
            learner.cancel()
            await asyncio.gather(learner, self.homes.close(), self.pane.close(), return_exceptions=True)

    async def _catch_up(self, receive: Receive) -> None:
        """Store what was said while nobody listened. The gateway drops what it has already; the event id is the same.

        Events of Slack wait meanwhile, so that each room stays in order.
        """
        newest = await self._newest()
        for heard in newest:
            if heard.to_me:
                self._sender.remember_thread(heard.address.room, heard.address.thread)
        me = await self.who_we_are()
        for event in await self._missed.within(self._options.ping_seconds, newest, self._now()):
            try:
                await self.hear({"type": "event_callback", "team_id": me.team, "event": event}, receive)
            except NotStored as error:
                raise ChannelDown(saying("not_stored", why=str(error))) from error
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                log.warning("slack_history_not_understood", channel=self._name, error=repr(error))

    async def _probe_api(self) -> Health:
        try:
            await self._api.ask(self._api.sdk.auth_test)
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=self._now())
        return Health(state=ChannelState.UP, reason=self._missed.gap, at=self._now())


class _Ears:
    """The channel, for whoever stores what it hears; satisfies `app.Ears`."""

    def __init__(self, slack: Slack, receive: Receive) -> None:
        self._slack = slack
        self._receive = receive
        self.who_we_are = slack.who_we_are
        self.ask_why = slack.ask_why
        self.open_pane = slack.pane.opened

    async def hear(self, payload: dict[str, Any]) -> None:
        await self._slack.hear(payload, self._receive)

    async def open_home(self, payload: dict[str, Any]) -> None:
        await self._slack.homes.open(payload, await self._slack.who_we_are())


class SocketSlack(Slack):
    """Slack over Socket Mode: no public address, one connection that we open."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        super().__init__(name, options, surroundings)
        self._connection = SocketConnection(options, surroundings.http, self._api)

    async def listen(self, receive: Receive) -> None:
        """Hear Slack until cancelled; raises ChannelDown or ChannelRefused."""
        bolt = self._app(receive)
        await self._listen_beside_names(lambda: self._connection.run(lambda: self._catch_up(receive), bolt))

    async def try_credentials(self) -> None:
        """Whether Slack takes both tokens; raises ChannelError. The address of a socket is asked for and not called."""
        await self._api.ask(self._api.sdk.auth_test)
        await self._connection.issue_new_wss_url()

    async def probe(self) -> Health:
        """Whether the Web API takes our token and the socket answers a ping."""
        health = await self._probe_api()
        if health.state is not ChannelState.UP:
            return health
        try:
            alive = await self._connection.is_alive()
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=self._now())
        return (
            health
            if alive
            else Health(state=ChannelState.STARTING, reason=saying("not_open", thing="socket"), at=self._now())
        )


class HttpSlack(Slack):
    """Slack over signed HTTP requests: needs a public address, holds no connection."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        super().__init__(name, options, surroundings)
        secret = options.signing_secret
        self._verification = http_mode.Verification(secret.get_secret_value() if secret else "", surroundings.now)

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """One route for events, presses and slash commands."""
        bolt = self._app(receive, self._verification)

        async def answer(request: web.Request) -> web.Response:
            return await http_mode.answer(request, bolt)

        return [web.post(f"/channels/{self._name}/events", answer)]

    async def listen(self, receive: Receive) -> None:
        """Check the token, then stand by until cancelled (events come in by `routes`); raises as the other mode."""

        async def stand_by() -> None:
            await self._catch_up(receive)
            await asyncio.Event().wait()

        await self._listen_beside_names(stand_by)

    async def probe(self) -> Health:
        """Whether the Web API takes our token, and what keeps Slack's requests out."""
        health = await self._probe_api()
        return replace(health, reason=health.reason or self._verification.trouble)
