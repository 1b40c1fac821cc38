"""A question of a server to the person for whom a call of it runs: put before them, or declined with the reason said.

What is asked is declined for its form, for what it wants (a password), for who could answer (nobody reads along), and
for its number: a call has a few questions, so that no server wears a person out.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from agents.tools.tool import ToolContext
from channels.base import NexoraError
from governance.forms.fields import AskedField, FormRefused, fields_of
from governance.forms.question import QuestionState, Waiting
from governance.forms.questions import QuestionAnswer, ServerQuestions
from governance.values.reasons import why

if TYPE_CHECKING:
    import mcp_types as types

_log = structlog.get_logger(__name__)
MOST_QUESTIONS = 5
LONGEST_ADDRESS = 2_000
_REMEMBERED = 1_000
_ACTIONS: Mapping[QuestionState, str] = {QuestionState.ACCEPTED: "accept", QuestionState.DECLINED: "decline"}

CanAnswer = Callable[[ToolContext], bool]
"""Whether somebody reads along who can answer where that call runs."""


class PersonAsker:
    """Asks. It remembers how many questions the calls of lately have had."""

    def __init__(self, questions: ServerQuestions, can_answer: CanAnswer) -> None:
        self._questions = questions
        self._can_answer = can_answer
        self._asked: OrderedDict[UUID, int] = OrderedDict()

    async def __call__(
        self, server: str, context: ToolContext, params: "types.ElicitRequestParams"
    ) -> "types.ElicitResult":
        """What the person says to it, as the protocol has it. It raises nothing of ours."""
        import mcp_types as types  # noqa: PLC0415  # the SDK loads with the first server

        if context.address is None or context.call is None:
            return types.ElicitResult(action="decline")
        try:
            told = await self._told(server, context, params)
        except NexoraError as problem:
            _log.warning("server_question_not_asked", server=server, reason=str(problem))
            return types.ElicitResult(action="cancel")
        if told is None:
            return types.ElicitResult(action="decline")
        action: Any = _ACTIONS.get(told.state, "cancel")
        content = dict(told.values) if action == "accept" and params.mode == "form" else None
        return types.ElicitResult(action=action, content=content)

    async def _told(
        self, server: str, context: ToolContext, params: "types.ElicitRequestParams"
    ) -> QuestionAnswer | None:
        """What came of asking; None where nobody was asked, which the conversation was told."""
        if context.address is None or context.call is None:
            return None
        waiting = Waiting(
            person=context.person,
            account=context.account,
            address=context.address,
            conversation=context.conversation,
            call=context.call,
            agent=context.agent,
            is_direct=context.is_direct,
        )
        number = self._asked[context.call] = self._asked.pop(context.call, 0) + 1
        if len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        if number > MOST_QUESTIONS:
            if number == MOST_QUESTIONS + 1:
                reason = why("form.refused.many", most=str(MOST_QUESTIONS))
                await self._questions.tell(waiting, f"{context.call}:{number}", server, reason)
            return None
        try:
            fields = self._require_askable(context, params)
        except FormRefused as refused:
            await self._questions.tell(waiting, f"{context.call}:{number}", server, refused.why)
            return None
        url = params.url if params.mode == "url" else ""
        return await self._questions.ask(waiting, server, params.message, fields=fields, url=url)

    def _require_askable(self, context: ToolContext, params: "types.ElicitRequestParams") -> tuple[AskedField, ...]:
        """The fields that it asks for, none for an address. Raises FormRefused."""
        if not self._can_answer(context):
            raise FormRefused(why("form.refused.nobody"))
        if params.mode != "url":
            return fields_of(params.requested_schema)
        require_plain(params.url)
        return ()


def require_plain(url: str) -> None:
    """Raise FormRefused for an address whose host is not plain to be seen."""
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
        _ = parts.port
    except ValueError:
        is_plain = False
    if not is_plain or len(url) > LONGEST_ADDRESS or not url.isprintable():
        raise FormRefused(why("form.refused.url"))
