"""Builds what thinks: models, tools in their sandbox, the guard before them, and the turns. It runs nothing."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from agents.conversation.conversation import Conversations
from agents.layers import Keeping, LayerBounds, Layers
from agents.mcp.servers import Servers
from agents.memory.learning import Learner
from agents.models.choice import ModelChoice, choose
from agents.models.prices import Prices
from agents.place import PromptPlace
from agents.pool import Agent, Pool, assemble
from agents.proxy import CommandProxies
from agents.proxy.reaches import Reaches
from agents.sandbox import CommandLimits, Sandbox, extras
from agents.sandbox import choose as choose_sandbox
from agents.skills.pinned import Pins
from agents.skills.shelf import Shelf, SkillSource
from agents.skills.skills import Skills
from agents.specs import AgentSpec, SpecFolder
from agents.toolbox import toolbox
from agents.toolbox.mailbox import SKILL, mailbox_tool
from agents.toolbox.shell import CommandTimes
from agents.toolbox.web_search import search_tool
from agents.tools.background import Backgrounds
from agents.tools.tool import Tool
from agents.turn.calls import Calls
from agents.turn.folding import Folding
from agents.turn.judging import CallJudge
from agents.turn.titles import Tell, Titles
from agents.turn.trials import Trials
from agents.turn.turn import Turns
from gateway.capabilities.plugin_source import InstalledPlugins
from gateway.queue.neighbours import LEASE
from gateway.run.deciding import Deciding, specs_of
from gateway.run.foundation import Foundation
from gateway.run.granting import Granting
from gateway.run.mailboxes import mailboxes_for
from gateway.run.memory import MemoryParts
from gateway.run.servers import sampler_for
from gateway.run.ways_out import proxies_for
from gateway.settings.model import Configuration, Settings
from governance.egress.egress import Egress
from governance.guard.calls import ProposedCall
from governance.guard.guard import Guard
from governance.guard.hidden import Hidden
from governance.usage.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """Agents with their models and tools, and the guard before them."""

    choice: ModelChoice
    prices: Prices
    usage: Usage
    sandbox: Sandbox
    layers: Layers
    specs: SpecFolder
    pool: Pool
    guard: Guard
    calls: Calls
    conversations: Conversations
    titles: Titles
    folding: Folding
    turns: Turns
    backgrounds: Backgrounds
    memory: MemoryParts
    learner: Learner
    servers: Servers
    servers_egress: Egress
    plugins: InstalledPlugins

    async def close(self) -> None:
        """End what goes on beside turns."""
        await self.servers.close()
        await self.servers_egress.close()
        await self.backgrounds.close()
        await self.titles.close()
        await self.folding.close()


async def think(
    configuration: Configuration,
    base: Foundation,
    deciding: Deciding,
    hidden: Hidden,
    *,
    tell: Tell,
    sandbox: Sandbox,
    granting: Granting,
) -> Thinking:
    """Build them, none of which runs yet; layers are put right after a crash. `granting` brings further tools."""
    settings, home = configuration.settings, granting.home
    choice, prices = await _choice(settings, base, granting)
    specs = specs_of(settings)
    layers = await _layers(settings, base, sandbox, home)
    reaches = Reaches(specs=specs, policy=deciding.policy, rules=deciding.host_rules)
    proxies = proxies_for(settings, base, reaches.of, deciding)
    backgrounds = Backgrounds(base.store, owner=base.owner, lease=LEASE, most=settings.sandbox.background_commands)
    skills = _skills(settings, specs, (granting.skills,))
    own = _tools(settings, base, sandbox, layers, proxies, backgrounds=backgrounds, skills=skills, specs=specs)
    tools = (*own, *(memory := MemoryParts.on(base.store)).tools())
    place = PromptPlace(sandbox, base.store.now)
    pool = Pool(
        specs,
        lambda spec: _agent(spec, choice, tools, place),
        max_active=settings.agents.max_active,
        idle_seconds=settings.agents.idle_seconds,
        sources=(granting.source(skills, specs.load),),
    )
    guard = _guard(base, deciding, granting, layers, reaches, sandbox=sandbox, port=settings.server.port, skills=skills)
    usage = Usage(base.store, prices.cost_usd)
    granting.servers.let_sample(sampler_for(base.store, usage, choice, specs, granting.in_force))
    learner = memory.learner(settings, base, usage, pool)
    judging = CallJudge(base.store, guard, deciding.approvals, hidden)
    calls = Calls(base.store, deciding.approvals, hidden, owner=base.owner, asked=deciding.asked, trials=Trials(layers))
    turns = partial(Turns, judging=judging, remembering=memory.remembering(learner), mark=settings.answers.mark)
    conversations, titles = Conversations(base.store), Titles(base.store, usage, tell)
    folding = Folding(base.store, conversations, usage, is_on=settings.models.fold)
    return Thinking(
        choice=choice,
        prices=prices,
        usage=usage,
        sandbox=sandbox,
        layers=layers,
        specs=specs,
        pool=pool,
        guard=guard,
        calls=calls,
        conversations=conversations,
        titles=titles,
        folding=folding,
        backgrounds=backgrounds,
        memory=memory,
        learner=learner,
        servers=granting.servers,
        servers_egress=granting.servers_egress,
        plugins=granting.plugins,
        turns=turns(base.store, conversations, calls, usage, titles, folding=folding),
    )


def _guard(
    base: Foundation,
    deciding: Deciding,
    granting: Granting,
    layers: Layers,
    reaches: Reaches,
    *,
    sandbox: Sandbox,
    port: int,
    skills: Skills,
) -> Guard:
    async def skills_of(call: ProposedCall) -> Mapping[str, str]:
        return await skills.digests(call.agent, call.person)

    return Guard(
        deciding.policy,
        contained=sandbox.contained,
        undoable=layers.is_apart,
        find_grant=deciding.tool_grants.find,
        protected=(granting.home, base.shared),
        ports=frozenset({port}),
        allow=base.egress.allow,
        reach_of=reaches.of if sandbox.opens_proxies else None,
        skills_of=skills_of,
        may_use=granting.in_force.may_use,
    )


async def _choice(settings: Settings, base: Foundation, granting: Granting) -> tuple[ModelChoice, Prices]:
    await granting.plugins.expect()
    ca_file, added = settings.network.ca_file, granting.plugins.providers
    choice = await choose(settings.models, http=base.http, environment=os.environ, ca_file=ca_file, added=added)
    return choice, Prices(is_free=choice.is_free, own=settings.costs.prices, rate=settings.costs.rate)


def _tools(
    settings: Settings,
    base: Foundation,
    sandbox: Sandbox,
    layers: Layers,
    proxies: CommandProxies,
    *,
    backgrounds: Backgrounds,
    skills: Skills,
    specs: SpecFolder,
) -> tuple[Tool, ...]:
    engine = settings.search.asked
    mailboxes = mailboxes_for(base.store, base.secrets, base.egress, specs, settings.network.ca_file)
    return toolbox(
        sandbox,
        base.egress,
        layers,
        outgoing=base.outgoing,
        proxies=proxies,
        now=base.store.now,
        search_engine=search_tool(engine, base.http) if engine else None,
        mailbox=None if SKILL in settings.skills.without else mailbox_tool(mailboxes, base.store.now),
        times=CommandTimes(usual=settings.sandbox.timeout_seconds, longest=settings.sandbox.longest_seconds),
        output_limit_bytes=settings.sandbox.output_kilobytes * 1024,
        backgrounds=backgrounds,
        background_seconds=settings.sandbox.background_seconds,
        skills=skills,
    )


def _skills(settings: Settings, specs: SpecFolder, sources: Sequence[SkillSource]) -> Skills:
    def may_use(agent: str, skill: str) -> bool:
        return specs.load(agent).may_use_skill(skill)

    shelf = Shelf(may_use=may_use, without=settings.skills.without, sources=sources)
    return Skills(shelf, Pins().holds)


async def _agent(spec: AgentSpec, choice: ModelChoice, tools: Any, place: PromptPlace) -> Agent:
    extra = {"temperature": spec.temperature} if spec.temperature is not None else None
    await choice.settle(spec.model)
    return assemble(spec, model=choice.model(spec.model, extra=extra), tools=tools, place=place)


async def sandbox_of(settings: Settings, shared: Path) -> Sandbox:
    """How commands, and programs of servers, are contained on this machine."""
    limits = CommandLimits(memory_bytes=settings.sandbox.memory_megabytes * 2**20, niceness=settings.sandbox.niceness)
    found = await asyncio.to_thread(choose_sandbox, settings.sandbox.level, limits=limits)
    return replace(found, extras=shared / extras.FOLDER)


async def _layers(settings: Settings, base: Foundation, sandbox: Sandbox, home: Path) -> Layers:
    """The histories of workspaces, put right after a crash."""
    given = settings.sandbox
    bounds = LayerBounds(
        call_bytes=given.call_megabytes << 20,
        call_files=given.call_files,
        workspace_bytes=given.workspace_megabytes << 20,
        workspace_files=given.workspace_files,
        person_bytes=given.person_megabytes << 20,
        reserve_bytes=given.reserve_megabytes << 20,
    )
    keeping = Keeping(bytes_of_person=given.undo_megabytes << 20)
    layers = Layers(base.shared / "layers", sandbox, keeping, base.store.now, bounds=bounds, database=home)
    await asyncio.to_thread(layers.recover)
    return layers
