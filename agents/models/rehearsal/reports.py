"""What came of calls, as the rehearsal says it to a person: it reads what is meant for a model and never recites it."""

import re
from collections.abc import Mapping
from typing import Any

from agents.models.context import CallOutcome
from agents.models.rehearsal.phrases import state_of
from channels.locales import say

NOTE = "[Nexora] "
"""What a message begins with that the gateway tells a model, in a person's place."""
_PENDING = re.compile(r"\brequest (?P<code>[0-9A-Z]{3,12})\b", re.IGNORECASE)
_REFUSED = re.compile(
    r"\s*(?:Refused|Not put before anybody): (?P<because>.+?)\.(?: (?P<final>No one can approve this)|$| Tell)",
    re.DOTALL,
)
_DECIDED = re.compile(
    r"\[Nexora\] Request (?P<code>\S+) for (?P<tool>\S+) (?P<how>was denied by (?P<who>.+?)|expired[^.]*|was withdrawn"
    r"|was approved by .+? ran out)\.(?: Reason: (?P<reason>.*?)\.)? It did not run\.",
    re.DOTALL,
)
_PIECE_END = re.compile(r"(?<=[.;:])\s+")
_FOR_MODELS = re.compile(r"(?:tell the person|do not |end your turn|make the call|what becomes of it)", re.IGNORECASE)
_FENCE = re.compile(r"`{3,}")


def report(result: Mapping[str, Any], language: str) -> str:
    """What came of one call: its result, that it waits for a decision, or that it was refused, and why."""
    text = str(result.get("content", ""))
    outcome = getattr(result, "outcome", None)
    if outcome is CallOutcome.FAILED:
        return say("rehearsal.result_failed", language, result=_block(text))
    state = "done" if outcome is CallOutcome.DONE else state_of(text)
    if state == "done" and outcome is not CallOutcome.NOT_RUN:
        return say("rehearsal.result_done", language, result=_block(text))
    if state == "pending":
        code = _PENDING.search(text)
        word = "pending_as" if code else "result_pending"
        return say(f"rehearsal.{word}", language, code=code["code"] if code else "", result=for_person(text))
    if refused := _REFUSED.match(text):
        word = "refused_for_good" if refused["final"] else "refused"
        return say(f"rehearsal.{word}", language, because=refused["because"])
    return say("rehearsal.result_denied", language, result=for_person(text))


def news(note: str, language: str) -> str:
    """What the gateway tells a model by itself, for a person: how a request ended, or what became of a command."""
    decided = _DECIDED.match(note)
    if decided is None:
        return for_person(note.removeprefix(NOTE))
    how = decided["how"].partition(" ")[0] if not decided["who"] else "denied"
    word = {"denied": "ended_denied", "expired": "ended_expired"}.get(how, "ended_withdrawn")
    if decided["how"].endswith("ran out"):
        word = "ended_ran_out"
    said = say(f"rehearsal.{word}", language, code=decided["code"], tool=decided["tool"], who=decided["who"])
    reason = say("rehearsal.reason", language, reason=decided["reason"]) if decided["reason"] else ""
    return said + reason


def for_person(text: str) -> str:
    """The text without the sentences that tell a model what to do."""
    kept = [piece for piece in _PIECE_END.split(text.strip()) if not _FOR_MODELS.match(piece)]
    return re.sub(r"[;:]$", ".", " ".join(kept)) or "—"


def _block(text: str) -> str:
    """A result as it came, apart from what is said about it."""
    if not text.strip():
        return "—"
    longest = max((len(found) for found in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{text.strip()}\n{fence}"
