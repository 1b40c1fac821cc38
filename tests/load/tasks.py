"""Sixty everyday tasks, done by a scripted model through all the tools: what they take in calls and in tokens.

They are done in a gateway of their own in this process, with a server of PostgreSQL of its own. There is no floor, for
a program without tools does none of them.
"""

import logging

import structlog

from gateway.database.embedded.server import EmbeddedPostgres
from gateway.database.pool import migrate
from tests.load.scenarios import Stage, Taken
from tests.tasks.everything import TASKS
from tests.tasks.runner import Outcome, workshop


async def tasks(stage: Stage) -> Taken:
    """Each of them once; what it took, and what was in its way, is noted."""
    if stage.is_floor:
        return {}
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    folder = stage.folder / "tasks"
    folder.mkdir(mode=0o711)
    async with EmbeddedPostgres(folder, durable=False) as postgres:
        await migrate(postgres.dsn)
        async with workshop(postgres.dsn, folder / "home") as bench:
            outcomes = [await bench.do(each) for each in TASKS]
    stage.notes += map(_told, outcomes)
    return {
        "tasks_smooth": sum(each.is_smooth for each in outcomes),
        "tasks_right": sum(not each.wrong for each in outcomes),
        "tasks_calls": sum(each.calls for each in outcomes),
        "tasks_tokens": sum(each.tokens for each in outcomes),
        "tasks_prompt": max(each.prompt for each in outcomes),
    }


def _told(outcome: Outcome) -> str:
    calls = f"{outcome.calls} {'call' if outcome.calls == 1 else 'calls'}"
    trouble = [outcome.wrong.partition("\n")[0][:120]] if outcome.wrong else []
    trouble += [" ".join(each.split())[-120:] for each in outcome.detours]
    return f"{outcome.name}: {calls}, {outcome.tokens:,} tokens{''.join(f'; {each}' for each in trouble)}"
