"""Every call that an agent proposes passes `Guard.judge`, whoever and whatever started it.

It only answers. It runs nothing, changes nothing and asks nobody; and where it cannot answer, the answer is Refused.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from channels.base import NexoraError
from governance.egress.addresses import NOBODY, AllowList
from governance.egress.hosts import NOTHING, NetworkReach
from governance.guard.calls import ProposedCall
from governance.guard.contents import Unbindable, bound
from governance.guard.destinations import wants_network
from governance.guard.hidden import judge_secrets, takes_out
from governance.guard.origins import Known, judge_leaving, nothing_known, still_asks
from governance.guard.patterns import covers, pattern_for
from governance.guard.policy import Policy
from governance.guard.reaching import NetworkWish, ReachOf, wish_of, with_network
from governance.guard.reading import has_unread, may_take_long, read_call
from governance.shell import DEFAULT_PORTS
from governance.shell.scope import Listed, nobody_listed
from governance.values.reasons import Why, because, why
from governance.values.verdicts import Allowed, Ask, Effect, Refused, Risk, Verdict

__all__ = ["Guard", "LiveGrant", "covers", "pattern_for", "risk_of"]

_log = structlog.get_logger(__name__)


class LiveGrant(Protocol):
    """A grant "for this conversation" that is neither expired nor revoked."""

    @property
    def code(self) -> str:
        """What a person types to revoke it."""

    @property
    def pattern(self) -> str:
        """What it covers, as made by `pattern_for`."""

    @property
    def network(self) -> bool:
        """Whether the question that it answers was about the network."""


FindGrant = Callable[[ProposedCall], Awaitable[LiveGrant | None]]
"""The live grant of this person, agent, conversation and tool whose pattern is `pattern_for(call)`; None without one.
The call has its contents, for a pattern holds the content of what it names.
It must look at the database of this moment: seconds between a revocation and its effect are a bypass."""


SkillDigests = Callable[[ProposedCall], Awaitable[Mapping[str, str]]]
"""The digests of the approved skills that a command may read, by the names of the skills."""


async def no_skills(_: ProposedCall) -> Mapping[str, str]:
    """The digests where no skill was ever approved."""
    return {}


MayUse = Callable[[ProposedCall], Awaitable[Why | None]]
"""Why a rule of the admins does not let this person use that tool there; None where none says so."""


async def by_no_rule(_call: ProposedCall) -> None:
    """What holds where there are no rules."""
    return


_FREE_SO_FAR = {
    Effect.CHANGES: "effect.none",
    Effect.CONSULTS: "effect.consults",
    Effect.NONE: "effect.none",
    Effect.SEARCHES: "effect.searches",
    Effect.SENDS: "effect.none",
}
"""What is free by itself. Where it sends to, and what it carries out, is judged with its origins."""
_JUDGED_BY_SUBJECT = frozenset({Effect.FETCHES, Effect.READS, Effect.RUNS, Effect.WRITES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A verdict, with its call as it was read for it; a question's is bound to the contents of what it names."""

    call: ProposedCall
    verdict: Verdict


class Guard:
    """Judges calls.

    `contained` says that commands run in a sandbox; `protected` are the gateway's own folders, `ports` its ports, and
    `allow` the inner servers that may be fetched from; `undoable` says that what a command changes can be taken back.
    Without `reach_of` no contained command can have a network. `skills_of` tells which skills commands read,
    and `may_use` knows the rules of who may use what.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        contained: bool,
        find_grant: FindGrant,
        protected: Sequence[Path],
        ports: frozenset[int] = DEFAULT_PORTS,
        allow: AllowList = NOBODY,
        undoable: bool = False,
        reach_of: ReachOf | None = None,
        skills_of: SkillDigests = no_skills,
        may_use: MayUse = by_no_rule,
    ) -> None:
        self._skills_of = skills_of
        self._may_use = may_use
        self._policy = policy
        self._contained = contained
        self._find_grant = find_grant
        self._protected = tuple(protected)
        self._ports = ports
        self._allow = allow
        self._undoable = undoable
        self._reach_of = reach_of

    async def read(self, call: ProposedCall) -> ProposedCall:
        """The call with its command read. What is judged, bound and granted afterwards is this reading."""
        if not has_unread(call):
            return call
        read = partial(
            read_call,
            call,
            contained=self._contained,
            protected=self._protected,
            ports=self._ports,
            undoable=self._undoable,
            registries=await self._registries(call),
        )
        return await asyncio.to_thread(read) if may_take_long(call) else read()

    async def bind(self, call: ProposedCall) -> ProposedCall:
        """The call with the content of what its command names, approved skills by their digests; raises Unbindable."""
        if call.contents is not None:
            return call
        call = await bound(call)
        if call.effect is not Effect.RUNS:
            return call
        digests = await self._skills_of(call)
        named = {f"skill:{name}": digest for name, digest in digests.items() if name in call.subject_value}
        return replace(call, contents=dict(sorted({**(call.contents or {}), **named}.items())))

    async def _registries(self, call: ProposedCall) -> Listed:
        """From which hosts this agent may take packages like from a known registry: those that are listed for it."""
        if self._reach_of is None or not wants_network(call):
            return nobody_listed
        try:
            return (await self._reach_of(call.agent, call.conversation)).lists
        except NexoraError:  # whoever judges finds it again, and refuses
            return nobody_listed

    async def judge(self, call: ProposedCall, known: Known = nothing_known) -> Verdict:
        """Whether this call may happen now, never, or when a person agrees. Never raises."""
        return (await self.weigh(call, known)).verdict

    async def weigh(self, call: ProposedCall, known: Known = nothing_known) -> Weighed:
        """The verdict on a call, and the call as it was read and bound on the way, to be handed on. Never raises.

        `known` tells where what the model knows comes from.
        """
        try:
            if (lack := await self._may_use(call)) is not None:
                return Weighed(call=call, verdict=Refused(because=lack))
            call = await self.read(call)
            wish = await wish_of(call, self._reach_of or nowhere)
            if wish and self._contained and not self._reach_of:
                return Weighed(call=call, verdict=Refused(because=why("network.impossible")))
            judged = judge_leaving(call, self._by_effect(call, wish), known)
            verdict = self._policy.judge(call, judge_secrets(call, judged))
            if isinstance(verdict, Ask):
                call = await self.bind(call)
                if verdict.risk.rank <= Risk.HIGH.rank and not verdict.each_time and not takes_out(call, verdict):
                    verdict = await self._with_grant(call, verdict, known)
        except Unbindable as problem:
            return Weighed(call=call, verdict=Refused(because=because(str(problem))))
        except Exception:  # noqa: BLE001  # whatever broke, nothing may happen because of it
            _log.exception("judgement_failed", tool=call.tool, agent=call.agent, conversation=call.conversation)
            return Weighed(call=call, verdict=Refused(because=why("guard.failed", tool=call.tool)))
        return Weighed(call=call, verdict=verdict)

    async def _with_grant(self, call: ProposedCall, verdict: Ask, known: Known) -> Verdict:
        """Whether a grant answers it; after outsiders none does, so that none is offered by the question either."""
        if (asks := still_asks(call, verdict, known)) is not None:
            return asks
        grant = await self._find_grant(call)
        if grant is None or not covers(grant.pattern, call):
            return verdict
        granted = why("grant.allows", code=grant.code, otherwise=verdict.because)
        network = verdict.network and grant.network
        hosts = verdict.hosts if network else ()
        return Allowed(because=granted, network=network, hosts=hosts, rule=f"grant {grant.code}")

    def _by_effect(self, call: ProposedCall, wish: NetworkWish | None) -> Verdict:
        if word := _FREE_SO_FAR.get(call.effect):
            return Allowed(because=why(word, tool=call.tool))
        if call.effect not in _JUDGED_BY_SUBJECT:
            return self._unknown(call)
        subject = call.arguments.get(call.subject)
        if not isinstance(subject, str) or not subject.strip():
            return Refused(because=why("call.no_subject", tool=call.tool, subject=call.subject or "subject"))
        if call.effect is Effect.RUNS:
            return with_network(call.as_read.verdict, wish)
        if call.effect is Effect.FETCHES:
            from governance.egress.egress import judge_url  # noqa: PLC0415  # loads with the first fetch

            fetched: Verdict = judge_url(subject, self._allow)
            return fetched
        return self._by_path(subject, call)

    def _unknown(self, call: ProposedCall) -> Verdict:
        """Asks each time. A command that it names is never worse than this; one that nobody may run stays refused."""
        asks = Ask(because=why("effect.unknown", tool=call.tool), risk=Risk.HIGH, each_time=True)
        if call.reading is None:
            return asks
        said = call.as_read.verdict
        return said if isinstance(said, Refused) else asks

    def _by_path(self, subject: str, call: ProposedCall) -> Verdict:
        reached = Path(os.path.normpath(call.workspace / subject))
        inside = reached.is_relative_to(call.workspace)
        if not inside and any(reached.is_relative_to(own) for own in self._protected):
            return Refused(because=why("path.own", path=subject))
        from governance.guard.paths import judge_path  # noqa: PLC0415  # loads with the first file

        touched: Verdict = judge_path(subject, call.workspace, writes=call.effect is Effect.WRITES)
        return touched


async def nowhere(_agent: str, _conversation: str) -> NetworkReach:
    """The reach of an agent for which nothing is listed."""
    return NOTHING


def risk_of(verdict: Verdict) -> Risk:
    """The risk that a verdict speaks of: a question's own, critical for what is refused, low for what is allowed."""
    if isinstance(verdict, Ask):
        return verdict.risk
    return Risk.CRITICAL if isinstance(verdict, Refused) else Risk.LOW
