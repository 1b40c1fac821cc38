"""What a turn says to a person when it does not end with the model's own words: which sentence of the catalogue."""

from agents.models.protocol import ContentFiltered, ContextFull, End, Finished, Mends, ModelCutShort, ModelRefused
from channels.locales import say
from channels.text.visible import visible

_REFUSED = {Mends.ACCOUNT: "turn.no_credit", Mends.REQUEST: "turn.refused_request", Mends.SETTINGS: "turn.refused"}
_ENDS = {
    End.FILTERED: ("turn.filtered_rest", "turn.filtered"),
    End.LENGTH: ("turn.length", "turn.length_empty"),
    End.REFUSED: ("turn.declined_rest", "turn.declined"),
}
"""The sentence below some words, and the one in place of them."""
_NO_MARKS = str.maketrans("“”„‟「」『』", '""""""""')
_LONGEST_REASON, _LONGEST_END = 300, 100


def quoted(words: str, longest: int = _LONGEST_REASON) -> str:
    """Somebody else's words, as theirs: in quotation marks that they do not hold themselves, on one line, and cut."""
    flat = " ".join(visible(words).translate(_NO_MARKS).split())
    return f"“{flat if len(flat) <= longest else f'{flat[: longest - 1]}…'}”"


def explain(error: Exception, language: str) -> str:
    """What a person is told about a model that did not answer."""
    reason = quoted(str(error))
    if isinstance(error, ModelCutShort):
        return say("turn.cut_short", language)
    if isinstance(error, ContextFull):
        return say("turn.context_full", language)
    if isinstance(error, ContentFiltered):
        return say("turn.filtered_request", language, reason=reason)
    if isinstance(error, ModelRefused):
        return say(_REFUSED[error.mends], language, reason=reason)
    return say("turn.unavailable", language, reason=reason)


def told_of(end: Finished | None, language: str, *, has_words: bool) -> str:
    """What a person is told of how an answer ended, below its words if there are any; empty for a good end."""
    if end is None or end.end in (End.STOP, End.CALLS):
        return "" if has_words else say("turn.empty", language)
    if end.end is End.UNKNOWN:
        return say("turn.unknown_end", language, reason=quoted(end.reason, _LONGEST_END))
    with_words, without = _ENDS[end.end]
    return say(with_words if has_words else without, language)
