"""What everything that takes text out of a document shares: when to stop, whom to tell, how to fail."""

import time
from collections.abc import Callable
from dataclasses import dataclass


class DocumentWrong(ValueError):
    """The text of a document cannot be taken out; the sentence goes on from the name of the file: `it is damaged`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBounds:
    """`until` is a moment of the monotonic clock; `tell` takes a fact about the whole, as `12 pages`."""

    until: float
    tell: Callable[[str], None]

    def is_over(self) -> bool:
        """Whether the time is used up."""
        return time.monotonic() > self.until
