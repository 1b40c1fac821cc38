"""Reads messages and tools in the OpenAI format for the clients that speak another protocol, and repairs nothing else.

A message is parsed for one request and forgotten: a long conversation costs a millisecond, and its parsed form, several
times as large as its text, is never kept.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.models.context import Prepared

_DATA_ADDRESS = re.compile(r"data:(?P<type>[\w.+/-]+);base64,(?P<data>.*)", re.DOTALL)
_UNNAMEABLE = re.compile(r"[^a-zA-Z0-9_-]")
NOTHING_SAID = "(nothing)"
"""Stands for words where a provider insists on some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of a message: its bytes in base64 with their type, or where it can be fetched."""

    media_type: str = ""
    data: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCall:
    """One tool call of an earlier answer. Arguments that are no object are none."""

    id: str
    name: str
    arguments: Mapping[str, Any]


def read(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages as mappings."""
    return [json.loads(each.json) if isinstance(each, Prepared) else each for each in messages]


def parts_of(content: Any) -> Iterator[str | Image]:
    """The words and pictures of a content, in their order; words without any are left out."""
    if isinstance(content, str):
        if content.strip():
            yield content
        return
    for part in content if isinstance(content, list) else ():
        if part.get("type") == "image_url":
            yield _image(str(part["image_url"]["url"]))
        elif str(part.get("text") or "").strip():
            yield str(part["text"])


def words_of(content: Any) -> str:
    """The words alone."""
    return "\n".join(part for part in parts_of(content) if isinstance(part, str))


def calls_of(message: Mapping[str, Any]) -> list[EarlierCall]:
    """The calls that an answer holds, by names and ids that every provider takes."""
    return [
        EarlierCall(
            id=nameable(str(call["id"])),
            name=nameable(str(call["function"]["name"])),
            arguments=_object(call["function"].get("arguments")),
        )
        for call in message.get("tool_calls") or ()
    ]


def signed_by(message: Mapping[str, Any], wire: str) -> Mapping[str, Any]:
    """The signed thinking of an answer, if it came over that wire."""
    signed = message.get("signed_thinking") or {}
    return signed if signed.get("wire") == wire else {}


def functions_of(tools: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Name, description and parameters of each tool."""
    return [tool["function"] for tool in read(tools)]


def nameable(name: str) -> str:
    """The name in letters that every provider takes; the same name always becomes the same."""
    return _UNNAMEABLE.sub("_", name)[:64] or "_"


def _image(address: str) -> Image:
    if found := _DATA_ADDRESS.fullmatch(address):
        return Image(media_type=found["type"], data=found["data"])
    return Image(address=address)


def _object(arguments: Any) -> Mapping[str, Any]:
    try:
        parsed = json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
