"""Does a task with the whole product around it: the guard, the sandbox with its layers, PostgreSQL, the turn itself.

The model is the fake, which goes the route of the task. What it calls, what the results cost it in tokens, and every
call that failed, asked, or led nowhere, is counted.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer

from agents.workspaces import workspace_name
from tests.journeys.town import Town, town
from tests.platforms.model import Call as Made
from tests.platforms.model import Reply
from tests.tasks.pages import pages
from tests.tasks.task import Call, Done, Here, Route, Task

_SECONDS = 60.0
_BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a task went. tokens: of all results, roughly; prompt: of its longest request. detours: what was in the way.

    wrong: what the check says of how things are in the end; empty when they are as they should be.
    """

    name: str
    calls: int
    tokens: int
    prompt: int
    detours: Sequence[str]
    wrong: str

    @property
    def is_smooth(self) -> bool:
        return not self.detours and not self.wrong


@dataclass(slots=True)
class _Walk:
    """How far the route of one task has been gone."""

    route: Route
    last: Sequence[Call] = ()
    made: list[Call] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    answer: str = ""
    trouble: str = ""

    def next(self, body: dict[str, Any]) -> Reply:
        """What the model says to a request."""
        try:
            return self._reply(self.route.send(self._told(body["messages"])))
        except StopIteration as end:
            self.answer = str(end.value)
        except Exception as problem:  # noqa: BLE001  # whatever goes wrong on a route is the outcome of its task
            self.trouble = f"{type(problem).__name__}: {problem}"
            self.answer = "I cannot go on."
        return Reply(text=self.answer)

    def _told(self, messages: list[dict[str, Any]]) -> Any:
        if not self.last:
            return None
        results = [str(message["content"]) for message in messages if message["role"] == "tool"][-len(self.last) :]
        self.results += results
        return results if len(self.last) > 1 else results[0]

    def _reply(self, step: Call | Sequence[Call] | str) -> Reply:
        if isinstance(step, str):
            self.last = ()
            return Reply(text=step)
        self.last = (step,) if isinstance(step, Call) else tuple(step)
        self.made += self.last
        written = [each.raw or json.dumps(each.arguments, ensure_ascii=False) for each in self.last]
        calls = (Made(name=call.tool, arguments=text) for call, text in zip(self.last, written, strict=True))
        return Reply(calls=tuple(calls))


class Workshop:
    """A gateway in which one task is done after the other, each by a person of its own."""

    def __init__(self, here: Town, web: str) -> None:
        self._here = here
        self._web = web
        self._count = 0

    async def do(self, task: Task) -> Outcome:
        """Do it, and look what came of it."""
        self._count += 1
        name = f"p{self._count}"
        await self._here.person(name)
        address = self._address(name)
        folder = self._here.home / "workspaces" / workspace_name(address)
        folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(task.setup, folder)
        walk = _Walk(task.route(Here(web=self._web)))
        self._here.model.requests.clear()
        self._here.model.always(walk.next)
        for turn, words in enumerate(task.words, 1):
            self._here.say(name, words.format(web=self._web) if "{web}" in words else words)
            await self._ended(address, turn)
        return await self._outcome(task, walk, name, folder)

    def _address(self, name: str) -> str:
        return f"telegram:{self._here.people[name]}:"

    async def _ended(self, address: str, turns: int) -> None:
        """Wait until so many turns are over and nothing more is to be sent."""
        ended = "select count(*) from nexora_turns where conversation = $1 and state <> 'running'"
        async with asyncio.timeout(_SECONDS):
            while await self._here.store.fetchval(ended, address) < turns:  # noqa: ASYNC110  # rows have no event
                await asyncio.sleep(0.02)
            waiting = "select count(*) from nexora_outbox where state in ('ready', 'running')"
            while await self._here.store.fetchval(waiting):  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.02)

    async def _outcome(self, task: Task, walk: _Walk, name: str, folder: Path) -> Outcome:
        address = self._address(name)
        rows = await self._here.store.fetch(
            "select outcome from nexora_messages where conversation = $1 and role = 'tool' order by id", address
        )
        detours = [walk.trouble] if walk.trouble else []
        detours += [
            f"{call.tool} {json.dumps(call.arguments, ensure_ascii=False)[:60]}: {result[-600:]}"
            for call, row, result in zip(walk.made, rows, walk.results, strict=False)
            if (row["outcome"] != "done") is not call.fails
        ]
        states = "select state from nexora_turns where conversation = $1 and state <> 'done'"
        detours += [f"a turn ended as {row['state']}" for row in await self._here.store.fetch(states, address)]
        detours += self._here.model.refusals
        self._here.model.refusals.clear()
        sent = {each.file[1]: each.file[2] for each in self._here.seen(name) if each.file}
        return Outcome(
            name=task.name,
            calls=len(walk.made),
            tokens=sum(len(result.encode()) for result in walk.results) // _BYTES_PER_TOKEN,
            prompt=max(map(_tokens_in, self._here.model.requests), default=0),
            detours=detours,
            wrong=_wrong(task, Done(folder=folder, answer=walk.answer, sent=sent)),
        )


def _tokens_in(request: dict[str, Any]) -> int:
    told = [request["messages"], request.get("tools")]
    return len(json.dumps(told, ensure_ascii=False).encode()) // _BYTES_PER_TOKEN


def _wrong(task: Task, done: Done) -> str:
    try:
        task.check(done)
    except AssertionError as problem:
        return f"{problem or 'the check fails'} (answer: {done.answer!r})"
    return ""


@asynccontextmanager
async def workshop(dsn: str, home: Path) -> AsyncIterator[Workshop]:
    """A gateway with nothing but what is shipped, and web pages on loopback that its agents may read."""
    async with TestServer(pages()) as server:
        where = f"127.0.0.1:{server.port}"
        settings = {"egress": {"allow": [where]}, "search": {"engine": "searxng", "url": f"http://{where}/search"}}
        async with town(dsn, home, **settings) as here:
            yield Workshop(here, f"http://{where}")
