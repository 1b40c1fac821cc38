"""Reading the record: who did what, newest first. Admins see every line, others those of which they are the actor.

It changes nothing, and it shows nothing that the line does not hold: lines carry no secret, and what an older program
let through is hidden when it is read.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from channels.locales import knows, say
from channels.messages import Account
from channels.text.columns import PHONE_COLUMNS, block, shorten, wrap
from channels.text.plain import printable
from channels.times import Precision, moment
from governance.masking import for_export
from governance.people.names import Acted, known_as
from governance.people.people import Person, Role
from governance.record.audit import AuditLine
from governance.record.transaction import Store, load_queries
from governance.values.reasons import why_of

__all__ = ["AuditLine", "AuditLog", "Cursor", "cursor_of", "describe", "render_audit_log"]

Cursor: TypeAlias = tuple[datetime, str, int]
"""The time, writer and number of the last line seen; reading goes on with what is older."""

_QUERIES = Path(__file__).with_name("log.sql")
_MOST = 1000
_MOST_SHOWN = 20
_MARKS = {"denied": "✗", "failed": "!", "ok": " "}
_LONGEST_VALUE = 80
_ID = 36


class AuditLog:
    """The lines of the record as a viewer may see them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queries = load_queries(_QUERIES)

    async def read(
        self,
        viewer: Person | None,
        *,
        tag: str = "",
        actor: str = "",
        status: str = "",
        resource: str = "",
        since: datetime | None = None,
        before: Cursor | None = None,
        limit: int = 50,
    ) -> list[AuditLine]:
        """Up to `limit` lines (1,000 at most), newest first.

        `tag` is the beginning of a tag, `actor` an id or a name in any case, `resource` a part of it; an empty text
        leaves everything in. Without a `viewer`, for whoever administers the machine, every line is seen. `before` is
        the cursor of the last line of the page before.
        """
        mine = None if viewer is None or viewer.role is Role.ADMIN else str(viewer.id)
        filters = tuple(text.replace("\0", "") for text in (tag, actor, status, resource))
        place = before or (None, None, None)
        most = max(1, min(limit, _MOST))
        async with self._store.transaction() as work:
            await work.execute(self._queries["plan_anew"])
            rows = await work.fetch(self._queries["read"], mine, *filters, since, *place, most)
        return [_hiding(AuditLine(**{name: row[name] for name in AuditLine.__dataclass_fields__})) for row in rows]

    async def known(self, lines: Sequence[AuditLine]) -> Mapping[str, str]:
        """What the persons of these lines are called by now, who act or are acted upon, both their names, by their ids.

        A line keeps the name of its time, which in older ones is the name that others read alone.
        """
        ids = list(
            {each for line in lines for each in (line.actor, line.resource, *_details(line).values()) if _is_id(each)}
        )
        rows = await self._store.fetch(self._queries["known"], ids)
        return {row["id"]: known_as(row["name"], row["display_name"]) for row in rows}


def _hiding(line: AuditLine) -> AuditLine:
    return replace(line, resource=for_export(line.resource), detail=for_export(line.detail))


def cursor_of(line: AuditLine) -> Cursor:
    """Where to go on after this line."""
    return line.at, line.writer, line.seq


def describe(line: AuditLine, language: str, known: Mapping[str, str] = MappingProxyType({})) -> str:
    """The line as a sentence. A tag that has no sentence of its own is told by its words.

    A sentence stands in the catalogue under `record.` and the tag, or `subject:action` when it holds for every source.
    In braces: `who`, `whom` (the name in the detail, else the resource), `resource`, `address`, `source`, `what`, and
    every name of the detail.

    `known` is what persons are called, by their ids.
    """
    source, _, what = line.tag.partition(":")
    key = next((key for key in (f"record.{line.tag}", f"record.{what}") if knows(key)), "record.other")
    details = _details(line)
    values = defaultdict(str, {name: _told(name, value, language, known) for name, value in details.items()})
    if said := why_of(details.get("said")):
        values["why"] = _shown(said.said(language))
    values["who"] = _who(line, language, known)
    values["acted"] = Acted(who=values["who"], account=_account(line)).said(language)
    values["resource"] = _named(line.resource, known)
    values["whom"] = values["name"] or values["resource"] or "?"
    values["address"] = _shown(line.address)
    values["source"] = source
    values["what"] = what.replace(":", " ").replace("_", " ")
    return say(key, language).format_map(values).strip()


def render_audit_log(
    lines: Sequence[AuditLine], reader: Person, known: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The lines as Markdown for a chat, at most 40 places wide: time and sentence, ✗ for denied and ! for failed.

    `known` is what persons are called, by their ids.
    """
    language = reader.language
    if not lines:
        return say("record.nothing", language)
    text: list[str] = []
    for line in lines[:_MOST_SHOWN]:
        mark = _MARKS.get(line.status, "?")
        first, *rest = wrap(describe(line, language, known), PHONE_COLUMNS - 2, 3)
        text += wrap(f"{mark} {moment(line.at, language, reader.time_zone, Precision.EXACT)}", PHONE_COLUMNS, 2)
        text += [f"  {piece}" for piece in (first, *rest)]
    return block(text)


def _details(line: AuditLine) -> Mapping[str, Any]:
    try:
        detail = json.loads(line.detail)
    except ValueError:
        return {}
    return detail if isinstance(detail, dict) else {}


def _shown(value: Any) -> str:
    """A value on one short line; an id by its beginning, which is enough to tell two apart."""
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each) for each in value)
    text = "" if value is None else str(value)
    return text[:8] if _is_id(text) else shorten(printable(text, " "), _LONGEST_VALUE)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and len(value) == _ID and value.count("-") == 4  # noqa: PLR2004 - a UUID


def _named(value: Any, known: Mapping[str, str]) -> str:
    """A value on one short line, the id of a person as their name."""
    return _shown(known.get(value, value) if isinstance(value, str) else value)


def _told(name: str, value: Any, language: str, known: Mapping[str, str]) -> str:
    """A value of the detail: what is a word of ours (a role, a risk, a choice) as the language has it."""
    word = {
        "after": f"role.{value}",
        "before": f"role.{value}",
        "choice": f"record.choice.{value}",
        "risk": f"risk.{value}",
        "role": f"role.{value}",
    }.get(name, "")
    return say(word, language) if word and knows(word) else _named(value, known)


def _account(line: AuditLine) -> Account | None:
    """The account by which somebody acted: what the line tells of it, or its address where that is one."""
    told = _details(line)
    if told.get("on") and told.get("as"):
        return Account(channel=_shown(told["on"]), id=_shown(told["as"]))
    channel, _, account = line.address.partition(":")
    return Account(channel=channel, id=_shown(account)) if account else None


def _who(line: AuditLine, language: str, known: Mapping[str, str]) -> str:
    if line.actor == "system":
        return say("record.system", language)
    return _shown(known.get(line.actor) or line.actor_name) or _shown(line.actor.removeprefix("account:"))
