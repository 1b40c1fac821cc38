"""Presses and slash commands: taken within three seconds, and answered by the token that came with each.

A token is good for 15 minutes. Facts: discord.com/developers/docs/interactions/receiving-and-responding.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from channels.base import NOT_YET, ChannelError
from channels.completing import Completion
from channels.discord.api import Api, Declined, Json
from channels.discord.commands import choices, described, is_same
from channels.discord.forms import modal
from channels.discord.normalise import Me, moment
from channels.discord.sdk import Route

_log = structlog.get_logger(__name__)

LIFE = timedelta(minutes=14, seconds=30)
MOST_KEPT = 500
SAID, THINKING, TAKEN = 4, 5, 6
ACKNOWLEDGED = 40060
ANSWER_SECONDS = 3.0
"""As long as an interaction waits for its first answer."""
EPHEMERAL = 1 << 6 | 1 << 2
"""Shown to one person alone, and without previews of links."""


class Interactions:
    """What one bot may still answer in this way."""

    def __init__(self, api: Api, me: Callable[[], Me], now: Callable[[], datetime]) -> None:
        self._api = api
        self._me = me
        self._now = now
        self._taking: dict[str, asyncio.Task[None]] = {}
        self._commands: dict[str, tuple[str, str]] = {}
        self._unanswered: set[str] = set()
        self._asked_why: dict[str, None] = {}

    def take(self, interaction: Json) -> None:
        """Tell Discord that it arrived, beside everything else; after it was stored."""
        number, token = str(interaction["id"]), str(interaction["token"])
        kind = THINKING if interaction["type"] == 2 else TAKEN  # noqa: PLR2004 -- a slash command
        task = asyncio.create_task(self._take(number, token, kind), name=f"discord take {number}")
        self._taking[token] = task
        task.add_done_callback(lambda _: self._taking.pop(token, None))

    def put_off(self, interaction: Json) -> None:
        """Tell whoever pressed that it could not be stored; Discord may deliver it again, and then it is taken."""
        number, token = str(interaction["id"]), str(interaction["token"])
        task = asyncio.create_task(self._take(number, token, SAID, NOT_YET), name=f"discord put off {number}")
        self._taking[token] = task
        task.add_done_callback(lambda _: self._taking.pop(token, None))

    async def ask_why(self, interaction: Json) -> bool:
        """Open the form of a button; False where none can be opened, so that the press itself counts.

        A press that Discord tells again, as after a break, opens nothing and counts for nothing: its form is open.
        """
        number, token = str(interaction["id"]), str(interaction["token"])
        if number in self._asked_why:
            return True
        route = Route("POST", "/interactions/{number}/{token}/callback", number=number, token=token)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._api.request(route, json=modal(interaction))
        except (ChannelError, TimeoutError) as error:
            if not (isinstance(error, Declined) and error.code == ACKNOWLEDGED):
                _log.info("form_not_opened", channel=self._me().channel, reason=str(error) or "no answer in time")
                return False
        self._asked_why[number] = None
        while len(self._asked_why) > MOST_KEPT:
            del self._asked_why[next(iter(self._asked_why))]
        return True

    async def offer(self, interaction: Json, completions: Sequence[Completion]) -> None:
        """Tell how the line that somebody is typing may go on; too late, it is of no use to anybody."""
        number, token = str(interaction["id"]), str(interaction["token"])
        route = Route("POST", "/interactions/{number}/{token}/callback", number=number, token=token)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._api.request(route, json=choices(completions))
        except (ChannelError, TimeoutError) as error:
            _log.info("completions_not_offered", channel=self._me().channel, reason=str(error) or "no answer in time")

    def keep(self, interaction: Json) -> None:
        """Remember how a slash command is answered."""
        number = str(interaction["id"])
        self._commands[number] = (str(interaction["channel_id"]), str(interaction["token"]))
        self._unanswered.add(number)
        while len(self._commands) > MOST_KEPT:
            forgotten = next(iter(self._commands))
            del self._commands[forgotten]
            self._unanswered.discard(forgotten)

    async def _take(self, number: str, token: str, kind: int, words: str = "") -> None:
        route = Route("POST", "/interactions/{number}/{token}/callback", number=number, token=token)
        try:
            said = {"data": {"content": words, "flags": EPHEMERAL}} if words else {}
            await self._api.request(route, json={"type": kind, **said})
        except ChannelError as error:
            _log.info("interaction_not_taken", channel=self._me().channel, reason=str(error))

    async def whisper(self, receipt: str, bodies: Sequence[Json]) -> bool:
        """Show it to whoever pressed, alone; False when the press can be answered no more."""
        number, _, token = receipt.partition(":")
        if not number.isdigit() or not token or not self._is_alive(number):
            return False
        try:
            for body in bodies:
                await self._follow_up(token, {**body, "flags": EPHEMERAL})
        except Declined as refusal:
            _log.info("press_not_answered", channel=self._me().channel, reason=str(refusal))
            return False
        return True

    async def answer(self, command: str, body: Json) -> Json | None:
        """The message that answers a slash command, in place of "thinking"; None when it can be answered no more."""
        kept = self._commands.get(command)
        if kept is None or not self._is_alive(command):
            return None
        try:
            if command not in self._unanswered:
                return await self._follow_up(kept[1], body)
            shown = await self._edit(kept[1], "@original", body)
        except Declined as refusal:
            _log.info("command_not_answered", channel=self._me().channel, reason=str(refusal))
            return None
        self._unanswered.discard(command)
        return shown

    async def speak(self, channel: str, body: Json) -> Json | None:
        """A message where the bot itself may not speak, through the newest command given there."""
        token = self._newest(channel)
        return await self._follow_up(token, body) if token else None

    async def rewrite(self, channel: str, message: str, body: Json) -> bool:
        """Edit a message that was sent so; False where there is no way to."""
        token = self._newest(channel)
        return bool(token and await self._edit(token, message, body))

    def _newest(self, channel: str) -> str:
        alive = [
            token for number, (place, token) in self._commands.items() if place == channel and self._is_alive(number)
        ]
        return alive[-1] if alive else ""

    def _is_alive(self, number: str) -> bool:
        return self._now() - moment(number) < LIFE

    async def _follow_up(self, token: str, body: Json) -> Json:
        await self._taken(token)
        route = Route("POST", "/webhooks/{application}/{token}", application=self._me().application, token=token)
        return await self._asked(route, params={"wait": "true"}, json=_bare(body))

    async def _edit(self, token: str, message: str, body: Json) -> Json:
        await self._taken(token)
        path = "/webhooks/{application}/{token}/messages/{message}"
        route = Route("PATCH", path, application=self._me().application, token=token, message=message)
        return await self._asked(route, json=_bare(body))

    async def _asked(self, route: Route, **given: Any) -> Json:
        return dict(await self._api.request(route, **given))

    async def _taken(self, token: str) -> None:
        """Until Discord has been told that the interaction arrived, it knows of no answer to it."""
        if (task := self._taking.get(token)) is not None:
            await asyncio.wait({task})

    async def register(self, name: str) -> None:
        """Make the slash command known, unless it already is as it should be."""
        wanted, application = described(name), self._me().application
        route = Route("GET", "/applications/{application}/commands", application=application)
        try:
            known: Any = await self._api.request(route, params={"with_localizations": "true"})
            if not any(is_same(command, wanted) for command in known):
                await self._api.upsert_global_command(application, wanted)  # type: ignore[arg-type]  # a plain dict
        except ChannelError as error:
            _log.warning("slash_command_not_registered", channel=self._me().channel, reason=str(error))

    async def drop(self) -> None:
        """Leave no task behind."""
        tasks = list(self._taking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _bare(body: Json) -> Json:
    """Without what only a message of the bot itself may have."""
    return {key: value for key, value in body.items() if key not in {"enforce_nonce", "message_reference", "nonce"}}
