"""Requests about calls of tools: what a card says of one, and what its end means for the call and its conversation."""

from uuid import UUID

from channels.locales import listed, say
from channels.messages import Button, Fact, Tone
from governance.approvals.close import QUERIES, RequestEnding, rewrite, tell_requester
from governance.approvals.refused_asks import MOST_IN_A_ROW, note_end
from governance.approvals.request_type import RequestType, known
from governance.approvals.requests import Choice, Request, RequestStatus, request_of
from governance.approvals.shown.card_text import borrowed_letters, looks_secret, masked_arguments
from governance.approvals.shown.cards import DIGITS, denying, for_whom
from governance.approvals.shown.reading_along import remember
from governance.approvals.shown.written import written
from governance.egress.hosts import ANY
from governance.guard.calls import CallState
from governance.guard.effects import summary
from governance.record.audit import canonical
from governance.record.transaction import Notice, Transaction
from governance.values.safe_files import shown

_MOST_FILES, _MOST_WORDS = 8, 4


def warnings(request: Request, language: str) -> tuple[Fact, ...]:
    """What a reader may overlook in what is asked: letters that look like others, and what looks like a secret."""
    label, found = say("fact.warning", language), []
    if words := borrowed_letters(request.body):
        found.append(say("warning.letters", language, words=listed(words[:_MOST_WORDS], language)))
    found += [
        say("script.says", language, path=script.path, why=script.why.said(language))
        for script in request.scripts
        if script.why is not None
    ]
    if number := looks_secret(request.body):
        found.append(say("warning.secret", language, number=number))
    return tuple(Fact(label=label, value=value) for value in found)


def _details(request: Request, language: str) -> tuple[Fact, ...]:
    facts = [Fact(label=say("fact.why", language), value=request.because.said(language))]
    facts += _of_server(request, language)
    facts += warnings(request, language)
    if request.network:
        facts.append(Fact(label=say("fact.network", language), value=_network(request, language)))
    if untried := request.subject.get("untried"):
        facts.append(Fact(label=say("fact.effects", language), value=say(f"untried.{untried}", language)))
    if request.contents:
        facts.append(Fact(label=say("fact.files", language), value=_files(request, language)))
    if request.trial:
        facts.append(Fact(label=say("fact.effects", language), value=summary(request.trial, language)))
    if request.approvals:
        so_far = "; ".join(each.said(language) for each in request.approvals)
        progress = f"{len(request.approvals)}/{request.quorum}: {so_far}"
        facts.append(Fact(label=say("fact.progress", language), value=progress))
    return tuple(facts)


def _of_server(request: Request, language: str) -> tuple[Fact, ...]:
    """Whose tool it is, where it is not ours, and as whom it is called there."""
    server = str(request.subject.get("server", ""))
    if not server:
        return ()
    signed_in_as = str(request.subject.get("signed_in_as", "")) or "nobody"
    value = say(f"server.as_{signed_in_as}", language, server=shown(server), who=request.asker.said(language))
    return (Fact(label=say("fact.server", language), value=value),)


def _network(request: Request, language: str) -> str:
    """What approving it lets the command reach."""
    if not request.hosts:
        return say("network.yes", language)
    if ANY in request.hosts:
        others = ", ".join(host for host in request.hosts if host != ANY)
        return say("network.every", language, hosts=f", {others}" if others else "")
    return say("network.hosts", language, hosts=listed(request.hosts, language))


def _files(request: Request, language: str) -> str:
    """The files whose content is approved, each with the beginning of its digest."""
    named = [f"{shown(path)} {digest[:DIGITS]}" for path, digest in request.contents.items()]
    left_out = [say("files.more", language, number=len(named) - _MOST_FILES)] if len(named) > _MOST_FILES else []
    return listed((*named[:_MOST_FILES], *left_out), language)


def _buttons(request: Request, language: str) -> tuple[Button, ...]:
    approve = Button(choice=Choice.APPROVE.value, label=say("button.approve", language), tone=Tone.PRIMARY)
    deny = denying("button.deny", language)
    grant = Button(choice=Choice.FOR_THIS_CONVERSATION.value, label=say("button.grant", language))
    return (approve, deny, grant) if request.may_be_granted else (approve, deny)


def _in_words(request: Request, language: str) -> str:
    return say(f"fallback.tool_call{'.grant' if request.may_be_granted else ''}", language, code=request.code)


def _title(request: Request) -> str:
    return str(request.subject.get("tool", ""))


def _body(request: Request, *, masked: bool) -> str:
    """The arguments: the command, path or URL first, then all else. Nothing that a shell could interpret is masked."""
    arguments, argument = request.subject.get("arguments", {}), str(request.subject.get("argument", ""))
    if masked:
        arguments = masked_arguments(arguments, argument if request.is_command else "")
    return written(arguments, argument)


def _scope(request: Request) -> str:
    return "conversation" if request.choice == Choice.FOR_THIS_CONVERSATION.value else "once"


async def _ended(work: Transaction, request: Request, ending: RequestEnding) -> None:
    """The call may begin or never will, and the conversation goes on with a turn that is told of it."""
    if ending.status is RequestStatus.APPROVED:
        await remember(work, str(request.subject.get("workspace", "")), request.subject)
    await work.execute(QUERIES["close_call"], request.id, ending.status.value, ending.at)
    in_a_row = await note_end(work, request, ending.at, is_quiet=ending.is_quiet)
    if in_a_row == MOST_IN_A_ROW and not ending.is_quiet:
        await tell_requester(work, request, "request.enough", times=in_a_row)
    if not ending.is_quiet and in_a_row < MOST_IN_A_ROW:
        work.publish(
            Notice(
                event_id=f"decided:{request.id}",
                lane=request.conversation,
                body=canonical({"decided": str(request.id)}),
            )
        )


TOOL_CALL = RequestType(
    name="tool_call",
    title=_title,
    about=for_whom,
    details=_details,
    buttons=_buttons,
    choices=frozenset({Choice.APPROVE, Choice.DENY, Choice.FOR_THIS_CONVERSATION, Choice.OPEN}),
    body=_body,
    in_words=_in_words,
    scope=_scope,
    is_of_call=True,
    is_question=True,
    effect=_ended,
)


async def show_end(work: Transaction, request_id: UUID) -> None:
    """What became of an approved call, on every copy of its card; of one that did not run, whoever asked is told."""
    row = await work.fetchrow(QUERIES["find"], None, request_id, None)
    if row is None:
        return
    request = request_of(row, known(TOOL_CALL))
    await rewrite(work, request, "became")
    if request.call in {CallState.REFUSED, CallState.UNKNOWN}:
        await tell_requester(work, request, f"request.{request.call.value}")
