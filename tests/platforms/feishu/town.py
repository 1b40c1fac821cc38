"""The state of a fake company on the platform: people, rooms, messages, cards; and the events that tell of them."""

import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.feishu.rules import Refused, check_card, check_content, elements, value_of

Json = dict[str, Any]
APP, BOT = "cli_a1b2c3d4", "ou_b0tb0tb0tb0t"
TENANT, ELSEWHERE = "2ca1d211f64f6438", "736588c92lxf175d"
ALICE, BOB, CAROL = "ou_a11cea11ce", "ou_b0bb0bb0b", "ou_ca401ca401"
GROUP = "oc_5ce6d572455d361153b7cb51da133945"
VERIFICATION = "vtok-0123456789"
MEDIA = frozenset({"audio", "file", "image"})
EMOJI = frozenset({"DONE", "OK", "SMILE", "THUMBSUP", "Typing"})
NAMES = {ALICE: "Alice", BOB: "Bob", CAROL: "Carol"}


@dataclass
class Message:
    id: str
    room: str
    by: str
    kind: str
    content: Json
    parent: str = ""
    root: str = ""
    thread: str = ""
    card_id: str = ""
    is_gone: bool = False
    is_old: bool = False
    edits: int = 0
    within: list["Message"] = field(default_factory=list)
    reactions: dict[str, str] = field(default_factory=dict)


@dataclass
class Card:
    data: Json
    sequence: int = 0
    streaming: bool = False
    history: list[str] = field(default_factory=list)


class Town:
    """Alice and Bob of our company, Carol of another; the group they share with the bot."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.cards: dict[str, Card] = {}
        self.uploads: dict[str, tuple[str, bytes]] = {}
        self.kinds: dict[str, str] = {}
        self.resources: dict[tuple[str, str, str], bytes] = {}
        self.sent: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def number(self) -> int:
        return next(self._numbers)

    def direct(self, person: str) -> str:
        return f"oc_p2p{person.removeprefix('ou_')}"

    # What the bot does

    def room_of(self, kind: str, name: str) -> str:
        if kind == "open_id" and name in NAMES:
            return self.direct(name)
        if kind == "chat_id" and name == GROUP:
            return name
        raise Refused(230002, "The bot can not be outside the group.")

    def post(self, room: str, body: Json, parent: Message | None = None) -> Message:
        """A message of the bot; once for each uuid."""
        uuid = str(body.get("uuid") or "")
        if len(uuid) > 50:
            raise Refused(230001, "uuid is too long")
        if uuid in self.sent:
            return self.messages[self.sent[uuid]]
        content = check_content(body["msg_type"], body.get("content"))
        message = Message(f"om_{self.number():08d}", room, BOT, body["msg_type"], content)
        if message.kind == "interactive" and content.get("type") == "card":
            message.card_id = str(content["data"]["card_id"])
            self.card(message.card_id)
        elif message.kind in MEDIA and self.kinds.get(next(iter(content.values()))) != message.kind:
            raise Refused(230055, "The type of file upload does not match the type of message being sent.")
        if parent is not None:
            message.parent, message.root = parent.id, parent.root or parent.id
            if body.get("reply_in_thread") or parent.thread:
                message.thread = parent.thread or f"omt_{message.root.removeprefix('om_')}"
        self.messages[message.id] = message
        if uuid:
            self.sent[uuid] = message.id
        return message

    def react(self, message_id: str, body: Json) -> Json:
        """A reaction of the bot, by the names of "表情文案说明"."""
        message, emoji = self.messages.get(message_id), (body.get("reaction_type") or {}).get("emoji_type")
        if message is None:
            raise Refused(230001, "invalid message_id")
        if emoji not in EMOJI:
            raise Refused(231001, "reaction type is invalid.")
        if message.is_gone:
            raise Refused(231003, "The message is not found, maybe not exist or deleted.")
        reaction_id = f"ZCaCIjUBVVWSrm5L-3ZT{self.number():06d}"
        message.reactions[reaction_id] = emoji
        return {"reaction_id": reaction_id, "reaction_type": {"emoji_type": emoji}}

    def take_reaction_back(self, message_id: str, reaction_id: str) -> Json:
        if self.messages[message_id].reactions.pop(reaction_id, None) is None:
            raise Refused(231011, "The reaction is not exist.")
        return {"reaction_id": reaction_id}

    def own(self, message_id: str) -> Message:
        message = self.messages.get(message_id)
        if message is None:
            raise Refused(230001, "invalid message_id")
        if message.by != BOT:
            raise Refused(230027, "Lack of necessary permissions, ext=not the sender")
        return message

    def patch(self, message_id: str, content: str) -> None:
        """Put another card in the place of a message's."""
        message = self.own(message_id)
        if message.is_old:
            raise Refused(230031, "The message exceeds the update time limit.")
        if message.kind != "interactive" or message.card_id:
            raise Refused(230001, "This message is not a card that can be updated.")
        new = check_content("interactive", content)
        if not all(each.get("config", {}).get("update_multi") for each in (message.content, new)):
            raise Refused(230099, "Failed to create card content, ext=update_multi must be true")
        message.content = new
        message.edits += 1

    def edit(self, message_id: str, body: Json) -> Message:
        """Put other words in the place of a message's, twenty times at most."""
        message = self.own(message_id)
        if message.kind not in {"post", "text"} or body["msg_type"] not in {"post", "text"}:
            raise Refused(230054, "This operation is not supported for this message type.")
        if message.edits >= 20:
            raise Refused(230072, "The message has reached the number of times it can be edited.")
        message.kind, message.content = body["msg_type"], check_content(body["msg_type"], body.get("content"))
        message.edits += 1
        return message

    def card(self, card_id: str) -> Card:
        if card_id not in self.cards:
            raise Refused(200740, "card id is invalid")
        return self.cards[card_id]

    def make_card(self, body: Json) -> str:
        data = json.loads(body["data"])
        check_card(data, len(body["data"].encode()))
        card_id = f"73553727661341{self.number():05d}"
        streaming = bool(data.get("config", {}).get("streaming_mode"))
        self.cards[card_id] = Card(data, streaming=streaming)
        return card_id

    def change(self, card_id: str, body: Json) -> Card:
        """The card, if the change is newer than the one before."""
        card, sequence = self.card(card_id), body.get("sequence")
        if not isinstance(sequence, int) or not card.sequence < sequence < 2**31:
            raise Refused(300317, "sequence number compare failed")
        card.sequence = sequence
        return card

    def grow(self, card_id: str, element: str, body: Json) -> None:
        card = self.change(card_id, body)
        if not card.streaming:
            raise Refused(300309, "streaming mode is closed")
        for each in card.data["body"]["elements"]:
            if each.get("element_id") == element:
                each["content"] = body["content"]
                card.history.append(body["content"])
                return
        raise Refused(300313, "element not found")

    def shown(self, message: Message) -> Json:
        """The card that a message shows now."""
        return self.cards[message.card_id].data if message.card_id else message.content

    # What people do

    def say(
        self, by: str, room: str, kind: str, content: Json, *, parent: str = "", in_thread: bool = False
    ) -> Message:
        message = Message(f"om_{self.number():08d}", room, by, kind, content)
        if above := self.messages.get(parent):
            message.parent, message.root, message.thread = above.id, above.root or above.id, above.thread
            if in_thread and not message.thread:
                message.thread = f"omt_{message.root.removeprefix('om_')}"
        self.messages[message.id] = message
        return message

    def heard(self, message: Message, mentions: list[Json], *, sender_type: str = "user") -> Json:
        """The event of a message."""
        kind = "group" if message.room == GROUP else "p2p"
        told: Json = {
            "message_id": message.id,
            "create_time": str(int(time.time() * 1000)),
            "chat_id": message.room,
            "chat_type": kind,
            "message_type": message.kind,
            "content": json.dumps(message.content),
            "mentions": mentions,
        }
        told |= {"root_id": message.root, "parent_id": message.parent} if message.parent else {}
        told |= {"thread_id": message.thread} if message.thread else {}
        sender = {
            "sender_id": {"open_id": message.by, "union_id": f"on_{message.by}", "user_id": "u"},
            "sender_type": sender_type,
            "tenant_key": ELSEWHERE if message.by == CAROL else TENANT,
        }
        return self.event("im.message.receive_v1", {"sender": sender, "message": told})

    def pressed(self, message: Message, label: str, by: str) -> Json:
        """The event of a press on a button that is there."""
        buttons = [each for each in elements(self.shown(message)) if each["tag"] == "button"]
        button = next((each for each in buttons if each["text"]["content"] == label), None)
        assert button is not None, f"no button {label!r} on {message.id}"
        operator = {"tenant_key": ELSEWHERE if by == CAROL else TENANT, "open_id": by, "union_id": f"on_{by}"}
        return self.event(
            "card.action.trigger",
            {
                "operator": operator,
                "token": f"c-{self.number()}",
                "action": {"value": value_of(button), "tag": "button"},
                "host": "im_message",
                "context": {"open_message_id": message.id, "open_chat_id": message.room},
            },
        )

    def event(self, kind: str, event: Json) -> Json:
        header = {
            "event_id": f"event-{self.number():08d}",
            "event_type": kind,
            "create_time": str(int(time.time() * 1000)),
            "token": VERIFICATION,
            "app_id": APP,
            "tenant_key": TENANT,
        }
        return {"schema": "2.0", "header": header, "event": event}

    def listed(self, message: Message) -> Json:
        """As the platform hands out one message."""
        is_ours = message.by == BOT
        sender = {
            "id": APP if is_ours else message.by,
            "id_type": "app_id" if is_ours else "open_id",
            "sender_type": "app" if is_ours else "user",
            "tenant_key": TENANT,
        }
        return {
            "message_id": message.id,
            "msg_type": message.kind,
            "chat_id": message.room,
            "deleted": message.is_gone,
            "body": {"content": json.dumps(message.content)},
            "sender": sender,
        }

    def with_what_is_in_it(self, message: Message) -> list[Json]:
        """The same, and behind it what was passed on in it."""
        within = [{**self.listed(each), "upper_message_id": message.id} for each in message.within]
        shown = self.listed(message)
        if within:
            shown["body"] = {"content": "Merged and Forwarded Message"}
        return [shown, *within]

    def said_by_bot(self, room: str) -> list[Message]:
        return [each for each in self.messages.values() if each.room == room and each.by == BOT and not each.is_gone]
