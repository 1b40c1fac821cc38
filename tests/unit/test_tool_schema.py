"""A tool made from a typed function: what the model is shown, and what it is told when it errs."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal
from uuid import uuid4

import pytest
from pydantic import Field

from agents.tools.schema import ToolFailed, tool
from agents.tools.tool import ToolContext, ToolResult
from governance.people.people import Person, Role
from governance.values.verdicts import Effect


async def paint(
    context: ToolContext,
    path: Annotated[str, Field(description="in the workspace")],
    colour: Literal["red", "green"] = "red",
    times: Annotated[int, Field(ge=1, le=9)] = 1,
    note: str | None = None,
) -> str:
    """Paint a file.

    What follows is for people.
    """
    return f"{context.agent} {path} {colour} {times} {note}"


@pytest.fixture
def context(tmp_path: Path) -> ToolContext:
    person = Person(id=uuid4(), name="alice", role=Role.OPERATOR)
    return ToolContext(person=person, agent="assistant", conversation="c", workspace=tmp_path)


def test_the_schema_says_what_a_model_needs_and_no_more():
    made = tool(paint, effect=Effect.WRITES, subject="path")

    assert (made.name, made.description) == ("paint", "Paint a file.")
    assert made.parameters == {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "in the workspace"},
            "colour": {"type": "string", "enum": ["red", "green"]},
            "times": {"type": "integer"},
            "note": {"type": "string"},
        },
        "required": ["path"],
    }


async def test_arguments_are_checked_and_filled_in(context: ToolContext):
    made = tool(paint)

    assert (await made.run(context, {"path": "a"})).text == "assistant a red 1 None"
    assert (await made.run(context, {"path": "a", "times": "3", "note": "x"})).text == "assistant a red 3 x"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "`path` is missing"),
        ({"path": 5}, "`path` must be a valid string"),
        ({"path": "a", "colour": "blue"}, "`colour` must be 'red' or 'green'"),
        ({"path": "a", "times": 10}, "`times` must be less than or equal to 9"),
        ({"path": "a", "hue": 1}, "`hue` is not a parameter"),
    ],
)
async def test_a_wrong_argument_is_a_sentence_with_what_would_be_right(context: ToolContext, arguments, said):
    result = await tool(paint).run(context, arguments)

    assert not result.ok
    assert said in result.text
    assert "path, colour (optional), times (optional), note (optional)" in result.text


async def test_what_a_tool_raises_becomes_a_sentence(context: ToolContext):
    async def fails(_: ToolContext) -> str:
        raise ToolFailed("the lamp is broken; use another")

    async def looks(_: ToolContext) -> str:
        raise FileNotFoundError(2, "No such file", "/secret/place")

    failed, looked = await tool(fails).run(context, {}), await tool(looks).run(context, {})

    assert failed == ToolResult(text="the lamp is broken; use another.", ok=False)
    assert not looked.ok
    assert "list_files" in looked.text
    assert "/secret/place" not in looked.text


async def test_a_tool_that_takes_too_long_is_stopped(context: ToolContext):
    stopped = asyncio.Event()

    async def waits(_: ToolContext) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return ""

    result = await tool(waits, timeout_seconds=0.05).run(context, {})

    assert stopped.is_set()
    assert result == ToolResult(text="waits took more than 0.05 s and was stopped.", ok=False)
