"""What the API of capabilities takes and gives."""

import base64
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from gateway.web.api.types import Given, Line, Words
from gateway.web.http.uploads import LONGEST_NAME, clean_name
from governance.approvals.shown.card_text import masked_text
from governance.capabilities.changes import WishEnd
from governance.capabilities.installed import Capability, CapabilityState
from governance.capabilities.manifest import RunsIn
from governance.capabilities.policies import ANY, MadePolicy
from governance.capabilities.rules import UseRule, WhoKind
from governance.capabilities.teams import TeamMember
from governance.guard.policy import RuleAnswer
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import Why
from governance.values.verdicts import Risk

MOST_ENCODED = 24 << 20
"""Letters of a file in base64: of 18 MB. A larger one is named by its address."""
Source = Annotated[Line, Field(max_length=2000)]
UsedKind = Literal["agent", "mcp", "model", "plugin", "skill", "tool"]


class UploadedFile(Given):
    """A file that comes with a wish: an archive, a wheel, or the one file that makes a capability of that kind."""

    name: Annotated[Line, Field(min_length=1, max_length=LONGEST_NAME)]
    content: Annotated[str, Field(max_length=MOST_ENCODED, json_schema_extra={"contentEncoding": "base64"})]
    """In base64."""

    @property
    def attached(self) -> dict[str, bytes]:
        """The file by its name, as one that was sent with a message. Raises ValueError for what is no base64."""
        return {clean_name(self.name): base64.b64decode(self.content, validate=True)}


class CapabilityOrdered(Given):
    """A wish about a capability. With a `file` its content is what is meant, whatever `named` says."""

    kind: CapabilityKind
    action: CapabilityAction
    named: Source = ""
    """A source for what is installed, else the name of what is there. Only a wish with a `file` goes without."""
    file: UploadedFile | None = None
    source: Source = ""
    """For an update from another place than before."""
    words: Annotated[Line, Field(max_length=1000)] = ""
    """What it is good for, in one's own words, for whoever decides."""


class CapabilityOut(BaseModel):
    """One that is installed. `digest` is what was approved, `before` the one approved before that, or empty."""

    kind: CapabilityKind
    name: str
    description: str
    state: CapabilityState
    version: str
    digest: str
    before: str
    source: str
    publisher: str
    signed_by: str
    """The catalogue whose key has signed it; without one the publisher is a claim."""
    risk: Risk
    runs_in: RunsIn
    network: list[str]
    secrets: list[str]
    tools: dict[str, str]
    """Its tools with the effect of each, empty where none is declared."""
    notes: list[str]
    """What is to be known of how it was taken, such as files that are only pointers to content kept elsewhere."""
    by: str
    at: datetime
    held: str
    """Why it is not used until a person has looked; empty where it is."""
    problem: str
    """Why one that is active does not work on this gateway; empty where it does."""

    @classmethod
    def of(cls, found: Capability, problem: Why | None) -> "CapabilityOut":
        """As the API shows it."""
        manifest, may = found.manifest, found.manifest.permissions
        return cls(
            kind=found.kind,
            name=found.name,
            description=manifest.description,
            state=found.state,
            version=manifest.version,
            digest=found.digest,
            before=found.before,
            source=masked_text(manifest.source),
            publisher=manifest.publisher,
            signed_by=manifest.signed_by,
            risk=found.risk,
            runs_in=may.runs_in,
            network=list(may.network),
            secrets=list(may.secrets),
            tools=dict(may.tools),
            notes=[masked_text(str(note)) for note in manifest.notes],
            by=found.by,
            at=found.at,
            held=str(found.held) if found.held else "",
            problem=str(problem) if problem and found.is_active else "",
        )


class WishOut(BaseModel):
    """What became of a wish; `code` names the request that waits for a decision, empty where it was done at once."""

    end: WishEnd
    sentence: str
    code: str


class UseRuleGiven(Given):
    """A rule about who may use what. `name` may hold `*`."""

    verdict: Literal["allow", "refuse"]
    kind: UsedKind
    name: Annotated[Words, Field(min_length=1)]
    who_kind: WhoKind
    who: Words = ""
    """A person's name, a role, an agent or `channel:room`; empty for everyone."""


class UseRuleOut(BaseModel):
    """A rule about who may use what."""

    code: str
    verdict: Literal["allow", "refuse"]
    kind: str
    name: str
    who_kind: WhoKind
    who: str
    by: str
    at: datetime | None

    @classmethod
    def of(cls, rule: UseRule) -> "UseRuleOut":
        """As the API shows it."""
        return cls(
            code=rule.code,
            verdict="allow" if rule.allows else "refuse",
            kind=rule.kind,
            name=rule.name,
            who_kind=rule.who_kind,
            who=rule.shown,
            by=rule.by,
            at=rule.at,
        )


class PolicyGiven(Given):
    """An answer to changes of capabilities. `*` stands for every kind, action or environment."""

    kind: CapabilityKind | Literal["*"] = "*"
    action: CapabilityAction | Literal["*"] = "*"
    risk: Risk
    verdict: RuleAnswer
    environment: Annotated[Words, Field(min_length=1)] = ANY


class PolicyOut(BaseModel):
    """An answer to changes of capabilities that admins have made."""

    code: str
    kind: str
    action: str
    risk: Risk
    environment: str
    verdict: RuleAnswer
    by: str
    at: datetime

    @classmethod
    def of(cls, made: MadePolicy) -> "PolicyOut":
        """As the API shows it."""
        return cls(**{name: getattr(made, name) for name in cls.model_fields})


class TeamMemberGiven(Given):
    """That a person, by name, is to belong to a team, or no longer where `joins` is false."""

    team: Annotated[Words, Field(min_length=1, max_length=64)]
    person: Annotated[Words, Field(min_length=1)]
    joins: bool = True


class TeamMemberOut(BaseModel):
    """Somebody who belongs to a team; `code` is what ends it."""

    code: str
    team: str
    person: str
    by: str
    at: datetime

    @classmethod
    def of(cls, member: TeamMember) -> "TeamMemberOut":
        """As the API shows it."""
        return cls(code=member.code, team=member.team, person=member.shown, by=member.by, at=member.at)


class RulesOut(BaseModel):
    """All rules."""

    uses: list[UseRuleOut]
    policies: list[PolicyOut]
    teams: list[TeamMemberOut]
