"""What is sent and is neither words nor a file, in English for a model: what it says, and what it is.

Facts: open.feishu.cn/document, "接收消息内容结构", which lists these kinds and their contents.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from channels.times import at_home

Json = Mapping[str, Any]

_NAMES = {
    "calendar": "A calendar event.",
    "folder": "A folder. Feishu hands out single files to apps, and no folders.",
    "general_calendar": "A calendar event.",
    "hongbao": "A red packet, which no app can open.",
    "interactive": "A card that was passed on.",
    "merge_forward": "Messages that were passed on as one.",
    "share_calendar_event": "A calendar event that was shared.",
    "share_chat": "A group that was shared.",
    "share_user": "A contact that was shared.",
    "sticker": "A sticker. Feishu hands out no stickers to apps, so what it shows is not known.",
    "system": "A notice of Feishu's.",
    "todo": "A task.",
    "video_chat": "An invitation to a video meeting.",
    "vote": "A vote.",
}
_BLANK = re.compile(r"\{(\w+)\}", re.ASCII)


def name_of(kind: str) -> str:
    """A sentence in brackets that says what was there, also of a kind that nobody has heard of."""
    named = _NAMES.get(kind) or f"A message of the kind {kind!r}, which is not read here."
    return f"[{named}]"


def words_in(kind: str, content: Json) -> str:
    """What it says, a line each; "" where it says nothing."""
    match kind:
        case "calendar" | "general_calendar" | "share_calendar_event":
            lines = [_of(content, "summary"), _span(content)]
        case "share_chat":
            lines = [_of(content, "chat_id")]
        case "share_user":
            lines = [_of(content, "user_id")]
        case "folder":
            lines = [_of(content, "file_name")]
        case "system":
            lines = [_filled(content)]
        case "todo":
            due = _moment(content.get("due_time"))
            lines = [*texts_in(content.get("summary")), f"due {due}" if due else ""]
        case "video_chat":
            lines = [_of(content, "topic"), _moment(content.get("start_time"))]
        case "vote":
            options = content.get("options")
            lines = [_of(content, "topic"), *(f"- {each}" for each in (options if isinstance(options, list) else ()))]
        case _:
            lines = texts_in(content)
    return "\n".join(line for line in lines if line)


def texts_in(node: Any) -> list[str]:
    """All words of a content, whatever its layout, with the addresses behind them."""
    if isinstance(node, dict):
        own = [str(node[key]) for key in ("title", "text") if isinstance(node.get(key), str)]
        href = node.get("href")
        own += [href] if isinstance(href, str) and href not in own else []
        return own + [text for value in node.values() if isinstance(value, dict | list) for text in texts_in(value)]
    return [text for each in node for text in texts_in(each)] if isinstance(node, list) else []


def _of(content: Json, key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""


def _filled(content: Json) -> str:
    """The notice with the names that stand in its template's places."""

    def named(found: re.Match[str]) -> str:
        names = content.get(found[1])
        return ", ".join(map(str, names)) if isinstance(names, list) else str(names or "")

    return _BLANK.sub(named, _of(content, "template"))


def _span(content: Json) -> str:
    return " to ".join(filter(None, (_moment(content.get("start_time")), _moment(content.get("end_time")))))


def _moment(given: object) -> str:
    """Milliseconds since 1970 as a date and time of the deployment; "" for 0 and for what is none."""
    try:
        at = datetime.fromtimestamp(int(str(given)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    here, zone = at_home(at)
    return f"{here:%Y-%m-%d %H:%M} {zone}" if at.timestamp() > 0 else ""
