"""The audit log and what was used. Admins see everything, others what is theirs: `AuditLog` and `Usage` see to that."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

from aiohttp import web

from channels.locales import say
from gateway.upkeep.verifying import Verifier
from gateway.web.console.charts import Bar, bars
from gateway.web.console.pages import Said, count, is_part, render, viewer
from gateway.web.http.language import language_of
from gateway.web.http.route import PERSON, Route, needs_of
from governance.audit.log import AuditLog, Cursor, cursor_of
from governance.people.people import Role
from governance.record.transaction import Store
from governance.usage.usage import Usage, UsageBy

PAGE = 50
SPANS = (7, 30, 90, 365)
WAYS: tuple[UsageBy, ...] = get_args(UsageBy)
MOST_BARS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the pages of the record and of usage use."""

    store: Store
    audit_log: AuditLog
    usage: Usage
    verifier: Verifier


async def usage(request: web.Request) -> web.Response:
    """Tokens and cost, grouped one way, with a chart by day above."""
    needs, person = needs_of(request, Needs), request[PERSON]
    by: UsageBy = next((way for way in WAYS if way == request.query.get("by")), "day")
    days = next((span for span in SPANS if str(span) == request.query.get("days")), SPANS[1])
    until = needs.store.now()
    since = until - timedelta(days=days)
    rows = list(await needs.usage.table(person, by=by, since=since, until=until))
    by_day = rows if by == "day" else list(await needs.usage.table(person, by="day", since=since, until=until))
    known = [row.cost_usd for row in rows if row.cost_usd is not None]
    return render(
        request,
        "usage.html",
        by=by,
        days=days,
        ways=WAYS,
        spans=SPANS,
        rows=rows,
        total=sum(known, Decimal(0)) if known else None,
        chart=_chart(request, by_day, days) if by_day else "",
    )


def _chart(request: web.Request, rows: list[Any], days: int) -> str:
    ordered = sorted(rows, key=lambda row: str(row.key))[-MOST_BARS:]
    given = [Bar(label=str(row.key), lower=row.input_tokens, upper=row.output_tokens) for row in ordered]
    most = max(given, key=lambda bar: bar.total)
    language = language_of(request)
    total = count(sum(bar.total for bar in given))
    described = say(
        "console.usage.chart_desc", language, total=total, days=days, day=most.label, most=count(most.total)
    )
    return bars(given, title=say("console.usage.chart", language), description=described)


async def audit(request: web.Request) -> web.Response:
    """The latest lines; asked for by the page itself, only the lines that follow."""
    return await _show(request, Said())


async def check(request: web.Request) -> web.Response:
    """Verify the whole record, which only reads."""
    needs = needs_of(request, Needs)
    examined = await needs.verifier.examine()
    person = viewer(request)
    words = " ".join(examined.told(language_of(request), person.time_zone if person else ""))
    return await _show(request, Said(words=words, is_problem=not examined.is_whole))


async def _show(request: web.Request, said: Said) -> web.Response:
    query = request.query
    asked: dict[str, Any] = {name: query.get(name, "") for name in ("tag", "actor", "since")}
    audit_log = needs_of(request, Needs).audit_log
    lines = list(
        await audit_log.read(
            request[PERSON],
            tag=asked["tag"],
            actor=asked["actor"],
            since=_day(asked["since"]),
            before=_cursor(query.get("before", "")),
            limit=PAGE + 1,
        )
    )
    more = ""
    if len(lines) > PAGE:
        lines = lines[:PAGE]
        at, writer, seq = cursor_of(lines[-1])
        before = f"{at.isoformat()}/{writer}/{seq}"
        more = "/audit?" + urlencode({**{key: value for key, value in asked.items() if value}, "before": before})
    template = "audit_lines.html" if is_part(request) else "audit.html"
    known = await audit_log.known(lines)
    return render(request, template, said=said, lines=lines, known=known, more=more, **asked)


def _cursor(text: str) -> Cursor | None:
    """The place after which to go on, as `at/writer/seq`; None for anything else."""
    with contextlib.suppress(ValueError):
        at, writer, seq = text.split("/")
        return datetime.fromisoformat(at), str(UUID(writer)), int(seq)
    return None


def _day(text: str) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    return None


ROUTES = (
    Route("GET", "/usage", usage, Role.OPERATOR, page=True),
    Route("GET", "/audit", audit, Role.OPERATOR, page=True),
    Route("POST", "/audit/verify", check, Role.ADMIN, page=True, form=True),
)
