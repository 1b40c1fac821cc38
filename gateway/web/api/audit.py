"""The API of the record and of token usage. Both show admins everything and others what is their own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from gateway.web.api.openapi import Operation
from gateway.web.api.types import Limit, Line, Moment
from gateway.web.http.problems import Problem
from gateway.web.http.route import PERSON, needs_of
from governance.audit.log import AuditLog
from governance.record.transaction import Store
from governance.usage.usage import Usage, UsageBy

Tag = Annotated[str, Field(max_length=80, pattern=r"^[a-z_]*(:[a-z_]*){0,2}$")]
Actor = Annotated[Line, Field(max_length=300)]
USAGE_WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the API of the record uses."""

    store: Store
    audit_log: AuditLog
    usage: Usage


class AuditLineOut(BaseModel):
    """One line of the record. `detail` is JSON text."""

    at: datetime
    actor: str
    actor_name: str
    tag: str
    resource: str
    status: str
    address: str
    user_agent: str
    detail: str


class UsageOut(BaseModel):
    """What one person, agent, model, channel, conversation or day used; `cost_usd` is null where no price is known.

    `estimated_calls` are those whose tokens were estimated, since nobody counted them.
    """

    key: str
    label: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    calls: int
    estimated_calls: int
    cost_usd: Decimal | None


async def list_audit_lines(
    request: web.Request, tag: Tag = "", actor: Actor = "", since: Moment | None = None, limit: Limit = 50
) -> list[AuditLineOut]:
    """The latest lines of the record, newest first: one's own, for admins everybody's."""
    lines = await needs_of(request, Needs).audit_log.read(
        request[PERSON], tag=tag, actor=actor, since=since, before=None, limit=limit
    )
    return [AuditLineOut(**{name: getattr(line, name) for name in AuditLineOut.model_fields}) for line in lines]


async def list_usage(
    request: web.Request, by: UsageBy = "day", since: Moment | None = None, until: Moment | None = None
) -> list[UsageOut]:
    """Tokens and cost of the last thirty days, or between two moments: one's own, for admins everybody's."""
    needs = needs_of(request, Needs)
    until = until or needs.store.now()
    since = since or until - USAGE_WINDOW
    if since > until:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, errors=[{"path": "since", "message": "must not be later than until"}]
        )
    rows = await needs.usage.table(request[PERSON], by=by, since=since, until=until)
    return [UsageOut(**{name: getattr(row, name) for name in UsageOut.model_fields}) for row in rows]


OPERATIONS = (
    Operation("GET", "/api/audit", list_audit_lines),
    Operation("GET", "/api/usage", list_usage),
)
