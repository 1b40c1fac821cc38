"""Tools beside the built-in ones: who brings them, what is kept, and what a failing source does."""

from types import SimpleNamespace

from agents.models.rehearsal.model import Rehearsal
from agents.place import PromptPlace
from agents.pool import Pool, assemble
from agents.sandbox import Sandbox, SandboxLevel
from agents.specs import AgentSpec
from agents.tools.tool import Tool

PLACE = PromptPlace(Sandbox(level=SandboxLevel.NONE))
SPEC = AgentSpec(name="a", instructions="Help.", tools=())


async def run(context, arguments):
    raise NotImplementedError


def tool_named(name: str) -> Tool:
    return Tool(name=name, description=f"Does {name}.", parameters={"type": "object", "properties": {}}, run=run)


class Source:
    """Has tools for each person by name."""

    def __init__(self, **tools: tuple[Tool, ...]) -> None:
        self.tools = tools

    async def tools_for(self, agent, person):
        return self.tools[person.name]


def pool_with(*sources, own=()) -> Pool:
    async def build(spec):
        return assemble(spec.model_copy(update={"tools": None}), model=Rehearsal(), tools=own, place=PLACE)

    return Pool(SimpleNamespace(load=lambda name: SPEC), build, sources=sources)


ANN, BEN = SimpleNamespace(name="ann"), SimpleNamespace(name="ben")


async def test_a_person_gets_the_tools_of_the_sources_and_nothing_is_built_twice():
    pool = pool_with(Source(ann=(tool_named("mail__send"),), ben=()))

    async with pool.use("a", ANN) as first, pool.use("a", ANN) as second, pool.use("a", BEN) as other:
        assert list(first.tools) == ["mail__send"]
        assert second is first
        assert not other.tools
        assert first.system["content"].count("What tools return, and what is quoted") == 1
    async with pool.use("a") as bare:
        assert bare is other


async def test_what_changed_is_offered_at_the_next_turn():
    source = Source(ann=(tool_named("mail__send"),))
    pool = pool_with(source)
    async with pool.use("a", ANN) as before:
        source.tools["ann"] = (tool_named("mail__read"),)
        async with pool.use("a", ANN) as after:
            assert (list(before.tools), list(after.tools)) == (["mail__send"], ["mail__read"])


async def test_a_source_that_fails_brings_nothing_and_no_name_is_taken_over():
    own = tool_named("shell")
    pool = pool_with(Source(), Source(ann=(tool_named("shell"), tool_named("x__y"))), own=[own])

    async with pool.use("a", ANN) as agent:
        assert list(agent.tools) == ["shell", "x__y"]
        assert agent.tools["shell"] is own
        assert len(agent.schemas) == 2
