"""What a person sees of a message: marks applied and removed, calls heard."""

import re

from tests.contract.drivers import Seen
from tests.platforms.qq.server import Said

_FENCE = re.compile(r"^(`{3,})\n(.*?)\n\1$", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_~\[\]#>|!])|`(?P<code>[^`\n]+)`|\*\*(?P<bold>[^*\n]+)\*\*"
    r"|\[(?P<label>[^\]\n]*)\]\((?P<url>[a-z]+:[^\s]*?)\)(?!\))"
)
_PING = re.compile(r"<(@[^>]+|qqbot-at[^>]*)>|@(everyone|全体成员)")


def seen(said: Said) -> Seen:
    body = said.body
    is_rich = body["msg_type"] == 2
    text = body["markdown"]["content"] if is_rich else body["content"]
    pings = tuple(found[0] for found in _PING.finditer(text))
    marks: dict[str, list[str]] = {"bold": [], "code": [], "url": []}
    if is_rich:
        text = _unmarked(text, marks)
    rows = body.get("keyboard", {}).get("content", {}).get("rows", [])
    return Seen(
        id=said.id,
        text=text.replace("\u2060", ""),
        bold=tuple(marks["bold"]),
        code=tuple(marks["code"]),
        links=tuple(marks["url"]),
        pings=pings,
        buttons=tuple(button["render_data"]["label"] for row in rows for button in row["buttons"]),
    )


def _unmarked(text: str, marks: dict[str, list[str]]) -> str:
    pieces, at = [], 0
    for fence in _FENCE.finditer(text):
        pieces += [_spans(text[at : fence.start()], marks), fence[2]]
        marks["code"].append(fence[2])
        at = fence.end()
    return "".join([*pieces, _spans(text[at:], marks)])


def _spans(text: str, marks: dict[str, list[str]]) -> str:
    def shown(found: re.Match[str]) -> str:
        for kind in ("code", "bold"):
            if found[kind] is not None:
                marks[kind].append(found[kind])
                return _spans(found[kind], marks) if kind == "bold" else found[kind]
        if found["url"] is not None:
            marks["url"].append(found["url"])
            return str(found["label"])
        return str(found["escaped"])

    return _INLINE.sub(shown, text)
