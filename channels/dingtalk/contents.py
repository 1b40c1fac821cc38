"""What a message of DingTalk's says, in parts: words, files, and a sentence for what an app is not told.

Facts: help.dingtalk.io/open/development/receive-message. What is answered (`repliedMsg`) and what is passed on
(`chatRecord`) stand in no manual; their layouts are what DingTalk sends.
"""

import json
import mimetypes
from collections.abc import Iterator, Mapping
from typing import Any

from channels.messages import Account, Address, File, FileKind, Part, Quote, Ref, Text, heard

Payload = Mapping[str, Any]
_MEDIA = {
    "picture": ("picture.jpg", "image/jpeg", FileKind.IMAGE),
    "audio": ("voice.amr", "audio/amr", FileKind.VOICE),
    "video": ("video.mp4", "video/mp4", FileKind.DOCUMENT),
}
_NAMES = {
    "audio": "A voice message, which DingTalk does not hand out.",
    "chatRecord": "Messages that were passed on, of which DingTalk does not tell what they say.",
    "file": "A file, which DingTalk does not hand out.",
    "interactiveCard": "A card. DingTalk does not tell apps what stands on it.",
    "picture": "A picture, which DingTalk does not hand out.",
    "unknownMsgType": "A message of a kind that DingTalk does not show to apps.",
    "video": "A video, which DingTalk does not hand out.",
}


def parts_of(channel: str, address: Address, data: Payload) -> Iterator[Part]:
    """A message: what it answers, then what was said."""
    kind = str(data.get("msgtype") or "")
    yield from _answered(channel, address, data)
    if kind == "chatRecord":
        yield from _passed_on(channel, mapping(read(data.get("content"))))
    elif kind:
        yield from said(kind, data.get(kind) if kind in {"text", "markdown"} else data.get("content"))


def said(kind: str, given: Any) -> Iterator[Part]:
    """A content in parts. It is an object, JSON in a string, or a bare sentence."""
    content = mapping(read(given))
    if isinstance(given, str) and not content.keys() & {"content", "downloadCode", "richText", "text", "title"}:
        content = {"text": given}
    if kind == "audio" and content.get("recognition"):
        # DingTalk has turned it into words already, so nobody needs to hear it again; the sound is kept beside them.
        yield heard(str(content["recognition"]))
        yield from _file(content, "voice.amr", "audio/amr", FileKind.DOCUMENT)
        return
    found = [*_content(kind, content)]
    yield from found
    if not found and kind != "text":  # of which the platform has blank ones where the robot alone was named
        named = _NAMES.get(kind) or f"A message of the kind {kind!r}, which is not read here."
        name = str(content.get("fileName") or "")
        yield Text(text=f"[{named[:-1]}: {name}]" if name else f"[{named}]")


def _content(kind: str, content: Payload) -> Iterator[Part]:
    """What stands in a content of this kind, as far as there is anything."""
    if kind == "file":
        name = str(content.get("fileName") or "file")
        yield from _file(content, name, mimetypes.guess_type(name)[0] or "application/octet-stream", FileKind.DOCUMENT)
    elif kind in _MEDIA:
        yield from _file(content, *_MEDIA[kind])
    elif pieces := content.get("richText"):
        for piece in pieces if isinstance(pieces, list) else ():
            yield from _piece(mapping(piece))
    elif words := "\n".join(_words(content)):
        yield Text(text=words)


def _words(content: Payload) -> Iterator[str]:
    for key in ("title", "text", "content", "messageUrl"):
        value = content.get(key)
        if isinstance(value, str) and value.strip():
            yield value.strip() if key == "content" else value


def _piece(piece: Payload) -> Iterator[Part]:
    """A piece of rich text, which is spelt in two ways: `type` and `text`, or `msgType` and `content`."""
    kind = str(piece.get("type") or piece.get("msgType") or "")
    if kind == "at":
        yield Text(text=f"@{piece.get('atName') or piece.get('content') or piece.get('text') or ''} ")
    elif words := str(piece.get("text") or piece.get("content") or ""):
        yield Text(text=words)
    found = [*_file(piece, *_MEDIA["picture"])]
    if not found and kind == "picture":
        yield Text(text=f"[{_NAMES[kind]}]")
    yield from found


def _file(content: Payload, name: str, media_type: str, kind: FileKind) -> Iterator[Part]:
    if code := content.get("downloadCode") or content.get("pictureDownloadCode"):
        yield File(name=name, media_type=media_type, size=0, locator=str(code), presented_as=kind)


def _answered(channel: str, address: Address, data: Payload) -> Iterator[Part]:
    """The message that is answered, with its files, as far as DingTalk tells."""
    holders = (mapping(data.get("text")), mapping(data.get("content")), data)
    replied = next((found for each in holders if (found := mapping(read(each.get("repliedMsg"))))), {})
    if not replied:
        return
    kind = str(replied.get("msgType") or replied.get("msgtype") or "text")
    parts = [*said(kind, replied.get("content") or replied.get(kind))]
    name, who = str(replied.get("msgId") or ""), str(replied.get("senderNick") or "")
    yield Quote(
        text="".join(part.text for part in parts if isinstance(part, Text)),
        author=Account(channel=channel, id="", name=who) if who else None,
        ref=Ref(address=address, id=name) if name else None,
    )
    yield from (part for part in parts if isinstance(part, File))


def _passed_on(channel: str, content: Payload) -> Iterator[Part]:
    """What others said in a chat and somebody passes on, a quote for each; the summary where the record cannot be read.

    The payload names its authors only, so their accounts have no id.
    """
    record = read(content.get("chatRecord"))
    items = [mapping(each) for each in record] if isinstance(record, list) else []
    for each in items:
        parts = [*said(str(each.get("msgType") or "chatRecord"), each.get("content") or each)]
        author = Account(channel=channel, id="", name=str(each.get("senderNick") or ""))
        yield Quote(text="".join(part.text for part in parts if isinstance(part, Text)), author=author)
        yield from (part for part in parts if isinstance(part, File))
    if items:
        yield Text(text="[Messages that were passed on.]")
        return
    summary = read(content.get("summary"))
    lines = [str(line) for line in summary] if isinstance(summary, list) else []
    if lines:
        yield Quote(text="\n".join(lines))
    yield Text(text="[The beginnings of messages that were passed on.]" if lines else f"[{_NAMES['chatRecord']}]")


def read(value: Any) -> Any:
    """JSON inside JSON; what is none is left as it is."""
    try:
        return json.loads(value) if isinstance(value, str) and value.lstrip()[:1] in {"{", "["} else value
    except ValueError:
        return value


def mapping(value: Any) -> Payload:
    """The object, empty for what is none."""
    return value if isinstance(value, dict) else {}
