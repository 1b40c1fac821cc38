"""Which agent, person, team, role or room may use which tool, skill, server, plugin or model; a refusal names its rule.

What no rule speaks of may be used by whoever may use the agent. A rule that refuses wins over every rule that allows;
where some rule allows, only those may whom one allows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from uuid import UUID

from governance.capabilities.teams import by_team, members_in
from governance.people.names import known_as
from governance.people.people import Person
from governance.record.transaction import Row, Store, load_queries
from governance.values.reasons import Why, why

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
MODEL = "model"
"""Beside the kinds of capabilities, rules speak of models, by `provider/model`."""
SAMPLING = "sampling"
"""And of MCP servers that may ask the model of an agent, by their names, which takes a rule that allows it."""


class WhoKind(StrEnum):
    """Of whom a rule speaks. Alphabetical."""

    AGENT = "agent"
    EVERYONE = "everyone"
    PERSON = "person"
    ROLE = "role"
    ROOM = "room"
    TEAM = "team"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who wants to use something: an agent for a person, in a conversation."""

    person: Person
    agent: str
    conversation: str = ""

    def is_meant(self, kind: WhoKind, who: str, teams: Mapping[str, frozenset[UUID]]) -> bool:
        """Whether a rule about that one speaks of them. A room is meant with all its threads."""
        match kind:
            case WhoKind.AGENT:
                return fnmatchcase(self.agent, who)
            case WhoKind.PERSON:
                return str(self.person.id) == who
            case WhoKind.ROLE:
                return self.person.role.value == who
            case WhoKind.ROOM:
                return self.conversation == who or self.conversation.startswith(f"{who}:")
            case WhoKind.TEAM:
                return self.person.id in teams.get(who, ())
            case WhoKind.EVERYONE:
                return True


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRule:
    """One rule. `name` may hold `*`; `who` is as rows keep it, `shown` as people read it."""

    code: str
    kind: str
    name: str
    who_kind: WhoKind
    who: str
    allows: bool
    shown: str = ""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UseRules:
    """All rules as they stood at one moment, and the persons of each team."""

    rules: Sequence[UseRule] = ()
    teams: Mapping[str, frozenset[UUID]] = field(default_factory=dict[str, frozenset[UUID]])

    def lack(self, kind: str, name: str, user: User) -> Why | None:
        """Why this user may not use that; None where they may."""
        about = [rule for rule in self.rules if rule.kind == kind and fnmatchcase(name, rule.name)]
        meant = [rule for rule in about if user.is_meant(rule.who_kind, rule.who, self.teams)]
        refusing = next((rule for rule in meant if not rule.allows), None)
        if refusing is not None:
            return why("rule.refuses_use", code=refusing.code, name=name, who=refusing.shown or refusing.who)
        allowing = [rule for rule in about if rule.allows]
        if not allowing or meant:
            return None
        return why("rule.allows_others", code=allowing[0].code, name=name, who=_named(allowing))

    def lack_of_leave(self, kind: str, name: str, user: User) -> Why | None:
        """Likewise for what nobody may do without a rule that allows it."""
        is_spoken_of = any(rule.kind == kind and rule.allows and fnmatchcase(name, rule.name) for rule in self.rules)
        return self.lack(kind, name, user) or (None if is_spoken_of else why("rule.none_allows", name=name))


def _named(rules: Sequence[UseRule]) -> str:
    return ", ".join(dict.fromkeys(rule.shown or rule.who for rule in rules))


async def rules_in(store: Store) -> UseRules:
    """The rules as they stand at this moment."""
    rules = tuple(rule_of(row) for row in await store.fetch(QUERIES["all"]))
    has_teams = any(rule.who_kind is WhoKind.TEAM for rule in rules)
    return UseRules(rules, by_team(await members_in(store)) if has_teams else {})


def rule_of(row: Row) -> UseRule:
    """The rule of a row of the query `all`."""
    person = known_as(row["who_name"], row["who_shown"] or "") if row["who_name"] else ""
    return UseRule(
        code=row["code"],
        kind=row["kind"],
        name=row["name"],
        who_kind=WhoKind(row["who_kind"]),
        who=row["who"],
        allows=row["verdict"] == "allow",
        shown=person or row["who"],
        by=known_as(row["by_name"] or "", row["by_shown"] or ""),
        at=row["changed_at"],
    )
