"""`python -m tests.load.floor TELEGRAM MODEL KEY`: what the work costs at least, with bare aiohttp and no memory.

It asks the platform for news, streams the model's answer and sends it, one message of a chat after another. It keeps
nothing, so what it has taken is gone when it ends, and it sees no history, persons, permissions or record.
"""

import asyncio
import json
import sys
from typing import Any

import uvloop
from aiohttp import ClientSession, ClientTimeout

from tests.platforms.telegram.chats import TOKEN

ALLOWED_SILENCE = ClientTimeout(total=120)


class Floor:
    """The program. Each chat has a queue and a task."""

    def __init__(self, session: ClientSession, telegram: str, model: str, key: str) -> None:
        self._session = session
        self._bot = f"{telegram}/bot{TOKEN}"
        self._model = f"{model}/chat/completions"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._queues: dict[int, asyncio.Queue[str]] = {}

    async def run(self) -> None:
        offset = 0
        async with asyncio.TaskGroup() as group:
            while True:
                news = await self._call("getUpdates", {"offset": offset, "timeout": 30})
                for update in news:
                    offset = update["update_id"] + 1
                    chat, text = update["message"]["chat"]["id"], update["message"]["text"]
                    if chat not in self._queues:
                        self._queues[chat] = asyncio.Queue()
                        group.create_task(self._serve(chat), name=f"chat {chat}")
                    self._queues[chat].put_nowait(text)

    async def _serve(self, chat: int) -> None:
        while True:
            text = await self._queues[chat].get()
            await self._call("sendMessage", {"chat_id": chat, "text": await self._ask(text)})

    async def _call(self, method: str, given: dict[str, Any]) -> Any:
        async with self._session.post(f"{self._bot}/{method}", json=given) as response:
            return (await response.json())["result"]

    async def _ask(self, text: str) -> str:
        messages: list[dict[str, Any]] = [{"role": "user", "content": text}]
        words, call = await self._stream(messages)
        while call:
            messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": "2026-01-01T00:00:00Z"})
            words, call = await self._stream(messages)
        return words

    async def _stream(self, messages: list[dict[str, Any]]) -> tuple[str, dict[str, Any] | None]:
        body = {"model": "fake-1", "stream": True, "messages": messages}
        words: list[str] = []
        call: dict[str, Any] | None = None
        async with self._session.post(self._model, json=body, headers=self._headers) as response:
            response.raise_for_status()
            async for line in response.content:
                if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                    continue
                delta = json.loads(line[6:])["choices"][0]["delta"]
                words.append(delta.get("content") or "")
                for piece in delta.get("tool_calls", ()):
                    if call is None:
                        call = {"id": piece["id"], "type": "function", "function": dict(piece["function"])}
                    else:
                        call["function"]["arguments"] += piece["function"]["arguments"]
        return "".join(words), call


async def main(telegram: str, model: str, key: str) -> None:
    """Work until killed."""
    async with ClientSession(timeout=ALLOWED_SILENCE) as session:
        await Floor(session, telegram, model, key).run()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:4]))
