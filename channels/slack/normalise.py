"""Slack's payloads to `Inbound`, purely: no call, no clock, no memory. What is not for us becomes None.

Events (docs.slack.dev/reference/events), block actions, submitted forms and slash commands arrive in the same shape
over the socket and over HTTP. A user id is unique only together with its team, so an account's id is `TEAM:USER`.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from channels.messages import (
    Account,
    Address,
    Earlier,
    File,
    FileKind,
    Inbound,
    Mention,
    Part,
    Press,
    Quote,
    Ref,
    Text,
    plain,
    words_of,
)
from channels.slack import blocks, presses

Payload = Mapping[str, Any]

PERSONAL_SUBTYPES = frozenset({"", "file_share", "me_message", "thread_broadcast"})
SLACKBOT = "USLACKBOT"
COMMAND = "command:"
UNTOLD = "[a message whose contents Slack does not tell to apps]"
_MARKUP = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """Who the bot is in its workspace (auth.test); `channel` is the channel's name in the settings."""

    channel: str
    team: str
    user: str
    enterprise: str = ""

    def account(self, user: str, team: str = "", name: str = "") -> Account:
        """The account of a user; `team` is the workspace that Slack names for them, ours where it names none.

        People of a shared channel keep their own team, so two workspaces' equal user ids never meet. An
        organisation's id in place of a team's means our own workspace.
        """
        own = not team or team == self.enterprise
        return Account(channel=self.channel, id=f"{self.team if own else team}:{user}", name=name)


def normalise(payload: Payload, me: Me, heard_at: datetime) -> Inbound | None:
    """The inbound of one payload, or None when nobody spoke to us.

    `heard_at` dates what Slack does not date itself (slash commands, forms). Raises KeyError or ValueError on a payload
    that lacks what Slack's manual promises.
    """
    kind = payload.get("type", "")
    if kind == "event_callback":
        return _from_event(payload["event"], payload, me)
    if kind == "block_actions":
        return _from_press(payload, me)
    if kind == "view_submission" and "view" in payload:
        return _from_form(payload, me, heard_at)
    if "command" in payload:
        return _from_command(payload, me, heard_at)
    return None


def user_of(account: Account) -> str:
    """The user id by which the Web API knows an account."""
    return account.id.rpartition(":")[2]


def team_of(account: Account) -> str:
    """The workspace of an account."""
    return account.id.rpartition(":")[0]


def is_direct(room: str) -> bool:
    """Whether a room is the private conversation between the bot and one person: its id begins with D."""
    return room.startswith("D")


def is_command(message: Ref) -> bool:
    """Whether a Ref names a slash command, which leaves no message in the room."""
    return message.id.startswith(COMMAND)


def _from_change(event: Payload, payload: Payload, me: Me) -> Inbound | None:
    """What a person edited. Slack tells of previews and of new threads in the same way, but without `edited`."""
    message, before = dict(event.get("message") or {}), event.get("previous_message") or {}
    edited = message.get("edited")
    if not edited or message.get("text") == before.get("text"):
        return None
    if message.get("thread_ts") == message["ts"]:  # it has begun a thread since it was said
        del message["thread_ts"]
    said = _from_event({**message, "channel": event["channel"]}, payload, me)
    if said is None:
        return None
    words = words_of(tuple(_words(before.get("text") or "", me))).strip()
    return replace(
        said,
        event_id=f"{said.event_id}:edited:{edited['ts']}",
        at=_moment(edited["ts"]),
        corrects=Earlier(event_id=said.event_id, at=said.at, words=words),
    )


def _from_event(event: Payload, payload: Payload, me: Me) -> Inbound | None:
    if event.get("subtype") == "message_changed":
        return _from_change(event, payload, me)
    if event.get("type") not in {"message", "app_mention"} or not _is_personal(event, me):
        return None
    room, ts = event["channel"], event["ts"]
    direct = is_direct(room)
    parts = tuple(_parts(event, me)) or ((Text(text=UNTOLD),) if direct else ())
    if not parts:
        return None
    to_me = direct or event.get("parent_user_id") == me.user or _names_me(parts)
    # In a channel the answer belongs in a thread below the question; in a direct conversation it does not.
    thread = event.get("thread_ts") or (ts if to_me and not direct else "")
    address = Address(channel=me.channel, room=room, thread=thread)
    return Inbound(
        # A mention arrives as app_mention and as message, with two event ids but one ts: the ts makes them one event.
        event_id=f"{payload.get('team_id', me.team)}:{room}:{ts}",
        at=_moment(ts),
        address=address,
        sender=me.account(event["user"], _home(event)),
        parts=parts,
        is_direct=direct,
        to_me=to_me,
        message=Ref(address=address, id=ts),
    )


def _is_personal(event: Payload, me: Me) -> bool:
    """Written by a person, now: not by a bot (ourselves included), not an edit, a deletion or a notice."""
    author = event.get("user", "")
    return (
        event.get("subtype", "") in PERSONAL_SUBTYPES
        and not event.get("bot_id")
        and not event.get("hidden")
        and author not in {"", me.user, SLACKBOT}
    )


def _home(event: Payload) -> str:
    """The workspace of the author: `user_team` is set in shared channels, where `team` may be the channel's."""
    return str(event.get("user_team") or event.get("source_team") or event.get("team") or "")


def _names_me(parts: tuple[Part, ...]) -> bool:
    return any(isinstance(part, Mention) and part.is_me for part in parts)


def _parts(event: Payload, me: Me) -> Iterator[Part]:
    yield from _words(event.get("text") or "", me)
    for attachment in event.get("attachments") or ():
        if attachment.get("is_share") or attachment.get("is_msg_unfurl"):
            yield _quote(attachment, me)
            yield from filter(None, map(_file, attachment.get("files") or ()))
    for file in event.get("files") or ():
        if part := _file(file):
            yield part


def _words(text: str, me: Me) -> Iterator[Part]:
    """Slack's markup to words and mentions: `<@U…>`, `<#C…|name>`, `<!here>`, `<url|label>`, and the three entities."""
    buffer, end = "", 0
    for found in _MARKUP.finditer(text):
        buffer += text[end : found.start()]
        end = found.end()
        target, _, label = found[1].partition("|")
        if not target.startswith("@"):
            buffer += _reference(target, label)
            continue
        if buffer:
            yield Text(text=html.unescape(buffer))
            buffer = ""
        yield Mention(account=me.account(target[1:], name=html.unescape(label)), is_me=target[1:] == me.user)
    buffer += text[end:]
    if buffer:
        yield Text(text=html.unescape(buffer))


def _reference(target: str, label: str) -> str:
    """A channel, a group call or a link, still escaped, as a person would have typed it."""
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    bare = target.removeprefix("mailto:").removeprefix("http://").removeprefix("https://").rstrip("/")
    if not label:
        return target.removeprefix("mailto:")
    return label if label.rstrip("/") in {bare, target.rstrip("/")} else f"[{label}]({target})"


def _quote(attachment: Payload, me: Me) -> Quote:
    author, room, ts = (attachment.get(key, "") for key in ("author_id", "channel_id", "ts"))
    return Quote(
        text=html.unescape(attachment.get("text") or blocks.shared(attachment) or attachment.get("fallback") or ""),
        author=me.account(author, name=attachment.get("author_name", "")) if author else None,
        ref=Ref(address=Address(channel=me.channel, room=room), id=ts) if room and ts else None,
    )


def _file(file: Payload) -> Part | None:
    """A file with bytes at Slack; a link for one that lives elsewhere; what became of any other.

    Of a file in a channel that is shared with another company the event says only that it must be asked about
    (docs.slack.dev/reference/objects/file-object); it is found by its id.
    """
    if file.get("file_access") == "check_file_info":
        return File(name=str(file["id"]), media_type="application/octet-stream", size=0, locator=str(file["id"]))
    return file_of(file) or Text(text=_missing(file))


def _missing(file: Payload) -> str:
    name = file.get("name") or file.get("title") or "a file"
    why = {"tombstone": "it was deleted", "hidden_by_limit": "it is older than the workspace's plan lets anybody see"}
    return f"\n[{name}: {why.get(str(file.get('mode', '')), 'Slack does not hand it out')}]"


def file_of(file: Payload) -> File | Text | None:
    """The same of a file of which everything is told."""
    locator = file.get("url_private_download") or file.get("url_private") or ""
    name = file.get("name") or file.get("title") or file.get("id", "file")
    if not locator or file.get("mode") in {"tombstone", "hidden_by_limit"}:
        return None
    if file.get("is_external") or file.get("mode") == "external":
        return Text(text=f"\n[{name}]({locator})")
    media_type = file.get("mimetype") or "application/octet-stream"
    return File(
        name=name,
        media_type=media_type,
        size=int(file.get("size") or 0),
        locator=locator,
        presented_as=_presentation(media_type, file.get("subtype", "")),
    )


def _presentation(media_type: str, subtype: str) -> FileKind:
    if subtype == "slack_audio":
        return FileKind.VOICE
    return FileKind.IMAGE if media_type.startswith("image/") else FileKind.DOCUMENT


def _from_press(payload: Payload, me: Me) -> Inbound | None:
    pressed = presses.pressed_in(payload)
    if pressed is None:
        return None
    at, user = payload["actions"][0]["action_ts"], payload["user"]["id"]
    # A private message has a ts as well, though it cannot be found again by it.
    ts = payload["container"].get("message_ts", "home")
    return _press(payload, me, pressed, event_id=f"press:{pressed.room}:{ts}:{user}:{at}", at=_moment(at))


def _from_form(payload: Payload, me: Me, heard_at: datetime) -> Inbound | None:
    found = presses.submitted_in(payload)
    if found is None:
        return None
    inbound = _press(payload, me, found[0], event_id=f"press:{payload['view']['id']}", at=heard_at)
    return replace(inbound, parts=plain(found[1]) if found[1] else ())


def _press(payload: Payload, me: Me, pressed: presses.SlackPress, *, event_id: str, at: datetime) -> Inbound:
    user = payload["user"]
    address = Address(channel=me.channel, room=pressed.room, thread=pressed.thread)
    message = Ref(address=address, id=pressed.ts) if pressed.ts else None
    return Inbound(
        event_id=event_id,
        at=at,
        address=address,
        sender=me.account(user["id"], user.get("team_id", ""), user.get("name") or user.get("username") or ""),
        press=Press(id=pressed.card, choice=pressed.choice, message=message, receipt=pressed.url),
        is_direct=is_direct(pressed.room),
        message=message,
    )


def _from_command(payload: Payload, me: Me, heard_at: datetime) -> Inbound | None:
    parts = tuple(_words(payload.get("text") or "", me))
    address = Address(channel=me.channel, room=payload["channel_id"])
    name = f"{COMMAND}{payload['trigger_id']}"
    return Inbound(
        event_id=name,
        at=heard_at,
        address=address,
        sender=me.account(payload["user_id"], payload.get("team_id", ""), payload.get("user_name", "")),
        parts=parts or (Text(text="/help"),),
        is_direct=is_direct(payload["channel_id"]),
        message=Ref(address=address, id=name),
    )


def _moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), tz=UTC)
