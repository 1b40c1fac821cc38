"""Draws what a room shows, once and in one place: for the page as it loads and for what arrives while it is open."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from gateway.web.console import markdown
from gateway.web.console.board import KeptMessage
from gateway.web.console.pages import draw_for
from governance.people.people import Person

Item = dict[str, Any]


class Drawing:
    """What one viewer sees of one room. It remembers the answers that are growing."""

    def __init__(self, person: Person, room: str, now: Callable[[], datetime]) -> None:
        self._now = now
        self._person = person
        self._room = room
        self._growing: dict[str, str] = {}

    def kept(self, message: KeptMessage) -> str:
        """A kept message as HTML."""
        return self._message(message.item, message.at)

    def live(self, body: str) -> str:
        """An item as the page wants it: with `html`, and for a growing answer `settled`, which is never drawn again."""
        item: Item = json.loads(body)
        if item["type"] == "delta":
            item |= self._grown(item)
        elif item["type"] == "step":
            item |= {"html": self._step(item), "call": item["call"]["id"]}
        elif item["type"] in {"message", "replaced", "said"}:
            item = {"type": item["type"], "id": item["id"], "html": self._message(item, None), **_linked(item)}
            self._growing.clear()
        return json.dumps(item, ensure_ascii=False, separators=(",", ":"))

    def skip(self, body: str) -> None:
        """Take note of an item that the viewer has seen already."""
        item: Item = json.loads(body)
        if item["type"] == "delta":
            self._grown(item)

    def _grown(self, item: Item) -> Item:
        number = item["id"]
        before = "" if item.get("whole") else self._growing.get(number, "")
        text = before + item["text"]
        end = markdown.settled(text)
        self._growing[number] = text[end:]
        return {"settled": str(markdown.render(text[:end])) if end else "", "html": str(markdown.render(text[end:]))}

    def _step(self, item: Item) -> str:
        """The line of a call; how long it has been running is the page's to count on."""
        age = max(0.0, (self._now() - datetime.fromisoformat(item["at"])).total_seconds())
        told = {"call": item["call"], "room": self._room, "age": round(age, 1)}
        return draw_for(self._person, self._person.language, "step_live.html", **told)

    def _message(self, item: Mapping[str, Any], at: object) -> str:
        return draw_for(self._person, self._person.language, "message.html", item=item, room=self._room, at=at)


def _linked(item: Item) -> Item:
    """What the script needs beside the drawing."""
    return {name: item[name] for name in ("answers", "event") if name in item} | {"card": bool(item.get("card"))}
