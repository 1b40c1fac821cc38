"""Teams: persons under a name that rules of use speak of. Who belongs to one is changed like a rule, by a request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from governance.people.names import known_as
from governance.record.transaction import Store, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """That somebody belongs to a team; `code` is what ends it, `shown` the person as people read them."""

    code: str
    team: str
    person: UUID
    shown: str
    by: str
    at: datetime


async def members_in(store: Store) -> list[TeamMember]:
    """Who belongs to which team at this moment, by team and name."""
    return [
        TeamMember(
            code=row["code"],
            team=row["team"],
            person=row["user_id"],
            shown=known_as(row["who_name"], row["who_shown"] or ""),
            by=known_as(row["by_name"] or "", row["by_shown"] or ""),
            at=row["changed_at"],
        )
        for row in await store.fetch(QUERIES["all"])
    ]


def by_team(members: Iterable[TeamMember]) -> Mapping[str, frozenset[UUID]]:
    """The persons of each team."""
    found: dict[str, frozenset[UUID]] = {}
    for member in members:
        found[member.team] = found.get(member.team, frozenset()) | {member.person}
    return found
