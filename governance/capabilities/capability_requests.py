"""Requests about capabilities: what their cards say. Everything that is approved stands on the card, or behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from channels.locales import listed, say
from channels.messages import Button, Card, Fact, Tone
from governance.approvals.request_type import RequestType
from governance.approvals.requests import Choice, Request, new_card_id
from governance.approvals.shown.card_text import masked_text
from governance.approvals.shown.cards import DIGITS, denying
from governance.capabilities.manifest import CapabilityManifest, manifest_of
from governance.people.people import Person
from governance.record.transaction import Row
from governance.scanner.report import ScanFinding, ScanReport, report_of
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import why_of

_MOST_TOOLS, _MOST_FOUND, _MOST_NAMED = 12, 5, 8
MOST_CHANGED, MOST_LISTED = 12, 15


def action_of(request: Request) -> CapabilityAction:
    """What is to be done."""
    return CapabilityAction(request.subject["action"])


def wanted_by(request: Request) -> CapabilityManifest:
    """What it would be afterwards."""
    return manifest_of(request.subject["manifest"])


def _scanned(request: Request) -> ScanReport:
    return report_of(request.subject["scanned"])


def what(kind: CapabilityKind, action: CapabilityAction, name: str, language: str) -> str:
    """`install skill reports`, in a language."""
    return say(
        f"capability.what.{action.value}", language, kind=say(f"capability.kind.{kind.value}", language), name=name
    )


def _title(request: Request) -> str:
    return str(request.subject["manifest"]["name"])


def _asks(request: Request, language: str) -> str:
    told = what(wanted_by(request).kind, action_of(request), request.title, language)
    word = "card.capability.agent" if request.agent else "card.capability"
    return say(word, language, what=told, agent=request.agent)


def _about(request: Request, language: str) -> tuple[Fact, ...]:
    risk = say(f"risk.{request.risk.value}", language)
    return (
        Fact(label=say("fact.for", language), value=request.asker.said(language) or say("who.nobody", language)),
        Fact(label=say("fact.risk", language), value=risk),
    )


def _details(request: Request, language: str) -> tuple[Fact, ...]:
    manifest, facts = wanted_by(request), [("fact.why", request.because.said(language))]
    reasons = [reason.said(language) for each in request.subject.get("reasons", ()) if (reason := why_of(each))]
    facts += [("fact.risk_reasons", "\n".join(reasons))] if reasons else []
    facts += [("fact.asked_for", masked_text(str(request.subject["words"])))] if request.subject.get("words") else []
    if action_of(request).brings:
        facts += _content_facts(request, manifest, language)
    if request.approvals:
        so_far = "; ".join(each.said(language) for each in request.approvals)
        facts.append(("fact.progress", f"{len(request.approvals)}/{request.quorum}: {so_far}"))
    return tuple(Fact(label=say(label, language), value=value) for label, value in facts if value)


def _content_facts(request: Request, manifest: CapabilityManifest, language: str) -> list[tuple[str, str]]:
    size = request.subject.get("size", 0)
    version = " · ".join(filter(None, (manifest.version, f"{request.subject['digest'][:DIGITS]}", f"{size:,} B")))
    is_server = manifest.kind is CapabilityKind.MCP
    return [
        ("fact.server", masked_text(manifest.description) if is_server else ""),
        ("fact.source", masked_text(manifest.source)),
        ("fact.version", version),
        ("fact.publisher", _publisher(manifest, language)),
        ("fact.changed", "\n".join(changed_lines(request.subject, language))),
        ("fact.may", permissions(manifest, language)),
        ("fact.notes", notes(manifest, language)),
        ("fact.findings", findings(_scanned(request), language, _MOST_FOUND)),
    ]


def changed_lines(subject: Mapping[str, Any], language: str) -> list[str]:
    """What differs from the version before, a line each, and how many more there are."""
    stored = subject.get("changed", ())
    lines = [masked_text(each.said(language)) for one in stored[:MOST_CHANGED] if (each := why_of(one))]
    left = len(stored) - MOST_CHANGED
    return [*lines, *([say("files.more", language, number=left)] if left > 0 else [])]


def list_card(rows: Sequence[Row], person: Person, language: str) -> Card:
    """One card for all requests of somebody that have none of their own."""
    facts = tuple(
        Fact(
            label=row["code"],
            value=what(CapabilityKind(row["kind"]), CapabilityAction(row["action"]), row["name"], language),
        )
        for row in rows[-MOST_LISTED:]
    )
    return Card(
        id=new_card_id(),
        title=say("card.capabilities", language, count=len(rows), who=person.label),
        facts=facts,
        note=say("note.capabilities", language),
    )


def _publisher(manifest: CapabilityManifest, language: str) -> str:
    if manifest.signed_by:
        return say("capability.signed", language, publisher=manifest.publisher or manifest.signed_by)
    return say("capability.claims", language, publisher=manifest.publisher) if manifest.publisher else ""


def permissions(manifest: CapabilityManifest, language: str) -> str:
    """What it could do: where it runs, what it reaches, which secrets it is handed, and what its tools do."""
    may = manifest.permissions
    parts = [say(f"capability.runs.{may.runs_in.value}", language)]
    if "*" in may.network:
        parts.append(say("capability.network.any", language))
    elif may.network:
        parts.append(say("capability.network", language, hosts=_first(may.network, language)))
    if may.secrets:
        parts.append(say("capability.secrets", language, names=_first(may.secrets, language)))
    if may.channels:
        parts.append(say("capability.channels", language, kinds=_first(may.channels, language)))
    if may.models:
        parts.append(say("capability.models", language, names=_first(may.models, language)))
    for name, effect in list(may.tools.items())[:_MOST_TOOLS]:
        told = say(f"effect.named.{effect}" if effect else "effect.named.undeclared", language)
        parts.append(f"{name}: {told}")
    if len(may.tools) > _MOST_TOOLS:
        parts.append(say("files.more", language, number=len(may.tools) - _MOST_TOOLS))
    return "\n".join(parts)


def notes(manifest: CapabilityManifest, language: str) -> str:
    """What is to be known of how it was taken: files that are only pointers, and the like."""
    return "\n".join(masked_text(note.said(language)) for note in manifest.notes)


def findings(scanned: ScanReport, language: str, most: int) -> str:
    """What a scan says: its verdict, and the first of what it found."""
    told = [say(f"scanned.{scanned.verdict.value}", language, number=len(scanned.findings))]
    told += [_told(found, language) for found in scanned.findings[:most]]
    if len(scanned.findings) > most:
        told.append(say("files.more", language, number=len(scanned.findings) - most))
    return "\n".join(told)


def _told(found: ScanFinding, language: str) -> str:
    """One line: where, by which rule, what it means, and what stands there."""
    where = f"{found.file}:{found.line}" if found.line else found.file
    shown = f" `{found.snippet}`" if found.snippet else ""
    return f"{where} [{found.rule}] {found.said(language)}{shown}"


def _first(names: Sequence[str], language: str) -> str:
    left = len(names) - _MOST_NAMED
    more = [say("files.more", language, number=left)] if left > 0 else []
    return listed((*names[:_MOST_NAMED], *more), language)


def _body(request: Request, *, masked: bool) -> str:
    """What nobody may overlook: every finding, and what is different from the version before."""
    found = _scanned(request).findings
    lines = [_told(each, "en") for each in found] if len(found) > _MOST_FOUND else []
    difference = str(request.subject.get("difference", ""))
    text = "\n".join((*lines, *([""] if lines and difference else ()), *([difference] if difference else ())))
    return masked_text(text) if masked else text


def _buttons(_: Request, language: str) -> tuple[Button, ...]:
    approve = Button(choice=Choice.APPROVE.value, label=say("button.approve", language), tone=Tone.PRIMARY)
    return approve, denying("button.deny", language)


def _approved(request: Request, language: str) -> str:
    return say(f"press.capability.{action_of(request).value}", language)


CAPABILITY = RequestType(
    name="capability",
    title=_title,
    about=_about,
    details=_details,
    body=_body,
    buttons=_buttons,
    choices=frozenset({Choice.APPROVE, Choice.DENY, Choice.OPEN}),
    asks=_asks,
    approved=_approved,
    denied="press.capability.denied",
    is_headed_by_it=True,
    names_ends=True,
    is_urgent=False,
)
