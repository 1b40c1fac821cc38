"""The command `nexora audit list`: the latest lines of the record as sentences or as JSON. It writes nothing."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from channels.home import home_language
from channels.locales import say
from channels.text.columns import left
from channels.times import Precision, moment
from gateway.run.admin import with_store
from gateway.settings.model import Settings
from governance.audit.export import as_exported
from governance.audit.log import AuditLog, describe
from governance.people.people import People
from governance.record.audit import AuditLine
from governance.record.transaction import Store

STATUS_COLUMNS = 6


def show(chosen: argparse.Namespace) -> int:
    """Print the lines, newest first: time, status, tag and a sentence, or one JSON object a line."""

    async def run(store: Store, _: Settings) -> tuple[Sequence[AuditLine], Mapping[str, str]]:
        audit_log, actor = AuditLog(store), chosen.person
        if actor and (person := await People(store).by_name(actor, even_disabled=True)):
            actor = str(person.id)
        lines = await audit_log.read(None, tag=chosen.tag, actor=actor, since=chosen.since, limit=chosen.limit)
        return lines, await audit_log.known(lines)

    lines, known = with_store(run)
    for line in lines:
        sys.stdout.write((_as_json(line) if chosen.json else _as_text(line, known)) + "\n")
    if not lines:
        sys.stderr.write(f"nexora: {say('console.audit.none', home_language())}\n")
    return 0


def _as_text(line: AuditLine, known: Mapping[str, str]) -> str:
    language = home_language()
    at = moment(line.at, language, precision=Precision.EXACT)
    status = left(say(f"console.audit.{line.status}", language), STATUS_COLUMNS)
    return f"{at}  {status}  {line.tag}  {describe(line, language, known)}"


def _as_json(line: AuditLine) -> str:
    """As the export writes it, so that one program reads both."""
    return json.dumps(as_exported(asdict(line)), ensure_ascii=False)
