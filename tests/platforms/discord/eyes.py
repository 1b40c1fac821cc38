"""A message as a person sees it in Discord: marks applied and removed, who is called, what is hidden."""

import re
from typing import Any

from channels.messages import FileKind
from tests.contract.drivers import Seen, SeenFile
from tests.platforms.discord.town import GROUP, Message, Town

JOINER = "\u2060"
HIDDEN = "▇"
VOICE = 1 << 13
_CODE = re.compile(r"```(?:[\w+#.-]*\n)?(.*?)\n?```|(`{1,2})(?!`)(.+?)(?<!`)\2(?!`)", re.DOTALL)
_MARKS = re.compile(
    r"""\\(?P<escaped>[^0-9A-Za-z\s])
    |(?P<bare>https?://[^\s<]+[^<.,:;"'\])\s])
    |\[(?P<label>[^\[\]\n]+)\]\(<?(?P<url>https?://[^\s()<>]+)>?\)
    |\*\*(?P<bold>[^\n]+?)\*\*(?!\*)
    |__(?P<under>[^\n]+?)__
    |\|\|(?P<spoiler>.+?)\|\|
    |<(?P<call>@[!&]?\d+)>
    |@(?P<all>everyone|here)""",
    re.VERBOSE,
)
_START = re.compile(r"^(?:-\# |\#{1,3} |> )", re.MULTILINE)


class _Sight:
    def __init__(self, allowed: dict[str, Any] | None) -> None:
        self.bold: list[str] = []
        self.code: list[str] = []
        self.links: list[str] = []
        self.pings: list[str] = []
        self._allowed = {"everyone", "roles", "users"} if allowed is None else set(allowed.get("parse", ()))

    def read(self, content: str) -> str:
        pieces, at = [], 0
        for found in _CODE.finditer(content):
            if _is_escaped(content, found.start()):
                continue
            if found.start() < at:
                continue
            code = found[1] if found[1] is not None else found[3]
            pieces += [self._words(content[at : found.start()]), code]
            self.code.append(code)
            at = found.end()
        return "".join([*pieces, self._words(content[at:])]).replace(JOINER, "")

    def _words(self, text: str) -> str:
        return _MARKS.sub(self._mark, _START.sub("", text))

    def _mark(self, found: re.Match[str]) -> str:
        kind = found.lastgroup or ""
        if kind in {"bare", "url"}:
            self.links.append(found[kind])
            return found["label"] or found["bare"]
        if kind == "bold":
            self.bold.append(self._words(found["bold"]))
            return self.bold[-1]
        if kind in {"call", "all"}:
            group = "everyone" if kind == "all" else "roles" if "&" in found[0] else "users"
            if group in self._allowed:
                self.pings.append(found[0])
            return found[0]
        return {"escaped": found["escaped"], "spoiler": HIDDEN, "under": self._words(found["under"] or "")}[kind]


def _is_escaped(text: str, at: int) -> bool:
    before = text[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def text_of(content: str) -> str:
    return _Sight({"parse": []}).read(content)


def _presented(message: Message, media_type: str) -> FileKind:
    if message.flags & VOICE:
        return FileKind.VOICE
    return FileKind.IMAGE if media_type.startswith("image/") else FileKind.DOCUMENT


def seen(message: Message, town: Town) -> Seen:
    sight = _Sight(message.allowed)
    text = sight.read(message.content)
    if message.answers and (message.allowed or {}).get("replied_user", True):
        sight.pings.append("the author of what is answered")
    files = [
        SeenFile(
            name=file["filename"],
            content=town.files[f"{file['id']}-{file['filename']}"],
            presented_as=_presented(message, file["content_type"]),
        )
        for file in message.attachments
    ]
    return Seen(
        id=message.id,
        text=text,
        bold=tuple(sight.bold),
        code=tuple(sight.code),
        links=tuple(sight.links),
        pings=tuple(sight.pings),
        buttons=tuple(button["label"] for row in message.components for button in row["components"]),
        files=tuple(files),
        answers=message.answers,
        thread=message.channel if town.channels[message.channel].parent == GROUP else "",
    )
