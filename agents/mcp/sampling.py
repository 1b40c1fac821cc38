"""What a server asks of the model of an agent (sampling): refused unless a rule allows it, bounded, and counted.

The model is shown what the server says and nothing else: no conversation, no tools, no files. What it costs is counted
for the person for whom the call runs, under a purpose of its own.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from agents.models.context import Prepared, estimate_tokens, message
from agents.models.protocol import End, Finished, Model, ModelError, TextDelta, TokenUsage
from agents.tools.tool import ToolContext
from channels.base import NexoraError
from governance.record.audit import Event, Status
from governance.record.transaction import Store
from governance.usage.usage import Usage
from governance.values.reasons import Why, why

if TYPE_CHECKING:
    import mcp_types as types

_log = structlog.get_logger(__name__)
MOST_TOKENS = 1_000
MOST_A_CALL = 5
MOST_SIGNS = 50_000
ANSWER_SIGNS = 8 * MOST_TOKENS
"""A model that keeps to no bound is cut off here."""
_REMEMBERED = 1_000
_REFUSED = -1
"""The code of a refusal by the person (modelcontextprotocol.io/specification/2025-11-25/client/sampling)."""
_SYSTEM = (
    "A program asks you for the completion of what follows. You have no tools, and know nothing of any conversation. "
    "Answer with text alone."
)

MaySample = Callable[[str, ToolContext], Awaitable[Why | None]]
"""Why that server may not use the model of the agent in that call; None where a rule allows it."""
ModelFor = Callable[[str, int], Awaitable[Model]]
"""The model of an agent, with the most tokens of its answer. Raises NexoraError."""


class Sampler:
    """Lets models answer. It remembers how often the calls of lately have asked."""

    def __init__(self, store: Store, usage: Usage, may_sample: MaySample, model_for: ModelFor) -> None:
        self._store = store
        self._usage = usage
        self._may_sample = may_sample
        self._model_for = model_for
        self._asked: OrderedDict[UUID, int] = OrderedDict()

    async def __call__(
        self, server: str, context: ToolContext, params: "types.CreateMessageRequestParams"
    ) -> "types.CreateMessageResult | types.ErrorData":
        """What the model says, or why it is not asked. It raises nothing of ours."""
        import mcp_types as types  # noqa: PLC0415  # the SDK loads with the first server

        try:
            lack = await self._lack(server, context, params)
            if lack is not None:
                await self._store.record(_event(server, context, "refused", {"because": str(lack)}))
                return types.ErrorData(code=_REFUSED, message=f"Refused: {lack}.")
            most = max(1, min(params.max_tokens, MOST_TOKENS))
            model = await self._model_for(context.agent, most)
            text, end = await _answered(model, _prepared(params))
            await self._count(server, context, end.usage)
        except (ModelError, NexoraError) as problem:
            _log.info("sampling_failed", server=server, reason=str(problem)[:300])
            return types.ErrorData(code=types.INTERNAL_ERROR, message="The model could not answer.")
        return types.CreateMessageResult(
            role="assistant",
            content=types.TextContent(type="text", text=text),
            model=f"{end.usage.provider}/{end.usage.model}",
            stop_reason="maxTokens" if end.end is End.LENGTH else "endTurn",
        )

    async def _lack(self, server: str, context: ToolContext, params: "types.CreateMessageRequestParams") -> Why | None:
        """Why the model is not asked."""
        if context.address is None or context.call is None:
            return why("sampling.nowhere")
        if (lack := await self._may_sample(server, context)) is not None:
            return lack
        number = self._asked[context.call] = self._asked.pop(context.call, 0) + 1
        if len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        if number > MOST_A_CALL:
            return why("sampling.often", most=str(MOST_A_CALL))
        texts = [_text_of(each) for each in params.messages]
        if params.tools or not texts or None in texts:
            return why("sampling.text_alone")
        signs = len(params.system_prompt or "") + sum(len(each or "") for each in texts)
        return why("sampling.long", most=str(MOST_SIGNS)) if signs > MOST_SIGNS else None

    async def _count(self, server: str, context: ToolContext, used: TokenUsage) -> None:
        """Write what it cost, on the account of the person of the call."""
        address = context.address
        if address is None:
            raise ValueError("a call that is nowhere asks no model")
        async with self._store.transaction() as work:
            await self._usage.add(
                work,
                person_id=context.person.id,
                agent=context.agent,
                provider=used.provider,
                model=used.model,
                input_tokens=used.input_tokens,
                output_tokens=used.output_tokens,
                cached_tokens=used.cached_tokens,
                is_estimated=used.estimated,
                channel=address.channel,
                conversation=address.key,
                turn_id=context.turn_id,
                purpose="sampling",
            )
            tokens = {"input": used.input_tokens, "output": used.output_tokens}
            work.record(_event(server, context, "done", {"model": f"{used.provider}/{used.model}", **tokens}))


async def _answered(model: Model, prompt: list[Prepared]) -> tuple[str, Finished]:
    """What the model says, and how it ended. Raises ModelError."""
    said = ""
    async with aclosing(model.stream(prompt, ())) as deltas:
        async for delta in deltas:
            if isinstance(delta, Finished):
                return said, delta
            said += delta.text if isinstance(delta, TextDelta) else ""
            if len(said) > ANSWER_SIGNS:
                break
    provider, _, name = model.label.partition("/")
    used = TokenUsage(
        provider=provider,
        model=name,
        input_tokens=estimate_tokens(sum(len(each.json) for each in prompt)),
        output_tokens=estimate_tokens(len(said.encode())),
        estimated=True,
    )
    return said[:ANSWER_SIGNS], Finished(end=End.LENGTH, reason="cut", usage=used)


def _prepared(params: "types.CreateMessageRequestParams") -> list[Prepared]:
    system = "\n\n".join(filter(None, (_SYSTEM, params.system_prompt)))
    return [message("system", system), *(message(each.role, _text_of(each) or "") for each in params.messages)]


def _text_of(said: "types.SamplingMessage") -> str | None:
    """The words of a message; None where it is not of words alone."""
    blocks = said.content if isinstance(said.content, list) else [said.content]
    texts = [each.text if each.type == "text" else None for each in blocks]
    return None if None in texts else "\n".join(text for text in texts if text is not None)


def _event(server: str, context: ToolContext, what: str, detail: dict[str, object]) -> Event:
    return Event(
        tag=f"agents:sampling:{what}",
        actor=str(context.person.id),
        actor_name=context.person.name,
        resource=server,
        status=Status.OK if what == "done" else Status.DENIED,
        address=context.conversation,
        detail={"agent": context.agent, "call": str(context.call), **detail},
    )
