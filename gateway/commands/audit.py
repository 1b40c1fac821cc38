"""Commands that look into the record and at token usage. Both show admins everything and others what is their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from channels.locales import say
from channels.messages import Outbound
from channels.text.grammar import counted, is_word, word_called
from gateway.commands.command import CommandCall, Misused, Unfit
from gateway.commands.marks import bullets, verbatim
from gateway.upkeep.verifying import Verifier
from governance.audit.log import AuditLog
from governance.people.people import People, Role
from governance.record.audit import Status
from governance.record.transaction import Store
from governance.usage.usage import Usage, UsageBy

if TYPE_CHECKING:
    from governance.audit.export import Form

_GROUPS: Mapping[str, UsageBy] = {
    "agent": "agent",
    "by_channel": "channel",
    "by_day": "day",
    "conversation": "conversation",
    "model": "model",
    "person": "person",
    "purpose": "purpose",
}
"""By the words that people type."""
_MOST_DAYS = 366
_LINES, _MOST_LINES = 10, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What commands about the record and about usage use. `outgoing` is the folder of files on their way out."""

    store: Store
    people: People
    audit_log: AuditLog
    usage: Usage
    verifier: Verifier
    outgoing: Path


Call: TypeAlias = CommandCall[Needs]


async def _verify(call: Call) -> str:
    needs = call.needs
    if call.person.role is not Role.ADMIN:
        event = call.origin.event("command:denied", call.person, resource="/audit verify", status=Status.DENIED)
        await needs.store.record(event)
        return call.say("denied", name="audit verify")
    summary, *findings = (await needs.verifier.examine()).told(call.person.language)
    return "\n".join([summary, bullets([verbatim(finding) for finding in findings])]).strip()


async def _export(call: Call) -> str:
    """Send an admin the lines of some days as a file, into their private chat alone."""
    needs = call.needs
    if call.person.role is not Role.ADMIN:
        event = call.origin.event("command:denied", call.person, resource="/audit export", status=Status.DENIED)
        await needs.store.record(event)
        return call.say("denied", name="audit export")
    if not call.inbound.is_direct:
        raise Unfit(call.say("audit.direct"))
    form: Form = "csv"
    tag, days = "", 7
    for word in (each.lower() for each in call.words[1:]):
        if word in {"csv", "jsonl"}:
            form = "jsonl" if word == "jsonl" else "csv"
        elif wanted_days := _days_of(word):
            days = wanted_days
        elif not tag:
            tag = word
        else:
            raise Misused
    from gateway.upkeep.exporting import MOST_IN_CHAT, export_to_chat  # noqa: PLC0415  # few conversations ever ask for it
    from governance.audit.export import TooManyLines, WantedExport  # noqa: PLC0415  # as above

    now = needs.store.now()
    wanted = WantedExport(form=form, tag=tag, since=now - timedelta(days=days), until=now)
    try:
        exported, file = await export_to_chat(needs.store, needs.outgoing, wanted, call.person, call.origin)
    except TooManyLines as error:
        raise Unfit(call.say("audit.too_many", most=MOST_IN_CHAT)) from error
    async with needs.store.transaction() as work:
        key = f"export:{call.inbound.address.channel}:{call.inbound.event_id}"
        work.send(Outbound(key=key, address=call.inbound.address, parts=(file,), in_language=call.person.language))
    return call.say("audit.exported", lines=exported.lines, sha256=exported.sha256)


def _days_of(word: str) -> int:
    """So many days as somebody wrote; 0 for what is no such number."""
    number, unit = counted(word, "days") or (0, "")
    return number if unit and number <= _MOST_DAYS else 0


async def usage(call: Call) -> str:
    """Tokens and cost by person, agent, model, channel, conversation, purpose or day, of seven or so many days."""
    from governance.usage.usage import render_usage, short  # noqa: PLC0415  # few conversations ever ask for it

    by: UsageBy = "day"
    days = 7
    for word in call.words:
        if group := word_called(word, *_GROUPS):
            by = _GROUPS[group]
        elif wanted := _days_of(word):
            days = wanted
        else:
            raise Misused
    until = call.needs.store.now()
    since = until - timedelta(days=days)
    rows = await call.needs.usage.table(call.person, by=by, since=since, until=until)
    title = call.say("usage.title", by=call.say(f"by.{by}"), days=days)
    calls, tokens = await call.needs.usage.sampled(call.person, since, until)
    sampled = (
        say("usage.sampled", call.person.language, calls=calls, tokens=short(tokens, call.person.language))
        if calls
        else ""
    )
    return "\n".join(filter(None, (title, render_usage(rows, call.person.language), sampled)))


async def audit(call: Call) -> str:
    """The latest lines, of one beginning of a tag, of one person, or both; or, for admins, whether all are whole."""
    if len(call.words) == 1 and is_word(call.words[0], "verify"):
        return await _verify(call)
    if call.words and is_word(call.words[0], "export"):
        return await _export(call)
    from governance.audit.log import render_audit_log  # noqa: PLC0415  # as above

    tag, actor, limit = "", "", _LINES
    for word in call.words:
        if word.isdecimal() and word.isascii():
            limit = max(1, min(int(word[:4]), _MOST_LINES))
        elif ":" in word:
            tag = word.lower()
        else:
            person = await call.needs.people.by_name(word.removeprefix("@"), even_disabled=True)
            tag, actor = (tag, str(person.id)) if person else (word.lower(), actor)
    lines = await call.needs.audit_log.read(call.person, tag=tag, actor=actor, since=None, before=None, limit=limit)
    known = await call.needs.audit_log.known(lines)
    return render_audit_log(lines, call.person, known)
