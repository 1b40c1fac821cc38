"""Warm agents: built once, kept while they are wanted."""

import asyncio
import shutil
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from agents.models.context import estimate_tokens
from agents.models.rehearsal.model import Rehearsal
from agents.place import PromptPlace, programs
from agents.pool import Agent, Pool, assemble
from agents.sandbox import Sandbox, SandboxLevel, extras
from agents.specs import AgentSpec, SpecFolder, SpecInvalid, SpecMissing
from agents.tools.tool import Tool


async def run(context, arguments):
    raise NotImplementedError


SHELL = Tool(
    name="shell",
    description="Run a command.",
    parameters={"type": "object", "properties": {"command": {"type": "string"}}},
    run=run,
)
TIME = Tool(name="current_time", description="The time.", parameters={"type": "object", "properties": {}}, run=run)
PLACE = PromptPlace(Sandbox(level=SandboxLevel.NONE))


@pytest.fixture
def in_shanghai(monkeypatch):
    """A machine whose clock is that of Shanghai."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


class Workshop:
    """Builds agents and counts them; `gate` holds every building until it is set."""

    def __init__(self, folder: Path) -> None:
        self.specs = SpecFolder(folder)
        self.built: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.clock = SimpleNamespace(now=0.0)
        self.failures: list[Exception] = []

    def write(self, name: str, text: str = "instructions: Help.") -> None:
        (self.specs.folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    async def build(self, spec: AgentSpec) -> Agent:
        self.built.append(spec.name)
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop()
        return assemble(spec, model=Rehearsal(), tools=[SHELL, TIME], place=PLACE)

    def pool(self, **limits) -> Pool:
        return Pool(self.specs, self.build, now=lambda: self.clock.now, **limits)

    async def touch(self, pool: Pool, *names: str) -> None:
        for name in names:
            self.clock.now += 1
            async with pool.use(name):
                pass


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    workshop = Workshop(tmp_path)
    for name in "abcdef":
        workshop.write(name)
    return workshop


async def test_an_agent_is_built_on_first_use_and_then_kept(workshop: Workshop) -> None:
    pool = workshop.pool()
    assert workshop.built == []

    async with pool.use("a") as first:
        pass
    async with pool.use("a") as second:
        pass

    assert second is first
    assert workshop.built == ["a"]


async def test_many_first_uses_at_once_build_once(workshop: Workshop) -> None:
    pool = workshop.pool()
    workshop.gate.clear()

    async def use() -> Agent:
        async with pool.use("a") as agent:
            return agent

    uses = [asyncio.create_task(use()) for _ in range(20)]
    await asyncio.sleep(0)
    workshop.gate.set()
    agents = await asyncio.gather(*uses)

    assert len(set(map(id, agents))) == 1
    assert workshop.built == ["a"]


async def test_when_the_first_builder_is_cancelled_the_next_builds(workshop: Workshop) -> None:
    pool = workshop.pool()
    workshop.gate.clear()
    first, second = (asyncio.create_task(workshop.touch(pool, "a")) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    workshop.gate.set()
    await second

    assert workshop.built == ["a", "a"]
    assert pool.active == ("a",)


async def test_the_least_recently_used_goes_first(workshop: Workshop) -> None:
    pool = workshop.pool(max_active=3)

    await workshop.touch(pool, "a", "b", "c", "a", "d")

    assert pool.active == ("c", "a", "d")


async def test_an_idle_agent_is_forgotten(workshop: Workshop) -> None:
    pool = workshop.pool(idle_seconds=3600)
    await workshop.touch(pool, "a", "b")

    workshop.clock.now += 3599
    pool.sweep()

    assert pool.active == ("b",)


async def test_an_agent_under_a_running_turn_is_never_forgotten(workshop: Workshop) -> None:
    pool = workshop.pool(max_active=2, idle_seconds=10)

    async with AsyncExitStack() as turns:
        agents = [await turns.enter_async_context(pool.use(name)) for name in "abc"]
        workshop.clock.now += 100
        await workshop.touch(pool, "d")
        during = pool.active

    assert set(during) == {"a", "b", "c"}
    assert [agent.name for agent in agents] == ["a", "b", "c"]
    assert len(pool.active) == 2


async def test_two_turns_of_one_agent_count_as_two(workshop: Workshop) -> None:
    pool = workshop.pool(idle_seconds=10)

    async with pool.use("a"):
        async with pool.use("a"):
            workshop.clock.now += 100
        workshop.clock.now += 100
        pool.sweep()
        assert pool.active == ("a",)


async def test_a_changed_definition_is_built_anew_and_the_running_turn_keeps_the_old(workshop: Workshop) -> None:
    pool = workshop.pool()

    async with pool.use("a") as old:
        workshop.write("a", "instructions: Help differently.")
        async with pool.use("a") as new:
            assert (old.spec.instructions, new.spec.instructions) == ("Help.", "Help differently.")

    async with pool.use("a") as again:
        assert again is new
    assert workshop.built == ["a", "a"]


async def test_what_cannot_be_built_leaves_nothing_behind_and_can_be_tried_again(workshop: Workshop) -> None:
    pool = workshop.pool()
    workshop.failures.append(ValueError("no key"))

    with pytest.raises(ValueError, match="no key"):
        await workshop.touch(pool, "a")
    assert pool.active == ()

    await workshop.touch(pool, "a")
    assert pool.active == ("a",)


async def test_a_missing_or_broken_definition_is_said(workshop: Workshop) -> None:
    pool = workshop.pool()
    workshop.write("broken", "instructions: [")

    with pytest.raises(SpecMissing):
        await workshop.touch(pool, "nobody")
    with pytest.raises(SpecInvalid):
        await workshop.touch(pool, "broken")
    assert pool.active == ()


async def test_a_turn_that_fails_gives_its_place_back(workshop: Workshop) -> None:
    pool = workshop.pool(idle_seconds=10)

    with pytest.raises(RuntimeError):
        async with pool.use("a"):
            raise RuntimeError
    workshop.clock.now += 11
    pool.sweep()

    assert pool.active == ()


def test_an_agent_is_given_only_its_tools_each_with_a_schema_made_once() -> None:
    spec = AgentSpec(name="a", instructions="You help.\n", tools=("shell",))

    agent = assemble(spec, model=Rehearsal(), tools=[SHELL, TIME], place=PLACE)

    assert list(agent.tools) == ["shell"]
    assert [schema.json for schema in agent.schemas] == [
        (
            b'{"type":"function","function":{"name":"shell","description":"Run a command.",'
            b'"parameters":{"type":"object","properties":{"command":{"type":"string"}}}}}'
        )
    ]


@pytest.mark.parametrize(
    ("language", "rule"),
    [("auto", "language of the person's last message"), ("en", "in English"), ("zh", "用中文回答")],
)
def test_the_system_prompt_ends_with_the_language(language: str, rule: str) -> None:
    spec = AgentSpec.model_validate({"name": "a", "instructions": "You help.\n", "language": language, "tools": []})

    content = assemble(spec, model=Rehearsal(), tools=[SHELL], place=PLACE).system["content"]

    assert content.startswith("You help.\n\n")
    assert rule in content.splitlines()[-1]
    assert "approval" not in content, "an agent without tools needs no rules about them"


def test_every_prompt_tells_the_day_and_is_the_same_object_until_the_day_is_over(in_shanghai) -> None:
    at = datetime(2030, 5, 6, 15, 59, tzinfo=UTC)
    place = PromptPlace(Sandbox(level=SandboxLevel.BUBBLEWRAP), lambda: at)
    agent = assemble(AgentSpec(name="a", instructions="Help."), model=Rehearsal(), tools=[TIME], place=place)

    monday = agent.system
    assert "Today is Monday, 6 May 2030 (UTC+08:00)." in monday["content"]
    assert agent.system is monday
    at += timedelta(minutes=1)
    assert "Today is Tuesday, 7 May 2030 (UTC+08:00)." in agent.system["content"]


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (SandboxLevel.BUBBLEWRAP, "without a network unless you ask"),
        (SandboxLevel.LANDLOCK, "never with a network"),
        (SandboxLevel.NONE, "a person has to approve each"),
    ],
)
def test_whoever_runs_commands_is_told_what_holds_for_them_and_what_is_at_hand(level: SandboxLevel, said: str) -> None:
    place = PromptPlace(Sandbox(level=level))

    assert said in place.words(["shell"])
    assert "Programs: " in place.words(["shell"])
    assert set(programs()) <= {name for name in programs() if shutil.which(name)}
    assert "Commands" not in place.words(["read_file"])
    assert "folder" in place.words(["read_file"])
    assert place.words(["current_time"]) == ""


def test_the_place_takes_at_most_120_tokens_with_every_extra(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path: name)
    programs.cache_clear()
    for name in extras.EXTRAS:
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / "python3").touch()
        (tmp_path / name / extras.MARK).touch()
    place = PromptPlace(Sandbox(level=SandboxLevel.BUBBLEWRAP, extras=tmp_path))

    try:
        assert estimate_tokens(len(f"{place.today()} {place.words(['shell', 'read_file'])}".encode())) <= 120
    finally:
        programs.cache_clear()
