"""What a person can send on Discord (discord.com/developers/docs/resources/message): fields of the message."""

from typing import Any

from tests.contract.kinds import COMMAND, Content

POLL = {"question": {"text": "Ship it?"}, "answers": [{"answer_id": 1, "poll_media": {"text": "Yes"}}]}
STICKER = {"id": "7", "name": "wave", "format_type": 1}
EMBED = {"type": "rich", "title": "Alert", "description": COMMAND, "fields": [{"name": "host", "value": "db-1"}]}
FILE = {"id": "8", "filename": "a.txt", "size": 3, "url": "http://127.0.0.1/a.txt", "content_type": "text/plain"}


def _forward(**message: Any) -> dict[str, Any]:
    shown = {"content": "", "attachments": [], "embeds": [], "type": 0, **message}
    reference = {"type": 1, "channel_id": "5", "message_id": "6"}
    return {"message_reference": reference, "message_snapshots": [{"message": shown}]}


CONTENTS = (
    Content(name="poll", payload={"poll": POLL}, says=("Ship it?", "Yes")),
    Content(name="sticker", payload={"sticker_items": [STICKER]}, says=("wave",)),
    Content(name="forward", payload=_forward(content=COMMAND), is_others=True),
    Content(name="forwarded_file", payload=_forward(attachments=[FILE]), files=("a.txt",)),
    Content(name="forwarded_embed", payload=_forward(embeds=[EMBED]), says=("Alert", "db-1"), is_others=True),
    Content(name="forwarded_sticker", payload=_forward(sticker_items=[STICKER]), says=("wave",)),
    Content(name="nothing", payload={}, says=("Discord does not tell",)),
)
