"""Tools that are too many for a prompt: found by words, called under their own names, and judged like any others."""

import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from agents.models.protocol import ToolCallRequest
from agents.pool import Agent, with_tools
from agents.specs import AgentSpec
from agents.tools.deferred import FIND, MOST_BYTES, USE, called_through, size_of, stand_ins
from agents.tools.tool import Tool, ToolContext, ToolResult
from governance.people.people import Person, Role
from governance.values.verdicts import Effect


def server_tool(server: str, name: str, about: str) -> Tool:
    async def run(*_: object) -> ToolResult:
        return ToolResult(text="ran")

    parameters = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    return Tool(
        name=f"{server}__{name}",
        description=about,
        parameters=parameters,
        run=run,
        effect=Effect.UNKNOWN,
        server=server,
    )


KINDS = (
    ("createIssue", "Open a new issue"),
    ("list_pages", "List wiki pages"),
    ("查询订单", "查询一个订单的状态"),
)
MANY = [
    server_tool(f"server{number}", name, f"{about} of project {number}")
    for number in range(26)
    for name, about in KINDS
]


def agent_of() -> Agent:
    spec = AgentSpec(name="ops", instructions="Work.")
    return Agent(spec=spec, model=None, tools={}, schemas=(), rules=("", ""), today=lambda _: "")


def named(schemas) -> list[str]:
    return [json.loads(each.json)["function"]["name"] for each in schemas]


async def asked(tool: Tool, **arguments: object) -> str:
    person = Person(id=uuid4(), name="alice", role=Role.OPERATOR)
    context = ToolContext(person=person, agent="ops", conversation="c", workspace=Path("/tmp"))
    return (await tool.run(context, arguments)).text


def test_a_few_are_offered_as_they_are_and_many_by_two():
    agent, few = agent_of(), MANY[:3]

    assert [json.loads(each.json)["function"]["name"] for each in with_tools(agent, few).schemas][-3:] == [
        each.name for each in few
    ]
    assert size_of(MANY) > MOST_BYTES
    full = with_tools(agent, MANY)
    assert named(full.schemas) == [FIND, USE]
    assert set(full.tools) >= {each.name for each in MANY}
    assert sum(len(each.json) for each in full.schemas) < 1_400


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("create an issue in server7", "server7__createIssue"),
        ("wiki pages server3", "server3__list_pages"),
        ("订单", "查询订单"),
    ],
)
async def test_they_are_found_by_words_of_any_language(query, first):
    find, _ = stand_ins(MANY)

    shown = await asked(find, query=query)

    assert first in shown.partition("\n")[0]
    assert '"title"' in shown


def seldom(name: str, words: str = "Do it now and then.") -> Tool:
    properties = {"when": {"type": "string"}, "how": {"enum": ["slow", "fast"], "type": "string"}}
    return replace(
        server_tool("", name, words),
        name=name,
        parameters={"type": "object", "properties": properties, "required": ["when"]},
        is_seldom=True,
    )


def test_one_that_is_seldom_needed_stands_in_a_line_and_is_called_as_it_is():
    full = with_tools(with_tools(agent_of(), [seldom("plan")]), [*MANY[:2], seldom("remind")])

    assert named(full.schemas) == [MANY[0].name, MANY[1].name, USE]
    shown = json.loads(full.schemas[-1].json)["function"]["description"]
    assert shown.splitlines() == [
        "Call one of these:",
        "plan(when, [how=slow|fast]): Do it now and then.",
        "remind(when, [how=slow|fast]): Do it now and then.",
    ]
    call = ToolCallRequest(id="c1", name=USE, arguments='{"name": "remind", "arguments": {"when": "noon"}}')
    assert called_through(call, full.tools) == ToolCallRequest(id="c1", name="remind", arguments='{"when": "noon"}')


def test_more_of_them_than_fit_are_found_by_words():
    full = with_tools(agent_of(), [seldom(f"plan{number}", "Plan " * 30) for number in range(30)])
    *_, find, use = (json.loads(each.json)["function"] for each in full.schemas)

    assert (find["name"], use["name"]) == (FIND, USE)
    assert "plan29" in find["description"]
    assert len(use["description"]) < 2_600


async def test_what_fits_nothing_is_told_so_with_the_servers_there_are():
    find, use = stand_ins(MANY)

    assert "server25" in await asked(find, query="zebra")
    assert FIND in await asked(use, name="nothing", arguments={})


def test_a_call_through_the_second_is_one_of_the_tool_that_it_names():
    full = with_tools(agent_of(), MANY)

    def through(arguments: str, name: str = USE) -> ToolCallRequest:
        return called_through(ToolCallRequest(id="c1", name=name, arguments=arguments), full.tools)

    inner = {"name": "server7__createIssue", "arguments": {"title": "x"}}
    assert through(json.dumps(inner)) == ToolCallRequest(
        id="c1", name="server7__createIssue", arguments='{"title": "x"}'
    )
    assert through(json.dumps(inner | {"arguments": '{"title": "x"}'})).arguments == '{"title": "x"}'
    for unfit in ("[]", "{", '{"name": "use_tool"}', '{"name": "unknown"}'):
        assert through(unfit).name == USE
    assert through(json.dumps(inner), "shell").name == "shell"
