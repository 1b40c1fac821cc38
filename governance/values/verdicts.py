"""What the guard answers. Every answer carries a sentence that a person can read; nothing here decides.

The `rule` of an answer names the rule of the policy or the grant that decided, for the record; empty where the guard
did.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from governance.values.reasons import Why


class Risk(StrEnum):
    """How much harm an action can do. Names as in `policy.yaml`; `rank` orders them."""

    CRITICAL = "critical"
    HIGH = "high"
    LOW = "low"
    MEDIUM = "medium"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return ("low", "medium", "high", "critical").index(self.value)


class Effect(StrEnum):
    """What a tool does to the world, declared by the tool and judged by the guard. Alphabetical."""

    CHANGES = "changes"
    """Something elsewhere: an issue, a calendar, a page. The subject is where."""
    CONSULTS = "consults"
    """Asks a server that is not ours, and changes nothing there."""
    FETCHES = "fetches"
    NONE = "none"
    READS = "reads"
    RUNS = "runs"
    SEARCHES = "searches"
    """Words to a search engine. The subject is the words."""
    SENDS = "sends"
    """Words or files to others. The subject is to whom."""
    UNKNOWN = "unknown"
    """Nobody has declared it, or it runs what it is given on a machine of others. Each call asks."""
    WRITES = "writes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """It may happen now; a command has the network only where a person or a list allows that, and `network` says so.

    `hosts` are those that a person has approved for it, beside what is listed.
    """

    because: Why
    network: bool = False
    rule: str = field(default="", compare=False)
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It may not happen, and no operator can approve it."""

    because: Why
    rule: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A person must decide first. `decider_role` is who may; the requester never may.

    `network` says that the command wants the network: whoever approves it lets it reach `hosts`, and what is listed.
    `inside` says that all it asks about would happen in the workspace, so that it can be tried in a layer before
    anybody is asked. `elsewhere` says that it would delete or change something in a cloud, a cluster, a service or a
    database, which no rule of the policy can lower. `each_time` says that no grant for a conversation answers it.
    """

    because: Why
    risk: Risk = Risk.MEDIUM
    decider_role: str = "admin"
    quorum: int = 1
    expiry_seconds: int = 1800
    rule: str = field(default="", compare=False)
    network: bool = False
    hosts: tuple[str, ...] = ()
    inside: bool = False
    elsewhere: bool = False
    each_time: bool = False


Verdict = Allowed | Refused | Ask


def rule_of(verdict: Verdict) -> str:
    """What decided, for the record: a rule of the policy, a grant, or else the words of the guard's reason."""
    return verdict.rule or "+".join(verdict.because.words)


def strictest(verdicts: list[Verdict]) -> Verdict:
    """The strictest of several verdicts: refused beats ask beats allowed, the higher risk beats the lower."""
    return max(verdicts, key=_strictness)


def _strictness(verdict: Verdict) -> int:
    if isinstance(verdict, Refused):
        return 10
    return 1 + verdict.risk.rank if isinstance(verdict, Ask) else 0


class SoleAdmin(StrEnum):
    """What becomes of the requests of the only admin. Alphabetical."""

    CONFIRMS = "confirms"
    REFUSED = "refused"
