"""Mattermost as a channel: who we are there, what we hear, what we say."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog
from aiohttp import web

from channels.base import (
    NOT_YET,
    ChannelDown,
    ChannelError,
    ChannelRefused,
    ChannelState,
    CommandsNeed,
    FileTooLarge,
    Health,
    LiveMessage,
    MessageRefused,
    NotStored,
    RateLimited,
    Receive,
    Streaming,
    Surroundings,
    Traits,
)
from channels.mattermost import Options, webhook
from channels.mattermost.api import Api
from channels.mattermost.connection import Connection
from channels.mattermost.normalise import DIRECT, Me, correction, message
from channels.mattermost.sending import Growing, Sender
from channels.messages import Account, Address, File, Outbound, Ref
from channels.sayings import saying
from channels.shared.socket import Json

_log = structlog.get_logger(__name__)

TRAITS = Traits(
    max_text=16_000,
    streaming=Streaming.EDIT,
    stream_interval_seconds=1.0,
    can_edit=True,
    has_buttons=True,
    live_button=True,
    max_file_bytes=50 * 2**20,
    max_card_body=12_000,
    repeats=True,
    tells_presses=True,
    commands_need=CommandsNeed.MENTION,
    names_quoted=True,
)
HISTORY = timedelta(hours=24)
STORE_PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0)


class Mattermost:
    """A `Channel` that also fetches files, shows progress, finds rooms and has a route for presses."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        self._name = name
        self._surroundings = surroundings
        self._path = f"/channels/{name}/actions"
        reached = options.callback_url or surroundings.public_url
        self._callback = f"{reached}{self._path}" if reached else ""
        self._api = Api(options, surroundings.http)
        self._connection = Connection(surroundings.http, options)
        self._sender = Sender(self._api, surroundings.key, self._callback, lambda: self._me.id)
        self._me = Me(channel=name, id="", username="")
        self._kinds: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._heard: dict[str, None] = {}

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What Mattermost offers; no buttons where the server cannot reach us."""
        return TRAITS if self._callback else replace(TRAITS, has_buttons=False)

    async def listen(self, receive: Receive) -> None:
        """Hear the server until cancelled; raises ChannelDown or ChannelRefused."""
        try:
            me = await self._api.call("GET", "/users/me")
            self._me = Me(channel=self._name, id=str(me["id"]), username=str(me["username"]))
            await self._connection.run(lambda: self._catch_up(receive), lambda event: self._hear(event, receive))
        except MessageRefused as error:  # about a connection, it means: later, unless a right is missing for it
            raise (ChannelRefused if error.lack else ChannelDown)(str(error)) from error
        except RateLimited as error:
            raise ChannelDown(str(error)) from error

    async def _catch_up(self, receive: Receive) -> None:
        """Ask each conversation for what was written since we heard it last; bounded by a day."""
        earliest = self._surroundings.now() - HISTORY
        rooms: dict[str, int] = {}
        for event in await self._surroundings.newest():
            since = int(max(event.at, earliest).timestamp() * 1000)
            rooms[event.address.room] = max(since, rooms.get(event.address.room, 0))
        for room, since in rooms.items():
            try:
                answer = await self._api.call("GET", f"/channels/{room}/posts", since=str(since))
            except MessageRefused as error:
                _log.info("mattermost_history_refused", room=room, reason=str(error))
                continue
            for post in sorted(answer.get("posts", {}).values(), key=lambda each: each["create_at"]):
                is_edit = post["create_at"] <= since
                if not post.get("delete_at") and (not is_edit or post.get("edit_at", 0) > since):
                    await self._post(post, receive, is_edit=is_edit)

    async def _hear(self, event: Json, receive: Receive) -> None:
        if event.get("event") not in {"posted", "post_edited"}:
            return
        try:
            data = event["data"]
            post = json.loads(data["post"])
            is_edit = event["event"] == "post_edited"
            if not is_edit:
                self._kinds[str(post["channel_id"])] = str(data.get("channel_type", ""))
                self._names[str(post["user_id"])] = str(data.get("sender_name", ""))
                self._names[str(post["channel_id"])] = str(data.get("channel_display_name", ""))
            await self._post(post, receive, is_edit=is_edit)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            _log.warning("mattermost_event_not_understood", error=repr(error))

    async def _post(self, post: Json, receive: Receive, *, is_edit: bool = False) -> None:
        """Store a post, once; what cannot be stored is tried again, for nothing here would bring it back.

        An edit is told without the names of the room and of who wrote it; they are those that came with the post.
        """
        post_id = f"{post['id']}:{post.get('edit_at') or 0}" if is_edit else str(post["id"])
        if post_id in self._heard:
            return
        room, author = str(post["channel_id"]), str(post["user_id"])
        quoted = await self._root(post)
        is_direct = await self._kind(room) == DIRECT
        inbound = message(
            self._me,
            post,
            is_direct=is_direct,
            name=self._names.get(author, ""),
            room_name=self._names.get(room, ""),
            quoted=quoted,
        )
        if inbound is not None and is_edit:
            inbound = correction(inbound, post)
        if inbound is not None:
            ours = (inbound.address.room, inbound.address.thread) in self._sender.threads
            inbound = replace(inbound, to_me=inbound.to_me or ours)
            for pause in (*STORE_PAUSES, None):
                try:
                    await receive(inbound)
                    break
                except NotStored as error:
                    if pause is None:
                        raise ChannelDown(saying("not_stored", why=str(error))) from error
                    await asyncio.sleep(pause)
        self._heard[post_id] = None
        if len(self._heard) > 5000:  # noqa: PLR2004 -- enough for every post that history may repeat
            self._heard.pop(next(iter(self._heard)))

    async def _root(self, post: Json) -> Json | None:
        """The post whose thread this is in."""
        root = post.get("root_id")
        if not root:
            return None
        try:
            answer = await self._api.call("GET", f"/posts/{root}")
        except MessageRefused:
            return None
        return dict(answer)

    async def _kind(self, room: str) -> str:
        if room not in self._kinds:
            try:
                answer = await self._api.call("GET", f"/channels/{room}")
            except MessageRefused as error:  # one room that we may not look at does not end the hearing of all others
                _log.info("mattermost_room_unknown", room=room, reason=str(error))
                return ""
            self._kinds[room] = str(answer["type"])
        return self._kinds[room]

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """Where the server posts presses."""

        async def pressed(request: web.Request) -> web.Response:
            return await self._pressed(request, receive)

        return [web.post(self._path, pressed)]

    async def _pressed(self, request: web.Request, receive: Receive) -> web.Response:
        if (request.content_length or 0) > webhook.MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=webhook.MOST_BYTES, actual_size=request.content_length or 0)
        try:
            given = await request.json()
            room = str(given.get("channel_id", "")) if isinstance(given, dict) else ""
            is_direct = self._kinds.get(room) == DIRECT
            inbound = webhook.press(
                self._name, self._surroundings.key, given, self._surroundings.now(), is_direct=is_direct
            )
        except (KeyError, TypeError, ValueError):
            return web.Response(status=400)
        if inbound is None:
            _log.warning("mattermost_press_without_proof", remote=request.remote)
            return web.Response(status=401)
        try:
            await receive(inbound)
        except NotStored:
            return web.json_response({"ephemeral_text": NOT_YET})
        return web.json_response({})

    async def send(self, message: Outbound) -> Ref:
        """Send or rewrite one post."""
        return await self._sender.send(message)

    async def open_live(
        self, address: Address, recipient: Account, answers: Ref | None, resumes: Ref | None = None
    ) -> LiveMessage:
        """A post that is rewritten while the answer grows."""
        del recipient
        return Growing(self._sender, address, answers, resumes)

    async def direct_room(self, account: Account) -> Address:
        """The private conversation with that account."""
        return await self._sender.direct_room(self._name, account)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that a person sent."""
        if file.size > limit_bytes:
            raise FileTooLarge(f"{file.name} has {file.size} bytes; the limit is {limit_bytes}")
        return await self._api.download(file.locator, file.name, limit_bytes)

    async def probe(self) -> Health:
        """Whether the API takes our token and the socket on which we hear answers."""
        now = self._surroundings.now()
        try:
            await self._api.call("GET", "/users/me")
            alive = await self._connection.is_alive()
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=now)
        if not alive:
            return Health(state=ChannelState.STARTING, reason=saying("not_open", thing="socket"), at=now)
        lack = "" if self._callback else saying("lack.callback", platform="Mattermost")
        return Health(state=ChannelState.UP, reason=lack, at=now)
