"""Does something for as long as nobody says stop, and shows how it comes along."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from agents.models.protocol import ModelError
from agents.turn.progress import Report, reporting
from agents.turn.task import AnswerView
from governance.record.fence import must_hold

_Outcome = TypeVar("_Outcome")


async def watched(
    do: Callable[[Report], Awaitable[_Outcome]], view: AnswerView, stop: asyncio.Event
) -> _Outcome | None:
    """What it comes to, showing how it comes along; None when somebody says stop before its end."""
    outcomes: list[_Outcome] = []

    async def run() -> None:
        outcomes.append(await do(reporting(view.note)))

    try:
        await until_stopped(run, stop)
    finally:
        view.note("")
    return outcomes[0] if outcomes else None


async def until_stopped(work: Callable[[], Awaitable[None]], stop: asyncio.Event) -> ModelError | None:
    """Do the work, or as much of it as happens before somebody says stop. A model's error is an answer.

    Raises LeaseLost when another gateway may be doing it by now.
    """
    must_hold()
    working = asyncio.ensure_future(work())
    waiting = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            return None
        working.result()
    except ModelError as error:
        return error
    finally:
        waiting.cancel()
        if not working.done():
            working.cancel()
            await asyncio.wait((working,))
    return None
