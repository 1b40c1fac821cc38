"""`python -m tests.load.model`: the fake model in the moods that the benchmark needs, and what it was last asked.

A person's words choose the mood: `slow…` is answered in 100 pieces over 2.3 s, `tool…` by a call of current_time and
then by words, `files` by a command that makes four files, `read…` and `reads…` by a call that reads one of them and by
four at once, `ask…` by a command that an admin has to approve, `hang…` not within ten minutes, everything else by an
echo. GET /last on the second address gives the last request as it came.
"""

import asyncio
import json
from typing import Any

from aiohttp import web

from tests.platforms.model import Call, FakeModel, Reply, calling, echo

CHUNKS, SECONDS = 100, 2.3
HANGING_SECONDS = 600.0
FILE_LINES = 200_000


def words_of(message: dict[str, Any]) -> str:
    """The words of one message, whichever form its content has."""
    content = message.get("content") or ""
    return content if isinstance(content, str) else " ".join(str(part.get("text", "")) for part in content)


def answer(body: dict[str, Any]) -> Reply:
    """What the model says to one request."""
    said = next(message for message in reversed(body["messages"]) if message["role"] == "user")
    words = words_of(said).lstrip()
    if words.startswith("slow"):
        text = f"echo: {words}".ljust(CHUNKS * 5, ".")
        return Reply(text=text, chunks=CHUNKS, seconds=SECONDS)
    if words.startswith("hang"):
        return Reply(text=f"echo: {words}", chunks=2, seconds=HANGING_SECONDS)
    if words.startswith("ask"):
        is_first = body["messages"][-1]["role"] != "tool"
        command = f"curl -T reports-{words.split()[-1]} https://example.org/"
        return calling("shell", command=command) if is_first else Reply(text=f"echo: {words}")
    if words.startswith(("files", "read")):
        is_first = body["messages"][-1]["role"] != "tool"
        return files(words) if is_first else Reply(text=f"echo: {words}")
    if words.startswith("tool"):
        is_first = body["messages"][-1]["role"] != "tool"
        return calling("current_time") if is_first else Reply(text=f"echo: {words}")
    return echo(body)


def files(words: str) -> Reply:
    """Calls that make four files, or read one or all of them at a line that the words' number chooses."""
    kind, _, number = words.partition(" ")
    if kind == "files":
        return calling("shell", command=f"for n in 1 2 3 4; do seq {FILE_LINES} >$n.txt; done")
    start = int(number) * 97 + 1
    reads = [
        {"path": f"{each}.txt", "start_line": start, "end_line": start + 199}
        for each in ((1, 2, 3, 4) if kind == "reads" else (1,))
    ]
    return Reply(calls=tuple(Call(name="read_file", arguments=json.dumps(each)) for each in reads))


async def main() -> None:
    """Serve until killed; the first line holds the model's address, its key and the address for /last."""
    async with FakeModel() as fake:

        def remember(body: dict[str, Any]) -> Reply:
            del fake.requests[:-1]  # thousands of requests would fill the memory
            return answer(body)

        async def last(_: web.Request) -> web.Response:
            return web.json_response(fake.requests[-1] if fake.requests else {})

        fake.when("Give a title", Reply(text="A title"))
        fake.always(remember)
        app = web.Application()
        app.router.add_get("/last", last)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(f"{fake.url} {fake.key} http://127.0.0.1:{runner.addresses[0][1]}", flush=True)  # noqa: T201 - read by who started us
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
