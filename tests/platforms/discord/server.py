"""The REST API over a town, the gateway beside it, and the people who write and press."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.platforms.discord.gateway import Gateway
from tests.platforms.discord.rules import (
    ACKNOWLEDGED,
    CREATE,
    EDIT,
    FOLLOW_UP,
    NO_VOICES,
    UNKNOWN_INTERACTION,
    UNKNOWN_WEBHOOK,
    DiscordError,
    check_choices,
    check_command,
    check_message,
    check_modal,
    check_voice,
    invalid,
    unlocalized,
)
from tests.platforms.discord.town import APP, BOT, GUILD, Message, Town, application, member, user
from tests.platforms.discord.wire import Interaction, answered, body_of, filled

Json = dict[str, Any]
TOKEN = "fake.discord.token"
CONTENT_FLAG = 1 << 19
UNFINISHED = 4
VOICE = 1 << 13
SAID, TAKEN, OFFERED, MODAL = 4, 6, 8, 9


@dataclass
class FakeDiscord:
    """The server. `faults` are the statuses of the next messages sent or edited, 0 for a dropped connection."""

    press_seconds: float = 3.0
    calls: Counter[str] = field(default_factory=Counter)
    requests: list[tuple[str, str, Json]] = field(default_factory=list)
    faults: deque[tuple[int, Json]] = field(default_factory=deque)
    commands: list[Json] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    sessions_left: int = 999
    presses_go_to: str | None = None
    portal_says: bool | None = None
    lets_quote: bool = True
    lets_attach: bool = True
    lets_open_forms: bool = True
    lets_speak: bool = True
    locale: str = "en-US"
    history_faults: deque[Json] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.town = Town()
        self.gateway = Gateway(self.town, TOKEN)
        self.nonces: dict[tuple[str, str], Message] = {}

    async def start(self, port: int = 0, mount: Callable[[web.Application], None] | None = None) -> None:
        app = web.Application(client_max_size=30 * 2**20)
        route = app.router.add_route
        route("GET", "/gateway/", self.gateway.serve)
        route("GET", "/cdn/{name}", self._cdn)
        for method, path, handler in (
            ("GET", "/users/@me", self._me),
            ("POST", "/users/@me/channels", self._private),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/gateway/bot", self._where),
            ("GET", "/applications/{app}/commands", self._commands),
            ("POST", "/applications/{app}/commands", self._register),
            ("PUT", "/applications/{app}/commands", self._register_all),
            ("GET", "/channels/{channel}", self._channel),
            ("GET", "/channels/{channel}/messages", self._history),
            ("POST", "/channels/{channel}/typing", self._typing),
            ("POST", "/channels/{channel}/messages", self._post),
            ("PATCH", "/channels/{channel}/messages/{id}", self._edit),
            ("POST", "/attachments/refresh-urls", self._refresh),
            ("POST", "/interactions/{id}/{token}/callback", self._take),
            ("POST", "/webhooks/{app}/{token}", self._follow_up),
            ("PATCH", "/webhooks/{app}/{token}/messages/{id}", self._edit_follow_up),
        ):
            route(method, f"/api/v10{path}", self._guarded(handler))
        if mount is not None:
            mount(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        self.gateway.resume_url = self.gateway_url

    async def stop(self) -> None:
        if self.gateway.connection is not None:
            self.gateway.connection.transport.abort()
        await self._runner.cleanup()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gateway/"

    async def until(self, is_so: Any, seconds: float = 5) -> None:
        async with asyncio.timeout(seconds):
            while not is_so():
                self.gateway.changed.clear()
                await self.gateway.changed.wait()

    def _guarded(self, handler: Any) -> Any:
        async def answer(request: web.Request) -> web.Response:
            try:
                is_webhook = request.path.startswith(("/api/v10/webhooks/", "/api/v10/interactions/"))
                self._check_token(request, is_webhook=is_webhook)
                if "messages" in request.path and request.method != "GET" and (told := self._fault(request)):
                    return told
                body = await body_of(request)
                self.requests.append((request.method, request.path.removeprefix("/api/v10"), body))
                return answered(await handler(request, body))
            except DiscordError as refusal:
                return answered(refusal.body, refusal.status)
            finally:
                self.gateway.changed.set()

        return answer

    def _check_token(self, request: web.Request, *, is_webhook: bool) -> None:
        given = request.headers.get("Authorization")
        if is_webhook and given is not None:
            raise DiscordError(400, 0, "the token of the bot has no place here")
        if not is_webhook and given != f"Bot {self.gateway.token}":
            raise DiscordError(401, 0, "401: Unauthorized")

    def _fault(self, request: web.Request) -> web.Response | None:
        self.calls["messages"] += 1
        if not self.faults:
            return None
        status, body = self.faults.popleft()
        if not status:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        limited = {"Via": "1.1 google", "Retry-After": "7", "X-RateLimit-Scope": "user"} if status == 429 else {}
        return answered(body, status, limited)

    # What the bot asks

    async def _me(self, request: web.Request, body: Json) -> Json:
        return user(BOT)

    async def _application(self, request: web.Request, body: Json) -> Json:
        allowed = self.gateway.allows_content if self.portal_says is None else self.portal_says
        flags = CONTENT_FLAG if allowed else 0
        return application() | {"flags": flags, "interactions_endpoint_url": self.presses_go_to}

    async def _where(self, request: web.Request, body: Json) -> Json:
        limit = {"total": 1000, "remaining": self.sessions_left, "reset_after": 3_600_000, "max_concurrency": 1}
        return {"url": self.gateway_url, "shards": 1, "session_start_limit": limit}

    async def _private(self, request: web.Request, body: Json) -> Json:
        return self.town.private(str(body["recipient_id"])).shown

    async def _channel(self, request: web.Request, body: Json) -> Json:
        return self.town.channel(request.match_info["channel"]).shown

    async def _commands(self, request: web.Request, body: Json) -> list[Json]:
        return [each if "with_localizations" in request.query else unlocalized(each) for each in self.commands]

    async def _register(self, request: web.Request, body: Json) -> Json:
        check_command(body)
        self.commands = [each for each in self.commands if each["name"] != body["name"]]
        self.commands.append(body | {"id": self.town.snowflake(), "application_id": APP, "version": "1"})
        return self.commands[-1]

    async def _register_all(self, request: web.Request, body: Any) -> list[Json]:
        self.commands = []
        for command in body:
            await self._register(request, command)
        return self.commands

    async def _history(self, request: web.Request, body: Json) -> list[Json]:
        if self.history_faults:
            raise DiscordError(429, 0, "You are being rate limited.", self.history_faults.popleft())
        channel = self.town.channel(request.match_info["channel"])
        limit = int(request.query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise DiscordError(400, 50035, "Invalid Form Body")
        found = self.town.history(channel.id, int(request.query.get("after", 0)), limit)
        reads = self.gateway.allows_content or channel.type == 1
        return [self.town.shown(message, with_content=reads) for message in found]

    async def _typing(self, request: web.Request, body: Json) -> None:
        self.typed.append(self.town.channel(request.match_info["channel"]).id)

    async def _post(self, request: web.Request, body: Json) -> Json:
        channel = self.town.channel(request.match_info["channel"])
        files = body.pop("_files", [])
        if files and not self.lets_attach:
            raise DiscordError(403, 50013, "Missing Permissions")
        check_message(body, CREATE, has_files=bool(files))
        if int(body.get("flags") or 0) & VOICE:
            if not self.lets_speak:
                raise DiscordError(*NO_VOICES)
            check_voice(body, files)
        key = (channel.id, str(body.get("nonce")))
        if body.get("enforce_nonce") and (known := self.nonces.get(key)):
            return self.town.shown(known)
        reference = body.get("message_reference") or {}
        answered = str(reference.get("message_id") or "")
        if answered and not self.lets_quote:
            raise DiscordError(400, 160002, "Cannot reply without permission to read message history")
        if answered and not any(m.id == answered and m.channel == channel.id for m in self.town.messages):
            if reference.get("fail_if_not_exists", True):
                raise DiscordError(400, 50035, "Invalid Form Body")
            answered = ""
        message = self.town.add(self._made(channel.id, body, files))
        message.answers, message.type = answered, 19 if answered else 0
        self.nonces[key] = message
        await self.gateway.push("MESSAGE_CREATE", self.town.told(message, with_content=True))
        return self.town.shown(message)

    def _made(self, channel: str, body: Json, files: list[Json], only_for: str = "") -> Message:
        return Message(
            id=self.town.snowflake(),
            channel=channel,
            author=BOT,
            content=body.get("content") or "",
            flags=int(body.get("flags") or 0),
            components=body.get("components") or [],
            attachments=[self.attach(**file) for file in files],
            allowed=body.get("allowed_mentions"),
            only_for=only_for,
        )

    async def _edit(self, request: web.Request, body: Json) -> Json:
        channel = self.town.channel(request.match_info["channel"])
        return self._rewritten(self.town.own(channel.id, request.match_info["id"]), body)

    def _rewritten(self, message: Message, body: Json) -> Json:
        check_message(body, EDIT, has_files=bool(message.attachments), before=self.town.shown(message))
        message.content = body.get("content", message.content) or ""
        message.edited = datetime.now(UTC).isoformat()
        message.components = body.get("components", message.components) or []
        message.allowed = body.get("allowed_mentions")
        return self.town.shown(message)

    # Interactions

    async def _take(self, request: web.Request, body: Json) -> Json | None:
        interaction = self.interactions.get(request.match_info["token"])
        if interaction is None or interaction.id != request.match_info["id"]:
            raise DiscordError(*UNKNOWN_INTERACTION)
        if time.monotonic() - interaction.begun > self.press_seconds:
            raise DiscordError(*UNKNOWN_INTERACTION)
        if interaction.taken:
            raise DiscordError(*ACKNOWLEDGED)
        if body["type"] == MODAL:
            if not self.lets_open_forms:
                raise DiscordError(500, 0, "Internal Server Error")
            check_modal(body.get("data") or {}, interaction.kind)
            interaction.form = body["data"]
        if body["type"] == OFFERED:
            check_choices(body.get("data") or {}, interaction.kind)
            interaction.choices = body["data"]["choices"]
        elif interaction.kind == UNFINISHED:
            raise invalid("type", "INTERACTION_CALLBACK_TYPE_INVALID", "This interaction is answered by choices alone.")
        interaction.taken = body["type"]
        if body["type"] == SAID:
            only_for = interaction.person if int(body["data"].get("flags") or 0) & 64 else ""
            interaction.original = self.town.add(self._made(interaction.channel, body["data"], [], only_for))
        return self._response(interaction) if request.query.get("with_response") in {"1", "true"} else None

    def _response(self, interaction: Interaction) -> Json:
        """What the answer became, for whoever asks to be told."""
        told = {"id": interaction.id, "type": interaction.kind}
        resource: Json = {"type": interaction.taken}
        if interaction.original is not None:
            told |= {"response_message_id": interaction.original.id}
            resource |= {"message": self.town.shown(interaction.original)}
        return {"interaction": told, "resource": resource}

    def _taken(self, request: web.Request) -> Interaction:
        interaction = self.interactions.get(request.match_info["token"])
        if interaction is None or not interaction.is_alive or not interaction.taken or request.match_info["app"] != APP:
            raise DiscordError(*UNKNOWN_WEBHOOK)
        return interaction

    async def _follow_up(self, request: web.Request, body: Json) -> Json:
        interaction = self._taken(request)
        check_message(body, FOLLOW_UP)
        only_for = interaction.person if int(body.get("flags") or 0) & 64 else ""
        return self.town.shown(self.town.add(self._made(interaction.channel, body, [], only_for)))

    async def _edit_follow_up(self, request: web.Request, body: Json) -> Json:
        interaction = self._taken(request)
        if request.match_info["id"] != "@original":
            return self._rewritten(self.town.own(interaction.channel, request.match_info["id"]), body)
        if interaction.taken == TAKEN and interaction.message is not None:
            return self._rewritten(interaction.message, body)
        check_message(body, EDIT)
        if interaction.original is None:
            interaction.original = self.town.add(self._made(interaction.channel, body, []))
            return self.town.shown(interaction.original)
        return self._rewritten(interaction.original, body)

    # Files

    def attach(self, name: str, content: bytes, media_type: str, **told: Any) -> Json:
        number = self.town.snowflake()
        key = f"{number}-{name}"
        self.town.files[key] = content
        url = f"{self.base}/cdn/{key}?ex=1&is=2&hm=3"
        shown = {"id": number, "filename": name, "size": len(content), "content_type": media_type}
        return shown | {"url": url, "proxy_url": url} | told

    async def _cdn(self, request: web.Request) -> web.Response:
        if "Authorization" in request.headers:
            return web.Response(status=400, text="whose token is this?")
        name = request.match_info["name"]
        if name not in self.town.files or (name in self.town.gone and "renewed" not in request.query):
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=self.town.files[name])

    async def _refresh(self, request: web.Request, body: Json) -> Json:
        renewed = [{"original": url, "refreshed": f"{url}&renewed=1"} for url in body["attachment_urls"]]
        return {"refreshed_urls": renewed}

    # What people do

    async def say(self, message: Message) -> Message:
        """Somebody's message appears, and the bot is told as far as it may know."""
        self.town.add(message)
        await self.tell(message)
        return message

    async def tell(self, message: Message) -> None:
        told = self.town.told(message, with_content=self.gateway.reads_content())
        await self.gateway.push("MESSAGE_CREATE", told)

    async def edit(self, message: Message, words: str) -> None:
        """Whoever wrote it writes it anew."""
        message.content, message.edited = words, datetime.now(UTC).isoformat()
        await self.tell_update(message)

    async def tell_update(self, message: Message) -> None:
        """The bot is told how a message is now, for whatever reason."""
        told = self.town.told(message, with_content=self.gateway.reads_content())
        await self.gateway.push("MESSAGE_UPDATE", told)

    async def press(self, message: Message, button: Json, person: str) -> Interaction:
        data = {"custom_id": button["custom_id"], "component_type": 2, "id": 3}
        shown = self.town.shown(message)
        begun = await self._interact(message.channel, person, {"type": 3, "message": shown, "data": data})
        begun.message = message
        return begun

    async def submit(self, asked: Interaction, words: str) -> Interaction:
        """Send the form that a press has opened, filled with these words, as whoever opened it."""
        assert asked.form is not None, "no form is open"
        components = [filled(component, words) for component in asked.form["components"]]
        given: Json = {"type": 5, "data": {"custom_id": asked.form["custom_id"], "components": components}}
        if asked.message is not None:
            given["message"] = self.town.shown(asked.message)
        asked.form = None
        return await self._interact(asked.channel, asked.person, given)

    async def command(self, channel: str, person: str, words: str) -> Interaction:
        options = [{"name": "words", "type": 3, "value": words}] if words else []
        data = {"id": "1", "name": "nexora", "type": 1, "options": options}
        return await self._interact(channel, person, {"type": 2, "data": data})

    async def typing(self, channel: str, person: str, words: str) -> Interaction:
        """Somebody types into the option of the slash command and has not sent it."""
        options = [{"name": "words", "type": 3, "value": words, "focused": True}]
        data = {"id": "1", "name": "nexora", "type": 1, "options": options}
        return await self._interact(channel, person, {"type": UNFINISHED, "data": data})

    async def _interact(self, channel: str, person: str, given: Json) -> Interaction:
        number = self.town.snowflake()
        interaction = Interaction(number, f"token-{number}", channel, person, time.monotonic(), given["type"])
        self.interactions[interaction.token] = interaction
        place = self.town.channels[channel]
        who = {"user": user(person)} if place.type == 1 else {"member": member() | {"user": user(person)}}
        event = {"id": number, "application_id": APP, "token": interaction.token, "version": 1, "channel_id": channel}
        event |= {"locale": self.locale, "entitlements": [], "attachment_size_limit": 10 * 2**20}
        event |= {"channel": place.shown} | who | given | ({} if place.type == 1 else {"guild_id": GUILD})
        if self.presses_go_to is None:
            await self.gateway.push("INTERACTION_CREATE", event)
        return interaction
