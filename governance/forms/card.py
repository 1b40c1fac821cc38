"""The card of a question. What a server says stands behind bars, line by line, so that none of it reads as ours.

Every sign that nobody sees is written out (`channels.running.card_fit`), and what is long is cut and says so.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from channels.locales import say
from channels.messages import Button, Card, Fact, Tone
from channels.times import moment
from governance.forms.fields import AskedField, FieldKind, listed_options, shown_value
from governance.forms.question import Question, QuestionState

BAR = "│ "
MOST_LINES = 16
MOST_SIGNS = 1_000
MOST_BUTTONS = 8
"""So many options have buttons; where there are more, one is typed."""
LABEL = 40
YES, NO, TYPE, SKIP, USE, SEND, AGAIN, DECLINE, CANCEL = "y", "n", "o", "s", "u", "v", "r", "x", "w"
OPTIONS = "abcdefgh"
"""The buttons of options, in their order."""


def card_of(question: Question) -> Card:
    """The card as the question stands."""
    language = question.language
    facts = [Fact(label=say("form.fact.server", language), value=question.server)]
    if question.url:
        facts.append(Fact(label=say("form.fact.host", language), value=host_of(question.url)))
    if not question.is_open:
        return _ended(question, facts)
    field = question.now
    if field is not None:
        number = say("form.fact.field", language, number=question.step + 1, count=len(question.fields))
        facts.append(Fact(label=number, value=_quoted(field.shown)))
    until = moment(question.expires_at, language, question.zone)
    return Card(
        id=question.card_id,
        title=say("form.title.url" if question.url else "form.title", language, server=question.server),
        facts=tuple(facts),
        body=_body(question),
        note=say("form.note", language, who=question.who, until=until, code=question.code),
        buttons=tuple(_buttons(question, field)),
        fallback=how_to_answer(question),
    )


def how_to_answer(question: Question) -> str:
    """How it is answered in words: for platforms without buttons, and whoever pressed the one for words."""
    field, language = question.now, question.language
    if field is None:
        return say("form.type.url" if question.url else "form.type.send", language, code=question.code)
    told = say("form.type.value", language, code=question.code)
    if field.options:
        return f"{told} {listed_options(field.options)}"
    return f"{told} {say('form.wrong.yes_no', language)}" if field.kind is FieldKind.YES_NO else told


def _ended(question: Question, facts: list[Fact]) -> Card:
    state = question.state
    word = "accepted_url" if question.url and state is QuestionState.ACCEPTED else state.value
    note = say(f"form.end.{word}", question.language, server=question.server)
    return Card(
        id=question.card_id,
        title=say("form.title.ended", question.language, server=question.server),
        facts=tuple(facts),
        body=_body(question),
        note=note,
    )


def _body(question: Question) -> str:
    lines = [*_lines_of(question.message, question.language)]
    if question.url:
        lines += ["", *_lines_of(question.url, question.language)]
    is_several = len(question.fields) > 1
    for number, field in enumerate(question.fields):
        is_next = question.is_open and number == question.step
        if not (is_several or field.name in question.answers or is_next):
            continue
        said = ""
        if field.name in question.answers:
            said = f" = {shown_value(field, question.answers[field.name], question.language)}"
        lines += ["", *_lines_of(f"{number + 1}. {field.shown}{said}", question.language)]
        if is_next:
            lines += [line for text in _details(field, question) for line in _lines_of(text, question.language)]
    return "\n".join(f"{BAR}{line}".rstrip() for line in lines)


def _details(field: AskedField, question: Question) -> Iterator[str]:
    if field.about:
        yield field.about
    if field.kind is FieldKind.SEVERAL or len(field.options) > MOST_BUTTONS:
        yield from (f"{number}) {title}" for number, (_, title) in enumerate(field.options, start=1))
    if field.default is not None:
        yield f"({shown_value(field, field.default, question.language)})"


def _lines_of(text: str, language: str) -> list[str]:
    """The lines of a text of others, cut."""
    cut = text.strip()[:MOST_SIGNS]
    lines = cut.splitlines()[:MOST_LINES]
    left = len(text.strip()) - len("\n".join(lines))
    return lines if left <= 0 else [*lines, say("form.cut", language, count=left)]


def _buttons(question: Question, field: AskedField | None) -> Iterator[Button]:
    language = question.language
    if question.url:
        yield Button(choice=SEND, label=say("form.button.opened", language), tone=Tone.PRIMARY)
    elif field is None:
        yield Button(choice=SEND, label=say("form.button.send", language), tone=Tone.PRIMARY)
        yield Button(choice=AGAIN, label=say("form.button.again", language))
    else:
        yield from _of_field(field, language)
    yield Button(choice=DECLINE, label=say("form.button.decline", language), tone=Tone.DANGER)
    yield Button(choice=CANCEL, label=say("form.button.cancel", language))


def _of_field(field: AskedField, language: str) -> Iterator[Button]:
    if field.kind is FieldKind.YES_NO:
        yield Button(choice=YES, label=say("form.yes", language))
        yield Button(choice=NO, label=say("form.no", language))
    elif field.kind is FieldKind.CHOICE and len(field.options) <= MOST_BUTTONS:
        for choice, (_, title) in zip(OPTIONS, field.options, strict=False):
            yield Button(choice=choice, label=_quoted(title))
    else:
        yield Button(choice=TYPE, label=say("form.button.type", language), tone=Tone.PRIMARY, takes_answer=True)
    if field.default is not None:
        value = _quoted(shown_value(field, field.default, language))
        yield Button(choice=USE, label=say("form.button.use", language, value=value))
    elif not field.is_required:
        yield Button(choice=SKIP, label=say("form.button.skip", language))


def _quoted(text: str) -> str:
    """Words of others on a button or in a line of ours."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= LABEL else f'{line[: LABEL - 1]}…'}”"


def host_of(url: str) -> str:
    """The host of an address as people should read it: also how it is written in letters that cannot be mistaken."""
    host = urlsplit(url).hostname or ""
    try:
        plain = host.encode("idna").decode()
    except UnicodeError:
        plain = host.encode("ascii", "backslashreplace").decode()
    return plain if plain == host else f"{plain} ({host})"
