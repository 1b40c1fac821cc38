"""What is seen of the calls that an answer makes: one line for each, folded where they are many. It formats only."""

import re
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from channels.locales import knows, say
from channels.messages import Language, Outbound
from channels.text.plain import shortened
from channels.text.visible import visible
from channels.work import How, Step

SHOWN = 3
"""So many lines are seen at a time; those before them fold into one."""
MENTIONED = 5
"""Of more calls than these a line is left with the answer."""
_LONGEST = 60
_INSTANT = 0.95
"""A shorter time is not spoken of."""
_MINUTE, _HOUR = 60, 3600
_TICKS = re.compile(r"`+")


_SIGNS = {How.DONE: "✓", How.RUNNING: "⏳", How.WAITING: "⏸"}


@runtime_checkable
class ShowsSteps(Protocol):
    """A live message that draws the calls of an answer itself, beside its words."""

    async def show_steps(self, text: str, steps: Sequence[Step]) -> None:
        """Show the whole text so far and all its calls as they stand; in place of `show`."""


def outcome(step: Step, language: Language) -> str:
    """The word for how it ended, which a good end and none yet need not."""
    key = f"steps.{step.how}"
    return say(key, language, code=step.code) if knows(key) else ""


def sign(step: Step) -> str:
    """One sign for how it stands."""
    return _SIGNS.get(step.how, "✗")


def took(seconds: float, language: Language) -> str:
    """A time as people say it; empty when it was over at once."""
    if seconds < _INSTANT:
        return ""
    whole = round(seconds)
    minutes, rest = divmod(whole, _MINUTE)
    name = "hours" if whole >= _HOUR else "minutes" if minutes else "seconds"
    hours, of_hour = divmod(minutes, _MINUTE)
    return say(f"steps.{name}", language, hours=hours, minutes=of_hour if hours else minutes, seconds=rest)


def subject(step: Step) -> str:
    """What it is about, short and on one line."""
    flat = " ".join(visible(step.about).split())
    return shortened(flat, _LONGEST)


def line(step: Step, language: Language) -> str:
    """The line as Markdown: a sign, what, how long, and a word where it did not go well."""
    about = _TICKS.sub("'", subject(step))
    said = f"{step.what} `{about}`" if about else step.what
    facts = (f"{sign(step)} {said}", took(step.seconds, language), outcome(step, language))
    return " · ".join(fact for fact in facts if fact)


def summary(count: int, seconds: float, language: Language) -> str:
    """All of them in a few words: `12 steps · 48 s`."""
    return " · ".join(fact for fact in (_counted(count, language), took(seconds, language)) if fact)


def lines(steps: Sequence[Step], language: Language) -> str:
    """The newest lines, each a paragraph's line, below what the earlier ones fold into."""
    folded = steps[:-SHOWN] if len(steps) > SHOWN + 1 else ()
    shown = [line(step, language) for step in steps[len(folded) :]]
    if folded:
        shown.insert(0, f"… {summary(len(folded), sum(step.seconds for step in folded), language)}")
    return "  \n".join(shown)


def working(steps: Sequence[Step], language: Language) -> str:
    """The one sentence where no line can be seen."""
    now = steps[-1]
    about = _TICKS.sub("'", subject(now))
    said = f"{now.what} `{about}`" if about else now.what
    return say("steps.working", language, count=_counted(len(steps), language), now=said)


def left_behind(message: Outbound, *, unseen_seconds: float) -> str:
    """The line that stays with an answer, from the work behind it; empty for an answer that took little.

    `unseen_seconds`: so long an answer may take without a line where nobody could see it being made; 0 elsewhere.
    """
    count, seconds = message.work.count, message.work.seconds
    is_long = 0 < unseen_seconds <= seconds
    return summary(count, seconds, message.language) if count > MENTIONED or (count and is_long) else ""


def _counted(count: int, language: Language) -> str:
    return say("steps.counted", language, count=count)
