"""A self-built app as a channel: encrypted callbacks in, REST out. It hears and speaks to single persons only."""

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web

from channels.base import (
    ChannelDown,
    ChannelError,
    ChannelRefused,
    ChannelState,
    Health,
    Rate,
    RateLimited,
    Receive,
    Surroundings,
    Traits,
)
from channels.messages import Account, Address, File, Outbound, Ref
from channels.options import Secret
from channels.sayings import saying
from channels.wecom import Options
from channels.wecom.app.api import Api, Untrusted
from channels.wecom.app.envelope import Envelope
from channels.wecom.app.events import normalise
from channels.wecom.app.sending import Sender
from channels.wecom.app.webhook import Webhook
from channels.wecom.uploads import MAX_FILE_BYTES

TRAITS = Traits(
    # A message holds 2,048 bytes: as many letters of English, while a longer Chinese piece becomes several messages.
    max_text=1800,
    can_edit=True,
    has_buttons=True,
    max_file_bytes=MAX_FILE_BYTES,
    max_card_body=1200,
    room_rate=Rate(count=30, seconds=60.0),
)
ASK_AGAIN_SECONDS = 15.0


class WeComApp:
    """A `Channel` with a route of its own that also fetches files and finds rooms."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        self._name = name
        self._agent_id = options.agent_id or 0
        self._surroundings = surroundings
        self._api = Api(options, surroundings.http)
        self._sender = Sender(self._api, self._agent_id, TRAITS)
        envelope = Envelope(_told(options.callback_token), _told(options.encoding_aes_key), options.corp_id)
        self._webhook = Webhook(envelope, surroundings.now)
        self._health = Health(state=ChannelState.STARTING)
        self._ask_after = 0.0
        self._path = f"/channels/{name}/events"

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What WeCom offers to an app."""
        return TRAITS

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """One address: it is tried with GET and called with POST."""

        async def called(request: web.Request) -> web.Response:
            return await self._webhook.called(request, lambda event: self._hear(event, receive))

        return [web.get(self._path, self._webhook.tried, allow_head=False), web.post(self._path, called)]

    async def _hear(self, event: Mapping[str, str], receive: Receive) -> None:
        """Store an event. Raises NotStored."""
        if event.get("AgentID", str(self._agent_id)) != str(self._agent_id):
            return
        inbound = normalise(self._name, event, self._surroundings.now())
        if inbound is None:
            return
        if inbound.press is not None and inbound.press.message is not None:
            self._sender.note_code(inbound.press.message.id, inbound.press.receipt)
        await receive(inbound)

    async def listen(self, receive: Receive) -> None:  # noqa: ARG002  events come in by `routes`
        """Check the credentials, then stand by until cancelled; raises ChannelRefused.

        Trouble on the way out does not end this, because it would close the webhook through which we hear.
        """
        health = await self._asked()
        if health.state is ChannelState.DOWN:
            raise ChannelRefused(health.reason)
        await asyncio.Event().wait()

    async def send(self, message: Outbound) -> Ref:
        """Send or rewrite one message; a card's Ref names its buttons, other messages have no name on this platform."""
        return await self._sender.send(message)

    async def direct_room(self, account: Account) -> Address:
        """The private conversation; an app may begin it with everybody who may see the app."""
        return Address(channel=self._name, room=account.id)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that a person sent in the last three days."""
        return await self._api.download(file.locator, file.name, limit_bytes)

    async def probe(self) -> Health:
        """Whether the platform lets us speak, and whether it ever found its way to us."""
        if asyncio.get_running_loop().time() < self._ask_after:
            return self._health
        return await self._asked()

    async def _asked(self) -> Health:
        """What the platform says of the app; while the way out is not open, it is asked for only now and then."""
        state, reason = await self._way_out()
        self._health = Health(state=state, reason=reason, at=self._surroundings.now())
        if state is ChannelState.STARTING:
            self._ask_after = asyncio.get_running_loop().time() + ASK_AGAIN_SECONDS
        return self._health

    async def _way_out(self) -> tuple[ChannelState, str]:
        if not self._surroundings.public_url:
            return ChannelState.DOWN, saying("no_public_url_wecom")
        try:
            await self._api.call("agent/get", query={"agentid": str(self._agent_id)})
        except Untrusted as error:
            return ChannelState.STARTING, saying("untrusted", words=str(error))
        except ChannelDown as error:
            return ChannelState.STARTING, str(error)
        except RateLimited as error:
            return ChannelState.UP, str(error)
        except ChannelError as error:  # wrong credentials, or the app is not there
            return ChannelState.DOWN, str(error)
        return ChannelState.UP, await self._unheard()

    async def _unheard(self) -> str:
        """A sentence when WeCom has never called and nothing is stored of it; else nothing."""
        if self._webhook.was_opened or await self._surroundings.newest():
            return ""
        url = f"{self._surroundings.public_url}{self._path}"
        return saying("not_called", url=url)


def _told(secret: Secret | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
