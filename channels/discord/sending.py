"""Everything said at Discord: messages, edits, private answers, files. Calls nobody, shows no previews of links.

A message carries a nonce made of its key, so that Discord drops a repeat, which it does for some minutes only.
Facts: discord.com/developers/docs/resources/message#create-message.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from channels.base import MessageRefused
from channels.discord.api import Api, Declined, Json
from channels.discord.files import form
from channels.discord.forms import with_forms
from channels.discord.interactions import Interactions
from channels.discord.normalise import COMMAND, is_command
from channels.discord.places import channel_of
from channels.discord.render import components, contents, shown_of
from channels.discord.sdk import Route
from channels.discord.voice import IS_VOICE, MEDIA_TYPE, NAME, Voice, voice_in
from channels.messages import Account, Address, File, Outbound, Ref, Stop

SUPPRESS_EMBEDS = 1 << 2
UNKNOWN_MESSAGE = 10008
MAY_NOT_QUOTE = 160002
"""An answer quotes what it answers, which needs the right to read the history."""
NOT_THERE = frozenset({10003, 50001, 50013})
"""Unknown channel, missing access, missing permissions."""
MOST_ROOMS = 5_000
MUTE: Json = {"allowed_mentions": {"parse": [], "replied_user": False}, "flags": SUPPRESS_EMBEDS}


class Sender:
    """The writing half of one bot."""

    def __init__(self, channel: str, api: Api, interactions: Interactions) -> None:
        self._channel = channel
        self._api = api
        self._interactions = interactions
        self._direct: dict[str, str] = {}

    async def send(self, message: Outbound) -> Ref:
        """Send, edit or show privately; the Ref's id is empty for what cannot be edited."""
        if message.replaces is not None:
            return await self._replace(message, message.replaces)
        if message.only_for is not None:
            return await self._send_privately(message, message.only_for)
        return await self._send_openly(message)

    async def say(self, address: Address, text: str, answers: Ref | None, stop: Stop | None = None) -> Ref:
        """A new message of words that are already in Discord's dialect, with the button that ends them."""
        return await self._post(address, {"content": text, **_stopping(stop), **MUTE}, answers, ())

    async def rewrite(self, ref: Ref, text: str, stop: Stop | None = None) -> None:
        """The same message with other words; raises MessageRefused when it is gone."""
        await self._edit(ref, {"content": text, "components": [], **_stopping(stop), **MUTE})

    async def direct_room(self, account: Account) -> Address:
        """The private conversation; raises MessageRefused where Discord has no such account."""
        room = self._direct.get(account.id)
        if room is None:
            found = await self._api.start_private_message(account.id)
            room = self._direct[account.id] = str(found["id"])
            while len(self._direct) > MOST_ROOMS:
                del self._direct[next(iter(self._direct))]
        return Address(channel=self._channel, room=room)

    async def _send_openly(self, message: Outbound) -> Ref:
        bodies = _bodies(message)
        files = [part for part in message.parts if isinstance(part, File)]
        if not bodies and not files:
            raise MessageRefused("there is nothing to send")
        if len(files) == 1 and (voice := await voice_in(files[0])) is not None:
            return await self._send_spoken(message, bodies, files[0], voice)
        first, *others = bodies or [dict(MUTE)]
        ref = await self._post(message.address, first | _nonce(message.key), message.answers, files)
        for number, body in enumerate(others, start=2):
            await self._post(message.address, body | _nonce(f"{message.key}/{number}"), None, ())
        return ref

    async def _send_spoken(self, message: Outbound, bodies: Sequence[Json], file: File, voice: Voice) -> Ref:
        """The words, and then the voice by itself, for nothing else may stand in its message; else it is a file."""
        refs: list[Ref] = []
        for number, body in enumerate(bodies, start=1):
            key = message.key if number == 1 else f"{message.key}/{number}"
            refs.append(await self._post(message.address, body | _nonce(key), None if refs else message.answers, ()))
        nonce, answers = _nonce(f"{message.key}/voice"), None if refs else message.answers
        spoken = replace(file, name=NAME, media_type=MEDIA_TYPE)
        try:
            refs.append(await self._post(message.address, {"flags": IS_VOICE, **nonce}, answers, (spoken,), voice))
        except Declined:  # as where people may not speak, 50173
            refs.append(await self._post(message.address, {**MUTE, **nonce}, answers, (file,)))
        return refs[0]

    async def _post(
        self, address: Address, body: Json, answers: Ref | None, files: Sequence[File], voice: Voice | None = None
    ) -> Ref:
        channel = channel_of(address)
        if answers is not None and is_command(answers) and not files:
            answered = await self._interactions.answer(answers.id.removeprefix(COMMAND), body)
            if answered is not None:
                return Ref(address=address, id=str(answered["id"]))
        quoting = _quoting(channel, answers)
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
        try:
            sent = await self._posted(route, body | quoting, files, voice)
        except Declined as refusal:
            if refusal.code == MAY_NOT_QUOTE and quoting:
                return await self._post(address, body, None, files, voice)
            spoken = await self._interactions.speak(channel, body) if refusal.code in NOT_THERE and not files else None
            if spoken is None:
                raise
            sent = spoken
        return Ref(address=address, id=str(sent["id"]))

    async def _posted(self, route: Route, body: Json, files: Sequence[File], voice: Voice | None) -> Json:
        if not files:
            return dict(await self._api.request(route, json=body))
        async with form(body, files, voice) as fields:
            return dict(await self._api.request(route, form=fields))

    async def _replace(self, message: Outbound, ref: Ref) -> Ref:
        if not ref.id.isdigit():
            raise MessageRefused("Discord cannot edit a private answer")
        bodies = _bodies(message)
        if not bodies:
            raise MessageRefused("there is nothing to put in its place")
        try:
            await self._edit(ref, {"components": [], **bodies[0]})
        except Declined as refusal:
            if refusal.code != UNKNOWN_MESSAGE:
                raise
            return await self._send_openly(replace(message, replaces=None))  # somebody removed it
        for number, body in enumerate(bodies[1:], start=2):
            await self._post(ref.address, body | _nonce(f"{message.key}/{number}"), None, ())
        return ref

    async def _edit(self, ref: Ref, body: Json) -> None:
        channel = channel_of(ref.address)
        path = "/channels/{channel_id}/messages/{message_id}"
        try:
            await self._api.request(Route("PATCH", path, channel_id=channel, message_id=ref.id), json=body)
        except Declined as refusal:
            if refusal.code not in NOT_THERE or not await self._interactions.rewrite(channel, ref.id, body):
                raise

    async def _send_privately(self, message: Outbound, account: Account) -> Ref:
        """Below the press, seen by the presser alone; else in a direct message."""
        has_files = any(isinstance(part, File) for part in message.parts)
        if message.receipt and not has_files and await self._interactions.whisper(message.receipt, _bodies(message)):
            return Ref(address=message.address, id="")
        home = await self.direct_room(account)
        answers = message.answers if channel_of(message.address) == home.room else None
        return await self._send_openly(replace(message, address=home, only_for=None, answers=answers))


def _bodies(message: Outbound) -> list[Json]:
    """The messages that say it; the buttons stand below the last."""
    message = shown_of(message)
    bodies: list[Json] = [{"content": content, **MUTE} for content in contents(message)]
    if message.card is not None and message.card.buttons:
        bodies[-1]["components"] = with_forms(components(message.card), message.card)
    return bodies


def _stopping(stop: Stop | None) -> Json:
    return {"components": components(stop.card)} if stop else {}


def _quoting(channel: str, answers: Ref | None) -> Json:
    """The part of a message that says which one of the same channel it answers."""
    if answers is None or not answers.id.isdigit() or channel_of(answers.address) != channel:
        return {}
    return {"message_reference": {"message_id": answers.id, "fail_if_not_exists": False}}


def _nonce(key: str) -> Json:
    """At most 25 characters; 24 hexadecimal digits do not meet by chance."""
    return {"nonce": hashlib.sha256(key.encode()).hexdigest()[:24], "enforce_nonce": True}
