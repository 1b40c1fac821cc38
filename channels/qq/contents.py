"""What a message of QQ's says, in parts: words, files, what it answers or passes on, and a sentence for the rest.

Facts: bot.q.qq.com/wiki, "消息事件" (`attachments`, `ark_data`, `msg_elements`, `message_type`). A face stands
among the words as a tag, whose `ext` is JSON in base64 that holds its name.
"""

import base64
import html
import json
import re
from collections.abc import Iterator
from typing import Any

from channels.messages import Account, File, FileKind, Mention, Part, Quote, Text, heard, words_of

Json = dict[str, Any]
ANSWER = 103
_FACE = re.compile(r"<faceType=\d+,faceId=\"[^\"]*\",ext=\"([^\"]*)\">")
_CALLED = re.compile(r"<@!?(\w+)>", re.ASCII)
_KINDS = {"image": FileKind.IMAGE, "voice": FileKind.VOICE, "audio": FileKind.VOICE}
_DEEPEST = 3


def parts_of(channel: str, data: Json) -> list[Part]:
    """A message; never empty."""
    own = [*_said(channel, data)]
    if not any(isinstance(part, Text | File) for part in own):
        own.append(Text(text=_named(data)))
    return [*_elements(channel, data, 0), *own]


def _named(data: Json) -> str:
    match data.get("message_type"):
        case 3:
            return "[A card. QQ does not tell bots what stands on it.]"
        case 101:
            return "[Messages that were sent at once.]"
        case 102:
            return "[Messages that were passed on.]"
        case 0 | 103 | None:
            return "[A message of which QQ tells bots no words.]"
    return f"[A message of QQ's kind {data['message_type']}, which is not read here.]"


def calls_me(data: Json) -> bool:
    """Whether a message that a group was told calls the bot."""
    return any(each.get("is_you") for each in data.get("mentions") or () if isinstance(each, dict))


def _said(channel: str, data: Json) -> Iterator[Part]:
    yield from _words(channel, data)
    for card in (_card(data.get("ark_data")), *map(_card, data.get("embeds") or ())):
        if card:
            yield Quote(text=card)
            yield Text(text="[A card that was sent.]")
    for number, each in enumerate(data.get("attachments") or ()):
        yield from _file(number, each)


def _words(channel: str, data: Json) -> Iterator[Part]:
    """The words, with faces by their names and whoever is called by name; the bot's own name goes."""
    text = _FACE.sub(_face, html.unescape(str(data.get("content") or ""))).strip()
    people = [each for each in data.get("mentions") or () if isinstance(each, dict)]
    known = {
        str(each.get(key)): each for each in people for key in ("id", "member_openid", "user_openid") if each.get(key)
    }
    for number, piece in enumerate(_CALLED.split(text)):
        if number % 2 == 0:
            if piece.strip():
                yield Text(text=piece)
        elif piece not in known:
            yield Text(text=f"<@{piece}>")
        elif not known[piece].get("is_you"):
            yield Mention(account=Account(channel=channel, id=piece, name=str(known[piece].get("username") or "")))


def _face(found: re.Match[str]) -> str:
    try:
        name = json.loads(base64.b64decode(found[1] + "=" * (-len(found[1]) % 4)))["text"]
    except (ValueError, KeyError, TypeError):
        return "[face]"
    return f"[{' '.join(str(name).split())[:40].strip('[]') or 'face'}]"


def _elements(channel: str, data: Json, depth: int) -> Iterator[Part]:
    """What is answered or passed on: each by who said it, its files behind it, and what stands in it in turn."""
    found = [each for each in data.get("msg_elements") or () if isinstance(each, dict)]
    for each in found:
        if depth < _DEEPEST:
            yield from _elements(channel, each, depth + 1)
        parts = [*_said(channel, each)]
        text = "\n".join(part.text for part in parts if isinstance(part, Quote))
        words = "\n".join(filter(None, (text, words_of(parts).strip())))
        files = [part for part in parts if isinstance(part, File)]
        name = str((each.get("author") or {}).get("username") or "")
        author = Account(channel=channel, id="", name=name) if name else None
        yield Quote(text=words if words or files else _named(each), author=author)
        yield from files
    reference = data.get("message_reference")
    if not found and (
        data.get("message_type") == ANSWER or (isinstance(reference, dict) and reference.get("message_id"))
    ):
        yield Quote(text="[An earlier message, which QQ does not hand out.]")


def _card(given: Any) -> str:
    """All words of a card: what a client shows for it, its title, and the values of its fields."""
    return "\n".join(dict.fromkeys(_strings(given))) if isinstance(given, dict) else ""


def _strings(node: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(node, str) and node.strip():
        yield node.strip()
    elif isinstance(node, dict | list) and depth < 2 * _DEEPEST:
        for each in node.values() if isinstance(node, dict) else node:
            yield from _strings(each, depth + 1)


def _file(number: int, given: Json) -> Iterator[Part]:
    """A file. Of a voice message that QQ has turned into words these are told, and the sound is kept beside them."""
    media_type = str(given.get("content_type") or "")
    kind = _KINDS.get(media_type.partition("/")[0], FileKind.DOCUMENT)
    name, url = str(given.get("filename") or f"{kind.value}-{number + 1}"), str(given.get("url") or "")
    if kind is FileKind.VOICE:
        media_type = media_type if "/" in media_type else "audio/silk"
        if playable := str(given.get("voice_wav_url") or ""):
            url, media_type, name = playable, "audio/wav", f"{name.rpartition('.')[0] or name}.wav"
        if words := str(given.get("asr_refer_text") or "").strip():
            yield heard(words)
            kind = FileKind.DOCUMENT
    if not url:
        yield Text(text=f"[A file, which QQ does not hand out: {name}]")
        return
    yield File(
        name=name,
        media_type=media_type if "/" in media_type else "application/octet-stream",
        size=int(given.get("size") or 0) if "voice_wav_url" not in given else 0,
        locator=url if "://" in url else f"https://{url.removeprefix('//')}",
        presented_as=kind,
    )
