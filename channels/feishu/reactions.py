"""The sign that an answer is being prepared: Feishu has none of its own, so the message wears a reaction until then.

Facts: open.feishu.cn/document, "添加消息表情回复", "删除消息表情回复", "表情文案说明" (`Typing`). The permission is
im:message.reactions:write_only, or the wider im:message; an app without it goes on without the sign.
"""

import structlog

from channels.base import MessageRefused
from channels.feishu.api import Api, Refusal
from channels.feishu.names import Recent
from channels.messages import Ref

_log = structlog.get_logger(__name__)

EMOJI = "Typing"
MOST = 500


class Reactions:
    """Which messages wear the sign. Where the app may not give it, it is tried once in the life of a connection."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._worn: Recent[str] = Recent(MOST)
        self._may = True

    async def show(self, answers: Ref | None) -> None:
        """Let the message wear the sign; nothing where none is answered or it wears it already. Raises ChannelError."""
        if answers is None or not self._may or answers.id in self._worn:
            return
        body = {"reaction_type": {"emoji_type": EMOJI}}
        try:
            answer = await self._api.call("POST", f"/open-apis/im/v1/messages/{answers.id}/reactions", body)
        except Refusal as refusal:
            if refusal.lack is None:
                raise
            _log.info("feishu_reactions_not_granted", reason=str(refusal))
            self._may = False
            return
        reaction = str((answer.get("data") or {}).get("reaction_id") or "")
        if not reaction:
            raise MessageRefused("Feishu took a reaction and did not name it")
        self._worn.keep(answers.id, reaction)

    async def take_back(self, answers: Ref | None) -> None:
        """Take the sign off the message; raises ChannelError."""
        reaction = self._worn.pop(answers.id, "") if answers is not None else ""
        if answers is not None and reaction:
            await self._api.call("DELETE", f"/open-apis/im/v1/messages/{answers.id}/reactions/{reaction}")
