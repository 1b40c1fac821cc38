"""A model server on loopback that speaks the OpenAI chat protocol (and others, see `anthropic_wire`, `gemini_wire`).

It answers what a test scripts, one reply per request and in order; without a script it echoes. It refuses what the
real service refuses: a wrong key, an unknown model or field, a tool result without its call, a call without a result.

    async with FakeModel() as fake:
        fake.call("shell", command="uname -a")
        fake.say("done")

`python -m tests.platforms.model --port 9000 --chunks 100 --seconds 2.3` runs it alone, for benchmarks.
"""

import argparse
import asyncio
import json
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self

from aiohttp import web

from tests.platforms import anthropic_wire, gemini_wire
from tests.platforms.model_rules import (
    complaint_about,
    complaint_about_pictures,
    complaint_about_thinking,
    tokens_in,
    too_long,
)

KEY = "sk-fake-0123456789"
PACED = (b'"delta": {"content"', b'"text_delta"', b'"parts": [{"text"')
"""What the lines with text hold: between them the time passes."""
STREAM = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One tool call of a reply; `arguments` is raw text, so it may be broken."""

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One scripted answer.

    chunks: in how many pieces the text goes out (default: one per word); seconds: spread over how long.
    silent_seconds: nothing comes before. status: anything but 200 is an error. cut: the connection breaks before the
    end. hangs: silence after the text.
    fades: after the text the body ends, cleanly, as if that were all.
    thinking: what goes out as reasoning_content before the text. A text that speaks of thinking comes as from a server
    without a parser for it, any other as from one that has the field (DeepSeek's, whose first chunk holds it as null).
    reason: the finish_reason (default: the honest one). raw: lines sent in place of everything else.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    thinking: str = ""
    chunks: int = 0
    seconds: float = 0.0
    silent_seconds: float = 0.0
    status: int = 200
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hangs: bool = False
    fades: bool = False
    reason: str = ""
    counts_tokens: bool = True
    raw: tuple[bytes, ...] = ()
    content_type: str = ""

    def pieces(self) -> list[str]:
        if not self.chunks:
            words = self.text.split(" ")
            return [word + " " for word in words[:-1]] + [words[-1]] if self.text else []
        size = max(1, -(-len(self.text) // self.chunks))
        return [self.text[at : at + size] for at in range(0, len(self.text), size)]

    @property
    def is_partial(self) -> bool:
        return self.cut or self.hangs or self.fades

    @property
    def stop_reason(self) -> str:
        return self.reason or ("tool_calls" if self.calls else "stop")


def calling(name: str, /, **arguments: Any) -> Reply:
    return Reply(calls=(Call(name=name, arguments=json.dumps(arguments, ensure_ascii=False)),))


class FakeModel:
    """The server. `requests` holds every accepted body, save those that a rule of `when` answers: these are in `aside`.

    `listed` holds what each question for the list of models was authorised with. `dropped` is set when a client leaves
    an answer half way. `also_takes`: fields of a provider's own, beside OpenAI's.

    thinking: `required` plays DeepSeek, which wants its thinking back; `refused` plays Groq, which refuses any.
    window_tokens: a longer request is refused, as the server `full` words it (`model_rules.too_long`).
    is_blind: pictures are refused. said_in: the words of each recording; any other bytes are refused.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        key: str = KEY,
        models: tuple[str, ...] = ("fake-1",),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.port = port
        self.tls = tls
        self.key = key
        self.models = models
        self.refused_fields: dict[str, str] = {}
        self.also_takes: set[str] = set()
        self.thinking = ""
        self.is_blind = False
        self.window_tokens = 0
        self.full = "openai"
        self.said_in: dict[bytes, str] = {}
        self.requests: list[dict[str, Any]] = []
        self.aside: list[dict[str, Any]] = []
        self.refusals: list[str] = []
        self.listed: list[str] = []
        self.overflows: list[int] = []
        self.dropped = asyncio.Event()
        self._script: deque[Reply] = deque()
        self._default: Callable[[dict[str, Any]], Reply] = echo
        self._rules: list[tuple[str, Reply]] = []
        self._calls = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def script(self, *replies: Reply) -> None:
        self._script.extend(replies)

    def say(self, text: str, **how: Any) -> None:
        self.script(Reply(text=text, **how))

    def call(self, name: str, /, **arguments: Any) -> None:
        self.script(calling(name, **arguments))

    def call_many(self, *calls: tuple[str, dict[str, Any]]) -> None:
        self.script(Reply(calls=tuple(Call(name=name, arguments=json.dumps(given)) for name, given in calls)))

    def call_raw(self, name: str, arguments: str) -> None:
        self.script(Reply(calls=(Call(name=name, arguments=arguments),)))

    def fail(self, status: int, message: str = "", *, retry_after: float | None = None, times: int = 1) -> None:
        headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        self.script(*[Reply(status=status, message=message or f"scripted {status}", headers=headers)] * times)

    def cut(self, text: str) -> None:
        self.script(Reply(text=text, cut=True))

    def hang(self, text: str = "") -> None:
        self.script(Reply(text=text, hangs=True))

    def when(self, words: str, reply: Reply) -> None:
        """Answer so every request whose first or last message holds these words, without touching the script."""
        self._rules.append((words, reply))

    def always(self, reply: Reply | Callable[[dict[str, Any]], Reply]) -> None:
        """Answer so whenever the script is empty: a function of the request, or one reply for ever."""
        self._default = reply if callable(reply) else lambda _: reply

    def reset(self) -> None:
        self._script.clear()
        self._rules.clear()
        self.requests.clear()
        self.aside.clear()
        self.refusals.clear()
        self.listed.clear()
        self.overflows.clear()
        self.refused_fields.clear()
        self.also_takes.clear()
        self.thinking = ""
        self.is_blind = False
        self.window_tokens = 0
        self.full = "openai"
        self.said_in.clear()
        self.dropped.clear()
        self._default = echo

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._openai)
        app.router.add_post("/v1/messages", self._anthropic)
        app.router.add_post("/v1/models/{model}:streamGenerateContent", self._gemini)
        app.router.add_get("/v1/models", self._list)
        app.router.add_post("/v1/audio/transcriptions", self._transcribe)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self.tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _list(self, request: web.Request) -> web.Response:
        self.listed.append(request.headers.get("Authorization", ""))
        if self.listed[-1] not in ("", f"Bearer {self.key}"):  # nobody needs a key on their own machine
            return self._refuse(401, "Invalid Authentication", "invalid_authentication_error")
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})

    async def _openai(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            return self._refuse(401, f"Incorrect API key provided: {given}", "invalid_api_key")
        body = await request.json()
        if body.get("model") not in self.models:
            return self._refuse(404, f"The model `{body.get('model')}` does not exist", "model_not_found")
        for name, sentence in self.refused_fields.items():
            if name in body:
                return self._refuse(400, sentence, "unsupported_parameter")
        problem = complaint_about(body, self.also_takes) or complaint_about_thinking(body["messages"], self.thinking)
        if not problem and self.is_blind:
            problem = complaint_about_pictures(body["messages"])
        if problem:
            return self._refuse(400, problem, "invalid_request_error")
        full = self._too_long(body)
        return await self._answer_openai(request, body) if full is None else full

    async def _answer_openai(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        reply = self._reply_to(body)
        if reply.status != 200:
            return self._refuse(reply.status, reply.message, "scripted", reply.headers)
        return await self._send(request, reply, openai_lines(body, reply))

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return self._refuse(401, "Incorrect API key provided", "invalid_api_key")
        form = await request.post()
        file = form.get("file")
        if form.get("model") not in self.models or not isinstance(file, web.FileField):
            return self._refuse(400, "Invalid form: model and file are required", "invalid_request_error")
        words = self.said_in.get(file.file.read())
        if words is None:
            return self._refuse(400, "Invalid file format. Supported formats: ['flac', 'mp3', 'ogg', 'wav']", "invalid")
        usage = {"type": "tokens", "input_tokens": 14, "output_tokens": 45, "total_tokens": 59}
        return web.json_response({"text": words, "usage": usage})

    async def _anthropic(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("x-api-key") != self.key:
            return anthropic_wire.refusal(401, "authentication_error", "invalid x-api-key")
        body = await request.json()
        if body.get("model") not in self.models:
            return anthropic_wire.refusal(404, "not_found_error", f"model: {body.get('model')}")
        if problem := anthropic_wire.complaint_about(body):
            self.refusals.append(problem)
            return anthropic_wire.refusal(400, "invalid_request_error", problem)
        if (full := self._too_long(body)) is not None:
            return full
        reply = self._reply_to(body)
        if reply.status != 200:
            return anthropic_wire.refusal(reply.status, "scripted", reply.message, reply.headers)
        return await self._send(request, reply, anthropic_wire.lines(body, reply))

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("x-goog-api-key") != self.key:
            return gemini_wire.refusal(400, "API key not valid. Please pass a valid API key.")
        if request.match_info["model"] not in self.models:
            return gemini_wire.refusal(404, f"models/{request.match_info['model']} is not found for API version v1")
        body = await request.json()
        signs = self.thinking == "required"
        if problem := gemini_wire.complaint_about(body, signs=signs):
            self.refusals.append(problem)
            return gemini_wire.refusal(400, problem)
        body = {**body, "messages": gemini_wire.as_messages(body)}
        if (full := self._too_long(body)) is not None:
            return full
        reply = self._reply_to(body)
        if reply.status != 200:
            return gemini_wire.refusal(reply.status, reply.message, reply.headers)
        return await self._send(request, reply, gemini_wire.lines(body, reply, signs=signs))

    def _too_long(self, body: dict[str, Any]) -> web.Response | None:
        asked = tokens_in(body)
        if not self.window_tokens or asked <= self.window_tokens:
            return None
        status, told = too_long(self.full, asked, self.window_tokens)
        self.overflows.append(asked)
        return web.json_response(told, status=status)

    def _reply_to(self, body: dict[str, Any]) -> Reply:
        ruled = self._ruled(body)
        (self.requests if ruled is None else self.aside).append(body)
        reply = ruled or (self._script.popleft() if self._script else self._default(body))
        calls = []
        for call in reply.calls:
            self._calls += 1
            calls.append(replace(call, id=call.id or f"call_{self._calls}"))
        return replace(reply, calls=tuple(calls))

    def _ruled(self, body: dict[str, Any]) -> Reply | None:
        asked = "\n".join([str(body.get("system")), *(str(body["messages"][at].get("content")) for at in (0, -1))])
        return next((reply for words, reply in self._rules if words in asked), None)

    def _refuse(self, status: int, message: str, code: str, headers: dict[str, str] | None = None) -> web.Response:
        self.refusals.append(message)
        error = {"error": {"message": message, "type": code, "code": code}}
        return web.json_response(error, status=status, headers=headers)

    async def _send(self, request: web.Request, reply: Reply, lines: Iterator[bytes]) -> web.StreamResponse:
        response = web.StreamResponse(headers={**STREAM, "Content-Type": reply.content_type or STREAM["Content-Type"]})
        pause = reply.seconds / max(1, len(reply.pieces()))
        try:
            await response.prepare(request)
            await asyncio.sleep(reply.silent_seconds)
            for line in reply.raw or lines:
                await response.write(line)
                if pause and any(mark in line for mark in PACED):
                    await asyncio.sleep(pause)
            if reply.hangs:
                await asyncio.Event().wait()
        except (asyncio.CancelledError, ConnectionError):
            self.dropped.set()
            raise
        if reply.cut and request.transport:
            request.transport.close()
        return response


def echo(body: dict[str, Any]) -> Reply:
    """What the model says unscripted: the last message back, so that order and loss are visible."""
    last = body["messages"][-1]
    content = last["content"]
    if isinstance(content, list):
        content = " ".join(str(part.get("text") or part.get("content") or "") for part in content)
    return Reply(text=("result: " if last["role"] == "tool" else "echo: ") + str(content))


def openai_lines(body: dict[str, Any], reply: Reply) -> Iterator[bytes]:
    def line(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return data(
            {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": body["model"], "choices": [choice]}
        )

    tells_apart = {} if "think" in reply.text.lower() else {"reasoning_content": None}
    yield line({"role": "assistant", "content": "", **tells_apart})
    for at in range(0, len(reply.thinking), 8):
        yield line({"content": None, "reasoning_content": reply.thinking[at : at + 8]})
    for piece in reply.pieces():
        yield line({"content": piece})
    if reply.is_partial:
        return
    for index, call in enumerate(reply.calls):
        function = {"name": call.name, "arguments": ""}
        yield line({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]})
        for at in range(0, len(call.arguments), 12):
            piece = {"index": index, "function": {"arguments": call.arguments[at : at + 12]}}
            yield line({"tool_calls": [piece]})
    yield line({}, reply.stop_reason)
    if reply.counts_tokens and (body.get("stream_options") or {}).get("include_usage"):
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 40}}
        yield data(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "model": body["model"],
                "choices": [],
                "usage": usage,
            }
        )
    yield b"data: [DONE]\n\n"


def data(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


async def serve(port: int, chunks: int, seconds: float, text: str) -> None:
    """Runs until killed; prints the address on one line once it listens."""
    async with FakeModel(port=port) as fake:
        if chunks:
            fake.always(Reply(text=text or "word " * chunks, chunks=chunks, seconds=seconds))
        print(f"{fake.url} key {fake.key}", flush=True)  # noqa: T201 - the caller reads the port from here
        await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--chunks", type=int, default=0)
    arguments.add_argument("--seconds", type=float, default=0.0)
    arguments.add_argument("--text", default="")
    given = arguments.parse_args()
    asyncio.run(serve(given.port, given.chunks, given.seconds, given.text))
