"""How the guard judges the lines of a set: as calls, in a sandbox, in a workspace whose changes can be undone."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from governance.egress.hosts import LISTS, NOTHING, HostRule, NetworkReach
from governance.guard.calls import ProposedCall
from governance.guard.guard import Guard
from governance.guard.policy import Policy
from governance.people.people import Person, Role
from governance.values.verdicts import Allowed, Ask, Effect, Verdict
from tests.guard.lines import Line

WORKSPACE = Path("/srv/work/chat-1")
PROTECTED = (Path("/srv/nexora"),)
LISTED = NetworkReach(rules=tuple(HostRule(host=host) for hosts in LISTS.values() for host in hosts))
"""Package registries and code hosts, as a policy lists them by name."""
_PERSON = Person(id=UUID(int=1), name="alice", role=Role.OPERATOR)


async def verdict_of(line: Line, reach: NetworkReach = NOTHING) -> Verdict:
    """The verdict of a call that wants the network where the line needs it; nothing but `reach` is listed."""

    async def reach_of(_: str, __: str) -> NetworkReach:
        return reach

    async def nothing_granted(_: ProposedCall) -> None:
        return None

    guard = Guard(
        Policy(),
        contained=True,
        find_grant=nothing_granted,
        protected=PROTECTED,
        undoable=True,
        reach_of=reach_of,
    )
    arguments = {"command": line.command, **({"network": True} if line.needs_network else {})}
    return await guard.judge(
        ProposedCall(
            person=_PERSON,
            agent="helper",
            conversation="chat:alice:",
            tool="shell",
            arguments=arguments,
            effect=Effect.RUNS,
            subject="command",
            workspace=WORKSPACE,
        )
    )


def answer_of(verdict: Verdict) -> str:
    """The word that the sets have for a verdict."""
    if isinstance(verdict, Allowed):
        return "free"
    return "asks" if isinstance(verdict, Ask) else "refused"


@dataclass(slots=True)
class Tally:
    """How many lines were judged how, by class; the lines that were judged otherwise than they should be."""

    answers: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: list[tuple[Line, str]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(counts.total() for counts in self.answers.values())

    def of(self, answer: str) -> int:
        return sum(counts[answer] for counts in self.answers.values())

    def percent(self, answer: str) -> float:
        return 100 * self.of(answer) / self.count

    def table(self) -> str:
        """One line for each class."""
        return "\n".join(f"{kind}: {dict(counts)}" for kind, counts in self.answers.items())


async def tally(lines: Iterable[Line], reach: NetworkReach = NOTHING) -> Tally:
    """Judge them all."""
    told = Tally()
    for line in lines:
        answer = answer_of(await verdict_of(line, reach))
        told.answers.setdefault(line.kind, Counter())[answer] += 1
        if answer != line.expected and (line.expected, answer) != ("asks", "refused"):
            told.wrong.append((line, answer))
    return told
