"""Pictures for models that can see: bound to a message while a turn runs, never kept in the conversation.

What is stored says where the picture lies in the workspace. A model that cannot see is sent only those words.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from agents.models.context import Prepared, message

LARGEST_BYTES = 5 * 2**20
"""The smallest limit among the large providers (Anthropic, 5 MB a picture)."""
MOST = 8
_BLIND = "[Nexora] You cannot see pictures. Say so if the answer needs it."
_BELOW = "[Nexora] The pictures of the results above, in their order."
LOOKING = "I look at the pictures."
_KINDS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_UNSEEN = re.compile(
    r"image|vision|multi-?modal|(content|messages).*(must be a string|should be a (valid )?string|expected (a )?string)"
    r"|invalid type: sequence",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture; `media_type` is what its bytes are, whatever its sender called it."""

    media_type: str
    content: bytes


def picture_of(content: bytes) -> Picture | None:
    """The picture in these bytes; None when they are no picture of a kind that models take, or too large a one."""
    if len(content) > LARGEST_BYTES:
        return None
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Picture(media_type="image/webp", content=content)
    media_type = next((kind for magic, kind in _KINDS if content.startswith(magic)), "")
    return Picture(media_type=media_type, content=content) if media_type else None


class Pictured(Prepared):
    """A person's message with pictures in the OpenAI chat format; `plain` is the same without them."""

    __slots__ = ("plain",)

    plain: Prepared

    @classmethod
    def showing(cls, text: str, pictures: Sequence[Picture]) -> Self:
        """The words, then at most `MOST` pictures as data addresses."""
        parts: list[dict[str, Any]] = [{"type": "text", "text": text}]
        parts += [{"type": "image_url", "image_url": {"url": _address(picture)}} for picture in pictures[:MOST]]
        made = cls(Prepared.of({"role": "user", "content": parts}).json)
        made.plain = message("user", text)
        return made


class PicturedResult(Prepared):
    """A result with pictures beside it. It is the result without them, and so it is stored; `seen` puts them below."""

    __slots__ = ("pictures",)

    pictures: tuple[Picture, ...]


def with_pictures(result: Prepared, pictures: Sequence[Picture]) -> Prepared:
    """The result of a call with what it shows; as it is where that is nothing."""
    if not pictures:
        return result
    made = PicturedResult(result.json, result.outcome)
    made.pictures = tuple(pictures)
    return made


def seen(messages: Sequence[Mapping[str, Any]], *, between: str = "") -> Sequence[Mapping[str, Any]]:
    """The messages for a model that sees: the last `MOST` pictures of results stand below those of the same answer.

    They stand in a message of their own, since most protocols have no place for a picture in a result. `between` is
    what the model says before it, for servers that take no words of a person right after a result (as Mistral's).
    """
    left_out = sum(len(each.pictures) for each in messages if isinstance(each, PicturedResult)) - MOST
    if left_out == -MOST:
        return messages
    whole: list[Mapping[str, Any]] = []
    below: list[Picture] = []
    said = [message("assistant", between)] if between else []
    for each in messages:
        if below and each.get("role") != "tool":
            whole += [*said, Pictured.showing(_BELOW, below)]
            below = []
        whole.append(each)
        if isinstance(each, PicturedResult):
            below += each.pictures[max(0, left_out) :]
            left_out -= len(each.pictures)
    return [*whole, *said, Pictured.showing(_BELOW, below)] if below else whole


def unseen(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages for a model that cannot see, which is told that it cannot."""
    return [_without(each) for each in messages]


def _without(given: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(given, Pictured):
        return message("user", f"{given.plain['content']}\n{_BLIND}")
    if isinstance(given, PicturedResult):
        return message("tool", f"{given['content']}\n{_BLIND}", tool_call_id=given["tool_call_id"])
    return given


def has_pictures(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether there is anything to see."""
    return any(isinstance(each, Pictured | PicturedResult) for each in messages)


def teaches_blindness(refusal: str) -> bool:
    """Whether a server that was sent pictures refuses them in these words."""
    return _UNSEEN.search(refusal) is not None


def _address(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode()}"


def led_by(pictures: Sequence[Picture], own: Sequence[Prepared]) -> Sequence[Prepared]:
    """A turn's own messages, the first with the pictures that came with it; those are never stored."""
    if not pictures or not own:
        return own
    return [Pictured.showing(str(own[0]["content"]), pictures), *own[1:]]
