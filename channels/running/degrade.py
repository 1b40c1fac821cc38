"""What a platform lacks, made up for in one place: long words split, cards without buttons, files too large, repeats.

Nothing is ever left out silently. What cards need is `card_fit`'s to say.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from channels.base import CommandsNeed, Streaming, Traits
from channels.locales import say
from channels.messages import Card, File, Language, Mention, Outbound, Part, Quote, Text
from channels.running.card_fit import fitted, in_file
from channels.shared.split import measure, split_text
from channels.shared.voice import SIGN, as_notice, as_other, file_name
from channels.steps import left_behind

_COMMAND = re.compile(r"(?<![\w/])/[^\W\d_]+ ")
_UNSOUND = re.compile("[\0\ud800-\udfff]")


def degrade(message: Outbound, traits: Traits) -> list[Outbound]:
    """The messages to send in order, none of which the platform would refuse for its size.

    Words come first, then each file, then the card. The first keeps `key`, `replaces` and `answers`; the keys of the
    others end in #2, #3 and so on; the last carries the id of what they answer in `ends`, the others have
    `continues`. A message that says nothing becomes no message. What is added is in the `language` of the message.
    """
    language = message.language
    bodies = [*_words(message, traits, language), *_files(message, traits), *_cards(message, traits, language)]
    return _marked([_numbered(message, body, index) for index, body in enumerate(bodies)])


Body = tuple[tuple[Part, ...], Card | None]


def _numbered(message: Outbound, body: Body, index: int) -> Outbound:
    parts, card = body
    if index == 0:
        return replace(message, parts=parts, card=card)
    return replace(message, parts=parts, card=card, key=f"{message.key}#{index + 1}", replaces=None, answers=None)


def _marked(pieces: list[Outbound]) -> list[Outbound]:
    """Of several pieces the last one tells what they answered, so that a reader knows when all has been said."""
    if len(pieces) > 1 and pieces[0].answers:
        *most, last = pieces
        most = [replace(piece, continues=True) for piece in most]
        return [*most, replace(last, ends=pieces[0].answers.id)]
    return pieces


def _words(message: Outbound, traits: Traits, language: Language) -> Iterator[Body]:
    parts = tuple(_said(message, traits, language))
    if not any(isinstance(part, Mention) or part.text.strip() for part in parts if not isinstance(part, File)):
        return
    text = "".join(_flat(part) for part in parts)
    if measure(text, traits) <= traits.max_text:
        yield parts, None
        return
    for piece in split_text(text, traits):
        yield (Text(text=piece),), None


def _said(message: Outbound, traits: Traits, language: Language) -> Iterator[Part]:
    """The words: a mark of repetition before them, and a sentence in place of each file that cannot travel."""
    if message.may_repeat and not traits.sends_idempotently and message.card is None:
        yield Text(text=say("channel.repeat", language))
    for part in message.parts:
        if isinstance(part, Text):
            yield Text(text=sound(as_notice(part.text) if part.is_notice else as_other(part.text)))
        elif not isinstance(part, File):
            yield part
        elif not _fits(part, traits):
            key = "channel.large" if traits.max_file_bytes else "channel.no_files"
            limit = _size(traits.max_file_bytes)
            sentence = say(key, language, name=file_name(part.name), size=_size(part.size), limit=limit)
            yield Text(text=f"\n{SIGN} {sentence}\n")
    unseen_seconds = traits.patience_seconds if traits.streaming is Streaming.NONE else 0
    if not traits.draws_steps and (line := left_behind(message, unseen_seconds=unseen_seconds)):
        yield Text(text=as_notice(f"\n\n{line}"))


def sound(text: str) -> str:
    """The text without what no platform and no database takes: halves of characters and zero bytes."""
    return text if text.isascii() and "\0" not in text else _UNSOUND.sub("\ufffd", text)


def _flat(part: Part) -> str:
    if isinstance(part, Mention):
        return f"@{part.account.name or part.account.id}"
    if isinstance(part, Quote):
        return "".join(f"> {line}\n" for line in part.text.splitlines())
    return part.text if isinstance(part, Text) else ""


def _files(message: Outbound, traits: Traits) -> Iterator[Body]:
    for part in message.parts:
        if isinstance(part, File) and _fits(part, traits):
            yield (replace(part, name=file_name(part.name)),), None


def _fits(file: File, traits: Traits) -> bool:
    return file.size <= traits.max_file_bytes and traits.max_file_bytes > 0


def _with_a_mention(message: Outbound, card: Card, traits: Traits, language: Language) -> Card:
    """Where others read along, the card says how a command that it names reaches the bot."""
    if traits.commands_need is CommandsNeed.NOTHING or message.only_for is not None or not _COMMAND.search(card.note):
        return card
    return replace(card, note=f"{card.note}\n{say('channel.mention', language)}")


def _size(count: int) -> str:
    """Bytes as people read them."""
    for unit, width in (("GB", 30), ("MB", 20), ("kB", 10)):
        if count >= 1 << width:
            return f"{count / (1 << width):.1f} {unit}"
    return f"{count} B"


def _cards(message: Outbound, traits: Traits, language: Language) -> Iterator[Body]:
    if message.card is None:
        return
    is_edit = message.replaces is not None and traits.can_edit  # done twice, it is done once
    repeat = say("channel.repeat", language)
    apart = in_file(message.card, traits, language)
    if apart is not None:
        yield (apart[0],), None
    for number, card in enumerate([apart[1]] if apart else fitted(message.card, traits, language)):
        if number == 0 and message.may_repeat and not traits.sends_idempotently and not is_edit:
            card = replace(card, title=card.title.replace(SIGN, f"{SIGN} {repeat.strip()}", 1))  # noqa: PLW2901  # one more word
        if card.buttons and not traits.has_buttons:
            card = replace(card, buttons=(), note="\n".join(filter(None, (card.note, card.fallback))))  # noqa: PLW2901  # as above
        yield (), _with_a_mention(message, card, traits, language)
