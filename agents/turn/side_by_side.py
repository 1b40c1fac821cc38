"""Runs the calls of one answer: those that change nothing side by side, every other in its place in the order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from agents.tools.tool import ToolResult
from agents.turn.judging import Judged
from governance.values.verdicts import Effect

AT_ONCE = 4
_APART = frozenset({Effect.CONSULTS, Effect.FETCHES, Effect.NONE, Effect.READS, Effect.SEARCHES})

Run = Callable[[Judged], Awaitable[ToolResult]]


async def side_by_side(calls: Sequence[Judged], run: Run) -> list[ToolResult]:
    """The results in the order of the calls. What `run` raises for one of them ends the others too."""
    results: list[ToolResult] = []
    for together in _groups(calls):
        results += [await run(together[0])] if len(together) == 1 else await _at_once(together, run)
    return results


def _groups(calls: Sequence[Judged]) -> Iterator[list[Judged]]:
    """Neighbours that change nothing, and each of the others by itself."""
    together: list[Judged] = []
    for call in calls:
        if call.is_allowed and (call.tool is None or call.tool.effect not in _APART):
            yield from [together] if together else []
            yield [call]
            together = []
        else:
            together.append(call)
    if together:
        yield together


async def _at_once(calls: Sequence[Judged], run: Run) -> list[ToolResult]:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(call: Judged) -> ToolResult:
        async with places:
            return await run(call)

    running = [asyncio.create_task(one(call), name=f"call {call.id}") for call in calls]
    try:
        return list(await asyncio.gather(*running))
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)
