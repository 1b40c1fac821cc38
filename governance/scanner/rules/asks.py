"""What a text asks of its reader: acts, what they are done to, where it goes and what is kept quiet, added up.

No phrase is judged here. A sentence and those beside it are taken as the concepts that they mention (`concepts.py`) and
as what they keep from the person (`hush.py`); some of them together ask for what nobody would have asked for openly,
each with points for how telling it is. What the skill says of itself makes its own business less telling, and never
what is to be kept from the person.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from governance.scanner.pieces import PieceKind, ScanPiece
from governance.scanner.plain_words import plain_words
from governance.scanner.rules import sayings
from governance.scanner.rules.concepts import ACTS, OBJECTS, Concept, mentions_in
from governance.scanner.rules.deeds import is_own
from governance.scanner.rules.hosts import Trust, is_drop, is_plain_address, trust_of, urls_in
from governance.scanner.rules.hush import hush_in
from governance.scanner.rules.places import DOTENV, STRONG
from governance.scanner.rules.sentences import is_quoted_whole, sentences
from governance.scanner.rules.signs import Sign

_C = Concept
_WORTH = {
    _C.AGENT_SETTINGS: 2,
    _C.APPROVAL: 2,
    _C.CREDENTIAL: 2,
    _C.HISTORY: 2,
    _C.PRIVATE: 1,
    _C.STARTUP: 2,
    _C.WORK: 1,
}
_VALUABLE = frozenset({_C.CREDENTIAL, _C.HISTORY, _C.PRIVATE})
_STANDING = frozenset({_C.AGENT_SETTINGS, _C.STARTUP})
_HARD_ACTS = ACTS - {_C.TAKE}
_HANDLES = frozenset({_C.DESTROY, _C.FETCH, _C.GIVE, _C.LOWER, _C.RUN, _C.TAKE})
"""What is done to a secret where it is not only kept out of sight."""
_REACH, _REACH_LINES = 2, 6
"""How many sentences and lines further what belongs together may stand."""
_WRAPPED = re.compile(r"(?<=[^\n.!?。！？:：|])\n(?=[ \t]{0,6}[^\s\-*+#>|\d<])(?![ \t]*```)")
"""A line that goes on in the next; one sign for one sign, so that places stay what they are."""
_DIRECTED = re.compile(
    r"(?:\b(?:to|into|at|on|via|through|with|invite|cc|bcc|auf|an|на|в|к)\b|POST|PUT|到|至|往|给|向|写入|入)"
    r"[^.!?。！？]{0,12}?[`<(\"'“]*(?:https?://|[\w.+-]+@[\w-]+\.)",
    re.IGNORECASE,
)
_LONGEST, _LONGEST_HUSH = 1_500, 400
"""A sentence longer than that is a table or data, and mentions everything."""


@dataclass(slots=True, kw_only=True)
class AskedSentence:
    """A sentence with what it mentions and does not deny.

    `hushed` is how surely it keeps a deed quiet, 0 to 3; `foreign` how foreign the machine is that it names: 0 for none
    or a known one, 2 for a place where data are dropped. `is_directed` says that something goes to it; `near` and
    `near_foreign` are what those beside it tell.
    """

    text: str
    line: int
    does: frozenset[Concept]
    hushed: int
    foreign: int
    is_strong: bool
    is_directed: bool
    near: frozenset[Concept] = frozenset()
    near_hushed: int = 0
    near_foreign: int = 0


def asked(
    piece: ScanPiece, declared: Collection[Concept], own_hosts: Collection[str], code_lines: Collection[int] = ()
) -> Iterator[Sign]:
    """What the text of a piece asks for, each telling combination with its points.

    `declared` is what the skill's own description mentions, `own_hosts` parts of machines' names that stand in it, and
    `code_lines` the lines of the file on which blocks of code begin.
    """
    text = plain_words(piece.text)
    found = (_read(each, piece.line + lines, own_hosts) for each, _, lines in sentences(_WRAPPED.sub(" ", text), text))
    read = [one for one in found if one is not None]
    _look_around(read)
    for one in read:
        beside_code = any(-10 <= line - one.line <= 3 for line in code_lines)  # noqa: PLR2004  # the block that it speaks of
        for rule, points, objects in _combined(one, beside_code=beside_code):
            own = 2 if objects and objects <= set(declared) and not one.hushed else 0
            hidden = 2 if piece.kind is PieceKind.HIDDEN else 0
            if points > own:
                yield Sign(rule=rule, points=points - own + hidden, file=piece.file, line=one.line, shown=one.text)


def _read(sentence: str, line: int, own_hosts: Collection[str]) -> AskedSentence | None:
    if len(sentence) > _LONGEST:
        return None
    found = list(mentions_in(sentence))
    hush = hush_in(sentence)
    if (not found and hush is None) or is_quoted_whole(sentence):
        return None
    does = {one.concept for one in found if not one.is_denied or one.concept is _C.APPROVAL}
    is_strong = bool(does) and bool(STRONG.search(sentence) or DOTENV.search(sentence))
    if is_strong:
        does.add(_C.CREDENTIAL)
    if not does & (ACTS | OBJECTS) and hush is None:
        return None
    if len(sentence) > _LONGEST_HUSH or (_C.CREDENTIAL in does and not does & _HANDLES):
        hush = None
    return AskedSentence(
        text=sentence,
        line=line,
        does=frozenset(does),
        hushed=hush.sureness if hush else 0,
        foreign=_how_foreign(sentence, own_hosts),
        is_strong=is_strong,
        is_directed=_DIRECTED.search(sentence) is not None,
    )


def _how_foreign(sentence: str, own_hosts: Collection[str]) -> int:
    if is_drop(sentence) or is_plain_address(sentence):
        return 2
    urls = urls_in(sentence)
    if any(trust_of(url) is Trust.ILL for url in urls):
        return 2
    if any(trust_of(url) is Trust.ORDINARY and not is_own(url, own_hosts) for url in urls):
        return 1
    return 1 if sayings.MAILBOX.search(sentence) else 0


def _look_around(read: Sequence[AskedSentence]) -> None:
    for number, one in enumerate(read):
        near = [
            other
            for other in read[max(0, number - _REACH) : number + _REACH + 1]
            if other is not one and abs(other.line - one.line) <= _REACH_LINES
        ]
        one.near = frozenset(concept for other in near for concept in other.does)
        one.near_hushed = max((other.hushed for other in near), default=0)
        one.near_foreign = max((other.foreign for other in near), default=0)


def _combined(one: AskedSentence, *, beside_code: bool) -> Iterator[tuple[str, int, frozenset[Concept]]]:
    """The telling combinations of a sentence, each with its points and the objects that it is about."""
    does, both = one.does, one.does | one.near
    more = (_C.ALWAYS in does) + (_C.PRETEXT in does)
    hush = max(one.hushed, one.near_hushed - 1) + 1 if max(one.hushed, one.near_hushed) > 1 else one.hushed
    foreign = one.foreign + (_C.AWAY in does)
    valuable = does & _VALUABLE
    gives = _C.GIVE in does or (one.is_directed and bool(does & {_C.KEEP, _C.RUN}))
    if gives and valuable and foreign:
        directed = one.is_directed and one.foreign
        yield "asks.sends", _worth(valuable) + one.foreign + more + hush + bool(directed), valuable
    elif gives and one.foreign and one.near & _VALUABLE:
        near = min(2, _worth(one.near & _VALUABLE))
        yield "asks.sends", near + one.foreign + more + hush, one.near & _VALUABLE
    if does & {_C.TAKE, _C.GIVE} and one.is_strong and (more or hush):
        yield "asks.reads", 2 + more + hush, frozenset({_C.CREDENTIAL})
    if _C.KEEP in does and does & _STANDING:
        yield "asks.stays", 1 + more + hush + one.foreign + 2 * (_C.LOWER in does), does & _STANDING
    if _C.LOWER in does and _C.APPROVAL in does:
        yield "asks.lowers", 2 + more + hush + 2 * (_C.AGENT_SETTINGS in does), frozenset({_C.APPROVAL})
    if _C.OUTRANKS in does and _C.INSTRUCTIONS in does:
        yield "asks.outranks", 4 + more + hush, frozenset()
    told_there = _C.REMOTE_TEXT in does or (_C.REMOTE_TEXT in one.near and does & {_C.FETCH, _C.RUN})
    if told_there and (one.foreign or one.near_foreign):
        yield "asks.obeys", 4 + max(one.foreign, one.near_foreign) + more + hush, frozenset()
    if one.hushed and (both & _HARD_ACTS or beside_code):
        what = (
            min(3, _worth(both))
            + 2 * min(1, max(foreign, one.near_foreign))
            + (beside_code or _C.DESTROY in both)
            + min(1, more)
        )
        what = what if one.hushed > 1 else min(2, what)
        yield "asks.hides", one.hushed + (one.hushed > 2) + what, frozenset()  # noqa: PLR2004  # the person is named


def _worth(concepts: Collection[Concept]) -> int:
    return sum(_WORTH.get(one, 0) for one in concepts)
