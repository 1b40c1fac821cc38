"""Cards made to fit a platform: every sign on them shown, every text short enough, and nothing left out silently.

A card that cannot be shown whole has other buttons than one that can. One that must be whole becomes two messages, or a
file where the platform takes it, or else as many messages as it needs.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from channels.base import Traits
from channels.locales import say
from channels.messages import BodyKind, Card, Fact, File, Language, when_cut
from channels.shared.split import measure, take
from channels.shared.voice import SIGN
from channels.text.visible import code, value, visible

MAX_TITLE = 200
MAX_FACTS = 12
MAX_LABEL = 60
MAX_FACT = 400
MAX_NOTE = 400
FEW_PIECES = 2
"""A whole text of so many messages is read in the chat even where it could be a file."""
_DIGITS = 12
_ROOM_FOR_MARKS = 300


def fitted(card: Card, traits: Traits, language: Language = "en") -> list[Card]:
    """The cards to send in order; one, unless it must be shown whole and takes more."""
    if card.is_whole and not shows_whole(card, traits):
        return list(_pieces(card, traits, language))
    shown = fit_card(card, traits, language)
    return [shown]


def in_file(card: Card, traits: Traits, language: Language = "en") -> tuple[File, Card] | None:
    """The whole text as a file, and the card that says so and has the buttons; None where messages are better or all.

    It holds exactly what the messages would show, every sign that nobody could see included.
    """
    if not card.is_whole or shows_whole(card, traits):
        return None
    text = _body_of(card, 0)
    content = text.encode("utf-8", "replace")
    if len(_texts(card, traits)) <= FEW_PIECES or len(content) > traits.max_file_bytes:
        return None
    digest = hashlib.sha256(content).hexdigest()[:_DIGITS]
    name = f"request-{digest}.txt"
    note = say("channel.in_file", language, name=name, characters=len(text), digest=digest)
    shown = replace(card, body="", attachments=(), buttons_when_cut=(), note="\n".join(filter(None, (note, card.note))))
    file = File(name=name, media_type="text/plain", size=len(content), locator="", content=content.decode())
    return file, fit_card(replace(shown, is_whole=False), traits, language)


def shows_whole(card: Card, traits: Traits) -> bool:
    """Whether one message of that platform shows everything on the card."""
    return not _is_cut(card, fit_card(replace(card, buttons_when_cut=()), traits))


def fit_card(card: Card, traits: Traits, language: Language = "en") -> Card:
    """The card with every invisible sign shown and every text short enough; what is cut says so.

    Facts that do not fit beside each other move into the body, whose digest covers them.
    """
    shown = card
    for kept in (MAX_FACTS, MAX_FACTS // 4, 0):
        shown = _fit_card(card, kept, traits, language)
        if measure(_everything(shown), traits) <= traits.max_text:
            break
    return when_cut(shown) if _is_cut(card, shown) else shown


def _titled(card: Card) -> str:
    """The title, in the gateway's own voice."""
    return f"{SIGN} {value(card.title)}"


def _is_cut(card: Card, shown: Card) -> bool:
    """Whether something of the card is hidden; what moved into the body is not."""
    kept = len(shown.facts)
    texts = [_titled(card), *(value(fact.value) for fact in card.facts[:kept])]
    fitted_texts = [shown.title, *(fact.value for fact in shown.facts)]
    return texts != fitted_texts or _body_of(card, kept) != shown.body


def _fit_card(card: Card, kept: int, traits: Traits, language: Language) -> Card:
    share = min(MAX_FACT, traits.max_text // 2 // max(1, len(card.facts[:kept])))
    facts = tuple(
        Fact(
            label=_cut(visible(fact.label), MAX_LABEL, traits, language),
            value=_cut(value(fact.value), share, traits, language),
        )
        for fact in card.facts[:kept]
    )
    shown = replace(
        card,
        title=_cut(_titled(card), MAX_TITLE, traits, language),
        facts=facts,
        body="",
        attachments=(),
        note=_cut(visible(card.note), MAX_NOTE, traits, language),
        fallback=visible(card.fallback),
    )
    room = min(traits.max_card_body, traits.max_text - measure(_everything(shown), traits) - _ROOM_FOR_MARKS)
    return replace(shown, body=_cut(_body_of(card, kept), max(room, 0), traits, language))


def _body_of(card: Card, kept: int) -> str:
    """The body letter by letter, behind the facts for which there is no place, and before what is attached."""
    moved = "".join(f"{fact.label}: {fact.value}\n" for fact in card.facts[kept:])
    body = visible(card.body) if card.body_kind is BodyKind.TEXT else code(card.body)
    attached = "".join(f"\n\n⟦{code(name)}⟧\n{code(text)}" for name, text in card.attachments)
    return visible(moved) + body + attached


def _pieces(card: Card, traits: Traits, language: Language) -> Iterator[Card]:
    """One card after another with all that is on this one; the last has its note and its buttons."""
    texts = _texts(card, traits)
    if len(texts) > traits.most_pieces:
        shown = fit_card(card, traits, language)
        deny = card.buttons_when_cut[1:]
        yield replace(shown, buttons=deny, note=say("channel.too_long", language), fallback="")
        return
    title = _cut(_titled(card), MAX_TITLE - 20, traits, language)
    for number, piece in enumerate(texts, start=1):
        shown = replace(card, title=f"{title} ({number}/{len(texts)})", facts=(), body=piece, attachments=())
        if number == len(texts):
            yield replace(shown, note=_cut(visible(card.note), MAX_NOTE, traits, language))
        else:
            yield replace(shown, id="", buttons=(), buttons_when_cut=(), fallback="", note="")


def _texts(card: Card, traits: Traits) -> list[str]:
    """All that is on the card, in pieces for one message each."""
    room = min(traits.max_card_body, traits.max_text - MAX_TITLE - MAX_NOTE - _ROOM_FOR_MARKS) * 2 // 3
    return list(_split(_body_of(card, 0), max(room, _ROOM_FOR_MARKS), traits))


def _split(text: str, room: int, traits: Traits) -> Iterator[str]:
    """Pieces that say the same in order, cut at the end of a line where one is near."""
    while text:
        piece = take(text, room, traits)
        if len(piece) < len(text) and (end := piece.rfind("\n")) > len(piece) // 2:
            piece = piece[: end + 1]
        yield piece
        text = text[len(piece) :]


def _everything(card: Card) -> str:
    facts = (f"{fact.label}: {fact.value}\n" for fact in card.facts)
    longest = max(card.fallback, card.fallback_when_cut, key=len)
    return "\n".join((card.title, *facts, card.body, card.note, longest))


def _cut(text: str, limit: int, traits: Traits, language: Language) -> str:
    if measure(text, traits) <= limit:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    longest = say("channel.cut", language, hidden=len(text), digest=digest)
    shown = take(text, max(0, limit - measure(longest, traits) - 1), traits)
    sentence = say("channel.cut", language, hidden=len(text) - len(shown), digest=digest)
    return f"{shown}\n{sentence}" if "\n" in text or len(shown) > MAX_FACT else f"{shown} {sentence}".lstrip()
