"""What travels between the bot and the fake: bodies of calls, answers, interactions and filled forms."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.platforms.discord.rules import DiscordError
from tests.platforms.discord.town import Message

Json = dict[str, Any]


@dataclass
class Interaction:
    """A press or a command; `original` is the message of "thinking" once it was taken so."""

    id: str
    token: str
    channel: str
    person: str
    begun: float
    kind: int = 2
    taken: int = 0
    is_alive: bool = True
    original: Message | None = None
    form: Json | None = None
    choices: list[Json] | None = None
    message: Message | None = None


def filled(component: Json, words: str) -> Json:
    """A component of a form as it comes back: what it asks, answered."""
    if component["type"] == 18:
        return {"type": 18, "id": 1, "component": filled(component["component"], words)}
    if component["type"] == 1:
        return {"type": 1, "components": [filled(inner, words) for inner in component["components"]]}
    assert len(words) <= component.get("max_length", 4000), "Discord's field takes no more"
    return {"type": component["type"], "id": 2, "custom_id": component["custom_id"], "value": words}


async def body_of(request: web.Request) -> Json:
    """The JSON of a call; files of a form under `_files`."""
    if request.content_type == "application/json" and request.can_read_body:
        found: Json = await request.json()
        return found
    if not request.content_type.startswith("multipart/"):
        return {}
    form = await request.post()
    body: Json = json.loads(str(form["payload_json"]))
    body["_files"] = []
    for attachment in body.pop("attachments", []):
        part: Any = form[f"files[{attachment['id']}]"]
        media_type = part.content_type
        told = {key: attachment[key] for key in ("duration_secs", "waveform") if key in attachment}
        name = attachment["filename"]
        body["_files"].append({"name": name, "content": part.file.read(), "media_type": media_type, **told})
        if len(body["_files"][-1]["content"]) > 10 * 2**20:
            raise DiscordError(413, 40005, "Request entity too large")
    return body


def answered(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Discord names no charset."""
    if body is None:
        return web.Response(status=204)
    if status == 429 and "errors" in body:
        body = {"message": body["message"], **body["errors"]}
    given = {"Content-Type": "application/json", **(headers or {})}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=given)
