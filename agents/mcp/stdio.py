"""Speaks with a server that is a program: confined, in a folder of its own, one JSON message on each line.

What it writes is bounded: one message that is too long, or too many lines that are none, end it.
"""

import asyncio
import re
import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
import structlog
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from agents.mcp.definition import DefinitionInvalid, StdioTransport
from agents.mcp.ending import ServerEnding
from agents.sandbox.lasting import LastingProgram

_log = structlog.get_logger(__name__)
LONGEST_MESSAGE_BYTES = 8 << 20
"""Of one message: a picture of the largest size that models take, as base64, with room to spare."""
MOST_LINES_OF_NO_MESSAGE = 1_000
_CHUNK_BYTES = 65_536
_CARRIED = "CARRIED_BY_NEXORA_"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def command_line(transport: StdioTransport, values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The command for a shell, and the variables that it is handed. `values` are those of its `env`, by name.

    They are carried under names of ours and renamed inside, since variables such as LD_PRELOAD would else work on what
    confines the program. Raises DefinitionInvalid for what cannot be a variable.
    """
    steps: list[str] = []
    carried: dict[str, str] = {}
    for number, (name, value) in enumerate(values.items()):
        if not _VARIABLE.fullmatch(name) or "\0" in value:
            raise DefinitionInvalid(f"env.{name[:40]} cannot be a variable; use letters, digits and _")
        carried[f"{_CARRIED}{number}"] = value
        steps.append(f'export {name}="${_CARRIED}{number}"; unset {_CARRIED}{number}')
    words = " ".join(shlex.quote(word) for word in (transport.command, *transport.args))
    return "; ".join([*steps, f"exec {words}"]), carried


@asynccontextmanager
async def spoken(program: LastingProgram, ending: ServerEnding) -> AsyncIterator[TransportStreams]:
    """The streams of the SDK over the pipes of a program."""
    to_session, from_program = anyio.create_memory_object_stream[Any](0)
    to_program, from_session = anyio.create_memory_object_stream[Any](0)
    tasks = [
        asyncio.create_task(_read(program, to_session, ending), name="mcp server says"),
        asyncio.create_task(_write(program, from_session, ending), name="mcp server hears"),
    ]
    try:
        yield from_program, to_program
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for stream in (to_session, from_program, to_program, from_session):
            stream.close()


async def _read(program: LastingProgram, to_session: Any, ending: ServerEnding) -> None:
    """Pass on each message; in the end whoever waits for an answer is told that none comes."""
    try:
        async for message in _messages(program, ending):
            await to_session.send(message)
    except (OSError, ConnectionError) as problem:
        ending.set(f"its output broke off ({problem})")
    finally:
        ending.set(program.stopped or _ended(program))
        to_session.close()


def _ended(program: LastingProgram) -> str:
    last = [line for line in program.complaints.splitlines() if line.strip()][-1:]
    return f"it ended by itself: {last[0].strip()[:300]}" if last else "it ended by itself"


async def _messages(program: LastingProgram, ending: ServerEnding) -> AsyncIterator[Any]:
    odd, rest = 0, bytearray()
    while data := await program.says.read(_CHUNK_BYTES):
        *lines, last = data.split(b"\n")
        for line in lines:
            whole, rest = bytes(rest + line), bytearray()
            try:
                yield SessionMessage(jsonrpc_message_adapter.validate_json(whole, by_name=False))
            except ValueError:
                odd += bool(whole.strip())
                _log.debug("mcp_line_ignored", length=len(whole))
        rest += last
        if len(rest) > LONGEST_MESSAGE_BYTES:
            ending.set(f"it said more than {LONGEST_MESSAGE_BYTES >> 20} MB at once")
            return
        if odd > MOST_LINES_OF_NO_MESSAGE:
            ending.set(f"it wrote more than {MOST_LINES_OF_NO_MESSAGE} lines that are no messages")
            return


async def _write(program: LastingProgram, from_session: Any, ending: ServerEnding) -> None:
    try:
        async for message in from_session:
            text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            program.hears.write(text.encode() + b"\n")
            await program.hears.drain()
    except (OSError, ConnectionError) as problem:
        ending.set(f"it hears nothing more ({problem})")
