"""What a person sees of a message: marks applied and removed, calls heard."""

import re

from tests.contract.drivers import Seen
from tests.platforms.markdown import JOINER, shown
from tests.platforms.qq.server import Said

_PING = re.compile(r"<(@[^>]+|qqbot-at[^>]*)>|@(everyone|全体成员)")


def seen(said: Said) -> Seen:
    body = said.body
    if said.files:
        return Seen(id=said.id, text="", files=said.files)
    is_rich = body["msg_type"] == 2
    text = body["markdown"]["content"] if is_rich else body["content"]
    looked = shown(text) if is_rich else None
    rows = body.get("keyboard", {}).get("content", {}).get("rows", [])
    return Seen(
        id=said.id,
        text=looked.text if looked else text.replace(JOINER, ""),
        bold=tuple(looked.bold) if looked else (),
        code=tuple(looked.code) if looked else (),
        links=tuple(looked.links) if looked else (),
        pings=tuple(found[0] for found in _PING.finditer(text)),
        buttons=tuple(button["render_data"]["label"] for row in rows for button in row["buttons"]),
    )
